"""Looks whether this client can work where a program runs: python -m opencensus.ext.azure.checkup.

It sends no telemetry. ``openinsights doctor`` runs it with the program's Python.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from opencensus.ext.azure.common import retired

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from importlib.metadata import PackagePath
    from pathlib import Path

    from opencensus.ext.azure.common.options import Options

OK, NONE, FAIL = "ok", "none", "FAIL"
OLDEST_PYTHON = (3, 10)
ANSWER_WITHIN_S = 5.0
CLOCK_MAY_DIFFER_S = 300.0
"""Telemetry of a clock that differs by more lies at the wrong time in every chart."""


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        check: What was looked at.
        outcome: ``ok``, ``FAIL``, or ``none`` when it is not there and need not be.
        says: What was found, and what to do about it.
    """

    check: str
    outcome: str
    says: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was found; return 1 when something fails."""
    parser = argparse.ArgumentParser(
        prog="python -m opencensus.ext.azure.checkup",
        description="Look whether the client can work here; no telemetry is sent.",
    )
    parser.add_argument("--connection-string", help="the one in the program's code, if it has one")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args(arguments)
    findings = check_all(given.connection_string, os.environ)
    if given.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            print(f"{finding.outcome:4}  {finding.check:17} {finding.says}")
    return int(any(finding.outcome == FAIL for finding in findings))


def check_all(connection_string: str | None, environ: Mapping[str, str]) -> list[Finding]:
    """Return what all checks find.

    Args:
        connection_string: The one that the program's code gives to its exporters.
        environ: The program's environment.
    """
    findings = [check_python(), check_client(), check_retired()]
    try:
        from opencensus.ext.azure.common.options import resolve

        given = {"connection_string": connection_string}
        options = resolve({name: text for name, text in given.items() if text}, environ)
    except ImportError as error:
        return [*findings, Finding("connection string", FAIL, f"cannot be read: {error}")]
    except ValueError as error:
        return [*findings, no_connection_string(connection_string, environ, error)]
    named = Finding(
        "connection string", OK, f"{options.endpoint} key {options.instrumentation_key}"
    )
    return [*findings, named, *check_server(options, environ), check_storage(options)]


def check_python() -> Finding:
    """Whether this Python is new enough."""
    found = ".".join(map(str, sys.version_info[:3]))
    needed = ".".join(map(str, OLDEST_PYTHON))
    outcome = OK if sys.version_info >= OLDEST_PYTHON else FAIL
    return Finding("client's python", outcome, f"{found} ({needed} or newer) at {sys.executable}")


def check_client() -> Finding:
    """Whether this client's files are those that were installed."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        client = distribution(retired.OURS)
    except PackageNotFoundError:
        return Finding("client", OK, "used from its source")
    changed = sorted(str(file) for file in client.files or () if not _is_as_installed(file))
    where = f"{retired.OURS} {client.version} at {client.locate_file('')}"
    if changed:
        mend = retired.how_to_mend(retired.beside())
        some = ", ".join(changed[:3])
        return Finding(
            "client",
            FAIL,
            f"{where}: {len(changed)} files are another distribution's or gone ({some}): {mend}",
        )
    return Finding("client", OK, where)


def check_retired() -> Finding:
    """Whether retired distributions own the same folder."""
    found = retired.beside()
    if not found:
        return Finding("retired client", OK, "not installed beside it")
    names = ", ".join(f"{name} {version}" for name, version in found)
    return Finding(
        "retired client",
        FAIL,
        f"{names} own the same files, what was installed last is what runs:"
        f" {retired.how_to_mend(found)}",
    )


def no_connection_string(
    given: str | None, environ: Mapping[str, str], error: ValueError
) -> Finding:
    """Return what is said of a connection string that is not there or cannot be used."""
    from opencensus.ext.azure.common.options import (
        CONNECTION_STRING_VARIABLE,
        INSTRUMENTATION_KEY_VARIABLE,
    )

    variables = (CONNECTION_STRING_VARIABLE, INSTRUMENTATION_KEY_VARIABLE)
    if given or any(environ.get(variable) for variable in variables):
        return Finding("connection string", FAIL, str(error))
    return Finding(
        "connection string",
        NONE,
        f"{CONNECTION_STRING_VARIABLE} is not set: each exporter needs one in code",
    )


def check_server(options: Options, environ: Mapping[str, str]) -> list[Finding]:
    """Whether the server answers, and whether its clock and this machine's agree."""
    import urllib3

    from opencensus.ext.azure.common.link import open_pool

    pool = open_pool(options.endpoint, {}, environ)
    try:
        answer = pool.request(
            "GET",
            f"{options.endpoint.rstrip('/')}/health",
            retries=False,
            redirect=False,
            timeout=urllib3.Timeout(total=ANSWER_WITHIN_S),
        )
    except (urllib3.exceptions.HTTPError, OSError) as error:
        says = f"{options.endpoint} does not answer: {error}"
        return [
            Finding("client's server", FAIL, says),
            Finding("clock", NONE, "no server to compare it with"),
        ]
    finally:
        pool.clear()
    who = "takes telemetry" if answer.status == 200 else f"answers, with status {answer.status}"
    outcome = FAIL if answer.status >= 500 else OK
    return [
        Finding("client's server", outcome, f"{options.endpoint} {who}"),
        check_clock(answer.headers.get("Date"), time.time()),
    ]


def check_clock(server_date: str | None, now: float) -> Finding:
    """Whether the clocks agree.

    Args:
        server_date: What the server says of the time, as HTTP writes it.
        now: This machine's time in seconds since 1970.
    """
    from email.utils import parsedate_to_datetime

    try:
        ahead_s = now - parsedate_to_datetime(server_date or "").timestamp()
    except ValueError:
        return Finding("clock", NONE, "the server does not say what time it is")
    if abs(ahead_s) > CLOCK_MAY_DIFFER_S:
        how = "ahead of" if ahead_s > 0 else "behind"
        return Finding(
            "clock", FAIL, f"this machine's is {abs(ahead_s):.0f} s {how} the server's: set it"
        )
    return Finding("clock", OK, f"within {CLOCK_MAY_DIFFER_S:g} s of the server's")


def check_storage(options: Options) -> Finding:
    """Whether telemetry can be kept on disk, and how much waits there."""
    from opencensus.ext.azure.common.assembly import storage_folder

    if not options.enable_local_storage:
        return Finding("storage", NONE, "switched off: while the server is away, memory is used")
    folder = storage_folder(options)
    place = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        return Finding(
            "storage", FAIL, f"{folder} cannot be written: name another folder with storage_path"
        )
    if place != folder:
        return Finding("storage", OK, f"{folder} will be made when the server is away")
    return Finding("storage", OK, f"{folder} is writable; {what_waits(folder)}")


def what_waits(folder: Path) -> str:
    """Return how much waits in a folder for a server, in words."""
    from opencensus.ext.azure.common.blobs import parse_name

    files = [path for path in folder.iterdir() if path.suffix in (".blob", ".lock", ".ring")]
    rings = sum(path.suffix == ".ring" for path in files)
    named = [name for path in files if (name := parse_name(path.name)) is not None]
    items = sum(name.item_count or 0 for name in named)
    size = sum(path.stat().st_size for path in files if path.suffix != ".ring")
    words = f"{items} items in {len(files) - rings} files ({size / 1024:.0f} KiB) wait to be sent"
    return f"{words}; {rings} durable queues" if rings else words


def _is_as_installed(file: PackagePath) -> bool:
    """Return whether a file is what the installer wrote; what it did not hash is not looked at."""
    import base64
    import hashlib

    if file.hash is None or file.suffix != ".py":
        return True
    try:
        digest = hashlib.new(file.hash.mode, file.read_binary()).digest()
    except OSError:
        return False
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == file.hash.value


if __name__ == "__main__":
    sys.exit(main())
