r"""Prepares Universal Dependencies treebanks for training: CoNLL-U in, TFRecords out.

Prints a preflight table: how long the sentences are in wordpieces, how many words the vocabulary
does not know, how many labels occur once. The output appears whole or not at all.

  python run_scripts/prepare_ud.py --input_dir=testdata/ud --output_dir=/tmp/data \
      --vocab_file=testdata/vocab.txt
"""

from minibert.cli import run
from minibert.data.prepare_ud_config import PrepareUdConfig


def main(config: PrepareUdConfig) -> None:
    from minibert.data.prepare_ud import prepare_ud

    prepare_ud(config)


if __name__ == "__main__":
    run(PrepareUdConfig, main)
