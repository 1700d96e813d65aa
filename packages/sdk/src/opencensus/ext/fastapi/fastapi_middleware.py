"""A span for each request that a FastAPI application serves."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from opencensus.ext._http.server import HOST as HTTP_HOST  # noqa: F401
from opencensus.ext._http.server import METHOD as HTTP_METHOD  # noqa: F401
from opencensus.ext._http.server import PATH as HTTP_PATH  # noqa: F401
from opencensus.ext._http.server import ROUTE as HTTP_ROUTE  # noqa: F401
from opencensus.ext._http.server import STATUS_CODE as HTTP_STATUS_CODE  # noqa: F401
from opencensus.ext._http.server import URL as HTTP_URL  # noqa: F401

# Older code reads and replaces the names of attributes and these modules here.
from opencensus.ext._http.server import (
    Facts,
)
from opencensus.ext.asgi.asgi_middleware import ASGIMiddleware, facts_of
from opencensus.ext.spans import (
    ERROR_MESSAGE,  # noqa: F401
    ERROR_NAME,  # noqa: F401
    STACKTRACE,  # noqa: F401
)
from opencensus.trace import (
    attributes_helper,  # noqa: F401
    execution_context,  # noqa: F401
    integrations,
    print_exporter,  # noqa: F401
    samplers,  # noqa: F401
    utils,  # noqa: F401
)
from opencensus.trace import span as span_module  # noqa: F401
from opencensus.trace import tracer as tracer_module  # noqa: F401
from opencensus.trace.blank_span import BlankSpan  # noqa: F401
from opencensus.trace.propagation import trace_context_http_header_format  # noqa: F401
from opencensus.trace.span import Span  # noqa: F401

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opencensus.ext.asgi.asgi_middleware import Application, Scope

module_logger = logging.getLogger(__name__)


class FastAPIMiddleware(ASGIMiddleware):
    """Traces the requests and WebSockets of an application: `app.add_middleware(FastAPIMiddleware)`.

    Args:
        app: The application.
        excludelist_paths: Requests whose path begins like one of these are not traced.
        excludelist_hostnames: Hosts to which calls made while serving are not traced.
        sampler: Decides which traces are recorded; by default all are.
        exporter: Receives the spans; by default prints them.
        propagator: Reads the caller's trace from the headers; by default the W3C ones.
    """

    def __init__(
        self,
        app: Application,
        excludelist_paths: Sequence[str] | None = None,
        excludelist_hostnames: Sequence[str] | None = None,
        sampler: Any = None,
        exporter: Any = None,
        propagator: Any = None,
    ) -> None:
        super().__init__(
            app, excludelist_paths, excludelist_hostnames, sampler, exporter, propagator
        )
        integrations.add_integration(integrations._Integrations.FASTAPI)

    def _facts(self, scope: Scope, method: str) -> Facts:
        _, host, path, url = facts_of(scope, method)
        return Facts(f"[{method}]{url}", host, path, url)
