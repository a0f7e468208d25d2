r"""Distills a small model from what a teacher says of unlabeled text.

Then fine-tune it: fine_tune.py --init_checkpoint=MODEL_DIR. Killed and started again with the same
command it goes on from its last checkpoint.

  python run_scripts/distill.py --teacher_outputs_dir=/tmp/outputs \
      --vocab_file=testdata/vocab.txt --model_dir=/tmp/student
"""

from minibert.cli import run
from minibert.training.distill_config import DistillConfig


def main(config: DistillConfig) -> None:
    from minibert.training.distill import distill

    distill(config)


if __name__ == "__main__":
    run(DistillConfig, main)
