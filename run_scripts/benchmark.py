r"""Measures speed and memory of the jobs on this machine; the figures are in docs/benchmarks.md.

python run_scripts/benchmark.py --input_dir=testdata/ud --vocab_file=testdata/vocab.txt \
      --output=/tmp/benchmark.json
"""

from minibert.benchmark.benchmark_config import BenchmarkConfig
from minibert.cli import run


def main(config: BenchmarkConfig) -> None:
    from minibert.benchmark.run_benchmarks import run_benchmarks

    run_benchmarks(config)


if __name__ == "__main__":
    run(BenchmarkConfig, main)
