"""`openinsights serve`: run the server until it is told to stop."""

from __future__ import annotations

import logging
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from openinsights.cli.configuration import configured
from openinsights.data_folder import folder_named


def serve(
    data: Annotated[
        Path | None,
        typer.Option(
            parser=folder_named, metavar="<path>", help="Data folder; the user's own by default."
        ),
    ] = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; 127.0.0.1 by default.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on; 5380 by default, 0 takes a free one.")
    ] = None,
    otlp_grpc_port: Annotated[
        int | None,
        typer.Option(help="Port for OpenTelemetry over gRPC; 4317 by default, 0 is off."),
    ] = None,
    otlp_http_port: Annotated[
        int | None,
        typer.Option(help="Port for OpenTelemetry over HTTP; 4318 by default, 0 is off."),
    ] = None,
    public_url: Annotated[
        str | None, typer.Option(help="URL that connection strings name, if it is another one.")
    ] = None,
    unknown_keys: Annotated[
        str | None,
        typer.Option(
            help="What an unknown instrumentation key does: create makes its own resource,"
            " reject refuses the item. On loopback create by default."
        ),
    ] = None,
) -> None:
    """Run the server: ingestion, queries and the portal on one port.

    Example:  openinsights serve --data ./telemetry --port 5380
    """
    settings, folder = configured(
        data=data,
        host=host,
        port=port,
        otlp_grpc_port=otlp_grpc_port,
        otlp_http_port=otlp_http_port,
        public_url=public_url,
        unknown_keys=unknown_keys,
    )
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    from openinsights.app import serve as run_server

    def announce(url: str) -> None:
        typer.echo(f"OpenInsights is ready: {url}")
        typer.echo(f"data folder: {folder}")

    run_server(settings, folder, announce)
