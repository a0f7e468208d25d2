"""What became of unlabeled text, as a table for people."""

from collections import Counter

from minibert.data.prepared import DEV, TRAIN
from minibert.data.text_info import TextInfo
from minibert.tables import format_table


def text_table(info: TextInfo) -> str:
    """What became of the sentences of each language, as a table."""
    found = sum(map(Counter, info.counts.values()), Counter[str]())
    # What there is none of is left out.
    names = [name for name in next(iter(info.counts.values())) if found[name]]
    sentences = {(part.language, part.split): part.sentences for part in info.parts}
    characters: Counter[str] = Counter()
    for part in info.parts:
        characters[part.language] += part.characters
    rows = []
    for language, counts in info.counts.items():
        numbers = [counts.get(name, 0) for name in names]
        numbers += [sentences.get((language, split), 0) for split in (TRAIN, DEV)]
        rows.append([language, *(f"{number:,}" for number in (*numbers, characters[language]))])
    header = ["language", *(name.replace("_", " ") for name in names), TRAIN, DEV, "characters"]
    return format_table(header, rows, left=1)
