"""Labels that nobody has given: of words, and of whole treebanks by a flag."""

from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase

from minibert.data.tasks import NOTHING, TREEBANK_TASKS
from minibert.errors import InputError

# The tasks of whose annotation a `_` says nothing.
_TASKS = tuple(name for name, task in TREEBANK_TASKS.items() if task.nothing == NOTHING)

FEATS_UNANNOTATED_HELP = (
    "Treebanks, or patterns of them such as 'ko_*', in which FEATS are not annotated: _ says "
    "nothing there, where it else says that a word has no features. Their words have no FEATS "
    "then, neither to learn from nor to be right on."
)


def unannotated_tasks(
    feats_unannotated: Iterable[str], treebanks: Collection[str]
) -> dict[str, Sequence[str]]:
    """The tasks that are not annotated in each of some treebanks.

    Args:
      feats_unannotated: the flag: names, or patterns of them.
      treebanks: names.

    Raises:
      InputError: a pattern that is of none of them.
    """
    unannotated: dict[str, Sequence[str]] = dict.fromkeys(sorted(treebanks), ())
    for pattern in feats_unannotated:
        found = [treebank for treebank in unannotated if fnmatchcase(treebank, pattern)]
        if not found:
            raise InputError(
                f"--feats_unannotated={pattern}: none of the treebanks {' '.join(unannotated)}"
            )
        unannotated.update(dict.fromkeys(found, _TASKS))
    return unannotated
