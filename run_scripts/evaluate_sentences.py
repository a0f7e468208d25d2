"""Scores the sentence splitter that cuts Wikipedia against the sentences of treebanks.

python run_scripts/evaluate_sentences.py --conllu=UD22 --output_dir=/tmp/sentences
"""

from minibert.cli import run
from minibert.evaluation.sentences_config import SentencesConfig


def main(config: SentencesConfig) -> None:
    from minibert.evaluation.sentence_boundaries import evaluate_sentences

    evaluate_sentences(config)


if __name__ == "__main__":
    run(SentencesConfig, main)
