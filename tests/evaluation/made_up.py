"""Evaluations of made-up figures, as `evaluate.py` writes them."""

from minibert.data.tasks import ACCURACY
from minibert.evaluation.details_file import (
    Confusion,
    Details,
    TaskDetails,
    TreebankDetails,
    write_details,
)
from minibert.evaluation.read_runs import read_runs
from minibert.runs.history import History, MeasuredEpoch, TaskAccuracy

TASKS = ("upos", "feats")
# Of two runs on real treebanks.
WORDS = {"be_hse": [4, 3], "en_ewt": [5, 5, 2], "en_gum": [7, 1]}
CORRECT = {
    "first": {"be_hse": [4, 2], "en_ewt": [5, 4, 2], "en_gum": [3, 1]},
    "second": {"be_hse": [1, 1], "en_ewt": [4, 4, 2], "en_gum": [6, 1]},
}


def write_evaluation(directory, words, correct, *, measure=None, unseen=None, **changes):
    """Writes an evaluation, the same for both tasks; its gold labels are unknown.

    Args:
      directory: the place.
      words: treebank to the words of its sentences.
      correct: treebank to the right labels of its sentences.
      measure: of the history; there is none without.
      unseen: treebank to the unseen words of its sentences, and to their right labels.
      changes: other fields of `Details`.
    """
    directory.mkdir(parents=True, exist_ok=True)
    treebanks = {}
    for treebank, right in correct.items():
        wrong = sum(words[treebank]) - sum(right)
        pairs = [Confusion("X|Y", "<b>", wrong, "a [<i>] b")] if wrong else []
        unseen_words, unseen_right = (of[treebank] for of in unseen) if unseen else (None, None)
        details = TaskDetails(right, pairs, unseen_right)
        tasks = dict.fromkeys(TASKS, details)
        treebanks[treebank] = TreebankDetails(words[treebank], tasks, unseen_words)
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


def write_run(directory, name, treebanks=tuple(WORDS), **changes):
    """Writes an evaluation of one of the two runs, or of some of its treebanks."""
    correct = {treebank: CORRECT[name][treebank] for treebank in treebanks}
    return write_evaluation(directory / name, WORDS, correct, measure=ACCURACY, **changes)


def gold_runs(places):
    """The runs of evaluations with gold segmentation."""
    return read_runs(list(map(str, places)), include_untuned=False).gold
