"""Rows of text in aligned columns, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WIDEST = 80
"""A longer cell is cut with …, so that one long value does not push the others away."""


def aligned(names: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """Return the heading, a rule and the rows, each column as wide as its widest cell."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [
        max(len(text) for text in (name, *(row[index] for row in cells)))
        for index, name in enumerate(names)
    ]
    for line in (names, ["-" * width for width in widths], *cells):
        padded = (text.ljust(width) for text, width in zip(line, widths, strict=True))
        yield "  ".join(padded).rstrip()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    text = text.replace("\r", "").replace("\n", "⏎").replace("\t", " ")
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
