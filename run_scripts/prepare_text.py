r"""Prepares unlabeled text for distillation: text or CoNLL-U in, TFRecords out.

Prints what became of the sentences of each language. The output appears whole or not at all.

  python run_scripts/prepare_text.py --input='testdata/text/*.txt,testdata/ud/*/*-train.conllu' \
      --output_dir=/tmp/text --drop_duplicates
"""

from minibert.cli import run
from minibert.data.prepare_text_config import PrepareTextConfig


def main(config: PrepareTextConfig) -> None:
    from minibert.data.prepare_text import prepare_text

    prepare_text(config)


if __name__ == "__main__":
    run(PrepareTextConfig, main)
