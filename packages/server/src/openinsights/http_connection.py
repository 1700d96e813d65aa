"""One HTTP connection as uvicorn serves it, with bounds on what its caller may leave pending.

uvicorn bounds neither the bytes of a request's head, nor the time that a head takes to arrive, nor
the requests that a caller sends ahead without reading the replies. This is on the path of
ingestion: a head that comes in one piece, as nearly all do, costs a few comparisons and no timer.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

MAX_HEAD_BYTES = 65_536
"""The longest head of a request: its URL, and the names and values of its headers."""
MAX_AHEAD = 128
"""Requests of one connection that may wait for the reply to an earlier one."""
_MOST_AT_ONCE = 262_144
"""What the event loop reads at once: a head may begin anywhere in it."""
_LINGER_S = 2.0
"""How long a refused caller may go on sending, so that it gets to read why it was refused."""
_TOO_LONG = json.dumps(
    {
        "error": {
            "code": "RequestHeaderFieldsTooLarge",
            "message": f"cannot read the request: its head is longer than {MAX_HEAD_BYTES} bytes",
        }
    }
).encode()
_TOO_LONG_REPLY = b"\r\n".join(
    (
        b"HTTP/1.1 431 Request Header Fields Too Large",
        b"content-type: application/json",
        b"content-length: %d" % len(_TOO_LONG),
        b"connection: close",
        b"",
        _TOO_LONG,
    )
)


class _Refused(Exception):
    """The rest of what the caller sends is not read."""


class BoundedConnection(HttpToolsProtocol):
    """A connection that ends when its caller exceeds the bounds.

    A head that is too long is answered with 431. One that takes too long, and a new connection that
    stays silent, is closed. Requests beyond those that may be sent ahead are not read: the reply to
    the last one before them closes the connection.
    """

    head_timeout_s = 30.0

    _is_in_head = False
    _head_bytes = 0
    _may_be_long = False
    _is_refused = False
    _closing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._close_in(self.head_timeout_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._keep_open()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what arrived."""
        if self._is_refused:
            return
        self._head_bytes += len(data)
        self._may_be_long = self._head_bytes > MAX_HEAD_BYTES
        super().data_received(data)
        if not self._is_in_head:
            self._head_bytes = 0
        elif self._head_bytes > MAX_HEAD_BYTES + _MOST_AT_ONCE:
            self._refuse_head()
        if self._closing is None and (self.cycle is None or self.cycle.response_complete):
            self._close_in(self.head_timeout_s)

    def on_message_begin(self) -> None:
        """Begin a head."""
        self._is_in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Serve the request, unless it exceeds a bound."""
        self._is_in_head = False
        if self._may_be_long and self._head_size() > MAX_HEAD_BYTES:
            self._refuse_head()
            raise _Refused
        if len(self.pipeline) >= MAX_AHEAD:
            self._is_refused = True
            self.cycle.keep_alive = False
            raise _Refused
        if self._closing is not None:
            self._keep_open()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP; a refused caller has its answer."""
        if not self._is_refused:
            super().send_400_response(msg)

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _refuse_head(self) -> None:
        self._is_refused = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.close()  # a reply is under way: nothing may stand in its middle
            return
        self.transport.write(_TOO_LONG_REPLY)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._keep_open()
        self._close_in(_LINGER_S)

    def _close_in(self, seconds: float) -> None:
        self._closing = self.loop.call_later(seconds, self.transport.close)

    def _keep_open(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
