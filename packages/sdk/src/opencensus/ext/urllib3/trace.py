"""A span for each call made with urllib3, and headers that carry the trace along."""

from __future__ import annotations

import logging
from functools import wraps
from typing import TYPE_CHECKING, Any

import urllib3
from urllib3.connectionpool import HTTPConnectionPool

from opencensus.ext._http.client import open_call
from opencensus.ext.patched import is_patched, marked
from opencensus.trace import exceptions_status, execution_context

if TYPE_CHECKING:
    from collections.abc import Callable

    from opencensus.trace.status import Status

log = logging.getLogger(__name__)

MODULE_NAME = "urllib3"
HEADERS_POSITION = 1
"""Where ``urlopen`` takes the headers, after method and address: a body comes first."""

FAILURES: tuple[tuple[type[BaseException], Status | None], ...] = (
    # A connection that is refused is one kind of time-out to this library.
    (urllib3.exceptions.NewConnectionError, None),
    (urllib3.exceptions.TimeoutError, exceptions_status.TIMEOUT),
    (urllib3.exceptions.LocationParseError, exceptions_status.INVALID_URL),
)


def trace_integration(tracer: Any = None) -> None:
    """Trace the calls of all pools from now on; doing so twice traces them once.

    A call that is tried again, or sent elsewhere, has one span, and so has one of a library on top
    that is traced itself.

    Args:
        tracer: Becomes the tracer of the current context.
    """
    log.info("Integrated module: %s", MODULE_NAME)
    if tracer is not None:
        execution_context.set_opencensus_tracer(tracer)
    if not is_patched(HTTPConnectionPool.urlopen):
        HTTPConnectionPool.urlopen = _traced(HTTPConnectionPool.urlopen)  # type: ignore[method-assign]


def _traced(urlopen: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(urlopen)
    def traced_urlopen(self: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        is_positional = len(args) > HEADERS_POSITION
        given = args[HEADERS_POSITION] if is_positional else kwargs.get("headers")
        call = open_call(
            method,
            _address(self, url),
            # A pool sends its own headers only where none are given.
            self.headers if given is None else given,
            failures=FAILURES,
        )
        if call is None:
            return urlopen(self, method, url, *args, **kwargs)
        if is_positional:
            args = (*args[:HEADERS_POSITION], call.headers, *args[HEADERS_POSITION + 1 :])
        else:
            kwargs["headers"] = call.headers
        with call:
            response = urlopen(self, method, url, *args, **kwargs)
            call.status_code = response.status
        return response

    return marked(traced_urlopen)


def _address(pool: Any, url: str) -> str:
    if "://" in url:
        return url
    default = {"http": 80, "https": 443}.get(pool.scheme)
    host = f"[{pool.host}]" if ":" in pool.host else pool.host
    port = "" if pool.port in (None, default) else f":{pool.port}"
    return f"{pool.scheme}://{host}{port}{url}"
