"""Reading the body of a ping or post, within bounds."""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request

MAX_BYTES = 2 * 1024 * 1024
ARRIVAL_S = 10.0
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


class BodyError(Exception):
    """A body that is not read.

    Attributes:
        status: of the reply.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def read(request: Request) -> bytes:
    """Return the unpacked body of a request.

    Raises:
        BodyError: too long, too slow, or packed in a way that is not read.
        ClientDisconnect: the sender went away.
    """
    content = bytearray()
    try:
        async with asyncio.timeout(ARRIVAL_S):
            async for chunk in request.stream():
                content += chunk
                if len(content) > MAX_BYTES:
                    raise _too_long()
    except TimeoutError:
        raise BodyError(408, "cannot read the body: the rest of it did not come in time") from None
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return bytes(content)
    if encoding != "gzip":
        raise BodyError(415, f"cannot read the body: content encoding {encoding!r} is not gzip")
    return _unpacked(bytes(content))


def _unpacked(content: bytes) -> bytes:
    unpack = zlib.decompressobj(_GZIP_WINDOW)
    try:
        body = unpack.decompress(content, MAX_BYTES + 1)
    except zlib.error as error:
        raise BodyError(400, f"cannot unpack the body: {error}") from None
    if len(body) > MAX_BYTES:
        raise _too_long()
    if not unpack.eof:
        raise BodyError(400, "cannot unpack the body: it breaks off")
    return body


def _too_long() -> BodyError:
    return BodyError(413, f"cannot read the body: it is longer than {MAX_BYTES} bytes")
