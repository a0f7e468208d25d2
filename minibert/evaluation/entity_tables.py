"""What was counted of named entities, as JSON and as tables for the terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minibert.data.tasks import PHRASE_F1
from minibert.evaluation.conll18 import Score
from minibert.evaluation.conll18_tables import score_json
from minibert.evaluation.phrases import PhraseCounts
from minibert.evaluation.protocol import macro_average
from minibert.tables import format_table, percent

# Language to measure to the phrases of each sentence.
Counts = Mapping[str, Mapping[str, Sequence[PhraseCounts]]]


def entity_figures(words: Mapping[str, Sequence[int]], counts: Counts) -> dict[str, Any]:
    """The figures as a JSON object.

    Means and standard deviations are over the languages that have phrases, the latter of these as
    they are and not of a sample of others (Mukherjee & Awadallah 2020, table 17).

    Args:
      words: language to the words of each sentence.
      counts: what was counted.
    """
    measures = list(next(iter(counts.values())))
    scores = {
        measure: {language: _score(of[measure]) for language, of in counts.items()}
        for measure in measures
    }
    types = sorted({t for of in counts.values() for one in of[PHRASE_F1] for c in one for t in c})
    all_languages = [one for of in counts.values() for one in of[PHRASE_F1]]
    return {
        "measures": {measure: _summary(scores[measure]) for measure in measures},
        "by_language": {
            language: {
                "sentences": len(of_language),
                "words": sum(of_language),
                **{measure: score_json(scores[measure][language]) for measure in measures},
            }
            for language, of_language in words.items()
        },
        "by_type": {type_: score_json(_score(all_languages, type_)) for type_ in types},
    }


def entity_table(figures: Mapping[str, Any]) -> str:
    """The result of `entity_figures` as tables, by language and by type."""
    measures = figures["measures"]
    rows = [
        [
            language,
            f"{of['sentences']:,}",
            *_cells(of[PHRASE_F1]),
            *(percent(of[m]["f1"]) for m in measures if m != PHRASE_F1),
        ]
        for language, of in figures["by_language"].items()
    ]
    for name, key in (("mean", "mean"), ("standard deviation", "std")):
        values = [percent(of[key]) for of in measures.values()]
        rows.append([name, "", "", "", "", *values])
    header = ["language", "sentences", "entities", "precision", "recall", *measures]
    types = [[type_, *_cells(of)] for type_, of in figures["by_type"].items()]
    return "\n\n".join(
        [
            format_table(header, rows, left=1),
            format_table(["type", "entities", "precision", "recall", PHRASE_F1], types, left=1),
        ]
    )


def _cells(score: Mapping[str, Any]) -> list[str]:
    figures = [percent(score[name]) for name in ("precision", "recall", "f1")]
    return [f"{score['gold']:,}", *figures]


def _score(counts: Sequence[PhraseCounts], type_: str | None = None) -> Score:
    """Of some sentences, of all types or of one."""
    return Score(
        *(
            sum(of.total() if type_ is None else of[type_] for of in kind)
            for kind in zip(*counts, strict=True)
        )
    )


def _summary(scores: Mapping[str, Score]) -> dict[str, float | None]:
    f1 = [score.f1 for score in scores.values() if score.gold or score.system]
    if not f1:
        return {"mean": None, "std": None}
    return {"mean": macro_average(f1), "std": float(np.std(f1))}
