"""Writes a report on evaluations: a page for the browser, and a short one in Markdown.

Summary with the differences to a baseline and whether they are more than chance, published scores,
every treebank (a click on a head sorts), languages, charts, training curves, unseen words, what is
most often wrong; the same of evaluations from raw text and on code-mixed text.

python run_scripts/report.py --runs=/tmp/evaluation,/tmp/student_evaluation \\
    --output=/tmp/report.html
"""

from minibert.cli import run
from minibert.evaluation.report_config import ReportConfig


def main(config: ReportConfig) -> None:
    from minibert.evaluation.report import report

    report(config)


if __name__ == "__main__":
    run(ReportConfig, main)
