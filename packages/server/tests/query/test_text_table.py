from __future__ import annotations

from openinsights.query.text_table import aligned, text_table
from openinsights.schema.types import KqlType


def test_columns_are_as_wide_as_their_widest_cell():
    assert list(aligned(("a", "long"), [("xyz", 1), (None, "")])) == [
        "a    long",
        "---  ----",
        "xyz  1",
        "",
    ]


def test_long_and_broken_cells_stay_on_their_line():
    lines = list(aligned(("a",), [("x" * 200,), ("a\r\nb\tc",)]))
    assert lines[2] == "x" * 79 + "…"
    assert lines[3] == "a⏎b c"


def test_numbers_stand_at_the_right():
    table = text_table(
        [("n", KqlType.LONG), ("t", KqlType.STRING)], [(7, "a"), (1234, "b"), (None, "")]
    )
    assert table.lines == ["   n  t", "----  -", "   7  a", "1234  b", ""]


TEXTS = [(name, KqlType.STRING) for name in "abcd"]


def test_wide_texts_are_narrowed_to_the_width():
    table = text_table(TEXTS, [("x" * 60, "short", "y" * 30, "z")], width=60)
    assert (table.hidden, table.is_cut) == (0, True)
    assert max(map(len, table.lines)) <= 60
    assert table.lines[2].endswith("  short  " + "y" * 23 + "…  z")


def test_columns_that_do_not_fit_are_left_out_at_the_right():
    table = text_table(TEXTS, [("x" * 60,) * 4], width=30)
    assert table.hidden == 2
    assert table.lines[0].split() == ["a", "b"]
    assert len(table.lines[1]) == 30


def test_a_number_is_never_cut():
    columns = [("n", KqlType.LONG), ("t", KqlType.STRING)]
    assert text_table(columns, [(10**17, "x" * 50)], width=40).lines[2] == (
        "100000000000000000  " + "x" * 19 + "…"
    )


def test_one_column_is_shown_on_the_narrowest_terminal():
    assert text_table(TEXTS, [("x" * 60,) * 4], width=5).lines == ["a", "-----", "xxxx…"]


def test_nothing_is_cut_without_bounds():
    assert text_table(TEXTS[:1], [("x" * 200,)], widest=None).lines[2] == "x" * 200


def test_wide_letters_count_twice():
    lines = list(aligned(("a", "b"), [("寿司", 1), ("x", 2)]))
    assert lines == ["a     b", "----  -", "寿司  1", "x     2"]


def test_codes_of_terminals_are_shown_not_sent():
    lines = list(aligned(("a",), [("\x1b[31m\x07\x9b\u202e",)]))
    assert lines[2] == "␛[31m␇␡\ufffd"


def test_no_columns_and_no_rows():
    assert text_table([], []).lines == ["", ""]
    assert text_table(TEXTS, [], width=10).lines[0].split() == ["a", "b", "c", "d"]
