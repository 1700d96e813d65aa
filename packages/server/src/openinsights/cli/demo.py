"""`openinsights demo`: a server on an empty folder, and a small shop that reports to it.

Both run as processes of their own, in sessions of their own, so that Ctrl-C reaches this process
alone and it can stop the shop before the server: what the shop still holds is then delivered.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from openinsights.data_folder import folder_named

if TYPE_CHECKING:
    from collections.abc import Iterator

START_WITHIN_S = 30.0
STOP_WITHIN_S = 12.0
FIRST_TELEMETRY_WITHIN_S = 60.0
POLL_S = 0.1
NEEDED_BY_THE_SHOP = ("celery", "django", "fastapi", "flask", "requests", "opencensus.ext.azure")


class DemoError(Exception):
    """The demo cannot start or go on; the message says what to do."""


def demo(
    port: Annotated[
        int, typer.Option(help="Port of the server; another one when it is taken.")
    ] = 5380,
    data: Annotated[
        Path | None,
        typer.Option(
            parser=folder_named,
            metavar="<path>",
            help="Folder for the telemetry; a temporary one by default.",
        ),
    ] = None,
) -> None:
    """Start a server and a small shop that reports to it, until Ctrl-C.

    Example:  openinsights demo --port 5380
    """
    # a shell that starts us in the background has SIGINT ignored
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.default_int_handler)
    try:
        run_demo(port, data)
    except DemoError as error:
        typer.echo(f"openinsights demo: {error}", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        typer.echo("demo stopped", err=True)


def run_demo(wanted_port: int, data: Path | None) -> None:
    """Run the demo until it is interrupted.

    Raises:
        DemoError: when something that it needs is missing, or one of its processes stops.
    """
    shop = find_shop()
    port = free_port(wanted_port)
    if port != wanted_port:
        typer.echo(f"port {wanted_port} is taken; using {port}", err=True)
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="openinsights-demo-") as empty:
        folder = data or Path(empty)
        with running(server_command(folder, port), {}) as server:
            wait_for_health(url, server)
            connection_string, app_id = create_resource(url)
            environment = {"APPLICATIONINSIGHTS_CONNECTION_STRING": connection_string}
            with running([sys.executable, str(shop / "run.py")], environment) as shoppers:
                announce(url, app_id, connection_string, folder)
                report_first_telemetry(url, app_id, shoppers)
                watch(server=server, shop=shoppers)


def find_shop() -> Path:
    """Return the folder of the shop: inside the installed package, or in the repository.

    Raises:
        DemoError: when the shop or a library that it needs is not there.
    """
    here = Path(__file__).resolve()
    places = [here.parent / "shop", *(parent / "examples" / "shop" for parent in here.parents)]
    shop = next((place for place in places if (place / "run.py").is_file()), None)
    if shop is None:
        raise DemoError(
            "cannot find the shop: reinstall openinsights, or run `make demo` in a clone"
        )
    for name in NEEDED_BY_THE_SHOP:
        with suppress(ModuleNotFoundError):
            if importlib.util.find_spec(name):
                continue
        raise DemoError(
            f"cannot start the shop: {name} is not installed; run: pip install openinsights[demo]"
        )
    return shop


def free_port(wanted: int) -> int:
    """Return the wanted loopback port, or one that the system picks when it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise DemoError("cannot listen on 127.0.0.1: the system has no free port")


def server_command(folder: Path, port: int) -> list[str]:
    """Return the command that serves the folder on the port."""
    module = [sys.executable, "-m", "openinsights.cli.main"]
    return [*module, "serve", "--data", str(folder), "--port", str(port)]


@contextmanager
def running(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command for as long as the block lasts; stop it gently, then firmly."""
    process = subprocess.Popen(  # noqa: S603 - our own commands, no shell
        command,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for_health(url: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server accepts telemetry."""
    give_up = time.monotonic() + START_WITHIN_S
    while time.monotonic() < give_up:
        if server.poll() is not None:
            raise DemoError(
                f"cannot start the server: it stopped with status {server.returncode}, see above"
            )
        with suppress(OSError):
            ask(f"{url}/health")
            return
        time.sleep(POLL_S)
    raise DemoError(
        f"cannot start the server: no answer from {url}/health in {START_WITHIN_S:.0f} s"
    )


def ask(url: str, body: bytes | None = None) -> Any:  # JSON of any shape
    """Return the JSON that the server answers with.

    Raises:
        OSError: it does not answer, or with an error.
    """
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, body, headers)  # noqa: S310 - our own server
    with urllib.request.urlopen(request, timeout=5.0) as reply:  # noqa: S310 - see above
        return json.load(reply)


def create_resource(url: str) -> tuple[str, str]:
    """Create the resource `shop` and return its connection string and application id."""
    command = [sys.executable, "-m", "openinsights.cli.main", "resource", "create", "shop"]
    made = subprocess.run(  # noqa: S603 - our own command, no shell
        [*command, "--url", url, "--json"], capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise DemoError(f"cannot create the resource shop: {made.stderr.strip()}")
    facts = json.loads(made.stdout)
    return str(facts["connection_string"]), str(facts["app_id"])


def announce(url: str, app_id: str, connection_string: str, folder: Path) -> None:
    """Print where to look, and how to send something of one's own."""
    typer.echo(f"\n  portal             {url}/a/{app_id}/overview?from=now-15m&to=now")
    typer.echo(f"  connection string  {connection_string}")
    typer.echo(f"  telemetry          {folder}")
    typer.echo("  stop               Ctrl-C\n")


def report_first_telemetry(url: str, app_id: str, shop: subprocess.Popen[bytes]) -> None:
    """Say when the first request of the shop can be queried."""
    started = time.monotonic()
    question = json.dumps({"query": "requests | count"}).encode()
    while time.monotonic() - started < FIRST_TELEMETRY_WITHIN_S and shop.poll() is None:
        with suppress(OSError, KeyError, IndexError):
            if ask(f"{url}/v1/apps/{app_id}/query", question)["tables"][0]["rows"][0][0]:
                typer.echo(f"first telemetry after {time.monotonic() - started:.1f} s")
                return
        time.sleep(POLL_S)


def watch(**processes: subprocess.Popen[bytes]) -> None:
    """Wait until one of the processes stops, which it should not."""
    while True:
        for name, process in processes.items():
            if process.poll() is not None:
                raise DemoError(f"the {name} stopped with status {process.returncode}, see above")
        time.sleep(0.5)
