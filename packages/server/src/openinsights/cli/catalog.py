"""`openinsights catalog`: move what is configured into the database that several servers share."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from openinsights.cli.configuration import configured
from openinsights.data_folder import DataFolder, folder_named, refuse_without_telemetry

if TYPE_CHECKING:
    import sqlalchemy as sa

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help=(
        "Move what is configured: resources, keys, people, rules, workbooks and alerts.\n\n"
        "Example:  openinsights catalog copy --from ./telemetry --to"
        " postgresql://openinsights:secret@db/openinsights"
    ),
)


@app.callback()
def _catalog() -> None:  # makes `copy` a command with a name, alone as it is
    pass


@app.command(short_help="Copy the catalog of a data folder into PostgreSQL, or back.")
def copy(
    source: Annotated[
        str,
        typer.Option(
            "--from", metavar="<path|url>", help="Data folder that no server holds, or a URL."
        ),
    ],
    target: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="<url|path>",
            help="PostgreSQL database; OPENINSIGHTS_CATALOG by default. A data folder brings a"
            " catalog back.",
        ),
    ] = None,
) -> None:
    """Copy a catalog, all or nothing; done again it adds what has come since.

    What the target has already is left as it is. Every table is counted afterwards.

    Example:  openinsights catalog copy --from ./telemetry --to
    postgresql://openinsights:secret@db/openinsights
    """
    from openinsights.catalog.copying import copy_catalog
    from openinsights.query.text_table import aligned

    settings, _ = configured()
    into = target or settings.catalog.reveal()
    if not into:
        raise typer.BadParameter("name the database with --to, or in OPENINSIGHTS_CATALOG")
    with ExitStack() as opened:
        reading = _opened(source, opened, is_source=True)
        done = copy_catalog(reading, _opened(into, opened, is_source=False))
    rows = [
        (each.table, str(each.rows), str(each.added), str(each.changed))
        for each in done
        if each.rows
    ]
    for line in aligned(("table", "rows", "added", "differ"), rows):
        typer.echo(line)
    typer.echo(f"{sum(each.rows for each in done)} rows are there")


def _opened(name: str, opened: ExitStack, *, is_source: bool) -> sa.Engine:
    from openinsights.catalog.engine import open_file
    from openinsights.catalog.postgresql import is_postgresql, open_postgresql

    if is_postgresql(name):
        engine = open_postgresql(name)
    else:
        path = folder_named(name)
        if is_source:
            refuse_without_telemetry(path)
        engine = open_file(opened.enter_context(DataFolder(path)).catalog)
    opened.callback(engine.dispose)
    return engine
