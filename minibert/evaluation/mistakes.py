"""What runs get wrong most often, and labels that they cannot give."""

from collections import Counter
from collections.abc import Sequence

from minibert.evaluation.details_file import Confusion, Details


def known_labels(evaluations: Sequence[Details], task: str) -> set[str]:
    """The labels of the training data."""
    return {label for evaluation in evaluations for label in evaluation.labels[task]}


def unknown_labels(evaluations: Sequence[Details], task: str) -> Counter[str]:
    """Labels that the training data does not have, and how many words have each."""
    return sum((e.unknown_labels(task) for e in evaluations), Counter[str]())


def confusions(evaluations: Sequence[Details], task: str) -> list[tuple[Confusion, list[str]]]:
    """What is wrong, most often first, over all treebanks and seeds, each with examples."""
    words: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], dict[str, int]] = {}
    for evaluation in evaluations:
        for treebank, details in evaluation.treebanks.items():
            for confusion in details.tasks[task].confusions:
                pair = confusion.gold, confusion.predicted
                words[pair] += confusion.words
                found = examples.setdefault(pair, {})
                # Of seeds one example; where it is wrong most often first.
                found[f"{treebank}: {confusion.example}"] = confusion.words
    most = []
    for pair, number in words.most_common():
        found = examples[pair]
        shown = sorted(found, key=found.__getitem__, reverse=True)
        most.append((Confusion(*pair, number, shown[0]), shown))
    return most
