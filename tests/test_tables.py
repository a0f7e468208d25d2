from minibert.tables import format_table, percent


def test_columns():
    rows = [["a", "1"], ["bcd", "23"]]
    assert format_table(["x", "y"], rows, left=1) == "x     y\na     1\nbcd  23"


def test_nothing_reaches_the_terminal_but_text():
    table = format_table(["x"], [["\x1b[2J\n"], ["\u202egolden"], ["日本 é"]], left=1)
    assert table.splitlines() == ["x", r"\x1b[2J\n", r"\u202egolden", "日本 é"]


def test_percent():
    assert [percent(None), percent(0.12345)] == ["-", "12.35"]
