"""`openinsights probe`: run availability tests from this machine."""

from __future__ import annotations

import logging
import signal
import threading
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from openinsights.cli.configuration import DEFAULT_URL, configured

if TYPE_CHECKING:
    from openinsights.availability.outcome import Run
    from openinsights.availability.test import AvailabilityTest


def probe(
    location: Annotated[
        str, typer.Option(help="Name of this place, such as west; or one of Azure's tags.")
    ],
    url: Annotated[
        str | None,
        typer.Option(help="Server whose tests run; OPENINSIGHTS_URL or http://127.0.0.1:5380."),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(help="API key with the right probe; OPENINSIGHTS_API_KEY by default."),
    ] = None,
    journeys: Annotated[
        Path | None, typer.Option(help="Folder with the Python files of journeys.")
    ] = None,
    private_addresses: Annotated[
        str | None,
        typer.Option(
            help="allow or refuse: whether tests may reach this machine and its private networks."
            " Refused by default, unless the server is this machine."
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print no line for each run.")] = False,
) -> None:
    """Run the availability tests of a server that name this location, until Ctrl-C.

    Make the key with:  openinsights key create west --app shop --right probe

    Example:  openinsights probe --location west --url https://insights.example:5380 --key KEY
    """
    from openinsights.availability.connection import Dialing
    from openinsights.availability.journey_run import Journeys
    from openinsights.availability.remote import RemoteProbe
    from openinsights.clock import SystemClock
    from openinsights.outside.addresses import AddressPolicy
    from openinsights.remote_database import ServerClient
    from openinsights.tls import client_context

    settings, _ = configured(
        url=url, api_key=key, journeys=journeys, private_addresses=private_addresses
    )
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    server = settings.url or DEFAULT_URL
    is_here = urlsplit(server).hostname in ("127.0.0.1", "localhost", "::1")
    policy = AddressPolicy((settings.private_addresses or ("allow" if is_here else "")) == "allow")
    shown = settings.api_key.reveal()
    client = ServerClient(server, settings.ca_file, shown)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())

    def on_run(test: AvailabilityTest, run: Run) -> None:
        if not quiet:
            mark = "passed" if run.outcome.passed else "FAILED"
            typer.echo(f"{mark}  {test.name}  {run.duration_ms:.0f} ms  {run.outcome.message}")

    try:
        RemoteProbe(
            client,
            shown,
            location,
            Dialing(policy, settings.ca_file),
            None if settings.journeys is None else Journeys(settings.journeys, settings.ca_file),
            SystemClock(),
            client_context(settings.ca_file) if server.startswith("https:") else False,
            lambda line: typer.echo(f"probe {line}", err=True),
            on_run,
        ).run(stopping)
    finally:
        client.close()
    typer.echo("probe stopped", err=True)
