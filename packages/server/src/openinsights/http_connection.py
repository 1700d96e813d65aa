"""One HTTP connection as uvicorn serves it, with bounds on what its caller may leave pending.

uvicorn bounds neither the bytes of a request's head, nor the time that a head takes to arrive, nor
the requests that a caller sends ahead without reading the replies; and beyond a number of
connections it refuses all requests, those of the connections that were there before too. This is on the path of
ingestion: a head that comes in one piece, as nearly all do, costs a few comparisons and no timer.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

    from uvicorn.server import ServerState

MAX_HEAD_BYTES = 65_536
"""The longest head of a request: its URL, and the names and values of its headers."""
MAX_AHEAD = 128
"""Requests of one connection that may wait for the reply to an earlier one."""
MAX_CONNECTIONS = 2_048
"""Connections at the same time, if the operating system allows as many open files."""
_OTHER_FILES = 256
"""Files that the server needs to have open for other things."""
_MANY = 256
_READ_BYTES = 32_768
"""What is read of each connection at once when there are many: all that was read may have to wait."""
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


_FULL_REPLY = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\n"
    b"content-length: 0\r\n\r\n"
)


def most_connections() -> int:
    """Return how many connections there may be, as far as the operating system allows."""
    try:
        import resource
    except ImportError:  # Windows has no such bound
        return MAX_CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return max(soft - _OTHER_FILES, soft // 2)
    return MAX_CONNECTIONS


class _Refused(Exception):
    """The rest of what the caller sends is not read."""


class _Waiting:
    """The connections of one server that wait for a request, and those that are being closed.

    Attributes:
        idle: those that wait, the longest first.
        closing: those that were closed to make room and are still counted as connections.
    """

    def __init__(self) -> None:
        self.idle: dict[BoundedConnection, None] = {}
        self.closing: set[BoundedConnection] = set()


_waiting: WeakKeyDictionary[ServerState, _Waiting] = WeakKeyDictionary()


class BoundedConnection(HttpToolsProtocol):
    """A connection that ends when its caller exceeds the bounds.

    A head that is too long is answered with 431. One that takes too long, and a new connection that
    stays silent, is closed. Requests beyond those that may be sent ahead are not read: the reply to
    the last one before them closes the connection. When there are too many, those that have waited
    for a request the longest are closed; when none waits, the new one is answered with 503.
    """

    head_timeout_s = 30.0
    max_connections = MAX_CONNECTIONS

    _is_in_head = False
    _head_bytes = 0
    _may_be_long = False
    _is_refused = False
    _closing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._waiting = _waiting.setdefault(self.server_state, _Waiting())
        self._waiting.idle[self] = None
        self._close_in(self.head_timeout_s)
        if len(self.connections) > _MANY:
            transport.max_size = _READ_BYTES  # type: ignore[attr-defined]
        if len(self.connections) - len(self._waiting.closing) > self.max_connections:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._keep_open()
        self._waiting.idle.pop(self, None)
        self._waiting.closing.discard(self)
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
        if self._closing is None and self.is_idle:
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
        self._waiting.idle.pop(self, None)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of a body; one that comes alone is handed on as it is, not copied twice."""
        cycle: Any = self.cycle  # uvicorn says that it collects in a bytearray
        if not cycle.body:
            cycle.body = b""
        elif isinstance(cycle.body, bytes):
            cycle.body = bytearray(cycle.body)
        super().on_body(body)

    def on_response_complete(self) -> None:
        """Wait for the next request, or begin with it."""
        super().on_response_complete()
        if self.is_idle and self in self.connections and self not in self._waiting.closing:
            self._waiting.idle[self] = None

    @property
    def is_idle(self) -> bool:
        """Whether no request is being served."""
        return self.cycle is None or self.cycle.response_complete

    def _make_room(self) -> None:
        # Hot when callers come faster than they can be served: one step for each, however many
        # there are.
        longest = next(iter(self._waiting.idle))
        if longest is self:  # nobody else waits
            self._is_refused = True
            self.transport.write(_FULL_REPLY)
        del self._waiting.idle[longest]
        self._waiting.closing.add(longest)
        longest.transport.close()

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
