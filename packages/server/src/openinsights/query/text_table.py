"""Rows of text in aligned columns, for people at a terminal or in a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.kql.caret import terminal_cells
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

WIDEST: Final = 80
"""A longer cell is cut with …, so that one long value does not push the others away."""
NARROWEST: Final = 12
"""A column of texts is not made narrower than this to make room for others."""
NUMBERS: Final = frozenset((KqlType.INT, KqlType.LONG, KqlType.REAL, KqlType.DECIMAL))
_TEXTS: Final = frozenset((KqlType.STRING, KqlType.DYNAMIC))
_GAP: Final = 2

# What a program wrote may hold codes that move a terminal's cursor or change its colours: they are
# shown as pictures of themselves. So are the marks that turn the direction of the text around them.
_HARMLESS: Final = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    **dict.fromkeys((0x7F, *range(0x80, 0xA0)), "␡"),
    **dict.fromkeys((0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\ufffd"),
    ord("\r"): "",
    ord("\n"): "⏎",
    ord("\t"): " ",
}


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table as lines of text, made one by one: a result may be long.

    Attributes:
        columns: name and type of each.
        rows: values as replies spell them; walked anew for each walk over the lines.
        widths: of the columns that fit, from the left.
        hidden: how many columns at the right are left out because they do not fit.
        is_cut: whether a value is cut.
    """

    columns: Sequence[tuple[str, KqlType]]
    rows: Iterable[Sequence[object]]
    widths: Sequence[int]
    hidden: int
    is_cut: bool

    def __iter__(self) -> Iterator[str]:
        """Yield the heading, a rule, and a line for each row."""
        right = [kind in NUMBERS for _, kind in self.columns]
        yield self._line([name for name, _ in self.columns], right)
        yield (" " * _GAP).join("-" * size for size in self.widths)
        for row in self.rows:
            yield self._line(row, right)

    def _line(self, cells: Sequence[object], right: list[bool]) -> str:
        texts = [cut(harmless(cell), size) for cell, size in zip(cells, self.widths, strict=False)]
        return _line(texts, self.widths, right)

    @property
    def lines(self) -> list[str]:
        """All lines at once."""
        return list(self)


def aligned(names: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """Return the heading, a rule and the rows, each column as wide as its widest cell."""
    return iter(text_table([(name, KqlType.STRING) for name in names], rows).lines)


def text_table(
    columns: Sequence[tuple[str, KqlType]],
    rows: Iterable[Sequence[object]],
    *,
    width: int | None = None,
    widest: int | None = WIDEST,
) -> TextTable:
    """Return rows as lines of text, numbers at the right of their columns.

    Args:
        columns: name and type of each.
        rows: values as replies spell them; walked more than once, so no iterator.
        width: how wide a line may be; columns of texts are narrowed, then columns at the right
            left out, until they fit. None for no bound.
        widest: how wide a cell may be; None for no bound.
    """
    natural = [text_width(harmless(name)) for name, _ in columns]
    for row in rows:
        for at, cell in enumerate(row):
            size = text_width(harmless(cell))
            if size > natural[at]:
                natural[at] = size
    allowed = [size if widest is None else min(size, widest) for size in natural]
    if width is not None:
        allowed = _fitted(allowed, [kind in _TEXTS for _, kind in columns], width)
    is_cut = any(size > most for size, most in zip(natural, allowed, strict=False))
    return TextTable(columns, rows, allowed, len(columns) - len(allowed), is_cut)


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = []
    for text, width, is_number in zip(cells, widths, right, strict=False):
        space = " " * (width - text_width(text))
        padded.append(space + text if is_number else text + space)
    return (" " * _GAP).join(padded).rstrip()


def _fitted(widths: list[int], are_texts: list[bool], room: int) -> list[int]:
    """Return the widths of as many columns as fit, the widest texts narrowed first."""
    fewest = [
        min(width, NARROWEST) if is_text else width
        for width, is_text in zip(widths, are_texts, strict=True)
    ]
    kept, used = 0, -_GAP
    while kept < len(fewest) and used + _GAP + fewest[kept] <= room:
        used += _GAP + fewest[kept]
        kept += 1
    if kept == 0:
        return [max(1, room)] if widths else []

    def narrowed(most: int) -> list[int]:
        return [
            max(few, min(width, most))
            for few, width in zip(fewest[:kept], widths[:kept], strict=True)
        ]

    low, high = NARROWEST, max(NARROWEST, *widths[:kept])
    while low < high:
        middle = (low + high + 1) // 2
        fits = sum(narrowed(middle)) + _GAP * (kept - 1) <= room
        low, high = (middle, high) if fits else (low, middle - 1)
    return narrowed(low)


def cut(text: str, width: int) -> str:
    """Return a text that takes no more than so many places of a terminal, with … where it is cut."""
    if len(text) <= width and text.isascii():
        return text
    if text_width(text) <= width:
        return text
    used = 0
    for at, letter in enumerate(text):
        used += terminal_cells(letter)
        if used > width - 1:
            return text[:at] + "…"
    return text


def harmless(value: object) -> str:
    """Return a value as a text that moves no cursor and changes no colour; null as ''."""
    text = "" if value is None else str(value)
    return text if text.isprintable() else text.translate(_HARMLESS)


def text_width(text: str) -> int:
    """Return how many places of a terminal a text takes."""
    return len(text) if text.isascii() else sum(map(terminal_cells, text))
