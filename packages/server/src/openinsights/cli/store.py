"""`openinsights store`: the days that are stored, and the bodies that were set aside."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from openinsights.cli.configuration import configured
from openinsights.cli.resource import AsJson, Data, Url  # noqa: TC001 - typer reads the annotations
from openinsights.data_folder import folder_named
from openinsights.errors import OpenInsightsError
from openinsights.query.text_table import aligned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openinsights.store.clickhouse.connection import Clients

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help=(
        "Look after the days that are stored, and what was refused.\n\n"
        "Example:  openinsights store days"
    ),
)


@contextmanager
def _clients(address: str, cluster: str = "") -> Iterator[Clients]:
    """Connections to the ClickHouse that was named, or is configured."""
    from openinsights.store.clickhouse.address import address_of
    from openinsights.store.clickhouse.connection import Clients

    address = address or configured()[0].store.reveal()
    if not address:
        raise typer.BadParameter("name a store, or set OPENINSIGHTS_STORE")
    clients = Clients(address_of(address, cluster))
    try:
        yield clients
    finally:
        clients.close()


@app.command(short_help="Make the tables of a store at ClickHouse, or bring them up to date.")
def init(
    address: Annotated[
        str,
        typer.Argument(
            metavar="URL",
            help="clickhouse://user:password@host:8123/database; OPENINSIGHTS_STORE by default.",
        ),
    ] = "",
    cluster: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Spread the tables over the servers of a cluster, as remote_servers names it.",
        ),
    ] = "",
    print_only: Annotated[
        bool, typer.Option("--print", help="Print the statements and run none of them.")
    ] = False,
) -> None:
    """Make the tables of a store at ClickHouse, or add to them what this release needs.

    Running it again is harmless. Telemetry may come meanwhile.

    Example:  openinsights store init clickhouse://openinsights:secret@db1:8123/openinsights
    """
    from openinsights.store.clickhouse import layout

    with _clients(address, cluster) as clients:
        if print_only:
            for statement in layout.statements(clients):
                typer.echo(f"{statement};\n")
            return
        ran = layout.initialise(clients)
    typer.echo(f"{clients.address.shown} is ready: {ran} statements")


Place = Annotated[
    str,
    typer.Argument(
        metavar="PLACE", help="Where, as ClickHouse spells it: \"Disk('backups', 'monday')\"."
    ),
]
At = Annotated[
    str,
    typer.Option(
        "--store",
        metavar="URL",
        help="clickhouse://user:password@host:8123/database; OPENINSIGHTS_STORE by default.",
    ),
]


@app.command(short_help="Have ClickHouse back its telemetry up.")
def backup(
    place: Place,
    base: Annotated[
        str,
        typer.Option(metavar="PLACE", help="An earlier backup: what it has is not copied again."),
    ] = "",
    address: At = "",
) -> None:
    """Have ClickHouse copy the store to a disk or bucket that its configuration allows.

    Telemetry may come meanwhile; everything acknowledged before is in the copy. The catalog is not.

    Example:  openinsights store backup "Disk('backups', 'monday')"
    """
    from openinsights.store.clickhouse import backup as backups

    with _clients(address) as clients:
        made = backups.backup(clients, place, base, time.sleep)
    typer.echo(f"backed up {made.files} files, {made.size_bytes} bytes, to {place}")


@app.command(short_help="Have ClickHouse bring a backup back.")
def restore(place: Place, address: At = "") -> None:
    """Have ClickHouse bring back what `openinsights store backup` made, where there are no tables.

    Start servers when it has ended.

    Example:  openinsights store restore "Disk('backups', 'monday')"
    """
    from openinsights.store.clickhouse import backup as backups

    with _clients(address) as clients:
        made = backups.restore(clients, place, time.sleep)
    typer.echo(f"restored {made.files} files, {made.size_bytes} bytes, from {place}")


@app.command(short_help="Copy days of a data folder into another store, and check each.")
def copy(
    target: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="URL",
            help="clickhouse://user:password@host:8123/database, or a folder.",
        ),
    ],
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", parser=folder_named, metavar="<path>", help="Data folder; no server holds it."
        ),
    ] = None,
    days: Annotated[
        list[str] | None,
        typer.Option("--day", metavar="DATE", help="A day, as in 2026-11-21; all by default."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Also days that were copied and checked before.")
    ] = False,
) -> None:
    """Copy days of a data folder into another store, oldest first, and check each row there.

    The store may take telemetry meanwhile: start the new servers first, then copy what the old
    folder has. A copy that was cut short goes on where it stopped, and stores nothing twice.

    Example:  openinsights store copy --from ./telemetry --to clickhouse://db1:8123/openinsights
    """
    from openinsights.cli.copying import copy_days
    from openinsights.cli.store_access import checked_day

    settings, folder = configured(data=source)
    target = target or settings.store.reveal()
    if not target:
        raise typer.BadParameter("name a store with --to, or set OPENINSIGHTS_STORE")
    wanted = [checked_day(day) for day in days or ()]
    copied = copy_days(folder, target, settings, wanted, again=again)
    rows = sum(sum(day.rows.values()) for day in copied)
    typer.echo(f"copied {rows} rows of {len(copied)} days; every row was found again")


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
