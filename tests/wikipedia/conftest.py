from functools import partial

import pytest

from minibert.wikipedia.dump_files import work_items


@pytest.fixture
def small_parts(monkeypatch):
    """A multistream dump has a part for each of its streams."""
    smallest = partial(work_items, target_bytes=1)
    monkeypatch.setattr("minibert.wikipedia.dump_parts.work_items", smallest)
