r"""Sets evaluations of several models side by side, by treebank and task, with the differences.

Those on the words of treebanks, from raw text and on code-mixed text each in tables of their own.

python run_scripts/compare.py --evaluations=teacher=/tmp/teacher_eval,student=/tmp/student_eval
"""

from minibert.cli import run
from minibert.evaluation.compare_config import CompareConfig


def main(config: CompareConfig) -> None:
    from minibert.evaluation.compare import compare

    compare(config)


if __name__ == "__main__":
    run(CompareConfig, main)
