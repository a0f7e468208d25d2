"""Evaluates a trained model on treebanks, or the output of any tool against a gold file.

With gold segmentation it prints accuracy by treebank, on all words and on those that the training
data does not have, the macro average, and the ten worst confusions of each task, writes them as
metrics.txt and metrics.json, all that it has counted as details.json, and draws a bar chart of each
task:

  python run_scripts/evaluate.py --model=/tmp/model --conllu=testdata/ud --output_dir=/tmp/eval

From raw text, which UDPipe cuts into words, it is F1 as in the CoNLL 2018 shared task. UDPIPE has
a model TREEBANK.udpipe for each treebank, by train_udpipe.py:

  python run_scripts/evaluate.py --model=/tmp/model --conllu=testdata/ud/en_demo \\
      --segmentation=udpipe --udpipe_models=UDPIPE --output_dir=/tmp/raw_eval

Two files of the same text, whatever has written them:

  python run_scripts/evaluate.py --gold=gold.conllu --system=system.conllu
"""

from minibert.cli import run
from minibert.evaluation.evaluate_config import EvaluateConfig


def main(config: EvaluateConfig) -> None:
    from minibert.evaluation.evaluate import evaluate

    evaluate(config)


if __name__ == "__main__":
    run(EvaluateConfig, main)
