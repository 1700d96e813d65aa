"""The forms in which commands print a result: tables and charts for people, others for programs.

Everything is made line by line, so that the first lines of a long result show at once and what a
pager is left before is never made.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING, Final

from openinsights.query.chart import chart_of
from openinsights.query.text_chart import text_chart
from openinsights.query.text_table import harmless, text_table, text_width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from openinsights.query.result import QueryResult, ResultTable

_CHART_WIDTH: Final = 100
"""Of a chart that is not drawn on a terminal."""


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    LIST = "list"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"
    MARKDOWN = "markdown"


@dataclass(frozen=True, slots=True)
class Style:
    """How a result is printed.

    Attributes:
        form: of the rows.
        width: of the terminal that a table is cut to; None for no terminal.
        is_wide: whether tables are printed whole, however wide they are.
        has_chart: whether a result is drawn where its query says `render`.
        has_colours: whether the terminal shows colours.
        whole: what shows values whole that a table cuts, for its note.
    """

    form: Format = Format.TABLE
    width: int | None = None
    is_wide: bool = False
    has_chart: bool = False
    has_colours: bool = False
    whole: str = "--wide or --format list"


def printed(result: QueryResult, style: Style) -> Iterator[str]:
    """Yield a result as lines with their ends, its tables one after the other."""
    if style.form is Format.JSON:
        yield from _json(result)
        return
    tables = list(result.tables)
    if style.form is Format.TABLE and style.has_chart and result.render is not None:
        drawn = list(_chart(result, style))
        yield from drawn
        tables = tables[1:] if drawn else tables
    write = _WRITERS[style.form]
    for number, table in enumerate(tables):
        if len(result.tables) > 1:
            yield from _title(table, number, style.form)
        yield from write(table, style)


def _title(table: ResultTable, number: int, form: Format) -> Iterator[str]:
    if number and form is not Format.JSONL:
        yield "\n"
    if form is Format.MARKDOWN:
        yield f"## {harmless(table.name)}\n\n"
    elif form in (Format.TABLE, Format.LIST):
        yield f"{harmless(table.name)}\n"


def _chart(result: QueryResult, style: Style) -> Iterator[str]:
    """Yield the drawing of the first table, or nothing where nothing is drawn."""
    assert result.render is not None  # noqa: S101 - for mypy; the caller looked
    chart = chart_of(result.tables[0], result.render)
    if isinstance(chart, str):
        return
    width = style.width or _CHART_WIDTH
    for line in text_chart(chart, width=width, has_colours=style.has_colours):
        yield f"{line}\n"


def _table(table: ResultTable, style: Style) -> Iterator[str]:
    rows = _Texts(table)
    if style.is_wide:
        shown = text_table(table.columns, rows, widest=None)
    else:
        shown = text_table(table.columns, rows, width=style.width)
    for line in shown:
        yield f"{line}\n"
    if not style.is_wide and style.width is not None and (shown.hidden or shown.is_cut):
        hidden = shown.hidden
        what = f"{hidden} more columns do not fit" if hidden else "some values are cut"
        yield f"({what}: {style.whole} shows all, 'project' fewer columns)\n"


class _Texts:
    """The rows as replies spell them, converted anew each time, a few at once."""

    def __init__(self, table: ResultTable) -> None:
        self._table = table

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        return self._table.texts()


def _list(table: ResultTable, style: Style) -> Iterator[str]:
    """Yield a line for each column of each row: for wide rows, and for long values."""
    names = [harmless(name) for name, _ in table.columns]
    wide = max(map(text_width, names), default=0)
    labels = [name + " " * (wide - text_width(name)) for name in names]
    for number, row in enumerate(table.texts()):
        yield f"{'' if number == 0 else chr(10)}[row {number + 1}]\n"
        for label, value in zip(labels, row, strict=True):
            first, *more = map(harmless, ("" if value is None else str(value)).split("\n"))
            yield f"{label}  {first}".rstrip() + "\n"
            for line in more:
                yield f"{' ' * wide}  {line}".rstrip() + "\n"
    if not table.raw:
        yield "(no rows)\n"


def _json(result: QueryResult) -> Iterator[str]:
    """Yield an array of objects; for several tables an array of them with their names."""
    if len(result.tables) == 1:
        yield from _array(result.tables[0], "")
        yield "\n"
        return
    for number, table in enumerate(result.tables):
        yield "[\n" if number == 0 else ",\n"
        yield f'  {{\n    "name": {_value(table.name)},\n    "rows": '
        yield from _array(table, "    ")
        yield "\n  }"
    yield "\n]\n"


def _array(table: ResultTable, indent: str) -> Iterator[str]:
    for number, row in enumerate(_objects(table)):
        yield "[\n" if number == 0 else ",\n"
        text = json.dumps(row, indent=2, ensure_ascii=False)
        yield "\n".join(f"{indent}  {line}" for line in text.split("\n"))
    yield f"\n{indent}]" if table.raw else "[]"


def _jsonl(table: ResultTable, style: Style) -> Iterator[str]:
    for row in _objects(table):
        yield _value(row) + "\n"


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _objects(table: ResultTable) -> Iterator[dict[str, object]]:
    names = [name for name, _ in table.columns]
    for row in table.texts():
        yield dict(zip(names, row, strict=True))


def _lines(table: ResultTable) -> Iterator[Sequence[object]]:
    """The heading and the rows."""
    return chain([[name for name, _ in table.columns]], table.texts())


def _csv(table: ResultTable, style: Style) -> Iterator[str]:
    taken = _Taken()
    # a cell with any character of the line's end is quoted, so this end covers a lone \r too
    writer = csv.writer(taken, lineterminator="\r\n")
    for row in _lines(table):
        writer.writerow(row)
        yield taken.pop().removesuffix("\r\n") + "\n"


class _Taken(list[str]):
    def write(self, line: str) -> None:
        self.append(line)


_TSV_ESCAPES: Final = {
    ord("\\"): "\\\\",
    ord("\t"): "\\t",
    ord("\n"): "\\n",
    ord("\r"): "\\r",
}


def _tsv(table: ResultTable, style: Style) -> Iterator[str]:
    """Yield cells between tabs; a tab, a line's end and a backslash in them are escaped."""
    for row in _lines(table):
        cells = ["" if cell is None else str(cell).translate(_TSV_ESCAPES) for cell in row]
        yield "\t".join(cells) + "\n"


def _markdown(table: ResultTable, style: Style) -> Iterator[str]:
    for number, row in enumerate(_lines(table)):
        cells = [harmless(cell).replace("\\", "\\\\").replace("|", "\\|") for cell in row]
        yield f"| {' | '.join(cells)} |\n"
        if number == 0:
            yield f"|{'---|' * len(cells)}\n"


_WRITERS: Final[Mapping[Format, Callable[[ResultTable, Style], Iterator[str]]]] = {
    Format.TABLE: _table,
    Format.LIST: _list,
    Format.JSONL: _jsonl,
    Format.CSV: _csv,
    Format.TSV: _tsv,
    Format.MARKDOWN: _markdown,
}
"""How each form writes a table."""
