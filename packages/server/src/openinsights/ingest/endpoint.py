"""What every path that takes telemetry does over HTTP: preflights, bodies in pieces, replies.

These are plain ASGI endpoints: at hundreds of requests per second the request and response objects
of the framework cost as much as decoding.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from starlette.types import Receive, Scope, Send

    from openinsights.ingest.reply import Reply

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


class Endpoint(ABC):
    """Takes telemetry on every path that it is mounted on."""

    @abstractmethod
    async def reply(
        self,
        scope: Scope,
        headers: Mapping[bytes, bytes],
        chunks: AsyncIterator[bytes],
        encoding: str,
        declared_bytes: int | None,
    ) -> Reply:
        """Return the reply to a request; it never raises for what the sender did.

        Args:
            scope: the request's.
            headers: by name in lower case.
            chunks: the body as it comes.
            encoding: the Content-Encoding header, "" when absent.
            declared_bytes: the Content-Length header, None when absent.
        """

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
            reply = await self.reply(
                scope,
                headers,
                chunks,
                headers.get(b"content-encoding", b"").decode("latin-1"),
                int(length) if length.isdigit() else None,
            )
            if reply.status >= 400:
                await _drain(chunks)
        except ClientDisconnect:
            return
        content_type = (b"content-type", reply.content_type)
        await _send(send, reply.status, reply.body, (content_type, _ANY_ORIGIN, *reply.headers))


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


async def _send(
    send: Send, status: int, body: bytes, headers: tuple[tuple[bytes, bytes], ...]
) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
