"""A span for each request that a WSGI application serves, whatever it is made with."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from opencensus.ext._http.body import ServedBody
from opencensus.ext._http.headers import EnvironHeaders
from opencensus.ext._http.server import (
    Facts,
    GivenMiddleware,
    begin_request,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

log = logging.getLogger(__name__)

SAFE_IN_PATHS = "/:@!$&'()*+,;=~"


class WSGIMiddleware(GivenMiddleware):
    """Traces the requests of an application.

    Its layers may be traced themselves, as by `FlaskMiddleware`: a request has one span. Settings
    are attributes that may be changed.

    Args:
        app: The WSGI application.
        excludelist_paths: Requests whose path begins like one of these are not traced.
        excludelist_hostnames: Hosts to which calls made while serving are not traced.
        sampler: Decides which traces are recorded; by default all are.
        exporter: Receives the spans; by default prints them.
        propagator: Reads the caller's trace from the headers; by default the W3C ones.
        route: Returns the template of a request's address, such as `/orders/{id}`, from its
            environment after it was served, or None. Without it, requests of an application whose
            framework is not traced are named after their method.
    """

    def __init__(
        self,
        app: Callable[..., Iterable[bytes]],
        excludelist_paths: Sequence[str] | None = None,
        excludelist_hostnames: Sequence[str] | None = None,
        sampler: Any = None,
        exporter: Any = None,
        propagator: Any = None,
        route: Callable[[dict[str, Any]], str | None] | None = None,
    ) -> None:
        super().__init__(excludelist_paths, excludelist_hostnames, sampler, exporter, propagator)
        self.app = app
        self.route = route

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Serve a request."""
        method = environ.get("REQUEST_METHOD", "GET")
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        request = begin_request(
            self,
            environ,
            method=method,
            path=path,
            headers=EnvironHeaders(environ),
            facts=lambda: facts_of(environ, method),
        )

        def start_noted(status: str, headers: Any, exc_info: Any = None) -> Any:
            request.answered(status_code_of(status))
            if exc_info is None:
                return start_response(status, headers)
            request.failed(exc_info[1])
            return start_response(status, headers, exc_info)

        try:
            body = self.app(environ, start_noted)
        except BaseException as error:
            request.failed(error)
            request.end()
            raise
        if self.route is not None:
            request.routed(self._route(environ))
        if request.is_layer:
            return body
        if isinstance(body, list | tuple) or is_file(body, environ):
            # It is there, or the server sends it by itself.
            request.end()
            return body
        request.leave()
        return ServedBody(body, request)

    def _route(self, environ: dict[str, Any]) -> str | None:
        assert self.route is not None  # noqa: S101 (asked before)
        try:
            return self.route(environ)
        except Exception:
            log.warning("route of a request cannot be found", exc_info=True)
            return None


def facts_of(environ: dict[str, Any], method: str) -> Facts:
    """Return what a WSGI environment describes a request by."""
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    if not path.isascii():
        # Servers hand bytes over as the text of the same code points.
        path = path.encode("latin-1", "replace").decode("utf-8", "replace")
    host = environ.get("HTTP_HOST")
    if not host:
        host = environ.get("SERVER_NAME", "localhost")
        port = str(environ.get("SERVER_PORT", ""))
        if port not in ("", "80", "443"):
            host = f"{host}:{port}"
    query = environ.get("QUERY_STRING")
    url = f"{environ.get('wsgi.url_scheme', 'http')}://{host}{quote(path, safe=SAFE_IN_PATHS)}"
    return Facts(method, host, path, f"{url}?{query}" if query else url)


def status_code_of(status: str) -> int:
    """Return the code of a WSGI status line; 500 of one that is none."""
    try:
        return int(status[:3])
    except ValueError:
        return 500


def is_file(body: Any, environ: dict[str, Any]) -> bool:
    """Return whether a body is a file that the server sends in a way of its own."""
    wrapper = environ.get("wsgi.file_wrapper")
    return isinstance(wrapper, type) and isinstance(body, wrapper)
