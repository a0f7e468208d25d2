"""The model card: what an exported model is, for people."""

from collections.abc import Mapping
from pathlib import Path

from minibert import __version__
from minibert.errors import InputError
from minibert.evaluation.metrics_file import TaskMetrics, read_evaluation
from minibert.runs.best_epoch import Best, best_weights
from minibert.runs.trained_model import ModelDescription
from minibert.serving.card_template import render_card
from minibert.serving.export_config import ExportConfig
from minibert.serving.pruning import Pruning
from minibert.weights.checkpoint_files import checkpoint_sha256

_TEMPLATE = "model_card.md.jinja"
_EVALUATION = "evaluate.py --model"


def read_metrics(config: ExportConfig) -> Mapping[str, TaskMetrics]:
    """The scores for the card, by task; none, if no file of them is given.

    Raises:
      InputError: the file is not as `evaluate.py` writes it, or of another model.
    """
    if config.metrics is None:
        return {}
    evaluation = read_evaluation(config.metrics, f"give the metrics.json of {_EVALUATION}")
    if evaluation.weights_sha256 != checkpoint_sha256(best_weights(Path(config.model_dir))):
        raise InputError(
            f"{config.metrics}: scores of another model or of an export; give those of "
            f"{_EVALUATION}={config.model_dir}"
        )
    return evaluation.tasks


def model_card(
    config: ExportConfig,
    description: ModelDescription,
    best: Best,
    metrics: Mapping[str, TaskMetrics],
    *,
    pruning: Pruning | None,
    weights: int,
    sizes: Mapping[str, int],
) -> str:
    """The card as Markdown.

    Args:
      config: of the export.
      description: the model.
      best: its best epoch.
      metrics: what `read_metrics` gives.
      pruning: of its wordpieces, if any.
      weights: their number.
      sizes: file to bytes.
    """
    first = next(iter(metrics.values()), None)
    return render_card(
        _TEMPLATE,
        name=Path(config.export_dir).resolve().name,
        tool=f"minibert {__version__}",
        encoder=description.encoder.summary,
        features=description.features,
        tasks=[{"task": v.task, "labels": len(v)} for v in description.label_vocabs],
        top_k=config.top_k,
        weights=weights,
        sizes=sizes,
        data=config.data,
        license=config.license,
        metrics=metrics,
        treebanks=sorted(first.by_treebank) if first else [],
        words={name: t.words + t.unlabeled_words for name, t in first.by_treebank.items()}
        if first
        else {},
        best=best,
        pruning=pruning,
    )
