"""`openinsights query`: run KQL and print the rows."""

from __future__ import annotations

import csv
import json
import sys
from enum import StrEnum
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from openinsights.cli.configuration import DEFAULT_URL, configured
from openinsights.data_folder import folder_named
from openinsights.query.text_table import aligned

if TYPE_CHECKING:
    from openinsights.query.result import QueryResult


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def query(
    kql: Annotated[str, typer.Argument(help="The query; - reads it from standard input.")],
    app: Annotated[
        str | None, typer.Option(help="Resource to read, by name or id; all by default.")
    ] = None,
    timespan: Annotated[
        str | None, typer.Option(help="Only rows of this time, such as PT1H or P1D.")
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
    url: Annotated[
        str | None,
        typer.Option(help="Server to ask; OPENINSIGHTS_URL or http://127.0.0.1:5380."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            parser=folder_named,
            metavar="<path>",
            help="Data folder to read instead, when no server runs.",
        ),
    ] = None,
) -> None:
    """Run a query and print its rows.

    Example:  openinsights query 'requests | summarize count() by resultCode' --app shop
    """
    from openinsights.database import open as open_database

    settings, _ = configured(url=url)
    text = sys.stdin.read() if kql == "-" else kql
    target = data if data is not None else settings.url or DEFAULT_URL
    with open_database(target) as database:
        result = database.kql(text, app=app, timespan=timespan)
    typer.echo(_PRINTERS[output](result), nl=False)
    if result.partial:
        typer.echo(f"openinsights: the answer is not complete: {result.partial}", err=True)


def _table(result: QueryResult) -> str:
    lines = aligned([name for name, _ in result.columns], result.rows_text())
    return "".join(f"{line}\n" for line in lines)


def _json(result: QueryResult) -> str:
    names = [name for name, _ in result.columns]
    rows = [dict(zip(names, row, strict=True)) for row in result.rows_text()]
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


def _csv(result: QueryResult) -> str:
    lines = _Lines()
    # a cell with any character of the line's end is quoted, so this end covers a lone \r too
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow([name for name, _ in result.columns])
    writer.writerows(result.rows_text())
    return "".join(line.removesuffix("\r\n") + "\n" for line in lines)


class _Lines(list[str]):
    def write(self, line: str) -> None:
        self.append(line)


_PRINTERS = {Format.TABLE: _table, Format.JSON: _json, Format.CSV: _csv}
