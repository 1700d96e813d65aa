"""A span for each request that a Django application serves, by WSGI or ASGI."""

from __future__ import annotations

import logging
import sys
from typing import Any

import django.conf
from asgiref.sync import iscoroutinefunction
from django.core.exceptions import SuspiciousOperation
from django.core.signals import got_request_exception
from django.utils.deprecation import MiddlewareMixin
from django.utils.functional import LazyObject, empty

# Older code reads and replaces the names of attributes and these modules here.
from opencensus.common import configuration  # noqa: F401
from opencensus.ext._http.body import ServedAsyncBody, ServedBody
from opencensus.ext._http.headers import EnvironHeaders
from opencensus.ext._http.server import HOST as HTTP_HOST  # noqa: F401
from opencensus.ext._http.server import METHOD as HTTP_METHOD  # noqa: F401
from opencensus.ext._http.server import PATH as HTTP_PATH  # noqa: F401
from opencensus.ext._http.server import ROUTE as HTTP_ROUTE  # noqa: F401
from opencensus.ext._http.server import (
    SERVER_ERROR,
    Facts,
    ServedRequest,
    ServerMiddleware,
    begin_request,
    read_settings,
)
from opencensus.ext._http.server import STATUS_CODE as HTTP_STATUS_CODE  # noqa: F401
from opencensus.ext._http.server import URL as HTTP_URL  # noqa: F401
from opencensus.ext.django.databases import trace_databases
from opencensus.ext.django.route import template_of
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
    utils,
)
from opencensus.trace import span as span_module  # noqa: F401
from opencensus.trace import status as status_module  # noqa: F401
from opencensus.trace import tracer as tracer_module  # noqa: F401
from opencensus.trace.propagation import trace_context_http_header_format  # noqa: F401

REQUEST_THREAD_LOCAL_KEY = "django_request"
SPAN_THREAD_LOCAL_KEY = "django_span"

EXCLUDELIST_PATHS = "EXCLUDELIST_PATHS"
EXCLUDELIST_HOSTNAMES = "EXCLUDELIST_HOSTNAMES"

USER_ID = "django.user.id"
USER_NAME = "django.user.name"

log = logging.getLogger(__name__)

_ERROR = "_opencensus_error"
"""Where a request keeps the exception that its view raised."""


class OpencensusMiddleware(MiddlewareMixin, ServerMiddleware):  # type: ignore[misc]  # Django is untyped
    """Traces the requests of a project, and the statements that it sends to its databases.

    Put `opencensus.ext.django.middleware.OpencensusMiddleware` first in ``MIDDLEWARE``. Settings are
    those of ``OPENCENSUS["TRACE"]``, under the names ``SAMPLER``, ``EXPORTER``, ``PROPAGATOR``,
    ``EXCLUDELIST_PATHS`` and ``EXCLUDELIST_HOSTNAMES``; texts are expressions. Afterwards they are attributes
    that may be changed.

    Args:
        get_response: What Django gives a middleware.
    """

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        configured = getattr(django.conf.settings, "OPENCENSUS", {}).get("TRACE", {})
        self._take(read_settings({}, configured))
        self._key = f"opencensus.django.{id(self)}"
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            # As it is, Django would call it in another thread.
            self.process_view = self._process_view_async  # type: ignore[assignment, method-assign]
        trace_databases()
        got_request_exception.connect(_keep_raised, dispatch_uid="opencensus.requests")
        integrations.add_integration(integrations._Integrations.DJANGO)

    def __call__(self, request: Any) -> Any:
        """Serve a request."""
        if self._is_async:
            return self.__acall__(request)
        self.process_request(request)
        try:
            response = self.get_response(request)
        except BaseException as error:
            self._raised(request, error)
            raise
        return self.process_response(request, response)

    async def __acall__(self, request: Any) -> Any:
        """Serve a request of an asynchronous server."""
        self.process_request(request)
        try:
            response = await self.get_response(request)
        except BaseException as error:
            self._raised(request, error)
            raise
        return self.process_response(request, response)

    def process_request(self, request: Any) -> None:
        """Begin the request's span."""
        carrier = getattr(request, "scope", request.META)
        carrier[self._key] = begin_request(
            self,
            carrier,
            method=request.method,
            path=request.path,
            headers=EnvironHeaders(request.META),
            facts=lambda: _facts(request),
        )

    def process_view(self, request: Any, view_func: Any, *args: Any, **kwargs: Any) -> None:
        """Name the span after the view that serves the request, and note its route."""
        served = self._served(request)
        if served is not None and served.is_recorded:
            _note_view(served, request, view_func)

    async def _process_view_async(self, request: Any, view_func: Any, *args: Any) -> None:
        served = self._served(request)
        if served is not None and served.is_recorded:
            _note_view(served, request, view_func)

    def process_exception(self, request: Any, exception: BaseException) -> None:
        """Keep what the view raised: it is recorded if the answer says that the server failed."""
        setattr(request, _ERROR, exception)

    def process_response(self, request: Any, response: Any) -> Any:
        """End the request's span, of an answer that is made while it is sent with the answer."""
        served: ServedRequest | None = _carrier(request).pop(self._key, None)
        if served is None:
            return response
        try:
            self._answered(served, request, response)
        except Exception:
            log.warning("answer of a request cannot be recorded", exc_info=True)
        if served.is_open and not served.is_layer and _is_made_while_sent(response):
            kind = ServedAsyncBody if getattr(response, "is_async", False) else ServedBody
            response.streaming_content = kind(response.streaming_content, served)
            served.leave()
        else:
            served.end()
        return response

    def _answered(self, served: ServedRequest, request: Any, response: Any) -> None:
        served.answered(response.status_code)
        # Not kept: an exception refers to the request through its frames.
        error = vars(request).pop(_ERROR, None)
        if error is not None and response.status_code >= SERVER_ERROR:
            served.failed(error)
        if served.is_recorded:
            _note_user(served, request)

    def _raised(self, request: Any, error: BaseException) -> None:
        served: ServedRequest | None = _carrier(request).pop(self._key, None)
        if served is not None:
            served.failed(error)
            served.end()

    def _served(self, request: Any) -> ServedRequest | None:
        served: ServedRequest | None = _carrier(request).get(self._key)
        return served


def _carrier(request: Any) -> Any:
    return getattr(request, "scope", request.META)


def _keep_raised(request: Any = None, **_: Any) -> None:
    """Keep the exception that Django makes an answer of 500 of, wherever it was raised."""
    error = sys.exc_info()[1]
    if request is not None and error is not None:
        setattr(request, _ERROR, error)


def _facts(request: Any) -> Facts:
    try:
        host = request.get_host()
    except SuspiciousOperation:
        # A host that the project does not serve: it answers so, and the request is recorded.
        host = request.META.get("HTTP_HOST", "")
    url = f"{request.scheme}://{host}{request.get_full_path()}"
    return Facts(f"[{request.method}]", host, request.path, url)


def _note_view(served: ServedRequest, request: Any, view_func: Any) -> None:
    if not served.is_layer:
        served.span.name = utils.get_func_name(view_func)
    template = template_of(request.resolver_match)
    if template is not None and served.is_layer:
        template = request.META.get("SCRIPT_NAME", "").rstrip("/") + template
    served.routed(template)


def _note_user(served: ServedRequest, request: Any) -> None:
    """Note who is signed in, where the application asked for it: asking costs a query."""
    user = getattr(request, "user", None)
    if user is None or (isinstance(user, LazyObject) and user._wrapped is empty):
        return
    if user.pk is not None:
        served.note(USER_ID, str(user.pk))
    name = user.get_username()
    if name:
        served.note(USER_NAME, str(name))


def _is_made_while_sent(response: Any) -> bool:
    # A file is sent by the server; everything else that streams is made by the application.
    return bool(response.streaming) and getattr(response, "file_to_stream", None) is None
