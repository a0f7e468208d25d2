"""Evaluations of made-up figures, as `evaluate.py` writes them."""

from minibert.evaluation.details_file import (
    Confusion,
    Details,
    TaskDetails,
    TreebankDetails,
    write_details,
)
from minibert.models.history import History, MeasuredEpoch, TaskAccuracy

TASKS = ("upos", "feats")


def write_evaluation(directory, words, correct, *, measure=None, **changes):
    """Writes an evaluation, the same for both tasks; its gold labels are unknown.

    Args:
      directory: the place.
      words: treebank to the words of its sentences.
      correct: treebank to the right labels of its sentences.
      measure: of the history; there is none without.
      changes: other fields of `Details`.
    """
    directory.mkdir(parents=True, exist_ok=True)
    treebanks = {}
    for treebank, right in correct.items():
        wrong = sum(words[treebank]) - sum(right)
        pairs = [Confusion("X|Y", "<b>", wrong, "a [<i>] b")] if wrong else []
        details = TaskDetails(right, pairs)
        treebanks[treebank] = TreebankDetails(words[treebank], dict.fromkeys(TASKS, details))
    fields = {
        "config": {"model": f"MODELS/{directory.name}", "conllu": ["UD 22"], "split": "dev"},
        "labels": {task: ["<b>", "NOUN"] for task in TASKS},
        "untuned_treebanks": [],
        "treebanks": treebanks,
        "history": history(measure) if measure else None,
    }
    write_details(directory, Details(**{**fields, **changes}))
    return directory


def history(measure):
    """Three epochs of training."""
    return History(
        measure,
        [
            MeasuredEpoch(
                epoch=epoch,
                steps=10 * epoch,
                training_seconds=60.0 * epoch,
                loss=dict.fromkeys(TASKS, 1.0),
                accuracy=dict.fromkeys(TASKS, TaskAccuracy(0.2 * epoch, {})),
                score=0.2 * epoch,
            )
            for epoch in (1, 2, 3)
        ],
    )
