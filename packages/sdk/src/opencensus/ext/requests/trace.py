"""A span for each call made with requests, and headers that carry the trace along."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse  # noqa: F401

import requests
import wrapt

from opencensus.ext._http.client import open_call

# Older code reads and replaces the trace modules and the names of attributes here.
from opencensus.ext._http.server import HOST as HTTP_HOST  # noqa: F401
from opencensus.ext._http.server import METHOD as HTTP_METHOD  # noqa: F401
from opencensus.ext._http.server import PATH as HTTP_PATH  # noqa: F401
from opencensus.ext._http.server import ROUTE as HTTP_ROUTE  # noqa: F401
from opencensus.ext._http.server import STATUS_CODE as HTTP_STATUS_CODE  # noqa: F401
from opencensus.ext._http.server import URL as HTTP_URL  # noqa: F401
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

MODULE_NAME = "requests"
REQUEST = "Session.request"

FAILURES = (
    (requests.Timeout, exceptions_status.TIMEOUT),
    (requests.URLRequired, exceptions_status.INVALID_URL),
    (requests.exceptions.InvalidURL, exceptions_status.INVALID_URL),
    (requests.exceptions.MissingSchema, exceptions_status.INVALID_URL),
)


def trace_integration(tracer: Any = None) -> None:
    """Trace the calls of all sessions from now on; doing so twice traces them once.

    Args:
        tracer: Becomes the tracer of the current context.
    """
    log.info("Integrated module: %s", MODULE_NAME)
    if tracer is not None:
        execution_context.set_opencensus_tracer(tracer)
    wrapper = getattr(requests.Session.request, "_self_wrapper", None)
    if wrapper is not wrap_session_request:
        wrapt.wrap_function_wrapper(MODULE_NAME, REQUEST, wrap_session_request)
    integrations.add_integration(integrations._Integrations.REQUESTS)


def wrap_session_request(
    wrapped: Callable[..., Any],
    instance: Any,
    args: Sequence[Any],
    kwargs: MutableMapping[str, Any],
) -> Any:
    """Make one call of a session inside a span of its own.

    `kwargs` then holds the headers that were sent; the caller's own headers stay as they were.
    """
    # Hot path, once per call: nearly all come from a session's `get`, `post` and so on.
    method = args[0] if args else kwargs.get("method", "")
    url = args[1] if len(args) > 1 else kwargs.get("url", "")
    given = args[4] if len(args) > 4 else kwargs.get("headers")
    call = open_call(str(method), url, given, failures=FAILURES)
    if call is None:
        return wrapped(*args, **kwargs)
    with call:
        if len(args) > 4:
            response = wrapped(*args[:4], call.headers, *args[5:], **kwargs)
        else:
            kwargs["headers"] = call.headers
            response = wrapped(*args, **kwargs)
        call.status_code = response.status_code
    return response
