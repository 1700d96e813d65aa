"""A span for each request that a Flask application serves."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import flask

# Older code reads and replaces the names of attributes and these modules here.
from opencensus.common import configuration  # noqa: F401
from opencensus.ext._http.server import (
    ERROR_MESSAGE,  # noqa: F401
    ERROR_NAME,  # noqa: F401
    STACKTRACE,  # noqa: F401
    ServedRequest,
    ServerSettings,
    read_settings,
)
from opencensus.ext._http.server import HOST as HTTP_HOST  # noqa: F401
from opencensus.ext._http.server import METHOD as HTTP_METHOD  # noqa: F401
from opencensus.ext._http.server import PATH as HTTP_PATH  # noqa: F401
from opencensus.ext._http.server import ROUTE as HTTP_ROUTE
from opencensus.ext._http.server import STATUS_CODE as HTTP_STATUS_CODE
from opencensus.ext._http.server import URL as HTTP_URL  # noqa: F401
from opencensus.trace import _canonical_code as code_pb2  # noqa: F401
from opencensus.trace import (
    attributes_helper,  # noqa: F401
    execution_context,  # noqa: F401
    integrations,
    print_exporter,  # noqa: F401
    samplers,  # noqa: F401
    stack_trace,  # noqa: F401
    status,  # noqa: F401
    utils,  # noqa: F401
)
from opencensus.trace import span as span_module  # noqa: F401
from opencensus.trace import tracer as tracer_module  # noqa: F401
from opencensus.trace.propagation import trace_context_http_header_format  # noqa: F401

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger(__name__)

EXCLUDELIST_PATHS = "EXCLUDELIST_PATHS"
EXCLUDELIST_HOSTNAMES = "EXCLUDELIST_HOSTNAMES"

_SERVED = "opencensus.served_request"
"""Where the request's environment keeps what was begun for it."""


class FlaskMiddleware:
    """Traces the requests of an application.

    Settings that are not given come from ``app.config["OPENCENSUS"]["TRACE"]``, under the names
    ``SAMPLER``, ``EXPORTER``, ``PROPAGATOR``, ``EXCLUDELIST_PATHS`` and ``EXCLUDELIST_HOSTNAMES``;
    the last two are read from there first. Afterwards they are attributes that may be changed.

    Args:
        app: The application; without it, ``init_app`` is called later.
        excludelist_paths: Requests whose path begins like one of these are not traced.
        sampler: Decides which traces are recorded.
        exporter: Receives the spans.
        propagator: Reads the caller's trace from the headers.
        excludelist_hostnames: Hosts to which calls made while serving are not traced.
    """

    def __init__(
        self,
        app: flask.Flask | None = None,
        excludelist_paths: Sequence[str] | None = None,
        sampler: Any = None,
        exporter: Any = None,
        propagator: Any = None,
        excludelist_hostnames: Sequence[str] | None = None,
    ) -> None:
        self.app = app
        self.excludelist_paths = excludelist_paths
        self.sampler = sampler
        self.exporter = exporter
        self.propagator = propagator
        self.excludelist_hostnames = excludelist_hostnames
        if app is not None:
            self.init_app(app)

    def init_app(self, app: flask.Flask) -> None:
        """Trace the requests of an application from now on."""
        self.app = app
        configured = app.config.get("OPENCENSUS", {}).get("TRACE", {})
        settings = read_settings(vars(self), configured)
        self.sampler = settings.sampler
        self.exporter = settings.exporter
        self.propagator = settings.propagator
        self.excludelist_paths = settings.excludelist_paths
        self.excludelist_hostnames = settings.excludelist_hostnames
        self.setup_trace()
        integrations.add_integration(integrations._Integrations.FLASK)

    def setup_trace(self) -> None:
        """Let the application call this middleware before and after each request."""
        assert self.app is not None  # noqa: S101 (a programmer's mistake)
        self.app.before_request(self._before_request)
        self.app.after_request(self._after_request)
        self.app.teardown_request(self._teardown_request)

    def _before_request(self) -> None:
        request = flask.request
        request.environ[_SERVED] = ServedRequest(
            ServerSettings(
                self.sampler,
                self.exporter,
                self.propagator,
                self.excludelist_paths,
                self.excludelist_hostnames,
            ),
            method=request.method,
            url=request.url,
            host=request.host,
            path=request.path,
            headers=request.headers,
        )

    def _after_request(self, response: flask.Response) -> flask.Response:
        served = self._served()
        if served is not None:
            rule = flask.request.url_rule
            route = None if rule is None else str(rule.rule)
            served.add_attributes({HTTP_ROUTE: route, HTTP_STATUS_CODE: response.status_code})
        return response

    def _teardown_request(self, exception: BaseException | None) -> None:
        served = self._served()
        if served is None:
            return
        if exception is not None:
            served.failed(exception)
        flask.request.environ.pop(_SERVED, None)
        served.end()

    def _served(self) -> ServedRequest | None:
        served: ServedRequest | None = flask.request.environ.get(_SERVED)
        return served
