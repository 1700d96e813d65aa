"""`openinsights query`: run KQL and print the rows."""

from __future__ import annotations

import shutil
import sys
from typing import Annotated

import typer

from openinsights.cli.pager import page
from openinsights.cli.printed import Format, printed
from openinsights.cli.target import App, Data, Url, target_of


def query(
    kql: Annotated[str, typer.Argument(help="The query; - reads it from standard input.")],
    app: App = None,
    timespan: Annotated[
        str | None, typer.Option(help="Only rows of this time, such as PT1H or P1D.")
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
    wide: Annotated[
        bool, typer.Option("--wide", help="Print tables whole, wider than the terminal.")
    ] = False,
    pager: Annotated[
        bool, typer.Option("--pager/--no-pager", help="Page long tables on a terminal ($PAGER).")
    ] = True,
    url: Url = None,
    data: Data = None,
) -> None:
    """Run a query and print its rows.

    Example:  openinsights query 'requests | summarize count() by resultCode' --app shop
    """
    from openinsights.database import open as open_database
    from openinsights.kql.caret import pointed_out
    from openinsights.kql.errors import KqlError

    text = sys.stdin.read() if kql == "-" else kql
    with open_database(target_of(url, data)) as database:
        try:
            result = database.kql(text, app=app, timespan=timespan)
        except KqlError as error:
            error.add_note(pointed_out(error, text).partition("\n")[2])
            raise
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    shown = printed(result, output, width=width, is_wide=wide)
    if pager:
        page(shown, is_wide=wide)
    else:
        typer.echo(shown, nl=False)
    if result.partial:
        typer.echo(f"openinsights: the answer is not complete: {result.partial}", err=True)
