"""`openinsights doctor`: check what a server and a client need, and say what to do about the rest.

The client is not a part of this distribution: what it needs is checked by its own check-up, which
is run with the Python of the program that uses it.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from openinsights.cli.configuration import DEFAULT_URL, configured
from openinsights.data_folder import folder_named
from openinsights.errors import OpenInsightsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.settings import Settings

_OLDEST_PYTHON = (3, 11)
_LEAST_FREE_BYTES = 512 * 1024 * 1024
_CHECKUP_TIMEOUT_S = 60.0
CHECKUP = "opencensus.ext.azure.checkup"


class Outcome(StrEnum):
    """How a check ended."""

    OK = "ok"
    NONE = "none"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        name: what was checked.
        outcome: whether a server can work with it; `NONE` when it is not there and need not be.
        says: what was found, and what to do about it.
    """

    name: str
    outcome: Outcome
    says: str


def doctor(
    data: Annotated[
        Path | None,
        typer.Option(
            parser=folder_named, metavar="<path>", help="Data folder; the user's own by default."
        ),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(help="Server to look for; OPENINSIGHTS_URL or http://127.0.0.1:5380."),
    ] = None,
    python: Annotated[
        str | None,
        typer.Option(
            metavar="<path>", help="Python of a program that sends telemetry; this one by default."
        ),
    ] = None,
    connection_string: Annotated[
        str | None,
        typer.Option(help="The one in the program's code, if it has one.", metavar="<str>"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check Python, the data folder, the disk, the port, the server, and a program's client.

    Example:  openinsights doctor --data ./telemetry --python ./shop/.venv/bin/python
    """
    settings, folder = configured(data=data, url=url)
    findings = [check(settings, folder) for check in CHECKS]
    findings += check_client(python or sys.executable, connection_string)
    if as_json:
        rows = [
            {"check": f.name, "ok": f.outcome is Outcome.OK, "outcome": f.outcome, "says": f.says}
            for f in findings
        ]
        typer.echo(json.dumps(rows, indent=2))
    else:
        for finding in findings:
            typer.echo(f"{finding.outcome:4}  {finding.name:17} {finding.says}")
    if any(finding.outcome is Outcome.FAIL for finding in findings):
        raise typer.Exit(1)


def check_python(settings: Settings, folder: Path) -> Finding:
    """Whether this Python is new enough."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    needed = ".".join(str(part) for part in _OLDEST_PYTHON)
    outcome = Outcome.OK if sys.version_info >= _OLDEST_PYTHON else Outcome.FAIL
    return Finding("python", outcome, f"{found} ({needed} or newer)")


def check_data_folder(settings: Settings, folder: Path) -> Finding:
    """Whether the data folder can be used, and who holds it."""
    from openinsights.data_folder import DataFolder, DataFolderLocked, refuse_without_telemetry

    if not folder.exists():
        return Finding("data folder", Outcome.OK, f"{folder} will be made by 'openinsights serve'")
    try:
        refuse_without_telemetry(folder)
        with DataFolder(folder):
            return Finding("data folder", Outcome.OK, f"{folder} is free")
    except DataFolderLocked as locked:
        holder = locked.holder
        return Finding(
            "data folder",
            Outcome.OK,
            f"{folder} is held by process {holder.pid} {holder.url}".rstrip(),
        )
    except OpenInsightsError as error:
        return Finding("data folder", Outcome.FAIL, error.message)


def check_catalog(settings: Settings, folder: Path) -> Finding:
    """Whether the database that servers share answers, if there is one."""
    url = settings.catalog.reveal()
    if not url:
        return Finding("catalog", Outcome.OK, "a file in the data folder")
    from openinsights.catalog.postgresql import schema_at, shown

    try:
        found = schema_at(url)
    except OpenInsightsError as error:
        return Finding("catalog", Outcome.FAIL, error.message)
    says = f"schema {found}" if found else "empty; 'openinsights serve' makes its tables"
    return Finding("catalog", Outcome.OK, f"{shown(url)}: {says}")


def check_disk(settings: Settings, folder: Path) -> Finding:
    """Whether the disk has room for telemetry."""
    place = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(place).free
    says = f"{free / 2**30:.1f} GiB free at {place}"
    if free < _LEAST_FREE_BYTES:
        return Finding(
            "disk", Outcome.FAIL, f"{says}; telemetry is refused below 0.5 GiB: make room"
        )
    return Finding("disk", Outcome.OK, says)


def check_port(settings: Settings, folder: Path) -> Finding:
    """Whether the port is free, or is the server's own."""
    from openinsights.app import ServeError, listen
    from openinsights.data_folder import holder_of

    try:
        listen(settings).close()
    except ServeError as error:
        holder = holder_of(folder)
        if holder is not None and holder.url.endswith(f":{settings.port}/"):
            return Finding(
                "port", Outcome.OK, f"{settings.port} is the server's of this data folder"
            )
        if _answers(settings):
            return Finding("port", Outcome.OK, f"{settings.port} is a running server's")
        return Finding("port", Outcome.FAIL, error.message)
    return Finding("port", Outcome.OK, f"{settings.port} is free")


def check_server(settings: Settings, folder: Path) -> Finding:
    """Whether the server answers and takes telemetry; there must be one only if one is expected."""
    from openinsights.data_folder import holder_of
    from openinsights.remote_database import ServerClient, ServerUnreachable
    from openinsights.tls import authority_in

    holder = holder_of(folder)
    expected = settings.url or (holder.url if holder is not None else "")
    client = ServerClient(expected or DEFAULT_URL, settings.ca_file or authority_in(folder))
    try:
        health = client.request("GET", "health")
        status = health["status"]
    except ServerUnreachable as error:
        return Finding("server", Outcome.FAIL if expected else Outcome.NONE, error.message)
    except OpenInsightsError as error:
        return Finding(
            "server", Outcome.FAIL, f"{client.url} cannot take telemetry: {error.message}"
        )
    except (KeyError, TypeError):
        return Finding(
            "server", Outcome.FAIL, f"{client.url} is another program's; name ours: --url"
        )
    finally:
        client.close()
    return Finding(
        "server", Outcome.OK, f"{client.url} answers {status}{_watching(health.get('watching'))}"
    )


def _watching(told: Any) -> str:  # JSON of a server that may be an older one
    """Return how rules and messages stand, for those who are told."""
    if not isinstance(told, dict):
        return ""
    says = f"; {told.get('rules', 0)} alert rules, {told.get('tests', 0)} availability tests"
    for name, what in (
        ("failingRules", "rules cannot be evaluated: see Alerts"),
        ("waitingNotifications", "messages about alerts wait to arrive"),
    ):
        if told.get(name):
            says += f"; {told[name]} {what}"
    return says


def check_client(python: str, connection_string: str | None) -> list[Finding]:
    """What the client's own check-up finds, with a program's Python and in this environment."""
    command = [python, "-m", CHECKUP, "--json"]
    if connection_string:
        command += ["--connection-string", connection_string]
    try:
        done = subprocess.run(  # noqa: S603 - the program whom the user names
            command, capture_output=True, text=True, check=False, timeout=_CHECKUP_TIMEOUT_S
        )
        found = [
            Finding(row["check"], Outcome(row["outcome"]), row["says"])
            for row in json.loads(done.stdout or "[]")
        ]
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError, TypeError) as error:
        return [Finding("client", Outcome.FAIL, f"cannot ask {python} for its client: {error}")]
    if found:
        return found
    last = done.stderr.strip().rpartition("\n")[2]
    if "No module named" not in last:
        return [Finding("client", Outcome.FAIL, f"cannot ask {python} for its client: {last}")]
    return [
        Finding("client", Outcome.NONE, f"none for {python}; name your program's Python: --python")
    ]


def _answers(settings: Settings) -> bool:
    try:
        with socket.create_connection((settings.host, settings.port), timeout=2.0) as connection:
            connection.sendall(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return b'"status"' in connection.recv(4096)
    except OSError:
        return False


CHECKS: tuple[Callable[[Settings, Path], Finding], ...] = (
    check_python,
    check_data_folder,
    check_catalog,
    check_disk,
    check_port,
    check_server,
)
