"""`openinsights query`: run KQL and print the rows."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Annotated

import typer

from openinsights.cli.kql import query_text
from openinsights.cli.pager import page
from openinsights.cli.printed import Format, Style, printed
from openinsights.cli.target import App, Data, Url, target_of
from openinsights.errors import OpenInsightsError


class ChartError(OpenInsightsError):
    """A chart is asked for in a form that has none."""

    code = "ChartError"


def query(
    kql: Annotated[
        str, typer.Argument(help="The query, a file (.kql, .kusto, .csl), or - for standard input.")
    ],
    app: App = None,
    timespan: Annotated[
        str | None, typer.Option(help="Only rows of this time, such as PT1H or P1D.")
    ] = None,
    output: Annotated[
        Format,
        typer.Option("--format", help="How to print; list puts each column on a line of its own."),
    ] = Format.TABLE,
    chart: Annotated[
        bool | None,
        typer.Option(
            "--chart/--no-chart",
            help="Draw the result where the query says render; on a terminal by default.",
        ),
    ] = None,
    wide: Annotated[
        bool, typer.Option("--wide", help="Print tables whole, wider than the terminal.")
    ] = False,
    pager: Annotated[
        bool, typer.Option("--pager/--no-pager", help="Page long tables on a terminal ($PAGER).")
    ] = True,
    url: Url = None,
    data: Data = None,
) -> None:
    """Run a query and print its rows, or draw them.

    Example:  openinsights query 'requests | summarize count() by resultCode' --app shop

    Example:  openinsights query 'requests | summarize count() by bin(timestamp, 1h) | render timechart'

    Example:  openinsights query slow.kql --format csv > slow.csv
    """
    from openinsights.database import open as open_database

    if chart and output is not Format.TABLE:
        raise ChartError(f"cannot draw a chart as {output}: leave --chart or --format out")
    text = query_text(kql)
    with open_database(target_of(url, data)) as database:
        result = database.kql(text, app=app, timespan=timespan)
    is_terminal = sys.stdout.isatty()
    style = Style(
        output,
        width=shutil.get_terminal_size().columns if is_terminal else None,
        is_wide=wide,
        has_chart=is_terminal if chart is None else chart,
        has_colours=is_terminal and "NO_COLOR" not in os.environ,
    )
    page(printed(result, style), is_wide=wide, is_paged=pager)
    if result.partial:
        typer.echo(f"openinsights: the answer is not complete: {result.partial}", err=True)
