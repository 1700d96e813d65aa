"""`openinsights send`: send one test item, to see whether telemetry arrives."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated

import typer

from openinsights.cli.configuration import DEFAULT_URL, configured
from openinsights.clock import SystemClock
from openinsights.errors import OpenInsightsError
from openinsights.query.values import datetime_text

if TYPE_CHECKING:
    from openinsights.cli.resource_access import ResourceFacts


class SendError(OpenInsightsError):
    """The test item was not accepted."""

    code = "SendError"


def send(
    message: Annotated[str, typer.Argument(help="Text of the trace to send.")] = "hello",
    app: Annotated[
        str | None, typer.Option(help="Resource to send to, by name or id; the only one if one.")
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(help="Server to send to; OPENINSIGHTS_URL or http://127.0.0.1:5380."),
    ] = None,
) -> None:
    """Send one trace and say how to find it.

    Example:  openinsights send 'hello' --app shop
    """
    from openinsights.cli.resource_access import RemoteResources, chosen
    from openinsights.remote_database import ServerClient

    settings, _ = configured(url=url)
    client = ServerClient(settings.url or DEFAULT_URL, settings.ca_file, settings.api_key.reveal())
    try:
        resource = chosen(RemoteResources(client), app)
        marker = uuid.uuid4().hex
        reply = client.request("POST", "v2.1/track", [_envelope(resource, message, marker)])
    finally:
        client.close()
    if reply["itemsAccepted"] != 1:
        raise SendError(f"cannot send the item: {reply['errors'][0]['message']}")
    typer.echo(f"accepted by {resource.name}; find it with:")
    typer.echo(f"  openinsights query \"traces | where operation_Id == '{marker}'\"")


def _envelope(resource: ResourceFacts, message: str, marker: str) -> dict[str, object]:
    return {
        "name": "Microsoft.ApplicationInsights.Message",
        "time": datetime_text(SystemClock().now_ticks()),
        "iKey": resource.instrumentation_key,
        "tags": {"ai.operation.id": marker, "ai.cloud.role": "openinsights send"},
        "data": {
            "baseType": "MessageData",
            "baseData": {"ver": 2, "message": message, "severityLevel": 1},
        },
    }
