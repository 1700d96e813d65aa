"""`openinsights store`: the days that are stored, and dropping one to make room."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from openinsights.cli.resource import AsJson, Data, Url  # noqa: TC001 - typer reads the annotations
from openinsights.query.text_table import aligned

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help=(
        "Look at the days that are stored, and drop one to make room.\n\n"
        "Example:  openinsights store days"
    ),
)


@app.command(short_help="List the days that have telemetry, and their sizes.")
def days(url: Url = None, data: Data = None, as_json: AsJson = False) -> None:
    """List the days that have telemetry, oldest first, with what they take on the disk.

    Example:  openinsights store days
    """
    from openinsights.cli.store_access import store_access

    with store_access(url, data) as access:
        found = access.days()
    if as_json:
        typer.echo(json.dumps([{"day": day, "size_bytes": size} for day, size in found], indent=2))
        return
    if not found:
        typer.echo("no telemetry is stored")
        return
    for line in aligned(("day", "MB"), [(day, f"{size / 1e6:.1f}") for day, size in found]):
        typer.echo(line)


@app.command("drop-day", short_help="Drop a day with all of its telemetry.")
def drop_day(
    day: Annotated[str | None, typer.Argument(help="Date of the day, as in 2026-11-21.")] = None,
    oldest: Annotated[bool, typer.Option("--oldest", help="The oldest day there is.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Drop a day with all of its telemetry; its disk space is free at once.

    Example:  openinsights store drop-day --oldest
    """
    from openinsights.cli.store_access import checked_day, store_access

    if (day is None) is not oldest:
        raise typer.BadParameter("name one day, or --oldest")
    wanted = None if day is None else checked_day(day)
    with store_access(url, data) as access:
        names = [name for name, _ in access.days()]
        if not names or (wanted is not None and wanted not in names):
            raise typer.BadParameter(f"there is no telemetry of {wanted or 'any day'}")
        chosen = wanted or names[0]
        if not yes:
            typer.confirm(f"Drop all telemetry of {chosen}?", abort=True, err=True)
        rows = access.drop_day(chosen)
    if as_json:
        typer.echo(json.dumps({"day": chosen, "rows": rows}, indent=2))
    else:
        typer.echo(f"dropped {chosen} with {rows} rows")
