"""Prepares dumps of Wikipedia as unlabeled text, with Apache Beam: articles in, TFRecords out.

python run_scripts/prepare_wikipedia.py --input='dumps/*wiki-*-pages-articles*.xml.bz2' \\
    --output_dir=/tmp/wikipedia

Markup is cleaned away, paragraphs are cut into sentences, and those that are too short, too long,
in another script or there already are dropped. What it writes is what prepare_text.py writes:
records by language for cache_teacher_outputs.py and distill.py. Here it runs in processes of its
own; what stands behind -- goes to Apache Beam, which has runners for clusters:

python run_scripts/prepare_wikipedia.py --input=… --output_dir=… -- --runner=FlinkRunner \\
    --flink_master=localhost:8081
"""

from collections.abc import Sequence

from minibert.cli import run
from minibert.wikipedia.prepare_wikipedia_config import PrepareWikipediaConfig


def main(config: PrepareWikipediaConfig, beam_options: Sequence[str]) -> None:
    from minibert.wikipedia.entry import start_prepare_wikipedia

    start_prepare_wikipedia(config, beam_options)


if __name__ == "__main__":
    run(PrepareWikipediaConfig, main, takes_arguments=True)
