from minibert.chunks import chunks, text_size


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
