"""Options of `prepare_wikipedia.py`."""

from dataclasses import dataclass

from minibert.options import check, option

RULES, UDPIPE = "rules", "udpipe"


@dataclass(frozen=True)
class PrepareWikipediaConfig:
    """Options of preparing dumps of Wikipedia; see the help of each."""

    input: tuple[str, ...] = option(
        "Dumps, or glob patterns of them: LANGUAGEwiki-…pages-articles….xml, plain, .bz2 or .gz, "
        "here or in gs:// and others. A multistream dump that has its index beside it is read by "
        "many workers, any other by one."
    )
    output_dir: str = option(
        "Directory to write. Started again, the same command goes on where it was stopped."
    )
    languages: tuple[str, ...] = option("Languages to take, such as de,fr; else all.", ())
    headings: bool = option("Take headings, too.", False)
    splitter: str = option(
        "What cuts paragraphs into sentences. rules: one for all languages. udpipe: a model of "
        "UDPipe for each.",
        RULES,
        choices=(RULES, UDPIPE),
    )
    udpipe_models: str | None = option(
        f"Directory of models LANGUAGE.udpipe; for --splitter={UDPIPE}.", None
    )
    min_characters: int = option("Shorter sentences are dropped, as in Tsai et al. 2019.", 10)
    max_characters: int = option("Longer sentences are dropped.", 1000)
    min_script_fraction: float = option(
        "Sentences of which a smaller part of the letters is in a script of the language are "
        "dropped; 0 keeps all.",
        0.5,
    )
    drop_duplicates: bool = option("Keep a sentence once in its language.", True)
    max_sentences_per_language: int = option(
        "At most so many sentences of a language, drawn at random; 0 for all.", 0
    )
    max_sentences: int = option(
        "At most so many sentences in all, drawn at random; 0 for all. Languages have shares in "
        "proportion to their number of different sentences to the power of --sampling_exponent.",
        0,
    )
    sampling_exponent: float = option(
        "Of the shares of languages in --max_sentences, without which it has no use: 1 for shares "
        "as they are, 0 for equal ones; multilingual BERT has 0.7.",
        0.7,
    )
    held_out_fraction: float = option("Part of the sentences for the split dev.", 0.01)
    shard_megabytes: int = option("Size of a record file, about, not compressed.", 32)
    gzip: bool = option("Compress the records.", True)
    num_workers: int = option(
        "Processes of a local run; 0 for one a core, fewer if there is little to do. A runner that "
        "is given behind -- has flags of its own for it.",
        0,
    )

    def __post_init__(self) -> None:
        check(self, "input", lambda paths: all(paths) and paths, "must name files")
        check(
            self,
            "output_dir",
            lambda path: path and not set(path) & set("*?[]"),
            "must name a directory, without * ? [ ], which Apache Beam takes for a pattern",
        )
        check(self, "min_characters", lambda n: n >= 1, "must be 1 or more")
        check(
            self,
            "max_characters",
            lambda n: self.min_characters <= n <= 2**18,
            "must be from --min_characters to 262144",
        )
        check(self, "min_script_fraction", lambda part: 0 <= part <= 1, "must be from 0 to 1")
        check(self, "max_sentences_per_language", lambda n: n >= 0, "must be 0 or more")
        check(self, "max_sentences", lambda n: n >= 0, "must be 0 or more")
        check(self, "sampling_exponent", lambda x: 0 <= x <= 1, "must be from 0 to 1")
        check(self, "held_out_fraction", lambda part: 0 <= part < 1, "must be from 0, below 1")
        check(self, "shard_megabytes", lambda n: 1 <= n <= 1024, "must be from 1 to 1024")
        check(self, "num_workers", lambda n: 0 <= n <= 1024, "must be from 0 to 1024")
        check(
            self,
            "udpipe_models",
            lambda path: (path is not None) == (self.splitter == UDPIPE),
            f"needed for --splitter={UDPIPE}, and for nothing else",
        )
