"""A span for each request that a Pyramid application serves."""

from __future__ import annotations

import logging
from typing import Any

from opencensus.ext._http.body import ServedBody
from opencensus.ext._http.headers import EnvironHeaders
from opencensus.ext._http.server import HOST as HTTP_HOST  # noqa: F401
from opencensus.ext._http.server import METHOD as HTTP_METHOD  # noqa: F401
from opencensus.ext._http.server import PATH as HTTP_PATH  # noqa: F401
from opencensus.ext._http.server import ROUTE as HTTP_ROUTE  # noqa: F401
from opencensus.ext._http.server import SERVER_ERROR, Facts, ServerMiddleware, begin_request
from opencensus.ext._http.server import STATUS_CODE as HTTP_STATUS_CODE  # noqa: F401
from opencensus.ext._http.server import URL as HTTP_URL  # noqa: F401
from opencensus.ext.pyramid.config import PyramidTraceSettings
from opencensus.ext.wsgi.wsgi_middleware import is_file

# Older code reads and replaces the trace modules and the names of attributes here.
from opencensus.trace import (
    attributes_helper,  # noqa: F401
    execution_context,  # noqa: F401
    integrations,
    utils,  # noqa: F401
)
from opencensus.trace import span as span_module  # noqa: F401
from opencensus.trace import tracer as tracer_module  # noqa: F401

log = logging.getLogger(__name__)

EXCLUDELIST_PATHS = "EXCLUDELIST_PATHS"

OF_PYRAMID = "pyramid."
"""How the modules of bodies begin that Pyramid sends from files."""


class OpenCensusTweenFactory(ServerMiddleware):
    """Traces the requests of an application.

    `config.add_tween("opencensus.ext.pyramid.pyramid_middleware.OpenCensusTweenFactory")` adds it.
    Settings come from `registry.settings["OPENCENSUS"]["TRACE"]`; afterwards they are attributes that may
    be changed.

    Args:
        handler: The tween below, or the application.
        registry: The application's registry.
    """

    def __init__(self, handler: Any, registry: Any) -> None:
        self.handler = handler
        self.registry = registry
        self._take(PyramidTraceSettings(registry).known)
        integrations.add_integration(integrations._Integrations.PYRAMID)

    def __call__(self, request: Any) -> Any:
        """Serve a request."""
        environ = request.environ
        served = begin_request(
            self,
            environ,
            method=request.method,
            path=environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", ""),
            headers=EnvironHeaders(environ),
            facts=lambda: Facts(
                f"[{request.method}]{request.path}", request.host, request.path, request.url
            ),
        )
        try:
            response = self.handler(request)
        except BaseException as error:
            served.routed(_route(request, served.is_layer))
            served.failed(error)
            served.end()
            raise
        served.routed(_route(request, served.is_layer))
        handled = getattr(request, "exception", None)
        served.answered(response.status_code)
        if handled is not None and response.status_code >= SERVER_ERROR:
            # An exception view made an answer of it.
            served.failed(handled)
        body = response.app_iter
        if (
            served.is_layer
            or isinstance(body, list | tuple)
            or is_file(body, environ)
            or type(body).__module__.startswith(OF_PYRAMID)
        ):
            served.end()
        else:
            response.app_iter = ServedBody(body, served)
            served.leave()
        return response


def _route(request: Any, is_layer: bool) -> str | None:
    route = getattr(request, "matched_route", None)
    if route is None:
        return None
    pattern = str(route.pattern)
    if not pattern.startswith("/"):
        pattern = f"/{pattern}"
    return request.environ.get("SCRIPT_NAME", "") + pattern if is_layer else pattern
