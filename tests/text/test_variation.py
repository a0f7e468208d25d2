import random
import unicodedata

import pytest

from minibert.text.variation import vary_text, vary_words


def _always(words) -> tuple[str, ...]:
    return vary_words(words, 1.0, random.Random(1))


@pytest.mark.parametrize(
    ("words", "varied"),
    [
        ("The old dog sleeps .", "the old dog sleeps"),
        ("the dog ?!", "The dog"),
        ("Élan vital …", "élan vital"),
        ("он спит .", "Он спит"),
        ("वह सो रहा है ।", "वह सो रहा है"),
        ("他 在 睡觉 。", "他 在 睡觉"),
        ("NASA rests .", "NASA rests"),
        ("McDonald rests", "McDonald rests"),
        ("ßein wird .", "ßein wird"),
        ("I rest )", "i rest )"),
        (".", "."),
        ("Halt", "halt"),
    ],
)
def test_words(words, varied):
    assert " ".join(_always(words.split())) == varied


@pytest.mark.parametrize(
    ("text", "varied"),
    [
        ("The old dog sleeps.", "the old dog sleeps"),
        ("Vraiment ?", "vraiment"),
        ("Wait...", "wait"),
        ("他在睡觉。", "他在睡觉"),
        ("sleeps", "Sleeps"),
        ("...", "..."),
        ("3.14 is it.", "3.14 is it"),
        ("He said «no.»", "he said «no.»"),
    ],
)
def test_text(text, varied):
    assert vary_text(text, 1.0, random.Random(1)) == varied


def test_nothing_changes_without_a_fraction():
    generator = random.Random(1)
    for text in ("The old dog sleeps.", "...", ""):
        assert vary_text(text, 0.0, generator) == text
        assert vary_words(text.split(), 0.0, generator) == tuple(text.split())


def test_each_of_the_two_happens_as_often_as_said():
    generator = random.Random(1)
    varied = [vary_text("The end.", 0.3, generator) for _ in range(10_000)]
    for changed in ("the end", "the end.", "The end"):
        wanted = 0.3 * 0.3 if changed == "the end" else 0.3 * 0.7
        assert abs(varied.count(changed) / 10_000 - wanted) < 0.015


def test_no_other_character_is_lost():
    generator = random.Random(1)
    for point in range(1, 0x3000):
        character = chr(point)
        text = f"A{character}b {character}c"
        varied = vary_text(text, 1.0, generator)
        if not unicodedata.category(character).startswith("Z") and character not in "\t\n\r\v\f":
            assert varied.lower() == text.lower()
