"""What the names of dumps of Wikipedia say: the language, the pages, the index."""

import re
from collections.abc import Iterable

from minibert.errors import InputError

_LANGUAGE = re.compile(r"([a-z][a-z0-9_]{0,39})wiki[-.](?=.*xml).+")
_MULTISTREAM = re.compile(r"(.+-multistream)(\d*)\.xml(-p\d+p\d+)?\.bz2")
_PAGES = re.compile(
    r"(?P<wiki_and_date>[^-]+-[^-]+)-pages-articles(?P<kind>-multistream)?(?P<number>\d*)\.xml"
    r"(-p\d+p\d+)?(\.bz2|\.gz)?"
)


def language_of_dump(path: str) -> str:
    """The language of a Wikipedia by the name of its dump, as `de` of `dewiki-20200101-….xml`.

    It is as the names of databases have it: `zh_min_nan`, `be_x_old`, `simple`.

    Raises:
      InputError: the name is not that of a dump of a Wikipedia.
    """
    match = _LANGUAGE.fullmatch(_file_name(path))
    if not match:
        raise InputError(
            f"{path}: the name says no language; name it as dumps of Wikipedia are named, "
            "dewiki-20200101-pages-articles.xml.bz2 for instance"
        )
    return match[1]


def index_of_dump(path: str) -> str | None:
    """Where the index of a multistream dump is, if it has one; None if it is no such dump."""
    match = _MULTISTREAM.fullmatch(_file_name(path))
    if not match:
        return None
    return f"{_directory(path)}{match[1]}-index{match[2]}.txt{match[3] or ''}.bz2"


def check_different_pages(paths: Iterable[str]) -> None:
    """Checks that dumps are not of the same pages.

    They are if they are of two dates, one file and many, or plain and compressed.

    Args:
      paths: the dumps of a wiki.

    Raises:
      InputError: two are, by their names.
    """
    first: tuple[str, tuple[str, bool, bool]] | None = None
    names: dict[str, str] = {}
    for path in paths:
        name = _file_name(path).removesuffix(".bz2").removesuffix(".gz")
        if (other := names.setdefault(name, path)) != path:
            raise _same_pages(path, other)
        if match := _PAGES.fullmatch(_file_name(path)):
            series = match["wiki_and_date"], bool(match["kind"]), bool(match["number"])
            if first is None:
                first = path, series
            elif first[1] != series:
                raise _same_pages(path, first[0])


def _same_pages(path: str, other: str) -> InputError:
    return InputError(f"{path}: has the pages that {other} has; give one of them in --input")


def _file_name(path: str) -> str:
    return path.rpartition("/")[2]


def _directory(path: str) -> str:
    return path[: len(path) - len(_file_name(path))]
