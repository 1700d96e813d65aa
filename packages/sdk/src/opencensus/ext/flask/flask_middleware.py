"""A span for each request that a Flask application serves."""

from __future__ import annotations

import logging
import re
from types import GeneratorType
from typing import TYPE_CHECKING, Any

import flask

# Older code reads and replaces the names of attributes and these modules here.
from opencensus.common import configuration  # noqa: F401
from opencensus.ext._http.body import ServedBody
from opencensus.ext._http.headers import EnvironHeaders
from opencensus.ext._http.server import HOST as HTTP_HOST  # noqa: F401
from opencensus.ext._http.server import METHOD as HTTP_METHOD  # noqa: F401
from opencensus.ext._http.server import PATH as HTTP_PATH  # noqa: F401
from opencensus.ext._http.server import ROUTE as HTTP_ROUTE  # noqa: F401
from opencensus.ext._http.server import STATUS_CODE as HTTP_STATUS_CODE  # noqa: F401
from opencensus.ext._http.server import URL as HTTP_URL  # noqa: F401
from opencensus.ext._http.server import (
    Facts,
    ServedRequest,
    ServerMiddleware,
    begin_request,
    read_settings,
)
from opencensus.ext.spans import (
    ERROR_MESSAGE,  # noqa: F401
    ERROR_NAME,  # noqa: F401
    STACKTRACE,  # noqa: F401
)
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

_STREAMS = ".streams"
"""Ends the name under which the environment says that the request ends with its body."""


class FlaskMiddleware(ServerMiddleware):
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
        self._key = f"opencensus.flask.{id(self)}"
        """Where a request's environment keeps what this middleware began for it."""
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
        self._take(settings)
        self.setup_trace()
        integrations.add_integration(integrations._Integrations.FLASK)

    def setup_trace(self) -> None:
        """Let the application call this middleware before and after each request."""
        assert self.app is not None  # noqa: S101 (a programmer's mistake)
        self.app.before_request(self._before_request)
        self.app.after_request(self._after_request)
        self.app.teardown_request(self._teardown_request)

    def _before_request(self) -> None:
        # Hot path. The request itself: each look through Flask's stand-in for it costs.
        request = flask.request._get_current_object()  # type: ignore[attr-defined]
        environ = request.environ
        if self._key in environ:
            return
        method = request.method
        environ[self._key] = begin_request(
            self,
            environ,
            method=method,
            path=environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", ""),
            headers=EnvironHeaders(environ),
            facts=lambda: _facts(request, method),
        )

    def _after_request(self, response: flask.Response) -> flask.Response:
        request = flask.request._get_current_object()  # type: ignore[attr-defined]
        served: ServedRequest | None = request.environ.get(self._key)
        if served is None:
            return response
        served.answered(response.status_code)
        rule = request.url_rule
        if rule is not None:
            # Inside another application, the address begins with the place where this one is mounted.
            served.routed(request.root_path + rule.rule if served.is_layer else rule.rule)
        if not served.is_layer and _is_made_while_sent(response):
            response.response = ServedBody(response.response, served)
            request.environ[self._key + _STREAMS] = True
        return response

    def _teardown_request(self, exception: BaseException | None) -> None:
        environ = flask.request._get_current_object().environ  # type: ignore[attr-defined]
        served: ServedRequest | None = environ.pop(self._key, None)
        if served is None:
            return
        if exception is not None:
            served.failed(exception)
        if environ.pop(self._key + _STREAMS, False) and exception is None:
            served.leave()
        else:
            served.end()


def _facts(request: flask.Request, method: str) -> Facts:
    # Hot path. Werkzeug's own takes as long as all else that is done here for a request.
    environ = request.environ
    host = environ.get("HTTP_HOST")
    path = environ.get("PATH_INFO", "")
    query = environ.get("QUERY_STRING", "")
    if host and _is_plain(path) and _is_plain_query(query) and not host.endswith(_DEFAULT_PORTS):
        url = f"{environ['wsgi.url_scheme']}://{host}{environ.get('SCRIPT_NAME', '')}{path}"
        if query:
            url = f"{url}?{query}"
        return Facts(f"[{method}]{url}", host, path, url)
    return Facts(f"[{method}]{request.url}", request.host, request.path, request.url)


_is_plain = re.compile(r"/[\w.~/-]*", re.ASCII).fullmatch
_is_plain_query = re.compile(r"[\w.~/=&,+-]*", re.ASCII).fullmatch
_DEFAULT_PORTS = (":80", ":443")
"""Werkzeug leaves them out of the address, where they are the scheme's."""


def _is_made_while_sent(response: flask.Response) -> bool:
    if response.direct_passthrough or not response.is_streamed:
        # A file, which the server sends by itself, or what is there.
        return False
    # Flask's own answers, such as that of 404, are iterators too; their length is known.
    return response.content_length is None or isinstance(response.response, GeneratorType)
