"""`openinsights health`: whether a server takes telemetry, for whoever watches over it."""

from __future__ import annotations

from typing import Annotated

import typer

from openinsights.cli.configuration import DEFAULT_URL, configured
from openinsights.cli.resource import Data, Url  # noqa: TC001 - typer reads the annotations


def health(
    url: Url = None,
    data: Data = None,
    ready: Annotated[
        bool,
        typer.Option("--ready", help="Ask whether requests can be sent to it: catalog and store."),
    ] = False,
) -> None:
    """Ask a server whether it takes telemetry; exit with 1 when it does not.

    Without --url the server that holds the data folder is asked, so that it works in its container
    and beside its service as it stands.

    Example:  openinsights health --url http://127.0.0.1:5380
    """
    from openinsights.data_folder import holder_of
    from openinsights.remote_database import ServerClient, ServerUnreachable
    from openinsights.tls import authority_in

    settings, folder = configured(url=url, data=data)
    holder = None if settings.url else holder_of(folder)
    address = settings.url or (holder.url if holder is not None else "") or DEFAULT_URL
    client = ServerClient(address, settings.ca_file or authority_in(folder))
    try:
        answer = client.request("GET", "ready" if ready else "health")
    finally:
        client.close()
    if not isinstance(answer, dict) or "status" not in answer:
        raise ServerUnreachable(client.url, "another program answers there")
    typer.echo(f"{client.url} answers {answer['status']}")
