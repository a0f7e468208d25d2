"""Renders the cards of models from their templates."""

from pathlib import Path
from typing import Any

import jinja2

from minibert.markdown import markdown_cell
from minibert.tables import percent


def render_card(template: str, **values: Any) -> str:
    """A card as Markdown.

    Args:
      template: the name of a file beside this one; its filters are `cell` and `percent`.
      **values: what it has; one that is missing is an error.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = markdown_cell
    environment.filters["percent"] = percent
    return environment.get_template(template).render(**values)
