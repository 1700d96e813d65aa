"""`openinsights availability`: tests that ask applications from outside."""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias
from urllib.parse import quote, urlsplit

import typer

from openinsights.cli.configuration import DEFAULT_URL, configured
from openinsights.errors import OpenInsightsError
from openinsights.query.text_table import aligned, harmless

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openinsights.cli.resource_access import ResourceFacts
    from openinsights.remote_database import ServerClient

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help=(
        "Make, list, run, show and delete availability tests, through a running server.\n\n"
        "Example:  openinsights availability create https://shop.example/ --app shop"
    ),
)

App: TypeAlias = Annotated[
    str | None, typer.Option(help="Resource, by name or id; the only one if there is one.")
]
Url: TypeAlias = Annotated[
    str | None, typer.Option(help="Server to ask; OPENINSIGHTS_URL or http://127.0.0.1:5380.")
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name: TypeAlias = Annotated[str, typer.Argument(help="Name of the test.")]

_KINDS = ("tcp", "tls", "dns", "journey")


class TestNotFound(OpenInsightsError):
    """There is no such test."""

    __test__ = False
    code = "ResourceNotFound"


@app.command("list")
def list_(app: App = None, url: Url = None, as_json: AsJson = False) -> None:
    """List the tests of a resource, with how they did in the last 7 days.

    Example:  openinsights availability list --app shop
    """
    with _server(url, app) as (client, resource):
        stand = _stand(client, resource)
        report = client.request("GET", f"{_path(resource)}/report")
    if as_json:
        typer.echo(json.dumps(stand, indent=2))
        return
    if not stand["tests"]:
        typer.echo("no availability tests; make one with: openinsights availability create URL")
        return
    did = {each["name"]: each for each in report["tests"]}
    rows = [
        (
            each["name"],
            each["target"],
            "on" if each["isEnabled"] else "off",
            f"{each['frequencyS']} s",
            ", ".join(_location(place) for place in each["locations"]),
            _percent(did.get(each["name"], {}).get("percent")),
            _percent(did.get(each["name"], {}).get("budgetLeftPercent")),
        )
        for each in stand["tests"]
    ]
    heads = ("test", "target", "runs", "every", "locations", "7 days", "budget left")
    for line in aligned(heads, [tuple(map(harmless, row)) for row in rows]):
        typer.echo(line)


@app.command()
def create(
    target: Annotated[
        str,
        typer.Argument(
            help="http(s) URL, tcp://host:port, tls://host, dns:name?type=A or"
            " journey:file.function."
        ),
    ],
    app: App = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the test; taken from the target by default.")
    ] = None,
    every: Annotated[int, typer.Option(help="Seconds from one run to the next, from 10 up.")] = 300,
    timeout: Annotated[int, typer.Option(help="Seconds for one attempt, 1 to 120.")] = 30,
    location: Annotated[
        list[str],
        typer.Option(help="From where it runs; local is the server. May be given several times."),
    ] = [],  # noqa: B006 - typer copies it
    verb: Annotated[str, typer.Option(help="Such as GET or POST.")] = "GET",
    header: Annotated[
        list[str], typer.Option(help="'Name: value'. May be given several times.")
    ] = [],  # noqa: B006 - typer copies it
    body: Annotated[str, typer.Option(help="What is sent.")] = "",
    status: Annotated[int, typer.Option(help="Status that is expected; 0 is any below 400.")] = 200,
    contains: Annotated[str, typer.Option(help="Text that the answer has to hold.")] = "",
    lacks: Annotated[str, typer.Option(help="Text that the answer must not hold.")] = "",
    certificate_days: Annotated[
        int | None,
        typer.Option(help="The certificate has to be valid, for so many days more."),
    ] = None,
    dependents: Annotated[
        bool, typer.Option("--dependents", help="Images, scripts and styles have to load too.")
    ] = False,
    retries: Annotated[
        bool, typer.Option(help="Whether a failure counts only after three attempts in a row.")
    ] = True,
    alert: Annotated[bool, typer.Option(help="Whether the test has an alert rule.")] = True,
    objective: Annotated[
        float, typer.Option(help="Percentage of runs that is meant to pass.")
    ] = 99.9,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Make a test, or change the one of that name.

    Example:  openinsights availability create https://shop.example/ --contains Basket --every 60
    """
    import base64

    scheme = target.partition(":")[0].lower()
    shown = name or _name_of(target)
    rules: dict[str, Any] = {}
    if scheme in ("http", "https"):
        rules["ExpectedHttpStatusCode"] = status
    if contains and lacks:
        raise OpenInsightsError(
            "cannot look for one text and for the lack of another: make two tests"
        )
    if contains or lacks:
        rules["ContentValidation"] = {
            "ContentMatch": contains or lacks,
            "PassIfTextFound": bool(contains),
        }
    if certificate_days is not None:
        rules["SSLCheck"] = True
        rules["SSLCertRemainingLifetimeCheck"] = certificate_days
    request = {
        "RequestUrl": target,
        "HttpVerb": verb.upper(),
        "Headers": [_header(each) for each in header],
        "RequestBody": base64.b64encode(body.encode()).decode() or None,
        "ParseDependentRequests": dependents,
        "FollowRedirects": True,
    }
    kind = scheme if scheme in _KINDS else "standard"
    properties = {
        "Name": shown,
        "SyntheticMonitorId": _resource_name(shown),
        "Enabled": True,
        "Frequency": every,
        "Timeout": timeout,
        "Kind": kind,
        "RetryEnabled": retries,
        "Locations": [{"Id": each} for each in location or ["local"]],
        "Request": {key: value for key, value in request.items() if value not in (None, [])},
        "ValidationRules": rules,
        "AlertEnabled": alert,
        "AvailabilityTarget": objective,
    }
    with _server(url, app) as (client, resource):
        group = resource.resource_id.split("/providers/")[0]
        path = f"{group}/providers/Microsoft.Insights/webtests/{_resource_name(shown)}"
        tags = {f"hidden-link:{resource.resource_id}": "Resource"}
        for each in _stand(client, resource)["tests"]:
            if each["name"].lower() == shown.lower():
                path = each["id"]
        document = {"kind": kind, "tags": tags, "properties": properties}
        made = client.request("PUT", quote(path), document)
    typer.echo(json.dumps(made, indent=2) if as_json else f"{shown} runs every {every} s")


@app.command()
def run(name: Name, app: App = None, url: Url = None, as_json: AsJson = False) -> None:
    """Run a test once from the server, now, and print what it found.

    Example:  openinsights availability run shop.example --app shop
    """
    with _server(url, app) as (client, resource):
        found = _found(client, resource, name)
        with _progress(f"{name}: asking {found['target']}"):
            done = client.request("POST", f"{_path(resource)}/{found['testId']}/run")
    if as_json:
        typer.echo(json.dumps(done, indent=2))
    else:
        _print_run(done)
    if not done["passed"]:
        raise typer.Exit(1)


@app.command()
def show(
    name: Name,
    app: App = None,
    days: Annotated[float, typer.Option(help="Days to look back.")] = 7.0,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Show a test, how it did against its objective, and downtime.

    Example:  openinsights availability show shop.example --days 30
    """
    with _server(url, app) as (client, resource):
        found = _found(client, resource, name)
        seconds = max(60, round(days * 86_400))
        report = client.request("GET", f"{_path(resource)}/report?timespan=PT{seconds}S")
    did: Any = next((each for each in report["tests"] if each["name"] == found["name"]), {})
    if as_json:
        typer.echo(json.dumps({"test": found, "report": did}, indent=2))
        return
    places = ", ".join(_location(each) for each in found["locations"])
    typer.echo(f"{found['name']}  {found['target']}")
    typer.echo(f"runs           every {found['frequencyS']} s from {places}")
    typer.echo(f"alert rule     {'yes' if found['alerts'] else 'no'}")
    typer.echo(f"availability   {_percent(did.get('percent'))} of {did.get('runs', 0)} runs")
    typer.echo(
        f"objective      {found['objective']:g} %:"
        f" {_percent(did.get('budgetLeftPercent'))} of the error budget is left"
    )
    typer.echo(f"down           {did.get('downtimeS', 0) / 60:.0f} min")
    for each in did.get("downtimes", []):
        typer.echo(f"  {each['start']} to {each['end']}")


@app.command()
def enable(name: Name, app: App = None, url: Url = None) -> None:
    """Run a test again that was switched off.

    Example:  openinsights availability enable shop.example
    """
    _switch(name, app, url, is_on=True)


@app.command()
def disable(name: Name, app: App = None, url: Url = None) -> None:
    """Run a test no longer, and keep it.

    Example:  openinsights availability disable shop.example
    """
    _switch(name, app, url, is_on=False)


@app.command()
def delete(name: Name, app: App = None, url: Url = None) -> None:
    """Delete a test with its alert rule; its results stay.

    Example:  openinsights availability delete shop.example
    """
    with _server(url, app) as (client, resource):
        client.request("DELETE", quote(_found(client, resource, name)["id"]))
    typer.echo(f"deleted {name}")


def _switch(name: str, app: str | None, url: str | None, *, is_on: bool) -> None:
    with _server(url, app) as (client, resource):
        path = quote(_found(client, resource, name)["id"])
        client.request("PATCH", path, {"properties": {"Enabled": is_on}})
    typer.echo(f"{name} is {'on' if is_on else 'off'}")


@contextmanager
def _server(url: str | None, app: str | None) -> Iterator[tuple[ServerClient, ResourceFacts]]:
    from openinsights.cli.resource_access import RemoteResources, chosen
    from openinsights.remote_database import ServerClient

    settings, _ = configured(url=url)
    client = ServerClient(settings.url or DEFAULT_URL, settings.ca_file, settings.api_key.reveal())
    try:
        yield client, chosen(RemoteResources(client), app)
    finally:
        client.close()


def _path(resource: ResourceFacts) -> str:
    return f"portal/api/availability/{resource.app_id}"


def _stand(client: ServerClient, resource: ResourceFacts) -> Any:  # JSON
    return client.request("GET", _path(resource))


def _found(client: ServerClient, resource: ResourceFacts, name: str) -> Any:  # JSON
    tests = _stand(client, resource)["tests"]
    for each in tests:
        if name.lower() in (each["name"].lower(), each["resourceName"].lower(), each["testId"]):
            return each
    there = ", ".join(each["name"] for each in tests[:8]) or "none yet"
    raise TestNotFound(f"cannot find availability test {name[:80]!r}: there is {there}")


@contextmanager
def _progress(what: str) -> Iterator[None]:
    """Say what is awaited, and for how long, while something is; on terminals alone."""
    if not sys.stderr.isatty():
        yield
        return
    ended, begun = threading.Event(), time.monotonic()

    def count() -> None:
        while not ended.wait(0.1):
            sys.stderr.write(f"\r\x1b[K{what} … {time.monotonic() - begun:.1f} s")
            sys.stderr.flush()

    counting = threading.Thread(target=count, daemon=True)
    counting.start()
    try:
        yield
    finally:
        ended.set()
        counting.join()
        sys.stderr.write("\r\x1b[K")


def _print_run(done: Any) -> None:  # JSON
    mark = "passed" if done["passed"] else "FAILED"
    typer.echo(f"{mark} in {done['duration']:.0f} ms: {harmless(done['message'])}")
    for step in done["steps"]:
        parts = "  ".join(f"{part} {ms:.1f}" for part, ms in step["timings"].items())
        status = f"{step['status']}  " if step["status"] else ""
        typer.echo(f"  {harmless(step['name'])}  {status}{step['duration']:.1f} ms  ({parts})")
    typer.echo(f"operation {done['operationId']}")


def _location(place: Any) -> str:  # JSON
    return f"{place['id']}{'' if place['isProbed'] else ' (nobody probes there)'}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} %"


def _header(text: str) -> dict[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise OpenInsightsError(f"cannot use header {text[:80]!r}: write it as 'Name: value'")
    return {"key": name.strip(), "value": value.strip()}


def _name_of(target: str) -> str:
    parts = urlsplit(target)
    path = parts.path.strip("/")
    return "/".join(each for each in (parts.hostname or "", path) if each) or target


def _resource_name(name: str) -> str:
    return re.sub(r"[^\w.()-]+", "-", name).strip("-.")[:100] or "test"
