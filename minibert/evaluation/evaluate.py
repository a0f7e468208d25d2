"""Evaluates a trained model on treebanks, or the output of any tool against a gold file."""

from minibert.evaluation.conll18 import score_files
from minibert.evaluation.conll18_tables import score_table, scores_json
from minibert.evaluation.details_file import DETAILS_FILE, Details, write_details
from minibert.evaluation.evaluate_config import EvaluateConfig
from minibert.evaluation.evaluation_result import EvaluationResult
from minibert.evaluation.metrics_file import METRICS_FILE, write_metrics
from minibert.evaluation.raw_text_file import RAW_TEXT_FILE, RawTextDetails, write_raw_text
from minibert.files import optional_directory


def evaluate(config: EvaluateConfig) -> None:
    """Does what the options ask for, prints the figures, and writes them into `output_dir`.

    Writes `metrics.json` and `metrics.txt`; of a model what was counted, `details.json` with gold
    segmentation, else `raw_text.json`; and with gold segmentation for each task `TASK.png`.

    Raises:
      InputError: bad input, or an output directory that exists.
    """
    with optional_directory(config.output_dir) as partial:
        if config.gold is not None and config.system is not None:
            result = _score_files(config.gold, config.system)
        else:
            # Two files need no TensorFlow.
            from minibert.evaluation.evaluate_model import evaluate_model

            result = evaluate_model(config)
        if partial is not None:
            write_metrics(partial, config, result.figures, result.table)
            if isinstance(result.details, RawTextDetails):
                write_raw_text(partial, result.details)
            elif result.details is not None:
                # Two files need no charts, nor what draws them.
                from minibert.evaluation.accuracy_report import plot_accuracy

                write_details(partial, result.details)
                for task, figures in result.figures["tasks"].items():
                    plot_accuracy(partial / f"{task}.png", task, figures)
    print(result.table)
    for name, kind in (("skipped", "without words"), ("withheld", "whose text is withheld")):
        if sentences := result.figures.get(f"{name}_sentences"):
            print(f"{sentences:,} sentences {kind} were skipped")
    if config.output_dir is not None:
        more = {
            Details: f", {DETAILS_FILE} and a chart for each task",
            RawTextDetails: f", {RAW_TEXT_FILE}",
        }
        written = f"{METRICS_FILE}, metrics.txt{more.get(type(result.details), '')}"
        print(f"{config.output_dir}: {written}")


def _score_files(gold: str, system: str) -> EvaluationResult:
    scores = score_files(gold, system)
    return EvaluationResult(score_table(scores), {"scores": scores_json(scores)})
