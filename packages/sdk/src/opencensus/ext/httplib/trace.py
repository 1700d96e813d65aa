"""A span for each call made with ``http.client``, and headers that carry the trace along.

Calls of libraries on top of ``http.client``, such as requests, have one span when both integrations
are on: that of the library.
"""

from __future__ import annotations

import http.client as httplib
import logging
import sys
from functools import wraps
from typing import TYPE_CHECKING, Any

from opencensus.ext._http.client import COMPONENT, OutgoingCall, open_call
from opencensus.ext._http.server import METHOD as HTTP_METHOD
from opencensus.ext._http.server import STATUS_CODE as HTTP_STATUS_CODE
from opencensus.ext._http.server import URL as HTTP_URL
from opencensus.ext.patched import is_patched, marked

# Older code reads and replaces these modules here.
from opencensus.trace import (
    attributes_helper,  # noqa: F401
    exceptions_status,
    execution_context,
    integrations,
    utils,  # noqa: F401
)
from opencensus.trace import span as span_module  # noqa: F401

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

PYTHON2 = sys.version_info.major == 2

MODULE_NAME = "httplib"
HTTPLIB_REQUEST_FUNC = "request"
HTTPLIB_RESPONSE_FUNC = "getresponse"
RECORDED = (COMPONENT, HTTP_URL, HTTP_METHOD)
FAILURES = ((TimeoutError, exceptions_status.TIMEOUT),)

_OPEN_CALL = "_opencensus_call"
"""Where a connection keeps the call whose reply it waits for."""

_OPEN_SPAN_ID = "httplib/current_span_id"
"""Attribute of the context that names the span of the call that was made last in it."""


def trace_integration(tracer: Any = None) -> None:
    """Trace the calls of all connections from now on; doing so twice traces them once.

    Args:
        tracer: Becomes the tracer of the current context.
    """
    log.info("Integrated module: %s", MODULE_NAME)
    if tracer is not None:
        execution_context.set_opencensus_tracer(tracer)
    connection: Any = httplib.HTTPConnection
    request_func = getattr(connection, HTTPLIB_REQUEST_FUNC)
    if not is_patched(request_func):
        response_func = getattr(connection, HTTPLIB_RESPONSE_FUNC)
        setattr(connection, HTTPLIB_REQUEST_FUNC, wrap_httplib_request(request_func))
        setattr(connection, HTTPLIB_RESPONSE_FUNC, wrap_httplib_response(response_func))
    integrations.add_integration(integrations._Integrations.HTTP_LIB)


def wrap_httplib_request(request_func: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that opens the span of a call and sends its headers."""
    name = f"[httplib]{getattr(request_func, '__name__', HTTPLIB_REQUEST_FUNC)}"

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
        call = open_call(
            method,
            _address(self, url),
            headers,
            name=name,
            recorded=RECORDED,
            failures=FAILURES,
            host=f"{self.host}:{self.port}",
        )
        if call is None:
            return request_func(self, method, url, body, headers or {}, *args, **kwargs)
        try:
            result = request_func(self, method, url, body, call.headers, *args, **kwargs)
        except BaseException as error:
            # Whether a reply is ever asked for is not known: the call is no `with` until then.
            call.__exit__(type(error), error, error.__traceback__)
            raise
        setattr(self, _OPEN_CALL, call)
        execution_context.set_opencensus_attr(_OPEN_SPAN_ID, call.span.span_id)
        return result

    return marked(traced_request)


def wrap_httplib_response(response_func: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that ends the span of the call whose reply it returns.

    A connection that does not know its call, because another object stands in for it, ends the
    call that was made last in its context, if that is still the innermost span.
    """

    @wraps(response_func)
    def traced_response(self: Any, *args: Any, **kwargs: Any) -> Any:
        call: OutgoingCall | None = self.__dict__.pop(_OPEN_CALL, None)
        if call is not None:
            with call:
                response = response_func(self, *args, **kwargs)
                call.status_code = response.status
            return response
        tracer = _tracer_of_last_call()
        response = response_func(self, *args, **kwargs)
        if tracer is not None:
            tracer.add_attribute_to_current_span(HTTP_STATUS_CODE, response.status)
            tracer.end_span()
        return response

    return traced_response


def _tracer_of_last_call() -> Any:
    """Return the tracer whose innermost span is the call made last; None when there is none."""
    if execution_context.is_exporter():
        return None
    tracer = execution_context.get_opencensus_tracer()
    open_span_id = execution_context.get_opencensus_attr(_OPEN_SPAN_ID)
    if open_span_id is None or getattr(tracer.current_span(), "span_id", None) != open_span_id:
        return None
    return tracer


def _address(connection: Any, url: str) -> str:
    if "://" in url:
        return url
    default_port: int = connection.default_port
    scheme = "https" if isinstance(connection, httplib.HTTPSConnection) else "http"
    host = f"[{connection.host}]" if ":" in connection.host else connection.host
    port = "" if connection.port in (None, default_port) else f":{connection.port}"
    return f"{scheme}://{host}{port}{url}"
