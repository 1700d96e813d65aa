"""`openinsights alerts groups`: who is told when an alert changes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias
from urllib.parse import quote

import typer

from openinsights.cli.resource import AsJson, Data, Url  # noqa: TC001 - typer reads the annotations
from openinsights.errors import OpenInsightsError
from openinsights.query.text_table import aligned, harmless

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openinsights.cli.alerts_access import AlertsAccess

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help=(
        "Make, list, test and delete action groups, which say who is told of alerts.\n\n"
        "Example:  openinsights alerts groups create ops --webhook https://pager.example/alerts"
    ),
)

App: TypeAlias = Annotated[
    str | None,
    typer.Option("--app", help="Resource, by name, group/name or id; the only one by default."),
]
Name: TypeAlias = Annotated[str, typer.Argument(help="Name of the action group.")]

_PROVIDER: Final = "providers/Microsoft.Insights/actionGroups"


@app.command("list")
def list_(app: App = None, url: Url = None, data: Data = None, as_json: AsJson = False) -> None:
    """List the action groups there are, with their receivers.

    Example:  openinsights alerts groups list
    """
    from openinsights.cli.alerts_access import alerts_access

    with alerts_access(url, data, app) as access:
        groups = _every(access)
    if as_json:
        typer.echo(json.dumps(groups, indent=2))
        return
    if not groups:
        typer.echo(
            "no action groups; make one with: openinsights alerts groups create NAME --webhook URL"
        )
        return
    rows = [
        (each["name"], "" if each["properties"]["enabled"] else "disabled", line)
        for each in groups
        for line in list(_receivers(each)) or ["nobody"]
    ]
    for line in aligned(("group", "", "tells"), rows):
        typer.echo(line)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Name of the group; one of that name is replaced.")],
    webhook: Annotated[
        list[str] | None, typer.Option(help="URL that gets the common alert schema, signed.")
    ] = None,
    email: Annotated[list[str] | None, typer.Option(help="Address of a mailbox.")] = None,
    slack: Annotated[
        list[str] | None, typer.Option(help="URL of an incoming webhook of Slack.")
    ] = None,
    teams: Annotated[
        list[str] | None, typer.Option(help="URL of the webhook of a workflow of Teams.")
    ] = None,
    command: Annotated[
        list[str] | None,
        typer.Option(help="Program by its whole path, one that the server's settings allow."),
    ] = None,
    only: Annotated[
        bool, typer.Option("--only", help="Tell of the alerts of this resource alone.")
    ] = False,
    app: App = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Make an action group, or replace the one of that name.

    Every kind of receiver may be given several times.

    Example:  openinsights alerts groups create ops --email duty@shop.example --slack https://…
    """
    from openinsights.cli.alerts_access import alerts_access

    with alerts_access(url, data, app) as access:
        resource = access.resource
        properties = {
            "groupShortName": name[:12],
            "enabled": True,
            "emailReceivers": _named("email", "emailAddress", email),
            "webhookReceivers": _named("webhook", "serviceUri", webhook),
            "OpenInsights": {
                "slackReceivers": _named("slack", "serviceUri", slack),
                "teamsReceivers": _named("teams", "serviceUri", teams),
                "commandReceivers": _named("command", "program", command),
                "scope": resource.resource_id if only else "",
            },
        }
        group = resource.resource_id.partition("/providers/")[0]
        path = f"{quote(group)}/{_PROVIDER}/{quote(name, '')}"
        made: dict[str, Any] = access.asked.request("PUT", path, {"properties": properties})
    typer.echo(json.dumps(made, indent=2) if as_json else f"made {name}: {made['id']}")


@app.command("test")
def try_out(
    name: Name, app: App = None, url: Url = None, data: Data = None, as_json: AsJson = False
) -> None:
    """Send every receiver of a group a message.

    Example:  openinsights alerts groups test ops
    """
    from openinsights.cli.alerts_access import alerts_access

    with alerts_access(url, data, app) as access:
        path = f"{quote(group_named(access, name)['id'])}/createNotifications"
        reply: dict[str, Any] = access.asked.request("POST", path, {})
    tried = reply["actionDetails"]
    if as_json:
        typer.echo(json.dumps(reply, indent=2))
    else:
        for each in tried:
            why = f": {each['Detail']}" if each["Detail"] else ""
            typer.echo(harmless(f"{each['Name']} {each['Status'].lower()}{why}"))
    if any(each["Status"] != "Succeeded" for each in tried):
        raise typer.Exit(1)


@app.command()
def secret(name: Name, app: App = None, url: Url = None, data: Data = None) -> None:
    """Sign what webhooks are sent with a new secret.

    It is printed, and not told again.

    Example:  openinsights alerts groups secret ops
    """
    from openinsights.cli.alerts_access import alerts_access

    with alerts_access(url, data, app) as access:
        path = f"{quote(group_named(access, name)['id'])}/newSecret"
        typer.echo(access.asked.request("POST", path)["signingSecret"])


@app.command()
def delete(name: Name, app: App = None, url: Url = None, data: Data = None) -> None:
    """Delete an action group.

    Rules that name it tell nobody through it any more.

    Example:  openinsights alerts groups delete ops
    """
    from openinsights.cli.alerts_access import alerts_access

    with alerts_access(url, data, app) as access:
        access.asked.request("DELETE", quote(group_named(access, name)["id"]))
    typer.echo(f"deleted {name}")


def _every(access: AlertsAccess) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = access.asked.request("GET", _PROVIDER)["value"]
    return found


def group_named(access: AlertsAccess, name: str) -> dict[str, Any]:
    """Return the action group of a name or path.

    Raises:
        OpenInsightsError: there is none, or there are several.
    """
    every, wanted = _every(access), name.strip().lower()
    matches = [each for each in every if wanted in (each["name"].lower(), each["id"].lower())]
    if len(matches) == 1:
        return matches[0]
    there = ", ".join(sorted(each["name"] for each in every)[:8]) or "none yet"
    why = f"{len(matches)} have that name; use its id" if matches else f"there is {there}"
    raise OpenInsightsError(f"cannot find action group {name[:80]!r}: {why}", code="NotFound")


def _named(kind: str, field: str, targets: list[str] | None) -> list[dict[str, Any]]:
    """Return receivers, named by their kind and, behind the first, their number."""
    return [
        {"name": kind if number == 1 else f"{kind} {number}", field: target}
        for number, target in enumerate(targets or [], 1)
    ]


def _receivers(group: dict[str, Any]) -> Iterator[str]:
    properties = group["properties"]
    own = properties["OpenInsights"]
    for kind, field, members in (
        ("email", "emailAddress", properties["emailReceivers"]),
        ("webhook", "serviceUri", properties["webhookReceivers"]),
        ("slack", "serviceUri", own.get("slackReceivers", [])),
        ("teams", "serviceUri", own.get("teamsReceivers", [])),
        ("command", "program", own.get("commandReceivers", [])),
    ):
        for each in members:
            yield harmless(f"{kind} {each['name']}: {each[field]}")
    for each in own.get("notDelivered", []):
        yield harmless(f"{each} (not told by this server)")
