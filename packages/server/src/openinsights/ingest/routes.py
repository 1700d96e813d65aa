"""The HTTP side of ingestion: paths, methods, cross-origin headers. Everything else is the pipeline.

Paths have single slashes here: whoever mounts the routes collapses repeated ones before.

These are plain ASGI endpoints: at hundreds of requests per second the request and response objects
of the framework cost as much as decoding.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect
from starlette.routing import Route

from openinsights.ingest.errors import IngestError
from openinsights.ingest.reply import refusal, reply_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send

    from openinsights.ingest.pipeline import Pipeline
    from openinsights.ingest.reply import Reply

TRACK_PATHS = ("/v2/track", "/v2.1/track")

_DRAIN_S = 5.0
_ANY_ORIGIN = (b"access-control-allow-origin", b"*")
_ALLOWED_HEADERS = (
    b"authorization, content-encoding, content-type, client-id, sdk-context, x-ms-client-request-id"
)
_PREFLIGHT = (
    _ANY_ORIGIN,
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (b"access-control-max-age", b"3600"),
    (b"vary", b"access-control-request-headers"),
)


def track_routes(pipeline: Pipeline) -> list[Route]:
    """Return the routes that take telemetry."""
    endpoint = TrackEndpoint(pipeline)
    return [Route(path, endpoint, methods=["POST", "OPTIONS"]) for path in TRACK_PATHS]


class TrackEndpoint:
    """Takes telemetry on every path that it is mounted on."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = dict(scope["headers"])
        if scope["method"] == "OPTIONS":
            asked = headers.get(b"access-control-request-headers", _ALLOWED_HEADERS)
            allowed = (b"access-control-allow-headers", asked)
            await _send(send, 204, b"", (*_PREFLIGHT, allowed))
            return
        length = headers.get(b"content-length", b"")
        chunks = _chunks(receive)
        try:
            reply = await self._reply(
                chunks,
                headers.get(b"content-encoding", b"").decode("latin-1"),
                int(length) if length.isdigit() else None,
            )
            if reply.status >= 400:
                await _drain(chunks)
        except ClientDisconnect:
            return
        await _send_reply(send, reply)

    async def _reply(
        self, chunks: AsyncIterator[bytes], encoding: str, declared_bytes: int | None
    ) -> Reply:
        try:
            return reply_to(await self._pipeline.take(chunks, encoding, declared_bytes))
        except IngestError as error:
            return refusal(error)


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        if chunk:
            yield chunk
        more = message.get("more_body", False)


async def _drain(chunks: AsyncIterator[bytes]) -> None:
    """Let the sender finish: one that is cut off while sending does not get to read the reply."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_S):
            async for _ in chunks:
                pass


async def _send_reply(send: Send, reply: Reply) -> None:
    headers = ((b"content-type", b"application/json; charset=utf-8"), _ANY_ORIGIN, *reply.headers)
    await _send(send, reply.status, reply.body, headers)


async def _send(
    send: Send, status: int, body: bytes, headers: tuple[tuple[bytes, bytes], ...]
) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
