"""The command `minibert`: what one does with a model that is there."""

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from minibert import __version__
from minibert.cli import run


class Command(NamedTuple):
    """One of the things that it does.

    Attributes:
      summary: a line.
      description: for its `--help`.
      load: gives the dataclass of its options, and the job.
    """

    summary: str
    description: str
    load: Callable[[], tuple[type, Callable[[Any], None]]]


def main() -> None:
    """Does what the first argument says, with the flags behind it."""
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name in ("--help", "-h", "help"):
        print(_usage())
    elif name == "--version":
        print(f"minibert {__version__}")
    elif name in COMMANDS:
        command = COMMANDS[name]
        config_class, job = command.load()
        # What the help calls it.
        sys.argv[:2] = [f"minibert {name}"]
        sys.modules["__main__"].__doc__ = command.description
        run(config_class, job)
    else:
        sys.exit(f"error: minibert has no command {name!r}; there are {', '.join(COMMANDS)}")


def _usage() -> str:
    commands = "\n".join(f"  {name:10}{command.summary}" for name, command in COMMANDS.items())
    return (
        "Tags words with part of speech and morphology, in dozens of languages, on one CPU.\n\n"
        '  echo "The dog barks ." | minibert tag --input_format=words\n\n'
        f"commands:\n\n{commands}\n\n"
        "minibert COMMAND --help explains the flags of each."
    )


def _tag() -> tuple[type, Callable[[Any], None]]:
    from minibert.serving.tag_config import TagConfig

    def job(config: TagConfig) -> None:
        from minibert.serving.tag_file import tag_file

        tag_file(config)

    return TagConfig, job


def _evaluate() -> tuple[type, Callable[[Any], None]]:
    from minibert.evaluation.evaluate_config import EvaluateConfig

    def job(config: EvaluateConfig) -> None:
        from minibert.evaluation.evaluate import evaluate

        evaluate(config)

    return EvaluateConfig, job


def _info() -> tuple[type, Callable[[Any], None]]:
    from minibert.serving.info import InfoConfig, info

    return InfoConfig, info


COMMANDS = {
    "tag": Command(
        "Tag words, raw text or CoNLL-U; CoNLL-U comes out.",
        "Tags sentences: CoNLL-U, words or raw text in, CoNLL-U out.\n\n"
        '  echo "The dog barks ." | minibert tag --input_format=words\n\n'
        "  minibert tag --input=in.conllu --output=out.conllu --scores\n",
        _tag,
    ),
    "evaluate": Command(
        "Score the output of any tool against gold CoNLL-U, or a model on treebanks.",
        "Scores one CoNLL-U file against another of the same text (F1 of CoNLL 2018):\n\n"
        "  minibert evaluate --gold=gold.conllu --system=system.conllu\n\n"
        "or a model on treebanks, which needs TensorFlow:\n\n"
        "  minibert evaluate --model=MODEL --conllu=TREEBANKS --output_dir=DIR\n",
        _evaluate,
    ),
    "info": Command(
        "Show what the model is: languages, licences, scores.",
        "Shows the card of a model: what it is, its languages, licences and scores.\n\n"
        "  minibert info\n",
        _info,
    ),
}
