r"""Trains a tagger on data that prepare_ud.py wrote, with one head a task on one encoder.

Validates after each epoch and keeps the weights with the best macro average over treebanks. The
same command goes on with a run that was stopped. Watch it with `tensorboard --logdir=MODEL_DIR`.

  python run_scripts/fine_tune.py --data_dir=/tmp/data --vocab_file=testdata/vocab.txt \
      --model_dir=/tmp/model --epochs=10
"""

from minibert.cli import run
from minibert.training.fine_tune_config import FineTuneConfig


def main(config: FineTuneConfig) -> None:
    from minibert.training.fine_tune import fine_tune

    fine_tune(config)


if __name__ == "__main__":
    run(FineTuneConfig, main)
