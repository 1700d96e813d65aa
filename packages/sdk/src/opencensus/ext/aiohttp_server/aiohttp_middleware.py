"""A span for each request that a server of aiohttp serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from opencensus.ext._http.server import (
    CARRIED_AS,
    Facts,
    GivenMiddleware,
    begin_request,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_make_key: Any = getattr(web, "RequestKey", None)
_KEY: Any = CARRIED_AS if _make_key is None else _make_key(CARRIED_AS, object)
"""Under which a request keeps its span: newer versions warn of keys that are texts."""


class _Carrier:
    """A request as the mapping through which applications below each other know of its span."""

    __slots__ = ("_request",)

    def __init__(self, request: web.Request) -> None:
        self._request = request

    def get(self, _: str) -> Any:
        return self._request.get(_KEY)

    def __setitem__(self, _: str, served: Any) -> None:
        self._request[_KEY] = served


class AiohttpMiddleware(GivenMiddleware):
    """Traces the requests and WebSockets of an application: `web.Application(middlewares=[AiohttpMiddleware()])`.

    Put it first. Settings are attributes that may be changed.

    Args:
        excludelist_paths: Requests whose path begins like one of these are not traced.
        excludelist_hostnames: Hosts to which calls made while serving are not traced.
        sampler: Decides which traces are recorded; by default all are.
        exporter: Receives the spans; by default prints them.
        propagator: Reads the caller's trace from the headers; by default the W3C ones.
    """

    __middleware_version__ = 1
    """By this aiohttp knows a middleware of its present kind."""

    async def __call__(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        """Serve a request."""
        method = request.method
        served = begin_request(
            self,
            _Carrier(request),
            method=method,
            path=request.path,
            headers=request.headers,
            facts=lambda: Facts(
                method,
                request.host,
                request.path,
                f"{request.scheme}://{request.host}{request.path_qs}",
            ),
        )
        try:
            response = await handler(request)
            status = getattr(response, "status", None)
            if status is not None:
                served.answered(status)
            return response
        except web.HTTPException as error:
            # An answer that was raised.
            served.answered(error.status)
            raise
        except ConnectionResetError:
            served.left_alone()
            raise
        except BaseException as error:
            served.failed(error)
            raise
        finally:
            route = getattr(request.match_info, "route", None)
            resource = getattr(route, "resource", None)
            served.routed(getattr(resource, "canonical", None))
            served.end()
