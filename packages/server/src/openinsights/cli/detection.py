"""`openinsights detection`: what smart detection has found, and how its detectors are set."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias
from urllib.parse import quote

import typer

from openinsights.cli.resource import AsJson, Data, Url  # noqa: TC001 - typer reads the annotations
from openinsights.errors import OpenInsightsError
from openinsights.query.text_table import aligned, harmless

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.cli.alerts_access import AlertsAccess

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help=(
        "Show what smart detection has found, mute what nobody wants to be told of, and set its"
        " detectors.\n\n"
        "Example:  openinsights detection list --app shop\n\n"
        "Example:  openinsights detection mute failed_requests --value resultCode=404 --hours 72"
    ),
)

App: TypeAlias = Annotated[
    str | None,
    typer.Option("--app", help="Resource, by name, group/name or id; the only one by default."),
]
Finding: TypeAlias = Annotated[
    str, typer.Argument(help="Id of the finding, or the beginning of it, as list prints it.")
]
_SHORT_ID: Final = 8


@app.command("list")
def list_(
    app: App = None,
    state: Annotated[str, typer.Option(help="Which: active, muted, resolved or all.")] = "active",
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """List what was found, the newest first.

    Example:  openinsights detection list --app shop --state all
    """
    from openinsights.cli.alerts_access import alerts_access

    with alerts_access(url, data, app) as access:
        found = _findings(access, state)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    if not found:
        typer.echo("nothing differs from what is usual" if state == "active" else "nothing found")
        return
    rows = [
        (
            each["id"][:_SHORT_ID],
            each["start"][:16],
            each["state"],
            each["confidence"],
            each["detector"],
            each["about"],
            each["effect"],
        )
        for each in found
    ]
    _table(("id", "since", "state", "confidence", "detector", "about", "effect"), rows)


@app.command()
def show(
    finding: Finding, app: App = None, url: Url = None, data: Data = None, as_json: AsJson = False
) -> None:
    """Show a finding: what changed, what else failed, its KQL.

    Example:  openinsights detection show 3f2a91c0 --app shop
    """
    from openinsights.cli.alerts_access import alerts_access

    with alerts_access(url, data, app) as access:
        one = _one(_findings(access, "all"), finding)
    if as_json:
        typer.echo(json.dumps(one, indent=2))
        return
    lines = [
        f"{one['title']} ({one['state']}, confidence {one['confidence']})",
        f"{one['summary']}.",
        f"since {one['start'][:19]}Z, seen last {one['end'][:19]}Z",
        *_worst(one),
        *(
            f"changed: {each['key']} = {each['value']}  +{each['points']:.0f} pt"
            for each in one["changed"]
        ),
        *(f"changed: version {each['version']} of {each['role']}" for each in one["versions"]),
        *(f"related: {each['kind']} {each['name']} x {each['items']}" for each in one["related"]),
        *(f"sample: {each['operation_id']} {each['name']}" for each in one["samples"]),
        "",
        one["kql"],
    ]
    for line in lines:
        typer.echo("\n".join(harmless(part) for part in line.splitlines()))


@app.command()
def mute(
    detector: Annotated[str, typer.Argument(help="Whose findings, as config prints it.")],
    app: App = None,
    about: Annotated[
        str | None, typer.Option(help="Operation, dependency, type, role or instance; any without.")
    ] = None,
    value: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="What their items have in common; all of them fit."),
    ] = None,
    hours: Annotated[float, typer.Option(help="How long.")] = 24.0,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Tell nobody of findings like this for a while; they are kept.

    Example:  openinsights detection mute failed_requests --about "GET /old" --value resultCode=404
    """
    from openinsights.cli.alerts_access import alerts_access

    body = {"detector": detector, "about": about, "values": _values(value or []), "hours": hours}
    with alerts_access(url, data, app) as access:
        made = access.asked.request("POST", f"{_head(access)}/mutes", body)
    typer.echo(
        json.dumps(made, indent=2)
        if as_json
        else f"muted until {made['until'][:16]}Z: {made['id']}"
    )


@app.command()
def unmute(
    mute: Annotated[str, typer.Argument(help="Id of the mute, as config prints it.")],
    app: App = None,
    url: Url = None,
    data: Data = None,
) -> None:
    """Take a mute back.

    Example:  openinsights detection unmute 0c9d7f6e-5b0c-4c52-9a5b-2f1b8e0f7a11
    """
    from openinsights.cli.alerts_access import alerts_access

    with alerts_access(url, data, app) as access:
        access.asked.request("DELETE", f"{_head(access)}/mutes/{quote(mute, '')}")
    typer.echo(f"ended {mute}")


@app.command()
def config(
    detector: Annotated[
        str | None, typer.Argument(help="Detector, by its name here or in Azure; all without.")
    ] = None,
    app: App = None,
    enabled: Annotated[
        bool | None, typer.Option("--on/--off", help="Whether the detector looks.")
    ] = None,
    sensitivity: Annotated[
        str | None, typer.Option(help="How much a finding takes: low, medium or high.")
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option(help="Resource id of an action group to tell; '' for nobody."),
    ] = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Print how detectors are set with their mutes, or set one.

    Example:  openinsights detection config memory_leak --sensitivity high --app shop
    """
    from openinsights.cli.alerts_access import alerts_access

    change: dict[str, Any] = {"enabled": enabled, "sensitivity": sensitivity}
    if group is not None:
        change["actionGroups"] = [each for each in group if each]
    change = {name: value for name, value in change.items() if value is not None}
    if change and detector is None:
        raise OpenInsightsError("cannot set every detector at once: name one", code="NoDetector")
    with alerts_access(url, data, app) as access:
        path = f"{_head(access)}/detectors"
        if change and detector is not None:
            found = [access.asked.request("PATCH", f"{path}/{quote(detector, '')}", change)]
        else:
            found = access.asked.request("GET", path)["detectors"]
    if detector is not None and not change:
        found = [each for each in found if detector.lower() in (each["id"], *each["azure"])]
        if not found:
            raise OpenInsightsError(f"cannot find detector {detector[:80]!r}", code="NotFound")
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    rows = [
        (
            each["id"],
            "on" if each["enabled"] else "off",
            each["sensitivity"],
            str(len(each["actionGroups"])),
            each["title"],
        )
        for each in found
    ]
    _table(("detector", "state", "sensitivity", "groups", "finds"), rows)
    for each in found:
        for one in each["mutes"]:
            parts = [one["about"], *(f"{k}={v}" for k, v in one["values"].items())]
            like = ", ".join(filter(None, parts)) or "any"
            typer.echo(harmless(f"mute {one['id']} of {each['id']}: {like}, until {one['until']}"))


def _head(access: AlertsAccess) -> str:
    return f"portal/api/detection/{access.resource.app_id}"


def _findings(access: AlertsAccess, state: str) -> list[dict[str, Any]]:
    found = access.asked.request("GET", f"{_head(access)}?state={quote(state, '')}")
    return list(found["findings"])


def _one(found: list[dict[str, Any]], start: str) -> dict[str, Any]:
    matches = [each for each in found if each["id"].startswith(start.strip().lower())]
    if len(matches) == 1:
        return matches[0]
    why = f"{len(matches)} begin so" if matches else "list them with: openinsights detection list"
    raise OpenInsightsError(f"cannot find finding {start[:80]!r}: {why}", code="NotFound")


def _values(given: list[str]) -> dict[str, str]:
    values = {}
    for each in given:
        key, equals, value = each.partition("=")
        if not equals or not key:
            raise OpenInsightsError(
                f"cannot read {each[:80]!r}: use KEY=VALUE, such as resultCode=404", code="BadValue"
            )
        values[key] = value
    return values


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    for line in aligned(head, rows):
        typer.echo(line)


def _worst(finding: dict[str, Any]) -> list[str]:  # JSON
    """Return the line that says of when the figures are; none where the server does not know."""
    start, end = finding.get("worstStart", ""), finding.get("worstEnd", "")
    return [f"worst from {start[:19]}Z to {end[:19]}Z"] if start else []
