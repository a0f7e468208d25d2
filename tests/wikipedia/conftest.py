from functools import partial

import pytest

from minibert.wikipedia.dump_files import work_items
from tests.wikipedia.dumps import GERMAN, write_dump


@pytest.fixture
def small_parts(monkeypatch):
    """A multistream dump has a part for each of its streams."""
    smallest = partial(work_items, target_bytes=1)
    monkeypatch.setattr("minibert.wikipedia.dump_parts.work_items", smallest)


@pytest.fixture
def dumps(tmp_path):
    directory = tmp_path / "dumps"
    directory.mkdir()
    write_dump(
        directory / "dewiki-20200101-pages-articles.xml.bz2",
        GERMAN,
        {"title": "Diskussion:A/B", "ns": "<ns>1</ns>", "text": "Das ist keine Seite, die zählt."},
        {"extra": '<redirect title="X" />', "text": "#REDIRECT [[X]]"},
        "Hier steht der zweite Satz. Это предложение написано по-русски.",
    )
    write_dump(
        directory / "frwiki-20200101-pages-articles.xml",
        *(f"Voici la phrase numéro {i} de cette page." for i in range(40)),
    )
    return directory
