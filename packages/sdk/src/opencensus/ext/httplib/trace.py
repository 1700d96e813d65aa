"""A span for each call made with ``http.client``, and headers that carry the trace along.

Libraries on top of ``http.client``, such as requests, are traced twice when both integrations are
on: once as what the application asked for, once as what went over the wire.
"""

from __future__ import annotations

import http.client
import logging
from functools import wraps
from typing import TYPE_CHECKING, Any

from opencensus.ext._http.client import OutgoingCall, open_call
from opencensus.ext.patched import is_patched, marked
from opencensus.trace import exceptions_status, execution_context, integrations

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

MODULE_NAME = "httplib"
SPAN_NAME = "[httplib]request"
FAILURES = ((TimeoutError, exceptions_status.TIMEOUT),)

_OPEN_CALL = "_opencensus_call"
"""Where a connection keeps the call whose reply it waits for."""


def trace_integration(tracer: Any = None) -> None:
    """Trace the calls of all connections from now on; doing so twice traces them once.

    Args:
        tracer: Becomes the tracer of the current context.
    """
    logger.debug("integrated module=%s", MODULE_NAME)
    if tracer is not None:
        execution_context.set_opencensus_tracer(tracer)
    connection: Any = http.client.HTTPConnection
    if not is_patched(connection.request):
        connection.request = wrap_httplib_request(connection.request)
        connection.getresponse = wrap_httplib_response(connection.getresponse)
    integrations.add_integration(integrations._Integrations.HTTP_LIB)


def wrap_httplib_request(request_func: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that opens the span of a call and sends its headers."""

    @wraps(request_func)
    def traced_request(
        self: Any,
        method: str,
        url: str,
        body: Any = None,
        headers: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        call = open_call(method, _address(self, url), headers, name=SPAN_NAME, failures=FAILURES)
        if call is None:
            return request_func(self, method, url, body, headers or {}, *args, **kwargs)
        try:
            result = request_func(self, method, url, body, call.headers, *args, **kwargs)
        except BaseException as error:
            call.__exit__(type(error), error, error.__traceback__)
            raise
        setattr(self, _OPEN_CALL, call)
        return result

    return marked(traced_request)


def wrap_httplib_response(response_func: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that ends the span of the call whose reply it returns."""

    @wraps(response_func)
    def traced_response(self: Any, *args: Any, **kwargs: Any) -> Any:
        call: OutgoingCall | None = self.__dict__.pop(_OPEN_CALL, None)
        if call is None:
            return response_func(self, *args, **kwargs)
        with call:
            response = response_func(self, *args, **kwargs)
            call.status_code = response.status
        return response

    return traced_response


def _address(connection: Any, url: str) -> str:
    if "://" in url:
        return url
    default_port: int = connection.default_port
    scheme = "https" if isinstance(connection, http.client.HTTPSConnection) else "http"
    host = f"[{connection.host}]" if ":" in connection.host else connection.host
    port = "" if connection.port in (None, default_port) else f":{connection.port}"
    return f"{scheme}://{host}{port}{url}"
