"""A span for each call made with HTTPX, waited for or awaited, and headers that carry the trace."""

from __future__ import annotations

import logging
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse  # noqa: F401

import httpx
import wrapt  # noqa: F401

from opencensus.ext._http.client import OutgoingCall, open_call

# Older code reads and replaces the trace modules and the names of attributes here.
from opencensus.ext._http.server import HOST as HTTP_HOST  # noqa: F401
from opencensus.ext._http.server import METHOD as HTTP_METHOD  # noqa: F401
from opencensus.ext._http.server import PATH as HTTP_PATH  # noqa: F401
from opencensus.ext._http.server import ROUTE as HTTP_ROUTE  # noqa: F401
from opencensus.ext._http.server import STATUS_CODE as HTTP_STATUS_CODE  # noqa: F401
from opencensus.ext._http.server import URL as HTTP_URL  # noqa: F401
from opencensus.ext.patched import is_patched, marked
from opencensus.trace import (
    attributes_helper,  # noqa: F401
    exceptions_status,
    execution_context,
    integrations,
    utils,  # noqa: F401
)
from opencensus.trace import span as span_module  # noqa: F401

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping, Sequence

log = logging.getLogger(__name__)

MODULE_NAME = "httpx"

FAILURES = (
    (httpx.TimeoutException, exceptions_status.TIMEOUT),
    (httpx.InvalidURL, exceptions_status.INVALID_URL),
    (httpx.UnsupportedProtocol, exceptions_status.INVALID_URL),
)


def trace_integration(tracer: Any = None) -> None:
    """Trace the calls of all clients from now on; doing so twice traces them once.

    The span of a call whose answer is streamed ends when the answer begins.

    Args:
        tracer: Becomes the tracer of the current context.
    """
    log.info("Integrated module: %s", MODULE_NAME)
    if tracer is not None:
        execution_context.set_opencensus_tracer(tracer)
    if not is_patched(httpx.Client.send):
        httpx.Client.send = _traced(httpx.Client.send)  # type: ignore[method-assign]
        httpx.AsyncClient.send = _awaited(httpx.AsyncClient.send)  # type: ignore[method-assign]
    integrations.add_integration(integrations._Integrations.HTTPX)


def _traced(send: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(send)
    def traced_send(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        call = _opened(request)
        if call is None:
            return send(self, request, *args, **kwargs)
        with call:
            response = send(self, request, *args, **kwargs)
            call.status_code = response.status_code
        return response

    return marked(traced_send)


def _awaited(send: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(send)
    async def traced_send(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        call = _opened(request)
        if call is None:
            return await send(self, request, *args, **kwargs)
        with call:
            response = await send(self, request, *args, **kwargs)
            call.status_code = response.status_code
        return response

    return marked(traced_send)


def _opened(request: Any) -> OutgoingCall | None:
    call = open_call(request.method, request.url, None, failures=FAILURES)
    if call is not None:
        request.headers.update(call.headers)
    return call


def wrap_client_request(
    wrapped: Callable[..., Any],
    instance: Any,
    args: Sequence[Any],
    kwargs: MutableMapping[str, Any],
) -> Any:
    """Make one call through a client's ``request`` inside a span; ``kwargs`` then has its headers.

    For code that wraps the method itself; :func:`trace_integration` sees streamed calls too.
    """
    positional = dict(zip(("method", "url"), args, strict=False))
    method = str(kwargs.get("method", positional.get("method", "")))
    url = kwargs.get("url", positional.get("url", ""))
    call = open_call(method, url, kwargs.get("headers"), failures=FAILURES)
    if call is None:
        return wrapped(*args, **kwargs)
    with call:
        kwargs["headers"] = call.headers
        response = wrapped(*args, **kwargs)
        call.status_code = response.status_code
    return response
