"""Makes the model that comes with the package, minibert/box, from an export and its scores.

train_box.sh calls it at its end:

  python run_scripts/build_box.py --export=EXPORT/1 --evaluation=EVALUATION/metrics.json \\
      --teacher_evaluation=TEACHER_EVALUATION/metrics.json --index=UD/INDEX.tsv \\
      --attribution=UD/ATTRIBUTION.tsv --training='…' --license='CC BY-SA 4.0' \\
      --output_dir=BOX
"""

from minibert.cli import run
from minibert.serving.build_box_config import BuildBoxConfig


def main(config: BuildBoxConfig) -> None:
    from minibert.serving.build_box import build_box

    build_box(config)


if __name__ == "__main__":
    run(BuildBoxConfig, main)
