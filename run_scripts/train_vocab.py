"""Makes a vocabulary of wordpieces of unlabeled text, as large as one wants a model to be.

TEXT is written by prepare_text.py:

  python run_scripts/train_vocab.py --text_dir=TEXT --vocab_size=16000 --output=vocab.txt
"""

from minibert.cli import run
from minibert.data.train_vocab_config import TrainVocabConfig


def main(config: TrainVocabConfig) -> None:
    from minibert.data.train_vocab import train_vocab

    train_vocab(config)


if __name__ == "__main__":
    run(TrainVocabConfig, main)
