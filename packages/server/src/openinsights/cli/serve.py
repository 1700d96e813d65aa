"""`openinsights serve`: run the server until it is told to stop."""

from __future__ import annotations

import logging
import sys
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from openinsights.cli.configuration import configured
from openinsights.data_folder import folder_named

if TYPE_CHECKING:
    from openinsights.app import Ready

_TRUSTED_BY = (
    ("REQUESTS_CA_BUNDLE", "Python: our client, Azure's, az"),
    ("SSL_CERT_FILE", "what uses OpenSSL, Go, the openinsights commands"),
    ("NODE_EXTRA_CA_CERTS", "Node"),
    ("OTEL_EXPORTER_OTLP_CERTIFICATE", "OpenTelemetry's exporters"),
)
"""The variables that make programs trust a private authority, and who reads them."""


def serve(
    data: Annotated[
        Path | None,
        typer.Option(
            parser=folder_named, metavar="<path>", help="Data folder; the user's own by default."
        ),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Where telemetry rests: clickhouse://user:password@host:8123/database; day files"
            " in the data folder by default. Better in OPENINSIGHTS_STORE: others see options.",
        ),
    ] = None,
    catalog: Annotated[
        str | None,
        typer.Option(
            metavar="<url>",
            help="PostgreSQL that several servers share: postgresql://user:password@host/database."
            " OPENINSIGHTS_CATALOG keeps the password out of the list of processes.",
        ),
    ] = None,
    role: Annotated[
        str | None,
        typer.Option(
            help="all by default; ingest: take telemetry alone; query: answer and watch alone."
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
    tls: Annotated[
        str | None,
        typer.Option(help="auto: serve https with a certificate of the server's own authority."),
    ] = None,
    tls_certificate: Annotated[
        Path | None, typer.Option(help="Certificate to serve https with, in PEM.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Key of the certificate, in PEM.")] = None,
    sign_in: Annotated[
        str | None,
        typer.Option(help="always: everybody signs in or shows a key, on this machine too."),
    ] = None,
    journeys: Annotated[
        Path | None,
        typer.Option(help="Folder with Python files: journeys for availability tests."),
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
        store=store,
        catalog=catalog,
        role=role,
        host=host,
        port=port,
        otlp_grpc_port=otlp_grpc_port,
        otlp_http_port=otlp_http_port,
        public_url=public_url,
        tls=tls,
        tls_certificate=tls_certificate,
        tls_key=tls_key,
        sign_in=sign_in,
        journeys=journeys,
        unknown_keys=unknown_keys,
    )
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    # httpx has a command of its own: without it, what that needs is not loaded
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
    from openinsights.app import serve as run_server

    def announce(ready: Ready) -> None:
        tls = ready.tls
        typer.echo(f"OpenInsights is ready: {ready.url}")
        typer.echo(f"data folder: {folder}")
        if ready.first_link:
            typer.echo(f"first administrator, once and within an hour: {ready.first_link}")
        if not settings.is_loopback and tls is None:
            typer.echo(
                "passwords and keys travel unprotected: serve https with --tls auto, or behind a"
                " proxy that does",
                err=True,
            )
        if tls is not None and tls.authority is not None:
            typer.echo(f"trust its certificates: {tls.authority}")
            for variable, reader in _TRUSTED_BY:
                typer.echo(f"  export {variable}={tls.authority}  # {reader}")

    run_server(settings, folder, announce)
