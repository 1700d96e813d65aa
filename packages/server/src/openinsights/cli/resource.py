"""`openinsights resource`: make, list, show, change and delete monitored applications."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from openinsights.data_folder import folder_named
from openinsights.query.text_table import aligned

if TYPE_CHECKING:
    from openinsights.cli.resource_access import ResourceFacts

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help=(
        "Make, list, show, change and delete resources: the applications that send telemetry.\n\n"
        "Example:  openinsights resource create shop"
    ),
)

Url: TypeAlias = Annotated[
    str | None,
    typer.Option(help="Server to work through; OPENINSIGHTS_URL or http://127.0.0.1:5380."),
]
Data: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        parser=folder_named, metavar="<path>", help="Data folder to work on when no server runs."
    ),
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Name of the application.")],
    resource_group: Annotated[str, typer.Option(help="Group that it belongs to.")] = "default",
    location: Annotated[str, typer.Option(help="Where it runs; a label.")] = "local",
    instrumentation_key: Annotated[
        str | None, typer.Option(help="Key to use instead of a new one: a guid.")
    ] = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Make a resource and print its connection string.

    Example:  openinsights resource create shop --resource-group web
    """
    from openinsights.catalog.resource import checked_label, checked_name
    from openinsights.cli.resource_access import resource_access

    # before a data folder is made for what cannot be
    name = checked_name("resource", name)
    resource_group = checked_name("resource group", resource_group)
    location = checked_label("location", location)
    with resource_access(url, data, makes_folder=True) as access:
        made = access.create(name, resource_group, location, instrumentation_key)
    typer.echo(_json(made) if as_json else made.connection_string)


@app.command("list")
def list_(url: Url = None, data: Data = None, as_json: AsJson = False) -> None:
    """List the resources.

    Example:  openinsights resource list --json
    """
    from openinsights.cli.resource_access import resource_access

    with resource_access(url, data) as access:
        resources = access.list()
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(each) for each in resources], indent=2))
        return
    if not resources:
        typer.echo("no resources; make one with: openinsights resource create NAME")
        return
    rows = [(r.name, r.resource_group, r.location, r.app_id, r.created) for r in resources]
    for line in aligned(("name", "group", "location", "app id", "created"), rows):
        typer.echo(line)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Name, group/name or id.")],
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show a resource with its key and connection string.

    Example:  openinsights resource show shop
    """
    from openinsights.cli.resource_access import found, resource_access

    with resource_access(url, data) as access:
        resource = found(access, name)
    if as_json:
        typer.echo(_json(resource))
        return
    facts = dataclasses.asdict(resource)
    for field, value in {**facts, **facts.pop("settings")}.items():
        typer.echo(f"{field.replace('_', ' '):20} {value}")


@app.command("set", short_help="Change or list the settings of a resource.")
def set_(
    name: Annotated[str, typer.Argument(help="Name, group/name or id.")],
    assignments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SETTING=VALUE]...", help="What to change; SETTING= sets back."),
    ] = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Change settings of a resource; without any, list them with their values.

    Example:  openinsights resource set shop sampling_percentage=25 scrub=email,secrets
    """
    from openinsights.catalog.resource_settings import ROWS
    from openinsights.cli.resource_access import found, resource_access

    changes = dict(_assignment(text) for text in assignments or ())
    with resource_access(url, data) as access:
        resource = found(access, name)
        if changes:
            resource = access.change(resource, changes)
    if as_json:
        typer.echo(_json(resource))
        return
    values = {row.name: resource.settings.get(row.name, row.default) for row in ROWS}
    rows = [(row.name, _shown(values[row.name]), row.unit, row.doc) for row in ROWS]
    for line in aligned(("setting", "value", "unit", "what it does"), rows):
        typer.echo(line)


@app.command()
def update(
    name: Annotated[str, typer.Argument(help="Name, group/name or id.")],
    retention: Annotated[
        list[str],
        typer.Option(
            metavar="[TABLE=]DAYS",
            help="Days for which telemetry is kept, of a table or of all that have no days of their"
            " own; 'default' takes them away. May be given several times.",
        ),
    ],
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Change how long a resource's telemetry is kept.

    Example:  openinsights resource update shop --retention 30 --retention traces=7
    """
    from openinsights.catalog.retention import EVERY_TABLE, UNSAID, read_days
    from openinsights.cli.resource_access import found, resource_access

    changes = {}
    for text in retention:
        table, equals, days = text.rpartition("=")
        changes[table if equals else EVERY_TABLE] = read_days(days)
    UNSAID.changed(changes)  # before a server is asked for what cannot be
    with resource_access(url, data) as access:
        changed = access.set_retention(found(access, name), changes)
    if as_json:
        typer.echo(_json(changed))
        return
    typer.echo(f"{changed.name} keeps telemetry for {changed.retention_days} days")
    for each, count in changed.retention_days_by_table.items():
        typer.echo(f"{changed.name} keeps {each} for {count} days")


@app.command()
def delete(
    name: Annotated[str, typer.Argument(help="Name, group/name or id.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Delete a resource with all of its telemetry.

    Example:  openinsights resource delete shop --yes
    """
    from openinsights.cli.resource_access import found, resource_access

    with resource_access(url, data) as access:
        resource = found(access, name)
        if not yes:
            typer.confirm(
                f"Delete {resource.name!r} with all of its telemetry?", abort=True, err=True
            )
        rows = access.delete(resource)
    if as_json:
        typer.echo(json.dumps({"deleted": resource.app_id, "rows": rows}, indent=2))
    else:
        typer.echo(f"deleted {resource.name} and {rows} rows")


def _assignment(text: str) -> tuple[str, str | None]:
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} is no SETTING=VALUE")
    return name.strip().replace("-", "_"), value or None


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(value) or "none"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _json(resource: ResourceFacts) -> str:
    return json.dumps(dataclasses.asdict(resource), indent=2)
