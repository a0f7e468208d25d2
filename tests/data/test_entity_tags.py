import itertools

import pytest
from seqeval import scheme as seqeval

from minibert.data.entity_tags import BIOES, IOB1, IOB2, Entity, TagError, entities, to_iob2


def _reference(tags, scheme) -> list[Entity]:
    """What seqeval takes for the entities of a scheme."""
    (found,) = seqeval.Entities([list(tags)], scheme).entities
    return [Entity(e.start, e.end, e.tag) for e in found]


@pytest.mark.parametrize(
    ("scheme", "tags", "iob2"),
    [
        (IOB2, "B-A I-A O B-B", "B-A I-A O B-B"),
        (IOB1, "I-A I-A B-A O I-B I-A", "B-A I-A B-A O B-B B-A"),
        (BIOES, "B-A I-A E-A S-B O", "B-A I-A I-A B-B O"),
        (BIOES, "B-A L-A U-B O", "B-A I-A B-B O"),
        (IOB2, "O", "O"),
        (IOB2, "B-New-York I-New-York", "B-New-York I-New-York"),
    ],
)
def test_schemes(scheme, tags, iob2):
    assert to_iob2(tags.split(), scheme) == (iob2.split(), 0)


@pytest.mark.parametrize(
    ("scheme", "tags", "repaired", "count"),
    [
        (IOB2, "O I-A I-A", "O B-A I-A", 1),
        (IOB2, "B-A I-B", "B-A B-B", 1),
        (BIOES, "I-A E-A", "B-A I-A", 1),
        (BIOES, "B-A O", "B-A O", 1),
        (BIOES, "B-A", "B-A", 1),
        (BIOES, "S-A E-A", "B-A B-A", 1),
        (BIOES, "B-A S-B", "B-A B-B", 1),
    ],
)
def test_repair(scheme, tags, repaired, count):
    assert to_iob2(tags.split(), scheme, repair=True) == (repaired.split(), count)
    with pytest.raises(TagError):
        to_iob2(tags.split(), scheme)


@pytest.mark.parametrize(
    ("scheme", "tags", "index", "message"),
    [
        (IOB2, "O PER", 1, "tag 'PER' is not IOB2: O, or B or I-TYPE"),
        (IOB2, "O S-PER", 1, "is not IOB2"),
        (IOB2, "B-", 0, "is not IOB2"),
        (IOB2, "o", 0, "is not IOB2"),
        (IOB1, "O E-PER", 1, "is not IOB1"),
        (BIOES, "X-PER", 0, "is not BIOES: O, or B, I, E or S-TYPE"),
        (IOB2, "O I-A", 1, "tag 'I-A' after 'O': in IOB2 an entity starts with B-"),
        (BIOES, "B-A I-A O", 2, "an entity of several words ends with E-"),
        (BIOES, "O B-A", 1, "the entity has no end"),
    ],
)
def test_wrong_tags(scheme, tags, index, message):
    with pytest.raises(TagError, match=message) as raised:
        to_iob2(tags.split(), scheme)
    assert raised.value.index == index


def test_words_without_a_tag():
    assert to_iob2(["", "B-A", "", "O"], IOB2) == (["", "B-A", "", "O"], 0)
    with pytest.raises(TagError):
        to_iob2(["B-A", "", "I-A"], IOB2)


@pytest.mark.parametrize(
    ("scheme", "reference", "letters"),
    [
        (IOB2, seqeval.IOB2, "BI"),
        (IOB1, seqeval.IOB1, "BI"),
        (BIOES, seqeval.IOBES, "BIES"),
    ],
)
def test_entities_are_those_of_the_scheme(scheme, reference, letters):
    """All sentences of four words with two types, those that are well-formed, against seqeval."""
    tags = ["O", *(f"{letter}-{type_}" for letter in letters for type_ in "XY")]
    well_formed = 0
    for sentence in itertools.product(tags, repeat=4):
        try:
            found, _ = to_iob2(sentence, scheme)
        except TagError:
            continue
        if scheme == IOB1 and any(
            after[0] == "B" and before[2:] != after[2:]
            for before, after in itertools.pairwise(["O", *sentence])
        ):
            # An entity begins there, of course; seqeval sees none.
            continue
        well_formed += 1
        assert entities(found) == _reference(sentence, reference), sentence
        assert to_iob2(found, IOB2) == (found, 0)
    assert well_formed > 50


def test_entities_as_conlleval_reads_them():
    assert entities(["I-A", "I-A", "I-B", "O", "B-A", "B-A", ""]) == [
        Entity(0, 2, "A"),
        Entity(2, 3, "B"),
        Entity(4, 5, "A"),
        Entity(5, 6, "A"),
    ]
