"""A span for each request that a Flask application serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import flask

from opencensus.ext._http.server import ROUTE, STATUS_CODE, ServedRequest, read_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

_SERVED = "opencensus.served_request"
"""Where the request's environment keeps what was begun for it."""


class FlaskMiddleware:
    """Traces the requests of an application.

    Settings that are not given come from ``app.config["OPENCENSUS"]["TRACE"]``, under the names
    ``SAMPLER``, ``EXPORTER``, ``PROPAGATOR``, ``EXCLUDELIST_PATHS`` and ``EXCLUDELIST_HOSTNAMES``.

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
        self._given = {
            "excludelist_paths": excludelist_paths,
            "sampler": sampler,
            "exporter": exporter,
            "propagator": propagator,
            "excludelist_hostnames": excludelist_hostnames,
        }
        if app is not None:
            self.init_app(app)

    def init_app(self, app: flask.Flask) -> None:
        """Trace the requests of an application from now on."""
        self.app = app
        configured = app.config.get("OPENCENSUS", {}).get("TRACE", {})
        self.settings = read_settings(self._given, configured)
        self.sampler = self.settings.sampler
        self.exporter = self.settings.exporter
        self.propagator = self.settings.propagator
        self.excludelist_paths = self.settings.excludelist_paths
        self.excludelist_hostnames = self.settings.excludelist_hostnames
        app.before_request(self._before_request)
        app.after_request(self._after_request)
        app.teardown_request(self._teardown_request)

    def _before_request(self) -> None:
        request = flask.request
        request.environ[_SERVED] = ServedRequest(
            self.settings,
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
            served.add_attributes({ROUTE: route, STATUS_CODE: response.status_code})
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
