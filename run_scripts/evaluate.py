"""Evaluates a trained model on treebanks, with gold segmentation.

Prints accuracy by treebank, on all words and on those that the training data does not have, the
macro average, and the ten worst confusions of each task. Writes them as metrics.txt and
metrics.json, and a bar chart of each task.

  python run_scripts/evaluate.py --model=/tmp/model --conllu=testdata/ud --output_dir=/tmp/eval
"""

from minibert.cli import run
from minibert.evaluation.evaluate_config import EvaluateConfig


def main(config: EvaluateConfig) -> None:
    from minibert.evaluation.evaluate import evaluate

    evaluate(config)


if __name__ == "__main__":
    run(EvaluateConfig, main)
