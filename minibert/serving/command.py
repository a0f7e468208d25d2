"""The command `minibert`: what one does with a model that is there."""

import sys
from pkgutil import resolve_name
from typing import NamedTuple

from minibert import __version__
from minibert.cli import run


class Command(NamedTuple):
    """One of the things that it does.

    Attributes:
      summary: a line.
      description: for its `--help`.
      config, job: where the dataclass of its options is, and what is called with them.
    """

    summary: str
    description: str
    config: str
    job: str


def main() -> None:
    """Does what the first argument says, with the flags behind it."""
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name in ("--help", "-h", "help"):
        print(_usage())
    elif name == "--version":
        print(f"minibert {__version__}")
    elif name in COMMANDS:
        command = COMMANDS[name]
        # What the help calls it.
        sys.argv[:2] = [f"minibert {name}"]
        sys.modules["__main__"].__doc__ = command.description
        # What is heavy is imported when the flags are right.
        run(resolve_name(command.config), lambda config: resolve_name(command.job)(config))
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


COMMANDS = {
    "tag": Command(
        "Tag words, raw text or CoNLL-U; CoNLL-U comes out.",
        "Tags sentences: CoNLL-U, words or raw text in, CoNLL-U out.\n\n"
        '  echo "The dog barks ." | minibert tag --input_format=words\n\n'
        "  minibert tag --input=in.conllu --output=out.conllu --scores\n",
        config="minibert.serving.tag_config:TagConfig",
        job="minibert.serving.tag_file:tag_file",
    ),
    "evaluate": Command(
        "Score the output of any tool against gold CoNLL-U, or a model on treebanks.",
        "Scores one CoNLL-U file against another of the same text (F1 of CoNLL 2018):\n\n"
        "  minibert evaluate --gold=gold.conllu --system=system.conllu\n\n"
        "or a model on treebanks, which needs TensorFlow:\n\n"
        "  minibert evaluate --model=MODEL --conllu=TREEBANKS --output_dir=DIR\n",
        config="minibert.evaluation.evaluate_config:EvaluateConfig",
        job="minibert.evaluation.evaluate:evaluate",
    ),
    "info": Command(
        "Show what the model is: languages, licences, scores.",
        "Shows the card of a model: what it is, its languages, licences and scores.\n\n"
        "  minibert info\n",
        config="minibert.serving.info:InfoConfig",
        job="minibert.serving.info:info",
    ),
}
