"""The forms in which commands print a result: tables for people, JSON and CSV for programs."""

from __future__ import annotations

import csv
import json
from enum import StrEnum
from typing import TYPE_CHECKING

from openinsights.query.text_table import text_table

if TYPE_CHECKING:
    from openinsights.query.result import QueryResult, ResultTable


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def printed(
    result: QueryResult, form: Format, *, width: int | None = None, is_wide: bool = False
) -> str:
    """Return a result as text, its tables one after the other.

    Args:
        result: what to print.
        form: how.
        width: of the terminal that a table is cut to; None for no terminal.
        is_wide: whether tables are printed whole, however wide they are.
    """
    if form is Format.JSON:
        return _json(result)
    if form is Format.CSV:
        return "\n".join(_csv(table) for table in result.tables)
    parts = []
    for table in result.tables:
        title = f"{table.name}\n" if len(result.tables) > 1 else ""
        parts.append(title + _table(table, width, is_wide=is_wide))
    return "\n".join(parts)


def _table(table: ResultTable, width: int | None, *, is_wide: bool) -> str:
    rows = table.rows_text()
    if is_wide:
        lines = text_table(table.columns, rows, widest=None).lines
    else:
        shown = text_table(table.columns, rows, width=width)
        lines = shown.lines
        if width is not None and (shown.hidden or shown.is_cut):
            lines = [*lines, _note(shown.hidden)]
    return "".join(f"{line}\n" for line in lines)


def _note(hidden: int) -> str:
    what = f"{hidden} more columns do not fit" if hidden else "some values are cut"
    return f"({what}: --wide or --format json shows all, 'project' fewer columns)"


def _json(result: QueryResult) -> str:
    tables = [_objects(table) for table in result.tables]
    value: object = tables[0]
    if len(tables) > 1:
        value = [
            {"name": table.name, "rows": rows}
            for table, rows in zip(result.tables, tables, strict=True)
        ]
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _objects(table: ResultTable) -> list[dict[str, object]]:
    names = [name for name, _ in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows_text()]


def _csv(table: ResultTable) -> str:
    lines = _Lines()
    # a cell with any character of the line's end is quoted, so this end covers a lone \r too
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow([name for name, _ in table.columns])
    writer.writerows(table.rows_text())
    return "".join(line.removesuffix("\r\n") + "\n" for line in lines)


class _Lines(list[str]):
    def write(self, line: str) -> None:
        self.append(line)
