"""Exports a trained model for TensorFlow Serving, LiteRT and `minibert.Tagger`."""

import tempfile
from pathlib import Path

import tensorflow as tf

from minibert.data.label_vocab import check_top_k
from minibert.errors import InputError
from minibert.files import atomic_directory, atomic_file
from minibert.inference import exported_model
from minibert.inference.tagging_functions import TaggingFunctions
from minibert.progress import progress
from minibert.runs.best_epoch import read_best
from minibert.runs.trained_model import ModelDescription, load_trained_model
from minibert.serving import lite_model
from minibert.serving.export_config import ExportConfig
from minibert.serving.model_card import model_card, read_metrics
from minibert.serving.pruning import prune_vocabulary
from minibert.serving.serving_module import OTHER_OUTPUTS, ServingModule
from minibert.serving.warmup import check_warmup, write_warmup
from minibert.weights.checkpoint_files import check_prefix


def export(config: ExportConfig) -> Path:
    """Exports a model; the layout is that of `exported_model`.

    The directory of the version appears when it is whole: TensorFlow Serving loads what it sees.

    Returns:
      That directory.

    Raises:
      InputError: there is no such model, or the version exists.
    """
    if config.warmup:
        check_warmup()
    model = load_trained_model(config.model_dir)
    _check(config, model.description)
    metrics = read_metrics(config)
    pruning = None
    if config.prune_vocabulary is not None:
        model, pruning = prune_vocabulary(model, config.prune_vocabulary)
        print(pruning)
    description = model.description
    export_dir = Path(config.export_dir)
    directory = export_dir / str(config.version or _next_version(export_dir))
    steps = 2 + config.tflite + config.warmup
    check_prefix(directory)
    with (
        atomic_directory(directory, remedy="give another --version, or none") as partial,
        progress(total=steps, unit=" files", desc="export") as bar,
    ):
        bar.set_postfix_str(exported_model.SAVED_MODEL)
        functions = TaggingFunctions(description, model.tagger)
        _save(functions, description, config.top_k, partial)
        bar.update()
        if config.tflite:
            bar.set_postfix_str(exported_model.TFLITE)
            (partial / exported_model.TFLITE).write_bytes(
                lite_model.convert(functions.network, description.features)
            )
            bar.update()
        (partial / exported_model.WARMUP).parent.mkdir()
        if config.warmup:
            bar.set_postfix_str("warmup")
            write_warmup(partial / exported_model.WARMUP, export_dir.resolve().name)
            bar.update()
        bar.set_postfix_str(exported_model.MODEL_CARD)
        exported_model.write_info(partial, description.features, description.label_vocabs)
        sizes = exported_model.sizes(partial)
        card = model_card(
            config,
            description,
            read_best(Path(config.model_dir)),
            metrics,
            pruning=pruning,
            weights=sum(int(tf.size(weight)) for weight in model.tagger.weights),
            sizes=sizes,
        )
        with atomic_file(partial / exported_model.MODEL_CARD, "w", encoding="utf-8") as file:
            file.write(card)
        bar.update()
    shown = ", ".join(f"{name} {size / 1e6:,.1f} MB" for name, size in sizes.items())
    print(f"{directory}: {shown}")
    return directory


def _check(config: ExportConfig, description: ModelDescription) -> None:
    check_top_k(description.label_vocabs, config.top_k)
    for vocab in description.label_vocabs:
        if {vocab.task, f"{vocab.task}_score"} & OTHER_OUTPUTS:
            raise InputError(
                f"{config.model_dir}: the task {vocab.task!r} has the name of another output of "
                "the signatures; train it under another name"
            )


def _next_version(export_dir: Path) -> int:
    newest = exported_model.newest_version(export_dir) if export_dir.is_dir() else None
    if newest is None:
        return 1
    following = int(newest.name) + 1
    if not exported_model.is_version(str(following)):
        raise InputError(f"{newest}: no version can follow it; remove it or give --version")
    return following


def _save(
    functions: TaggingFunctions, description: ModelDescription, top_k: int, directory: Path
) -> None:
    with tempfile.TemporaryDirectory() as assets:
        module = ServingModule(
            functions,
            description.label_vocabs,
            top_k=top_k,
            assets=exported_model.write_assets(
                Path(assets), description.features, description.label_vocabs
            ),
        )
        tf.saved_model.save(module, str(directory), signatures=module.signatures)
