"""`openinsights store`: the days that are stored, and the bodies that were set aside."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from openinsights.cli.resource import AsJson, Data, Url  # noqa: TC001 - typer reads the annotations
from openinsights.errors import OpenInsightsError
from openinsights.query.text_table import aligned

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help=(
        "Look after the days that are stored, and what was refused.\n\n"
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


Id = Annotated[str, typer.Argument(help="Id that `store refused` prints, or how it begins.")]


@app.command(short_help="List telemetry that was acknowledged and then refused by the engine.")
def refused(url: Url = None, data: Data = None, as_json: AsJson = False) -> None:
    """List bodies of telemetry that were acknowledged and that the engine refused to store.

    They lie beside the journal until somebody stores them again or drops them.

    Example:  openinsights store refused
    """
    from openinsights.cli.store_access import store_access

    with store_access(url, data) as access:
        found = access.refused()
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    if not found:
        typer.echo("no telemetry was set aside")
        return
    for line in aligned(("id", "rows", "kB", "of"), [_line(each) for each in found]):
        typer.echo(line)


@app.command("show-refused", short_help="Print the rows of refused telemetry, one a line.")
def show_refused(body_id: Id, url: Url = None, data: Data = None) -> None:
    """Print the rows of refused telemetry as JSON, one a line.

    Example:  openinsights store show-refused 4f1a
    """
    from openinsights.cli.store_access import store_access

    with store_access(url, data) as access:
        for row in access.refused_rows(_named(access.refused(), body_id)):
            typer.echo(json.dumps(row, ensure_ascii=False))


@app.command("store-refused", short_help="Store refused telemetry again.")
def store_refused(
    body_id: Annotated[
        str | None, typer.Argument(help="Id that `store refused` prints, or how it begins.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All there is.")] = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Store refused telemetry again, as after an update; what is refused once more stays.

    Example:  openinsights store store-refused --all
    """
    from openinsights.cli.store_access import store_access

    if (body_id is None) is not everything:
        raise typer.BadParameter("name one id, or --all")
    failures = 0
    with store_access(url, data) as access:
        found = access.refused()
        ids = [each["id"] for each in found] if body_id is None else [_named(found, body_id)]
        for one in ids:
            try:
                typer.echo(f"stored {access.store_refused(one)} rows of {one}")
            except OpenInsightsError as error:
                failures += 1
                typer.echo(error.message, err=True)
    if failures:
        raise typer.Exit(1)


@app.command("drop-refused", short_help="Delete refused telemetry for good.")
def drop_refused(
    body_id: Id,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Delete refused telemetry for good.

    Example:  openinsights store drop-refused 4f1a
    """
    from openinsights.cli.store_access import store_access

    with store_access(url, data) as access:
        chosen = _named(access.refused(), body_id)
        if not yes:
            typer.confirm(f"Drop {chosen}?", abort=True, err=True)
        access.drop_refused(chosen)
    typer.echo(f"dropped {chosen}")


def _line(body: dict[str, Any]) -> tuple[str, str, str, str]:
    parts = [f"{one['table']} of {one['day']}" for one in body["tables"]]
    what = ", ".join(parts) or "a damaged file"
    return body["id"], str(body["rows"]), f"{body['sizeBytes'] / 1e3:.1f}", what


def _named(found: list[dict[str, Any]], beginning: str) -> str:
    ids = [str(each["id"]) for each in found if each["id"].startswith(beginning.lower())]
    if len(ids) != 1 or not beginning:
        how = "several ids begin" if ids else "no id begins"
        raise typer.BadParameter(f"{how} with {beginning!r}; see `openinsights store refused`")
    return ids[0]
