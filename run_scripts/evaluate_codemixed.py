"""Evaluates a model on Hindi mixed with English, a kind of text that no treebank of it has.

DEV is dev-annot.json of the treebank of Bhat et al. 2018, Universal Dependency Parsing for
Hindi-English Code-Switching.

python run_scripts/evaluate_codemixed.py --model=/tmp/model --input=DEV --output_dir=/tmp/codemixed
"""

from minibert.cli import run
from minibert.evaluation.codemixed_config import CodemixedConfig


def main(config: CodemixedConfig) -> None:
    from minibert.evaluation.codemixed import evaluate_codemixed

    evaluate_codemixed(config)


if __name__ == "__main__":
    run(CodemixedConfig, main)
