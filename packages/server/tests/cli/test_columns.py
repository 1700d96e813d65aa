from __future__ import annotations

from openinsights.cli.columns import aligned


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
