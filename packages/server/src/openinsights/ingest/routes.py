"""The HTTP side of track requests: their paths and their form. Everything else is the pipeline.

Paths have single slashes here: whoever mounts the routes collapses repeated ones before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.ingest.endpoint import Endpoint
from openinsights.ingest.errors import IngestError
from openinsights.ingest.reply import refusal, reply_to
from openinsights.ingest.sender import sender_of
from openinsights.operation import Content, promises
from openinsights_wire.envelope import Envelope
from openinsights_wire.reply import TrackReply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from starlette.types import Scope

    from openinsights.ingest.pipeline import Pipeline
    from openinsights.ingest.reply import Reply

TRACK_PATHS = ("/v2/track", "/v2.1/track")


def track_routes(pipeline: Pipeline) -> list[Guarded]:
    """Return the routes that take telemetry."""
    endpoint = TrackEndpoint(pipeline)
    return [
        Guarded(path, endpoint, methods=["POST", "OPTIONS"], right=Right.INGEST)
        for path in TRACK_PATHS
    ]


@promises(
    "ingestion",
    TrackReply,
    body=Content(
        list[Envelope],
        (
            "application/json",
            "application/x-json-stream",
            "text/plain",
        ),
        "Envelopes: a JSON array, one object, or one object per line; gzip and deflate are read.",
        example=[
            {
                "name": "Microsoft.ApplicationInsights.Message",
                "time": "2026-11-21T08:00:00.000Z",
                "iKey": "00000000-0000-0000-0000-000000000000",
                "data": {"baseType": "MessageData", "baseData": {"ver": 2, "message": "hello"}},
            }
        ],
    ),
    replies={206: TrackReply},
    errors=(400, 408, 413, 429, 439, 503),
    error=Content(TrackReply),
)
class TrackEndpoint(Endpoint):
    """Takes envelopes."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    async def reply(
        self,
        scope: Scope,
        headers: Mapping[bytes, bytes],
        chunks: AsyncIterator[bytes],
        encoding: str,
        declared_bytes: int | None,
    ) -> Reply:
        """Return the reply to a track request."""
        sender = sender_of(headers, (scope.get("client") or ("", 0))[0])
        try:
            return reply_to(
                await self._pipeline.take(chunks, encoding, declared_bytes, sender=sender)
            )
        except IngestError as error:
            return refusal(error)
