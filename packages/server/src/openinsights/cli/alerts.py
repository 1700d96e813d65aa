"""`openinsights alerts`: rules that watch telemetry, and what they fired."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import typer

from openinsights.cli.action_groups import app as groups
from openinsights.cli.action_groups import group_named
from openinsights.cli.resource import AsJson, Data, Url  # noqa: TC001 - typer reads the annotations
from openinsights.errors import OpenInsightsError
from openinsights.query.text_table import aligned, harmless

if TYPE_CHECKING:
    from collections.abc import Iterable

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help=(
        "Make, list, test and delete alert rules, and say what is done about what they fired.\n\n"
        "Example:  openinsights alerts create failures --metric requests/failed --above 5\n\n"
        "Example:  openinsights alerts test failures --from 2026-11-21"
    ),
)

app.add_typer(groups, name="groups", short_help="Say who is told: make, list and test groups.")

App: TypeAlias = Annotated[
    str | None,
    typer.Option("--app", help="Resource, by name, group/name or id; the only one by default."),
]
Rule: TypeAlias = Annotated[str, typer.Argument(help="Rule, by name or resource id.")]
AlertId: TypeAlias = Annotated[str, typer.Argument(help="Id of the alert, as history prints it.")]

_SHORT: Final = re.compile(r"(\d+)\s*([smhd])", re.IGNORECASE)
_OPERATORS: Final = {
    "above": "GreaterThan",
    "at_least": "GreaterThanOrEqual",
    "below": "LessThan",
    "at_most": "LessThanOrEqual",
}
_MOST_PRINTED: Final = 200


@app.command("list")
def list_(app: App = None, url: Url = None, data: Data = None, as_json: AsJson = False) -> None:
    """List the rules of a resource, with how they stand.

    Example:  openinsights alerts list --app shop
    """
    from openinsights.cli.alerts_access import alerts_access

    with alerts_access(url, data, app) as access:
        rules = access.rules()
    if as_json:
        typer.echo(json.dumps(rules, indent=2))
        return
    if not rules:
        typer.echo("no alert rules; make one with: openinsights alerts create NAME")
        return
    rows = [
        (
            each["name"],
            each["kind"],
            f"Sev{each['severity']}",
            each["state"],
            _minute(each["lastEvaluated"]),
            " ".join((each["error"] or each["hint"] or "").split())[:80],
        )
        for each in rules
    ]
    _table(("name", "kind", "severity", "state", "evaluated", "note"), rows)


@app.command()
def show(
    rule: Rule, app: App = None, url: Url = None, data: Data = None, as_json: AsJson = False
) -> None:
    """Show a rule; what --json prints of it, `create --file` takes.

    Example:  openinsights alerts show failures --json > failures.json
    """
    from openinsights.cli.alerts_access import alerts_access

    with alerts_access(url, data, app) as access:
        found = access.rule(rule)
    if as_json:
        typer.echo(json.dumps(found["arm"], indent=2))
        return
    facts = {
        "name": found["name"],
        "kind": found["kind"],
        "state": found["state"],
        "severity": f"Sev{found['severity']}",
        "evaluated": _minute(found["lastEvaluated"]) or "never",
        "error": found["error"] or "",
        "since": _minute(found["errorSince"]),
        "note": found["hint"],
        "id": found["id"],
    }
    for name, value in facts.items():
        if value:
            typer.echo(f"{name + ':':<11}{harmless(str(value))}")
    typer.echo(json.dumps(found["arm"]["properties"], indent=2))


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Name of the rule; one of that name is replaced.")],
    metric: Annotated[
        str | None, typer.Option(help="Metric, such as requests/failed or one of a program.")
    ] = None,
    query: Annotated[str | None, typer.Option(help="KQL whose rows, or --measure, count.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="File with the rule as the management API takes it.")
    ] = None,
    above: Annotated[float | None, typer.Option(help="Fires above this value.")] = None,
    at_least: Annotated[float | None, typer.Option(help="Fires at this value and above.")] = None,
    below: Annotated[float | None, typer.Option(help="Fires below this value.")] = None,
    at_most: Annotated[float | None, typer.Option(help="Fires at this value and below.")] = None,
    dynamic: Annotated[
        str | None,
        typer.Option(
            metavar="SENSITIVITY", help="Fires outside of what is usual: High, Medium, Low."
        ),
    ] = None,
    aggregation: Annotated[
        str | None, typer.Option(help="Average, Minimum, Maximum, Total or Count.")
    ] = None,
    measure: Annotated[str | None, typer.Option(help="Column of numbers of the query.")] = None,
    split: Annotated[
        list[str] | None,
        typer.Option(help="Dimension with a state for each value; may be given several times."),
    ] = None,
    window: Annotated[str, typer.Option(help="Time that is looked at: 30s, 5m, 1h, PT5M.")] = "5m",
    every: Annotated[str, typer.Option(help="How often.")] = "1m",
    severity: Annotated[int, typer.Option(help="0 critical to 4 verbose.")] = 3,
    group: Annotated[
        list[str] | None,
        typer.Option(help="Action group that is told; may be given several times."),
    ] = None,
    app: App = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Make a rule, or replace the one of that name.

    Example:  openinsights alerts create failures --metric requests/failed --above 5 --group ops

    Example:  openinsights alerts create slow --query "requests | where duration > 1000" --above 10

    Example:  openinsights alerts create load --metric requests/duration --dynamic Medium --window 1h
    """
    from openinsights.cli.alerts_access import alerts_access

    if sum(each is not None for each in (metric, query, file)) != 1:
        raise typer.BadParameter("name one of --metric, --query and --file")
    with alerts_access(url, data, app) as access:
        scope = access.resource.resource_id
        if file is not None:
            document = _document(file)
            is_log = _is_log(document)
        else:
            is_log = query is not None
            given = {
                "above": above,
                "at_least": at_least,
                "below": below,
                "at_most": at_most,
            }
            check = _check(metric, query, given, dynamic, aggregation, measure, split or [])
            document = {
                "properties": {
                    "severity": severity,
                    "scopes": [scope],
                    "evaluationFrequency": duration_text(every),
                    "windowSize": duration_text(window),
                    "criteria": {"allOf": [check]},
                }
            }
        document["properties"].setdefault("scopes", [scope])
        if group:
            paths = [group_named(access, each)["id"] for each in group]
            told = {"actionGroups": paths} if is_log else [{"actionGroupId": id} for id in paths]
            document["properties"]["actions"] = told
        made = access.put(name, document, is_log=is_log)
    if as_json:
        typer.echo(json.dumps(made, indent=2))
        return
    typer.echo(f"watching {made['name']} of {access.resource.name}")


@app.command()
def delete(rule: Rule, app: App = None, url: Url = None, data: Data = None) -> None:
    """Delete a rule; what it fired ends, and nobody is told.

    Example:  openinsights alerts delete failures
    """
    from openinsights.cli.alerts_access import alerts_access

    with alerts_access(url, data, app) as access:
        found = access.rule(rule)
        access.delete(found)
    typer.echo(f"deleted {found['name']}")


@app.command("test")
def back_test(
    rule: Annotated[
        str | None, typer.Argument(help="Rule, by name or resource id; or --file.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="File with a rule that is not kept, as `show --json`.")
    ] = None,
    time_from: Annotated[
        str | None, typer.Option("--from", help="First time, as in 2026-11-21T08:00; a day ago.")
    ] = None,
    time_to: Annotated[str | None, typer.Option("--to", help="Last time; now.")] = None,
    app: App = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """List when a rule would have fired over stored telemetry. Nobody is told.

    Example:  openinsights alerts test failures --from 2026-11-20 --to 2026-11-21
    """
    from openinsights.cli.alerts_access import alerts_access

    if (rule is None) == (file is None):
        raise typer.BadParameter("name a rule or --file")
    now = datetime.now(timezone.utc)
    start = time_from or _text(now - timedelta(days=1))
    with alerts_access(url, data, app) as access:
        document = _document(file) if file is not None else access.rule(str(rule))["arm"]
        found = access.back_test(document, start, time_to or _text(now))
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    _print_test(found)


@app.command()
def history(
    alert: Annotated[
        str | None, typer.Argument(help="Id of an alert, to show what became of it.")
    ] = None,
    state: Annotated[str, typer.Option(help="fired, resolved or all.")] = "all",
    app: App = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """List what fired, the newest first; or what became of one alert.

    Example:  openinsights alerts history --state fired

    Example:  openinsights alerts history 4f0c9a52-0b5e-4a39-9d5e-0c0a6c6f1b11
    """
    from openinsights.cli.alerts_access import alerts_access

    with alerts_access(url, data, app) as access:
        found = access.alerts(state) if alert is None else access.alert(alert)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    if isinstance(found, dict):
        _print_alert(found)
        return
    if not found:
        typer.echo("no alerts")
        return
    rows = [
        (
            _minute(each["firedAt"]),
            _minute(each["resolvedAt"]) or "fired",
            f"Sev{each['severity']}",
            each["rule"],
            _split(each["split"]),
            _number(each["value"]),
            each["userState"],
            each["id"],
        )
        for each in found[:_MOST_PRINTED]
    ]
    _table(("fired", "resolved", "severity", "rule", "split", "value", "state", "id"), rows)


@app.command()
def ack(alert: AlertId, app: App = None, url: Url = None, data: Data = None) -> None:
    """Say that somebody looks after an alert.

    Example:  openinsights alerts ack 4f0c9a52-0b5e-4a39-9d5e-0c0a6c6f1b11
    """
    from openinsights.cli.alerts_access import alerts_access

    with alerts_access(url, data, app) as access:
        said = access.say(alert, "acknowledge")
    typer.echo(f"acknowledged {said['rule']}")


@app.command()
def close(alert: AlertId, app: App = None, url: Url = None, data: Data = None) -> None:
    """Say that somebody is done with an alert.

    Example:  openinsights alerts close 4f0c9a52-0b5e-4a39-9d5e-0c0a6c6f1b11
    """
    from openinsights.cli.alerts_access import alerts_access

    with alerts_access(url, data, app) as access:
        said = access.say(alert, "close")
    typer.echo(f"closed {said['rule']}")


def duration_text(text: str) -> str:
    """Return a duration in ISO 8601: `PT5M` of `5m`; any other text as it is."""
    match = _SHORT.fullmatch(text.strip())
    if match is None:
        return text
    unit = match[2].upper()
    return f"P{match[1]}D" if unit == "D" else f"PT{match[1]}{unit}"


def _check(
    metric: str | None,
    query: str | None,
    given: dict[str, float | None],
    dynamic: str | None,
    aggregation: str | None,
    measure: str | None,
    split: list[str],
) -> dict[str, Any]:
    bounds = {name: value for name, value in given.items() if value is not None}
    if len(bounds) + (dynamic is not None) != 1:
        raise typer.BadParameter("name one of --above, --at-least, --below, --at-most, --dynamic")
    check: dict[str, Any] = {"name": "condition"}
    if metric is not None:
        check["metricName"] = metric
    else:
        check["query"] = query
    if dynamic is not None:
        check |= {
            "criterionType": "DynamicThresholdCriterion",
            "operator": "GreaterOrLessThan",
            "alertSensitivity": dynamic,
        }
    for name, value in bounds.items():
        check |= {"operator": _OPERATORS[name], "threshold": value}
    if measure is not None:
        check["metricMeasureColumn"] = measure
    if aggregation is not None:
        check["timeAggregation"] = aggregation
    if split:
        check["dimensions"] = [
            {"name": name, "operator": "Include", "values": ["*"]} for name in split
        ]
    return check


def _document(file: Path) -> dict[str, Any]:
    try:
        document = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise OpenInsightsError(f"cannot read {file}: {error}", code="UnreadableFile") from None
    if not isinstance(document, dict) or not isinstance(document.get("properties"), dict):
        raise OpenInsightsError(
            f"cannot use {file}: an object with 'properties' is needed, as `show --json` prints it",
            code="InvalidAlertRule",
        )
    kept = ("location", "tags", "kind", "type", "properties")
    return {name: document[name] for name in kept if name in document}


def _is_log(document: dict[str, Any]) -> bool:
    if "scheduledqueryrules" in str(document.get("type", "")).lower():
        return True
    every = document["properties"].get("criteria", {}).get("allOf", [])
    return any("query" in each for each in every)


def _print_test(found: dict[str, Any]) -> None:
    windows, firings = found["windows"], found["firings"]
    if found["hint"]:
        typer.echo(harmless(found["hint"]))
    if found["isPartial"]:
        typer.echo(f"the time was over: looked at windows until {_minute(found['until'])}")
    count = len({each["end"] for each in windows})
    times = "once" if len(firings) == 1 else f"{len(firings)} times" if firings else "never"
    typer.echo(f"would have fired {times} in {count} windows")
    if not firings:
        return
    rows = [
        (
            _minute(each["start"]),
            _minute(each["end"]) or "still fired",
            _split(each["split"]),
            _number(each["value"]),
        )
        for each in firings[:_MOST_PRINTED]
    ]
    _table(("fired", "resolved", "split", "value"), rows)


def _print_alert(found: dict[str, Any]) -> None:
    alert = found["alert"]
    typer.echo(
        harmless(
            f"{alert['rule']} ({alert['condition']}, {alert['userState']})"
            f" {_split(alert['split'])}".rstrip()
        )
    )
    for each in found["changes"]:
        facts = ", ".join(f"{name} {value}" for name, value in each["facts"].items())
        typer.echo(harmless(f"{_minute(each['at'])}  {each['event']}  {facts}".rstrip()))
    for line in alert["evidence"]["kql"].splitlines():
        typer.echo(harmless(line))


def _table(names: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    for line in aligned(names, [tuple(harmless(cell) for cell in row) for row in rows]):
        typer.echo(line)


def _minute(text: str | None) -> str:
    return "" if text is None else f"{text[:10]} {text[11:19]}"


def _split(split: list[dict[str, str]]) -> str:
    return ", ".join(f"{each['name']}={each['value']}" for each in split)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
