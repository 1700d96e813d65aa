"""A result as a Python prompt and a notebook show it: the first rows, and how many there are."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from openinsights.query.text_table import NUMBERS, text_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openinsights.query.result import QueryResult, ResultTable

TEXT_ROWS: Final = 20
HTML_ROWS: Final = 100
_TEXT_WIDTH: Final = 120
_LONGEST: Final = 1_000
"""Characters of a cell that a notebook shows."""


def as_text(result: QueryResult) -> str:
    """Return the first rows of every table in aligned columns."""
    parts = []
    for table in result.tables:
        if len(result.tables) > 1:
            parts.append(table.name)
        parts.append(table_text(table))
    return "\n".join([*parts, *_notes(result)])


def table_text(table: ResultTable) -> str:
    """Return the first rows of a table in aligned columns, and how many rows there are."""
    shown = text_table(table.columns, table.head_text(TEXT_ROWS), width=_TEXT_WIDTH)
    lines = [*shown.lines]
    if shown.hidden:
        lines.append(f"… and {shown.hidden} more columns")
    return "\n".join([*lines, _size(table, TEXT_ROWS)])


def as_html(result: QueryResult) -> str:
    """Return the first rows of every table as HTML, with all that programs wrote escaped."""
    several = len(result.tables) > 1
    parts = [
        "".join(_html_table(table, caption=table.name if several else ""))
        for table in result.tables
    ]
    notes = [f"<p>{escape(note)}</p>" for note in _notes(result)]
    return "<div>" + "".join([*parts, *notes]) + "</div>"


def _html_table(table: ResultTable, caption: str) -> Iterator[str]:
    yield '<table class="openinsights">'
    if caption:
        yield f"<caption>{escape(caption)}</caption>"
    yield "<thead><tr>"
    for name, kind in table.columns:
        yield f'<th title="{kind}">{escape(name)}</th>'
    yield "</tr></thead><tbody>"
    for row in table.head_text(HTML_ROWS):
        yield "<tr>"
        for value, (_, kind) in zip(row, table.columns, strict=True):
            align = ' style="text-align:right"' if kind in NUMBERS else ' style="text-align:left"'
            yield f"<td{align}>{escape(_cell(value))}</td>"
        yield "</tr>"
    yield f"</tbody></table><p>{escape(_size(table, HTML_ROWS))}</p>"


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _size(table: ResultTable, most: int) -> str:
    rows = len(table.raw)
    shown = f"the first {most} of {rows:,} rows" if rows > most else _count(rows, "row")
    return f"[{shown}, {_count(len(table.columns), 'column')}]"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _notes(result: QueryResult) -> list[str]:
    return [f"the answer is not complete: {result.partial}"] if result.partial else []
