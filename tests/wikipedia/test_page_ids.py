from minibert.wikipedia.page_ids import MAX_PAGE_ID, PageIds


def test_numbers_of_pages():
    ids = PageIds()
    numbers = [0, 7, 8, 2**15 - 1, 2**15, 2**20 + 3, MAX_PAGE_ID]
    assert all(ids.add(number) for number in numbers)
    assert not any(ids.add(number) for number in numbers)
    assert ids.add(6)
    assert ids.add(MAX_PAGE_ID - 1)
