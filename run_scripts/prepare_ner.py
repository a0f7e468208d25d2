"""Prepares sentences with named entities: columns, lines or CoNLL-U in, TFRecords out.

Prints the preflight table: what one should know of the data before training on it.

  python run_scripts/prepare_ner.py --input_dir=NER --output_dir=/tmp/ner

NER has a directory a language, NER/de/train.txt and NER/de/dev.txt.
"""

from minibert.cli import run
from minibert.data.prepare_ner_config import PrepareNerConfig


def main(config: PrepareNerConfig) -> None:
    from minibert.data.prepare_ner import prepare_ner

    prepare_ner(config)


if __name__ == "__main__":
    run(PrepareNerConfig, main)
