"""What surrounds every route: one spelling of paths, a request id, known hosts, errors as JSON."""

from __future__ import annotations

import logging
import re
import uuid
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import Match

from openinsights.access.caller import LOCAL
from openinsights.access.rights import Right
from openinsights.api.errors import ApiError, error_response, path_not_found
from openinsights.errors import OpenInsightsError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from openinsights.access.caller import Caller
    from openinsights.access.gate import Gate

_logger = logging.getLogger(__name__)
_SLASHES = re.compile(r"/{2,}")
_UNVERSIONED = ("/workspaces/", "/apps/", "/$batch")
_SLASHES_OF_A_RESOURCES_QUERY = 9
"""In `/subscriptions/s/resourceGroups/g/providers/p/t/n/query`."""
_REQUEST_ID = b"x-ms-request-id"
_READING = ("GET", "HEAD", "OPTIONS")
_DEEDS = (Right.WRITE, Right.MANAGE, Right.ADMINISTER)


class Gateway:
    """Wraps the application.

    Repeated slashes of a path count as one, because clients join an endpoint that ends in a slash
    with a path that begins with one. A request for a host that this server is not known by is
    refused, so that a web page cannot reach a server on loopback under a name of its own; so is a
    page of another origin that wants to change something.

    Args:
        app: the application.
        hosts: names under which the server may be addressed, without port; None allows any.
        open_paths: paths to which pages of any origin may send, alone or behind one more segment.
        gate: tells who asks; None takes everybody for somebody on this machine.
        on_deed: told who did something that changes what others see, on a thread.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: frozenset[str] | None = None,
        open_paths: frozenset[str] = frozenset(),
        gate: Gate | None = None,
        on_deed: Callable[[Caller, Scope, int], None] | None = None,
    ) -> None:
        self._gate = gate
        self._on_deed = on_deed
        self._app = app
        self._hosts = hosts
        self._open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if "//" in scope["path"]:
            scope["path"] = _SLASHES.sub("/", scope["path"])
        scope["path"] = versioned(scope["path"])
        if scope["path"].endswith("/") and self._is_open(scope["path"][:-1]):
            # a redirect would cost the telemetry of clients that do not follow it
            scope["path"] = scope["path"][:-1]
        request_id = str(uuid.uuid4())
        gate = self._gate
        caller = LOCAL if gate is None or gate.is_local(scope) else await gate.caller(scope)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        state["caller"] = caller
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (_REQUEST_ID, request_id.encode())]
                status = message["status"]
            elif message.get("more_body") and gate is not None and not gate.holds(caller):
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                raise ConnectionError("the caller's key or session has ended meanwhile")
            await send(message)

        refused = self._refused(scope)
        if refused is not None:
            await error_response(refused, request_id)(scope, receive, send_with_id)
            return
        await self._app(scope, receive, send_with_id)
        right = state.get("right")
        if self._on_deed is not None and right in _DEEDS and scope["method"] not in _READING:
            await run_in_threadpool(self._on_deed, caller, scope, status)

    def _is_open(self, path: str) -> bool:
        return path in self._open_paths or path[path.find("/", 1) :] in self._open_paths

    def _refused(self, scope: Scope) -> ApiError | None:
        if self._hosts is None:
            return None
        host, origin = _names(scope)
        if host not in self._hosts:
            return _wrong_host(host, self._hosts)
        if origin is None or scope["method"] in _READING or self._is_open(scope["path"]):
            return None
        if _without_port(origin.partition("://")[2]) in self._hosts:
            return None
        return ApiError(
            403, "ForbiddenOrigin", f"cannot serve a page of {origin!r}: it is of another origin"
        )


def versioned(path: str) -> str:
    """Return a path of the query API with its version once.

    Some clients take an endpoint that ends in the version and some add it: with either, whichever
    endpoint they were given, the path that they ask is found.
    """
    if path.startswith("/v1/v1/"):
        return path[len("/v1") :]
    is_query = path.endswith("/query") and path.count("/") == _SLASHES_OF_A_RESOURCES_QUERY
    if path.startswith(_UNVERSIONED) or (path.startswith("/subscriptions/") and is_query):
        return f"/v1{path}"
    return path


def exception_handlers() -> Mapping[
    type[Exception] | int, Callable[[Request, Exception], Awaitable[Response]]
]:
    """Return what turns each kind of exception into a JSON reply."""
    return {
        OpenInsightsError: _expected,
        HTTPException: _routing,
        Exception: _unexpected,
    }


async def _expected(request: Request, error: Exception) -> Response:
    if not isinstance(error, OpenInsightsError):
        raise TypeError("BUG: handler called for another type")
    return error_response(error, request_id(request))


async def _routing(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise TypeError("BUG: handler called for another type")
    if error.status_code == 404:
        return error_response(path_not_found(), request_id(request))
    code = "MethodNotAllowed" if error.status_code == 405 else "HttpError"
    refused = ApiError(error.status_code, code, f"{error.detail}: {request.method}")
    response = error_response(refused, request_id(request))
    response.headers.update(dict(error.headers or {}))
    if error.status_code == 405:
        response.headers["allow"] = ", ".join(sorted(_methods_of(request)))
    return response


def _methods_of(request: Request) -> set[str]:
    """Return what a path takes: routes of one path may each have their own methods."""
    routes = request.app.router.routes
    matching = (each for each in routes if each.matches(request.scope)[0] is not Match.NONE)
    return {method for route in matching for method in route.methods}


async def _unexpected(request: Request, error: Exception) -> Response:
    """Answer a fault of the server itself; what happened goes to the log, not to the caller."""
    fault = ApiError(
        500,
        "InternalServerError",
        "The server failed to answer; its log tells more under the correlation id",
    )
    _logger.error("request failed id=%s path=%s", request_id(request), request.url.path)
    return error_response(fault, request_id(request))


def request_id(request: Request) -> str:
    """Return the id that the reply's header carries."""
    return str(request.scope.get("state", {}).get("request_id", ""))


def _names(scope: Scope) -> tuple[str, str | None]:
    """Return the host that is addressed, without port, and the origin of the asking page."""
    host, origin = "", None
    for name, value in scope["headers"]:
        if name == b"host":
            host = _without_port(value.decode("latin-1").lower())
        elif name == b"origin":
            origin = value.decode("latin-1").lower()
    return host, origin


def _without_port(host: str) -> str:
    closing = host.find("]")
    return host[: closing + 1] if closing > 0 else host.partition(":")[0]


def _wrong_host(host: str, hosts: frozenset[str]) -> ApiError:
    return ApiError(
        421,
        "MisdirectedRequest",
        f"cannot answer for host {host!r}: this server is known as {', '.join(sorted(hosts))};"
        " start it with --public-url to add a name",
    )
