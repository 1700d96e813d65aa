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
