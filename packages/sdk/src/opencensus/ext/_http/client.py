"""What all HTTP clients share: the span of a call, the headers that carry the trace, its end."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from opencensus.ext._http.meter import called
from opencensus.ext._http.server import (
    EXCLUDED_HOSTNAMES_ATTRIBUTE,
    HOST,
    METHOD,
    PATH,
    STATUS_CODE,
    URL,
)
from opencensus.trace import attributes_helper, exceptions_status, execution_context, utils
from opencensus.trace import span as span_module

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from opencensus.trace.status import Status

logger = logging.getLogger(__name__)

COMPONENT = attributes_helper.COMMON_ATTRIBUTES["COMPONENT"]
HTTP = "HTTP"


def open_call(
    method: str, url: object, given: Mapping[str, str] | None, **options: Any
) -> OutgoingCall | None:
    """Return an open call to an address; None when it is not traced here.

    Calls are not traced while telemetry is being sent, to hosts that the application excluded, and
    when the address cannot be read: the client says what is wrong with it.

    Args:
        method: The HTTP method.
        url: The whole address, as text or bytes.
        given: The headers that the caller wants to send.
        options: Those of :class:`OutgoingCall`.
    """
    address = url.decode("latin-1") if isinstance(url, bytes) else str(url)
    try:
        if not _is_traced(address):
            return None
        return OutgoingCall(method, address, given, **options)
    except Exception:
        # Propagators and span callbacks may be the application's own code.
        logger.warning("call cannot be traced", exc_info=True)
        return None


def _is_traced(url: str) -> bool:
    if execution_context.is_exporter():
        return False
    excluded = execution_context.get_opencensus_attr(EXCLUDED_HOSTNAMES_ATTRIBUTE)
    return not utils.disable_tracing_hostname(urlsplit(url).netloc, excluded)


class OutgoingCall:
    """The span of one call, from ``with`` to its end.

    Set ``status_code`` once the reply is there. An exception goes on to the caller; ``failures``
    says which status it means.

    Args:
        method: The HTTP method.
        url: The whole address.
        given: The headers that the caller wants to send; ``headers`` has them and the trace.
        name: The span's name; by default the path of the address.
        failures: Exception types of the client library with their statuses, first match counts.
    """

    def __init__(
        self,
        method: str,
        url: str,
        given: Mapping[str, str] | None,
        *,
        name: str | None = None,
        failures: tuple[tuple[type[BaseException], Status], ...] = (),
    ) -> None:
        parts = urlsplit(url)
        self.status_code: int | None = None
        self._failures = failures
        self._tracer: Any = execution_context.get_opencensus_tracer()
        self.headers: dict[str, str] = dict(given or {})
        self.span: Any = self._tracer.start_span(name=name or parts.path or "/")
        self.span.span_kind = span_module.SpanKind.CLIENT
        attributes = (
            (COMPONENT, HTTP),
            (HOST, parts.netloc.rpartition("@")[2]),
            (METHOD, method.upper()),
            (PATH, parts.path or "/"),
            (URL, _without_login(url)),
        )
        for name_of_attribute, value in attributes:
            self.span.add_attribute(name_of_attribute, value)
        try:
            self.headers.update(self._tracer.propagator.to_headers(self._tracer.span_context))
        except BaseException:
            self._tracer.end_span()
            raise
        self._began = called.begin()

    def __enter__(self) -> OutgoingCall:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        called.end(self._began)
        if exception is not None:
            self.span.set_status(self._status_of(exception))
        elif self.status_code is not None:
            self.span.add_attribute(STATUS_CODE, self.status_code)
            self.span.set_status(utils.status_from_http_code(self.status_code))
        self._tracer.end_span()

    def _status_of(self, exception: BaseException) -> Status:
        for exception_type, status in self._failures:
            if isinstance(exception, exception_type):
                return status
        unknown: Status = exceptions_status.unknown(exception)
        return unknown


def _without_login(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{separator}{authority.rpartition('@')[2]}{slash}{path}"
