"""A span for each request that an ASGI application serves, whatever it is made with."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from opencensus.ext._http.headers import ScopeHeaders
from opencensus.ext._http.server import (
    Facts,
    GivenMiddleware,
    ServedRequest,
    begin_request,
)
from opencensus.ext.asgi.route import template_of
from opencensus.ext.wsgi.wsgi_middleware import SAFE_IN_PATHS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping, Sequence

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

log = logging.getLogger(__name__)

SWITCHING_PROTOCOLS = 101
FORBIDDEN = 403
"""What a server answers when a WebSocket is closed before it was accepted."""

DISCONNECTS = frozenset(("ClientDisconnect", "ClientDisconnected", "RequestAborted"))
"""Names of the exceptions by which frameworks tell a handler that the client went away."""

_needs_no_quotes = re.compile(r"[\w.~/-]*", re.ASCII).fullmatch
"""Hot path, once per request: quoting takes longer than to see that there is nothing to quote."""

HTTP_SCHEMES = {"ws": "http", "wss": "https"}


class ASGIMiddleware(GivenMiddleware):
    """Traces the requests and WebSockets of an application.

    The layers of the application may be traced themselves: a request has one span. Its duration
    ends with the answer; tasks that run afterwards belong to it still. A WebSocket is a request
    from its begin to its end. Settings are attributes that may be changed.

    Args:
        app: The ASGI application.
        excludelist_paths: Requests whose path begins like one of these are not traced.
        excludelist_hostnames: Hosts to which calls made while serving are not traced.
        sampler: Decides which traces are recorded; by default all are.
        exporter: Receives the spans; by default prints them.
        propagator: Reads the caller's trace from the headers; by default the W3C ones.
        route: Returns the template of a request's address, such as `/orders/{id}`, from its scope
            after it was served, or None. By default what Starlette, FastAPI and Litestar leave
            there; without any, requests are named after their method.
    """

    def __init__(
        self,
        app: Application,
        excludelist_paths: Sequence[str] | None = None,
        excludelist_hostnames: Sequence[str] | None = None,
        sampler: Any = None,
        exporter: Any = None,
        propagator: Any = None,
        route: Callable[[Scope], str | None] | None = None,
    ) -> None:
        super().__init__(excludelist_paths, excludelist_hostnames, sampler, exporter, propagator)
        self.app = app
        self.route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, a WebSocket, or the application's begin and end."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        method = scope.get("method", "GET")
        path = scope["path"]
        root_path = scope.get("root_path", "")
        application = scope.get("app") or self.app
        request = begin_request(
            self,
            scope,
            method=method,
            path=path,
            headers=ScopeHeaders(scope["headers"]),
            facts=lambda: self._facts(scope, method),
        )
        if not request.is_recorded:
            try:
                await self.app(scope, receive, send)
            finally:
                request.end()
            return
        answer = _Answer(request, send)
        try:
            await self.app(scope, receive, answer.send)
            if not answer.is_complete:
                request.left_alone()
        except BaseException as error:
            if answer.is_unwanted or type(error).__name__ in DISCONNECTS:
                request.left_alone()
            else:
                request.failed(error)
            raise
        finally:
            request.routed(self._route(scope, application, path, root_path))
            request.end()

    def _facts(self, scope: Scope, method: str) -> Facts:
        return facts_of(scope, method)

    def _route(self, scope: Scope, application: Any, path: str, root_path: str) -> str | None:
        try:
            if self.route is not None:
                return self.route(scope)
            return template_of(scope, application, path, root_path)
        except Exception:
            log.warning("route of a request cannot be found", exc_info=True)
            return None


class _Answer:
    """What the application sends, on its way to the server."""

    __slots__ = ("_request", "_send", "is_complete", "is_unwanted")

    def __init__(self, request: ServedRequest, send: Send) -> None:
        self._request = request
        self._send = send
        self.is_complete = False
        self.is_unwanted = False

    async def send(self, message: MutableMapping[str, Any]) -> None:
        # Hot path, twice per request.
        kind = message["type"]
        if kind == "http.response.start":
            self._request.answered(message["status"])
        elif kind == "websocket.accept":
            self._request.answered(SWITCHING_PROTOCOLS)
            # The client may end it at any time.
            self.is_complete = True
        elif kind == "websocket.close" and not self.is_complete:
            self._request.answered(FORBIDDEN)
            self.is_complete = True
        try:
            await self._send(message)
        except OSError:
            self.is_unwanted = True
            raise
        if kind in _ENDS and not message.get("more_body"):
            self.is_complete = True
            self._request.complete()


_ENDS = frozenset(("http.response.body", "http.response.pathsend", "websocket.http.response.body"))


def facts_of(scope: Scope, method: str) -> Facts:
    """Return what an ASGI scope describes a request by."""
    path = scope["path"]
    root_path = scope.get("root_path", "")
    if root_path and not path.startswith(root_path):
        path = root_path + path
    host = ScopeHeaders(scope["headers"]).get("host")
    if not host:
        server = scope.get("server") or ("localhost", None)
        host = server[0] if server[1] in (None, 80, 443) else f"{server[0]}:{server[1]}"
    scheme = scope.get("scheme", "http")
    scheme = HTTP_SCHEMES.get(scheme, scheme)
    quoted = path if _needs_no_quotes(path) else quote(path, safe=SAFE_IN_PATHS)
    url = f"{scheme}://{host}{quoted}"
    query = scope.get("query_string")
    return Facts(method, host, path, f"{url}?{query.decode('latin-1')}" if query else url)
