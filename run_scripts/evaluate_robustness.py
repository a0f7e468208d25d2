"""Measures what the form of sentences does to their tags: case at the start, final marks, NFD.

Each sentence is tagged as it is and as people also write it, and the words are counted whose tag
is another then:

  python run_scripts/evaluate_robustness.py --model=MODEL --conllu=testdata/ud
"""

from minibert.cli import run
from minibert.evaluation.robustness_config import RobustnessConfig


def main(config: RobustnessConfig) -> None:
    from minibert.evaluation.robustness import evaluate_robustness

    evaluate_robustness(config)


if __name__ == "__main__":
    run(RobustnessConfig, main)
