from minibert.chunks import chunks, first, text_size


def test_chunks_are_bounded_in_number_and_size():
    items = [1, 1, 1, 1, 9, 2, 2, 2]
    assert list(chunks(items, max_items=3, size=int, max_size=5)) == [[1, 1, 1], [1, 9], [2, 2, 2]]
    assert list(chunks([], max_items=3, size=int, max_size=5)) == []


def test_nothing_is_read_before_it_is_needed():
    stream = iter(range(100))
    next(chunks(stream, max_items=3, size=lambda _: 1, max_size=50))
    assert next(stream) == 3


def test_text_size_counts_characters_and_words():
    assert text_size(["ab", "c"]) == 5


def test_first_of_those_that_count():
    items = iter([0, 1, 0, 2, 0, 3])
    assert list(first(items, 2, counts=bool)) == [0, 1, 0, 2]
    assert next(items) == 0
    assert list(first([0, 1, 0], 0, counts=bool)) == list(first([0, 1, 0], 5, counts=bool))
