r"""Runs a teacher once over unlabeled text and keeps what it says, to distill from.

Killed and started again it goes on; many machines can share the work.

  python run_scripts/cache_teacher_outputs.py --teacher_dir=/tmp/teacher --transfer_dir=/tmp/text \
      --output_dir=/tmp/outputs
"""

from minibert.cli import run
from minibert.training.cache_teacher_outputs_config import CacheTeacherOutputsConfig


def main(config: CacheTeacherOutputsConfig) -> None:
    from minibert.training.cache_teacher_outputs import cache_teacher_outputs

    cache_teacher_outputs(config)


if __name__ == "__main__":
    run(CacheTeacherOutputsConfig, main)
