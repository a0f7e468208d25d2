"""The metrics of the CoNLL 2018 shared task against the scorer of the shared task itself."""

import random

import pytest
from udtools import udeval

from minibert.data.conllu_reader import read_conllu
from minibert.errors import InputError
from minibert.evaluation.conll18 import (
    METRICS,
    Score,
    added_scores,
    counts_by_sentence,
    match_sentences,
    score_files,
)
from minibert.evaluation.conllu_spans import UNIVERSAL_FEATURES
from minibert.evaluation.raw_text_file import metric_counts

_TREEBANK_TYPE = {
    **dict.fromkeys(
        [
            "no_gapping",
            "no_shared_parents_in_coordination",
            "no_shared_dependents_in_coordination",
            "no_control",
            "no_external_arguments_of_relative_clauses",
            "no_case_info",
            "no_empty_nodes",
            "multiple_roots_okay",
        ],
        0,
    )
}


def reference(gold, system):
    files = (udeval.load_conllu_file(str(path), _TREEBANK_TYPE) for path in (gold, system))
    return udeval.evaluate(*files)


def assert_equal(gold, system):
    found = score_files(gold, system)
    assert tuple(found) == METRICS
    for metric, wanted in reference(gold, system).items():
        if metric in METRICS:
            for figure in ("precision", "recall", "f1", "aligned_accuracy"):
                value = getattr(wanted, figure)
                expected = value if value is None else pytest.approx(value, abs=1e-9)
                assert getattr(found[metric], figure) == expected, (metric, figure)


def conllu(sentences):
    """Sentences of tokens: (form, None), or (form, words) of a multiword token.

    A word is its form, or a tuple of form, UPOS and FEATS.
    """
    blocks = []
    for sentence in sentences:
        lines, index = [], 0
        for form, words in sentence:
            own = [form] if words is None else words
            if words is not None:
                lines.append("\t".join([f"{index + 1}-{index + len(own)}", form, *["_"] * 8]))
            for word in own:
                word_form, upos, feats = (word, "X", "_") if isinstance(word, str) else word
                index += 1
                head = "0" if index == 1 else "1"
                cells = [str(index), word_form, "_", upos, "_", feats, head, "dep", "_", "_"]
                lines.append("\t".join(cells))
        blocks.append("\n".join([*lines, "", ""]))
    return "".join(blocks)


def test_counts_by_sentence(files):
    """What a system has counts for the gold sentence in which it begins."""
    gold, system = files(
        [[("ab", None), ("cd", None)], [("e", None)], [("fg", ["f", "g"])]],
        # One sentence more, its border inside the first; a word that is in two gold ones.
        [[("ab", None)], [("cde", None), ("f", None), ("g", None)]],
    )
    matches = match_sentences(read_conllu(gold), read_conllu(system), gold, system)
    counts = counts_by_sentence([matches, matches])
    shown = {
        metric: [of.tolist() for of in (c.words, c.system_words, c.correct)]
        for metric, c in counts.items()
    }
    assert shown == {
        "Tokens": [[2, 1, 1] * 2, [2, 0, 2] * 2, [1, 0, 0] * 2],
        "Sentences": [[1, 1, 1] * 2, [2, 0, 0] * 2, [0, 0, 0] * 2],
        "Words": [[2, 1, 2] * 2, [2, 0, 2] * 2, [1, 0, 2] * 2],
        "UPOS": [[2, 1, 2] * 2, [2, 0, 2] * 2, [1, 0, 2] * 2],
        "UFeats": [[2, 1, 2] * 2, [2, 0, 2] * 2, [1, 0, 2] * 2],
    }
    for metric, score in added_scores([matches, matches]).items():
        assert counts[metric].figure == pytest.approx(score.f1)


def test_a_token_across_the_border_of_gold_sentences(files):
    """All of its words begin in the first sentence, those that are right are in both."""
    gold, system = files(
        [[("ab", None), ("cd", None)], [("ef", None), ("gh", None)]],
        [[("ab", None), ("cdef", ["cd", "ef"]), ("gh", None)]],
    )
    matches = match_sentences(read_conllu(gold), read_conllu(system), gold, system)
    words = metric_counts(counts_by_sentence([matches]))["Words"]
    assert (words.gold, words.system, words.correct) == ([2, 2], [3, 1], [2, 2])


@pytest.fixture
def files(tmp_path):
    """Writes a gold and a system file; gives their paths."""

    def write(gold, system):
        paths = tmp_path / "gold.conllu", tmp_path / "system.conllu"
        for path, sentences in zip(paths, (gold, system), strict=True):
            text = sentences if isinstance(sentences, str) else conllu(sentences)
            path.write_text(text, encoding="utf-8")
        return paths

    return write


def words(text):
    return [(form, None) for form in text.split()]


@pytest.mark.parametrize(
    ("gold", "system"),
    [
        ([words("a b c")], [words("a b c")]),
        ([words("a b"), words("c")], [words("a"), words("b c")]),
        ([words("abc")], [words("a bc")]),
        # A range on one side, on both, of another length, of one word.
        ([[("abc", ["a", "bc"])]], [words("a bc")]),
        ([[("abc", ["a", "b", "c"])]], [[("abc", ["a", "c"])]]),
        ([[("abc", ["abc"])]], [words("abc")]),
        # Nested: a range on one side has two of the other in it.
        ([[("abcd", ["x", "y", "z"])]], [[("ab", ["x", "y"]), ("cd", ["z", "x"])]]),
        # Overlapping, in a chain.
        (
            [[("ab", ["x", "y"]), ("cde", ["z", "x"]), ("f", None)]],
            [[("a", None), ("bc", ["y", "z"]), ("def", ["x", "f"])]],
        ),
        # A word that sticks out of the stretch to the left and to the right.
        ([[("abc", None), ("d", None)]], [[("a", None), ("bc", ["b", "c"]), ("d", None)]]),
        ([[("a", None), ("bcd", None)]], [[("ab", ["a", "b"]), ("c", None), ("d", None)]]),
        # Two subsequences of the same length.
        ([[("abcd", ["a", "b", "a"])]], [[("abcd", ["b", "a", "b"])]]),
        # Spaces, other case, longer in lower case, beyond the first plane.
        ([[("1 000", None), ("A", None)]], [[("1\u00a0000", None), ("A", None)]]),
        ([[("\u0130x", ["\u0130", "x"])]], [[("\u0130x", ["i\u0307", "X"])]]),
        ([words("\U00010348\U0001f600 x")], [words("\U00010348 \U0001f600 x")]),
        # Features of the treebank do not count, their order neither.
        (
            [[("a", [("a", "NOUN", "Case=Nom|Foo=x|Number=Sing"), ("b", "X", "Foo=y")])]],
            [[("a", [("a", "NOUN", "Number=Sing|Case=Nom"), ("b", "VERB", "_")])]],
        ),
    ],
)
def test_by_hand_as_the_shared_task(files, gold, system):
    assert_equal(*files(gold, system))
    assert_equal(*files(system, gold))


def _random_sentences(text, random_):
    sentences, sentence, place = [], [], 0
    share = random_.choice([0.1, 0.3, 0.6])
    while place < len(text):
        form = text[place : place + random_.choice([1, 1, 2, 3, 4, 8])]
        place += len(form)
        if random_.random() < 0.1:
            form = form[:1] + random_.choice([" ", "\u00a0", "\u3000"]) + form[1:]
        if random_.random() < share:
            own = [
                "".join(random_.choices("abAB\u0130", k=random_.choice([1, 1, 2])))
                for _ in range(random_.choice([1, 2, 3, 4, 9]))
            ]
            feats = ["_", "Case=Nom", "Case=Nom|Foo=x", "Number=Sing|Case=Nom"]
            own = [(word, random_.choice("AB"), random_.choice(feats)) for word in own]
            sentence.append((form, own))
        else:
            sentence.append((form, None))
        if random_.random() < 0.1:
            sentences.append(sentence)
            sentence = []
    return [*sentences, sentence] if sentence else sentences


@pytest.mark.parametrize(
    ("gold", "system", "tokens", "aligned"),
    [
        # Lone ones in the one file: words that the other has not.
        (words("the \ufe0f old\u0301 \u200d \u200d dog"), words("the old\u0301 dog"), (6, 3, 3), 3),
        (words("the dog"), words("the \u200d dog \ufe0f"), (2, 4, 2), 2),
        (words("\ufeffthe dog"), words("the do g"), (2, 3, 1), 1),
        # A multiword token of nothing else, and a part of one.
        ([("\u200d\u200d", ["\u200d", "\u200d"]), ("a", None)], words("a"), (2, 1, 1), 1),
        ([("ab\u0301", ["a", "b\u0301"])], [("ab", ["a", "b"])], (1, 1, 1), 2),
    ],
)
def test_texts_that_differ_in_what_is_not_seen(files, gold, system, tokens, aligned):
    scores = score_files(*files([gold], [system]))
    assert scores["Tokens"] == Score(*tokens)
    assert scores["Words"].correct == scores["UPOS"].aligned == aligned


@pytest.mark.parametrize("seed", range(300))
def test_at_random_as_the_shared_task(files, seed):
    random_ = random.Random(seed)
    text = "".join(random_.choices("abABc\U00010348\u0130", k=random_.choice([1, 5, 20, 60, 300])))
    assert_equal(*files(_random_sentences(text, random_), _random_sentences(text, random_)))


def test_thousands_of_words_in_one_sentence_and_one_range(files):
    random_ = random.Random(7)
    forms = random_.choices("abc", k=3000)
    gold = [[("x" * 50, forms[:700])], words(" ".join(forms))]
    system = [[("x" * 50, forms[100:600] + forms[:90]), *words(" ".join(forms))]]
    assert_equal(*files(gold, system))


def test_empty_nodes_are_no_words(files):
    text = conllu([words("a b")])
    empty = "\t".join(["1.1", "e", *["_"] * 8])
    with_empty = text.replace("\n2\t", f"\n{empty}\n2\t")
    gold, system = files(with_empty, text)
    assert all(score.f1 == 1 for score in score_files(gold, system).values())
    # In the middle of a range, where the scorer of the shared task takes it for a word.
    text = conllu([[("ab", ["a", "b"])]])
    gold, system = files(text.replace("\n2\t", f"\n{empty}\n2\t"), text)
    assert all(score.f1 == 1 for score in score_files(gold, system).values())


def test_figures_of_a_score():
    score = Score(gold=4, system=8, correct=2, aligned=3)
    assert (score.precision, score.recall) == (0.25, 0.5)
    assert score.f1 == pytest.approx(2 * 0.25 * 0.5 / 0.75)
    assert score.aligned_accuracy == pytest.approx(2 / 3)
    nothing = Score(0, 0, 0, 0)
    assert (nothing.precision, nothing.recall, nothing.f1, nothing.aligned_accuracy) == (0,) * 4
    assert Score(1, 1, 1).aligned_accuracy is None


def test_universal_features_are_those_of_the_shared_task():
    assert UNIVERSAL_FEATURES == udeval.UNIVERSAL_FEATURES


@pytest.mark.parametrize(
    ("gold", "system", "message"),
    [
        (
            [words("the old dog"), words("sleeps")],
            [words("the old cat sleeps")],
            "the texts differ: behind 'theold', {gold}:3 has 'dogsleeps' and {system}:3 has "
            "'catsleeps'; score files of the same text",
        ),
        (
            [words("the dog")],
            [words("the")],
            "the texts differ: behind 'the', {gold}:2 has 'dog' and {system}:1 has ended",
        ),
        ([words("a")], "", "{system}:1: no sentence in the file"),
        ("# nothing\n\n", [words("a")], "{gold}:1: no sentence in the file"),
        (
            [words("a b")],
            conllu([words("a b")]).replace("\t0\t", "\t2\t"),
            "{system}:1: HEAD 2: word 1 is below itself, a cycle",
        ),
        (
            [words("a b")],
            conllu([words("a b")]).replace("\t1\t", "\t3\t"),
            "{system}:2: HEAD '3', a number from 0 to 2 is expected",
        ),
        (
            [words("a b")],
            conllu([[("ab", ["a", "b"])]]).replace("1-2", "1-3"),
            "{system}:1: a range to word 3, but the last word is 2",
        ),
        (
            [words("a b")],
            conllu([[("ab", ["a", "b"])]]).replace("1-2", "2-1"),
            "{system}:1: ID '2-1' where word 1",
        ),
        ([words("a b")], conllu([[("\u00a0", None)]]), "{system}:1: a FORM of nothing but spaces"),
    ],
)
def test_what_cannot_be_scored(files, gold, system, message):
    paths = files(gold, system)
    with pytest.raises(InputError) as error:
        score_files(*paths)
    assert str(error.value).startswith(message.format(gold=paths[0], system=paths[1]))


def test_heads_may_be_missing(files):
    text = conllu([words("a b")])
    without = text.replace("\t0\t", "\t_\t").replace("\t1\t", "\t_\t")
    assert score_files(*files(text, without))["Words"].f1 == 1


def test_too_many_words_in_multiword_tokens(tmp_path, monkeypatch):
    """Time and memory of their alignment are the product of the two numbers."""
    monkeypatch.setattr("minibert.evaluation.word_alignment._MAX_CELLS", 11)
    for name, count in (("gold", 3), ("system", 4)):
        rows = [["1-" + str(count), "x", *"________"]]
        rows += [[str(i + 1), f"w{i}", "_", "X", "_", "_", "0", *"___"] for i in range(count)]
        (tmp_path / name).write_text("".join("\t".join(row) + "\n" for row in rows) + "\n")
    with pytest.raises(InputError, match="too many words to align, up to 3 and 4 from 'w0' on"):
        score_files(tmp_path / "gold", tmp_path / "system")
