"""Options of `prepare_text.py`."""

from dataclasses import dataclass

from minibert.options import check, option
from minibert.text.variation import VARIATION_HELP

MAX_SHARDS = 256


@dataclass(frozen=True)
class PrepareTextConfig:
    """Options of preparing unlabeled text; see the help of each."""

    input: tuple[str, ...] = option(
        "Files or quoted patterns such as 'wiki/*.txt', separated by commas: text with a sentence "
        "a line, or CoNLL-U, of which the text is taken; plain, .gz or .xz."
    )
    output_dir: str = option("Directory to write; it must not exist, or be empty.")
    language: str | None = option(
        "Language of all files. Else the name of each says it: de.txt, en_ewt-ud-train.conllu.",
        None,
    )
    min_characters: int = option("Shorter sentences are dropped.", 10)
    max_sentences_per_language: int = option(
        "Sentences to keep of a language, drawn at random; 0 keeps all.", 0
    )
    drop_duplicates: bool = option(
        "Drop what the language has already, letter by letter. Takes 100 bytes of memory for each "
        "sentence of a language.",
        False,
    )
    nfc: bool = option("Bring the text into Unicode's normal form C first.", False)
    held_out_fraction: float = option(
        "Part of the sentences that goes into the split dev, to measure on. A sentence goes there "
        "by its letters, so one that is there twice is not on both sides.",
        0.02,
    )
    num_shards: int = option(
        "Record files to write for each split of each language, up to 256: the parts in which "
        "machines share cache_teacher_outputs.py, and in which it is resumed. 0 for one for each "
        "8 MiB of the language's files.",
        0,
    )
    variation: float = option(VARIATION_HELP, 0.0)
    gzip: bool = option("Compress the records.", False)
    seed: int = option("Seed of the order in which sentences are written.", 1)

    def __post_init__(self) -> None:
        check(self, "input", lambda patterns: all(patterns) and patterns, "must name files")
        check(self, "min_characters", lambda n: n >= 1, "must be 1 or more")
        check(self, "max_sentences_per_language", lambda n: n >= 0, "must be 0 or more")
        check(self, "held_out_fraction", lambda x: 0 < x < 1, "must be in (0, 1)")
        check(self, "variation", lambda x: 0 <= x <= 1, "must be in [0, 1]")
        check(self, "num_shards", lambda n: 0 <= n <= MAX_SHARDS, f"must be from 0 to {MAX_SHARDS}")
