"""Evaluates a model on named entities: the F1 of phrases by language and by type.

  python run_scripts/evaluate_ner.py --model=/tmp/model --input_dir=NER --output_dir=/tmp/result

NER has a directory a language, NER/de/dev.txt for instance; see prepare_ner.py.
"""

from minibert.cli import run
from minibert.evaluation.evaluate_ner_config import EvaluateNerConfig


def main(config: EvaluateNerConfig) -> None:
    from minibert.evaluation.evaluate_ner import evaluate_ner

    evaluate_ner(config)


if __name__ == "__main__":
    run(EvaluateNerConfig, main)
