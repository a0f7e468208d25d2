"""Packaging of minibert. `pip install .` to tag, `.[train]` to train, `-e .[dev]` to work on it."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = re.search(
    r'^__version__ = "(.+)"$', (ROOT / "minibert/__init__.py").read_text(), re.MULTILINE
)[1]

# What single jobs need.
TRAIN = [
    "jinja2~=3.1",
    "matplotlib~=3.8",
    "safetensors~=0.8.0",
    "seqeval~=1.2",
    # Not used here. TensorBoard 2.20 imports pkg_resources, which later ones do not have.
    "setuptools<81",
    "tensorflow~=2.20.0",
    "tensorflow-text~=2.20.0",
    "tf-keras~=2.20.0",
    "tf-models-official~=2.20.0",
    # Not used here. tf-models-official asks for them without a bound, and an unbounded search
    # through their releases takes pip many minutes on Python 3.10.
    "tensorflow-datasets~=4.9.9",
    "tensorflow-metadata~=1.17",
]
# Later ones choose differently between splits of one score than TF Text 2.20, such as of "GOOOOAL".
SENTENCEPIECE = ["sentencepiece>=0.2.0,<0.2.2"]
SERVING = ["tensorflow-serving-api~=2.20.0"]
UDPIPE = ["ufal.udpipe~=1.4"]
WIKIPEDIA = ["apache-beam~=2.70", "mwparserfromhell~=0.7.2", "mwxml~=0.3.6"]

setup(
    name="minibert-tagger",
    version=VERSION,
    description="One small multilingual sequence labeler, trained, evaluated and run on a CPU.",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.10",
    # The benchmarks are for those who have the repository.
    packages=find_packages(include=["minibert", "minibert.*"], exclude=["minibert.benchmark*"]),
    package_data={"minibert": ["py.typed", "*/*.jinja", "*/*.tsv", "box/*", "box/*/*"]},
    entry_points={"console_scripts": ["minibert = minibert.serving.command:main"]},
    # Enough to use a model without TensorFlow.
    install_requires=[
        "absl-py>=1.4,<3",
        # From 2.1.2 on it holds what runs on a GPU, some 25 MB of no use here; before 2.1.5
        # there is none for Python 3.14.
        "ai-edge-litert>=2.1,<2.1.2; python_version < '3.14'",
        "ai-edge-litert>=2.1.5,<2.2; python_version >= '3.14'",
        "conllu~=6.0",
        "msgspec>=0.19,<1",
        "numpy>=1.26,<3",
        "regex>=2024.4.16",
        "tqdm~=4.66",
    ],
    extras_require={
        "train": [*TRAIN, *SENTENCEPIECE],
        "sentencepiece": SENTENCEPIECE,
        "serving": SERVING,
        "udpipe": UDPIPE,
        "wikipedia": WIKIPEDIA,
        "dev": [
            *(*TRAIN, *SENTENCEPIECE, *SERVING, *UDPIPE, *WIKIPEDIA),
            *("mypy~=2.4", "pytest~=9.0", "pytest-xdist~=3.8", "ruff~=0.17.0"),
            # The peers of the serving benchmark.
            *("onnx~=1.17", "onnxruntime~=1.20"),
            # The reference scorer of Universal Dependencies.
            "udtools~=0.2",
        ],
    },
)
