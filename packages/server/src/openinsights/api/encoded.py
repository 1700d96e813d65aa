"""Sends a reply that was written in pieces: packed when the caller takes that, never whole."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from starlette.responses import Response, StreamingResponse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from openinsights.query.encoded_rows import EncodedReply

_SHORT_BYTES = 1 << 16
"""A shorter reply goes out in one piece."""
_WORTH_PACKING_BYTES = 1 << 10
_GZIP_LEVEL = 1
_GZIP_WINDOW = 31
"""zlib's word for gzip with the largest window."""


def encoded_response(
    request: Request, reply: EncodedReply, headers: Mapping[str, str] = {}
) -> Response:
    """Return a reply as the response to a request; it is read once, and let go of."""
    size = reply.size_bytes
    chunks: Iterator[bytes] = reply.chunks()
    more = {**headers, "vary": "accept-encoding"}
    if size >= _WORTH_PACKING_BYTES and _takes_gzip(request.headers.get("accept-encoding", "")):
        more["content-encoding"] = "gzip"
        chunks = _packed(chunks)
    else:
        more["content-length"] = str(size)
    if size < _SHORT_BYTES:
        return Response(b"".join(chunks), headers=more, media_type="application/json")
    return _Streamed(reply, chunks, more)


class _Streamed(StreamingResponse):
    """Lets go of a reply whose caller left before its end."""

    def __init__(
        self, reply: EncodedReply, chunks: Iterator[bytes], headers: Mapping[str, str]
    ) -> None:
        super().__init__(chunks, headers=headers, media_type="application/json")
        self._reply = reply

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._reply.close()


def _takes_gzip(header: str) -> bool:
    for part in header.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _packed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    for chunk in chunks:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()
