"""Makes `minibert/box`, the model that comes with the package, from an export and its scores."""

import csv
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from minibert import __version__
from minibert.data.prepared import TRAIN
from minibert.errors import InputError
from minibert.evaluation.metrics_file import Evaluation, TaskMetrics, read_evaluation
from minibert.evaluation.protocol import macro_average
from minibert.files import atomic_directory, atomic_file
from minibert.inference.exported_model import MODEL_CARD, TFLITE, read_export, write_info
from minibert.serving.build_box_config import BuildBoxConfig
from minibert.serving.card_template import render_card

_TEMPLATE = "box_card.md.jinja"
_ATTRIBUTION = "ATTRIBUTION.tsv"
_COLUMNS = ("treebank", "language", "licence", "split")


@dataclass(frozen=True)
class Treebank:
    """A treebank, as an index has it.

    Attributes:
      name, language, licence: of it.
      is_trained: whether the index has its train split.
    """

    name: str
    language: str
    licence: str
    is_trained: bool


@dataclass(frozen=True)
class LanguageScores:
    """Of one language.

    Attributes:
      language: its name.
      treebanks: how many are scored.
      words: of these.
      accuracy: task to the mean over the treebanks, None if none has labels.
    """

    language: str
    treebanks: int
    words: int
    accuracy: Mapping[str, float | None]


def build_box(config: BuildBoxConfig) -> None:
    """Writes the files that are needed to tag without TensorFlow, and a card.

    Raises:
      InputError: an input is missing or not as it must be, or the index has not a treebank that was
        evaluated.
    """
    export = read_export(Path(config.export), network=TFLITE)
    treebanks = read_index(config.index)
    evaluation, teacher = map(_read, (config.evaluation, config.teacher_evaluation))
    if teacher.tasks.keys() != evaluation.tasks.keys() or _names(teacher) != _names(evaluation):
        raise InputError(
            f"{config.teacher_evaluation}: of other treebanks or tasks than {config.evaluation}; "
            "evaluate both on the same"
        )
    languages = language_scores(evaluation, treebanks, config.index)
    zero_shot = config.zero_shot_evaluation and _read(config.zero_shot_evaluation)
    with atomic_directory(Path(config.output_dir)) as directory:
        shutil.copy(export.directory / TFLITE, directory)
        shutil.copytree(export.directory / "assets", directory / "assets")
        shutil.copy(config.attribution, directory / _ATTRIBUTION)
        (directory / "assets.extra").mkdir()
        write_info(directory, export.features, export.label_vocabs)
        size = sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
        card = render_card(
            _TEMPLATE,
            tool=f"minibert {__version__}",
            features=export.features,
            tasks={vocab.task: len(vocab) for vocab in export.label_vocabs},
            size=size,
            training=config.training,
            license=config.license,
            evaluation=evaluation,
            teacher=teacher,
            languages=languages,
            zero_shot=zero_shot,
            trained=sorted(
                (treebank for treebank in treebanks.values() if treebank.is_trained),
                key=lambda treebank: (treebank.language, treebank.name),
            ),
        )
        with atomic_file(directory / MODEL_CARD, "w", encoding="utf-8") as file:
            file.write(card)
    print(f"{config.output_dir}: {size / 1e6:.1f} MB")


def read_index(path: str) -> dict[str, Treebank]:
    """The treebanks of an index file, by name.

    Raises:
      InputError: the file lacks a column.
    """
    found: dict[str, Treebank] = {}
    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise InputError(f"{path}:1: no column {missing[0]}; it has {' '.join(_COLUMNS)}")
        for row in reader:
            name, language, licence, split = (row[column] or "" for column in _COLUMNS)
            is_trained = split == TRAIN or (name in found and found[name].is_trained)
            found[name] = Treebank(name, language, licence, is_trained)
    return found


def language_scores(
    evaluation: Evaluation, treebanks: Mapping[str, Treebank], index: str
) -> list[LanguageScores]:
    """The means of an evaluation by language, in the order of their names.

    Args:
      evaluation: of any treebanks.
      treebanks: these and others.
      index: the file that they are from, for a message.

    Raises:
      InputError: a treebank is not in the index.
    """
    by_language: defaultdict[str, list[str]] = defaultdict(list)
    first = next(iter(evaluation.tasks.values()))
    for name in first.by_treebank:
        if name not in treebanks:
            raise InputError(f"{index}: has no {name}, which was evaluated; add it")
        by_language[treebanks[name].language].append(name)
    return [
        LanguageScores(
            language,
            len(names),
            sum(
                first.by_treebank[name].words + first.by_treebank[name].unlabeled_words
                for name in names
            ),
            {task: _mean(metrics, names) for task, metrics in evaluation.tasks.items()},
        )
        for language, names in sorted(by_language.items())
    ]


def _mean(metrics: TaskMetrics, names: Sequence[str]) -> float | None:
    scores = [metrics.by_treebank[name].accuracy for name in names]
    labeled = [score for score in scores if score is not None]
    return macro_average(labeled) if labeled else None


def _names(evaluation: Evaluation) -> set[str]:
    return set(next(iter(evaluation.tasks.values())).by_treebank)


def _read(path: str) -> Evaluation:
    return read_evaluation(path, "give the metrics.json of evaluate.py --model")
