"""Options that all jobs share which read sentences with named entities."""

from dataclasses import dataclass

from minibert.data.entity_reader import COLUMNS, CONLLU, LAYOUTS, NONE, PREFIXED, EntityFormat
from minibert.data.entity_tags import IOB2, SCHEMES
from minibert.options import check, option

_DEFAULT_KEY = EntityFormat().misc_key


@dataclass(frozen=True, kw_only=True)
class EntityOptions:
    """Options of reading sentences with named entities; see the help of each."""

    input_dir: str = option(
        "Directory of LANGUAGE/SPLIT.txt or SET/LANGUAGE/SPLIT.txt, plain, .gz or .xz; the endings "
        ".tsv, .conll, .iob, .iob2 and .bio are as good. With --layout=conllu as of prepare_ud.py."
    )
    languages: tuple[str, ...] = option("Those to take, such as de,en; else all.", ())
    layout: str = option(
        "columns: a token a line, its tag in the last column, tabs between or single spaces. "
        "lines: a sentence a line, tokens, a tab, tags. conllu: tags in MISC.",
        COLUMNS,
        choices=LAYOUTS,
    )
    scheme: str = option(
        "Of the tags: iob2, B-PER I-PER; iob1, I-PER I-PER; bioes, also E-PER and S-PER, or L- and "
        "U-. They are brought into IOB2.",
        IOB2,
        choices=SCHEMES,
    )
    language_prefix: str = option(
        "What has the name of the language in front, which is stripped: tokens, de:Bonn; tags, "
        "de:B-LOC.",
        NONE,
        choices=PREFIXED,
    )
    ner_misc_key: str = option(
        f"With --layout={CONLLU}: the key in MISC, as in NER=B-PER. Words without it, or with -, "
        "have no tag, neither to learn from nor to be right on.",
        _DEFAULT_KEY,
    )
    repair: bool = option(
        "Let a tag that continues an entity where there is none begin one, as conlleval reads it, "
        "and tell how many there were; else they are refused.",
        False,
    )

    def __post_init__(self) -> None:
        check(
            self,
            "ner_misc_key",
            lambda key: key == _DEFAULT_KEY or self.layout == CONLLU,
            f"is for --layout={CONLLU}",
        )
        check(self, "ner_misc_key", lambda key: key and not set("=| \t") & set(key), "no key")

    @property
    def format(self) -> EntityFormat:
        """How the files have their entities."""
        return EntityFormat(
            self.layout, self.scheme, self.language_prefix, self.ner_misc_key, self.repair
        )
