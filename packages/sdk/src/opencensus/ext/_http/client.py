"""What all HTTP clients share: the span of a call, the headers that carry the trace, its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

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

COMPONENT = attributes_helper.COMMON_ATTRIBUTES["COMPONENT"]
HTTP = "HTTP"


def is_traced(url: str) -> bool:
    """Return whether calls to an address are traced here.

    They are not while telemetry is being sent, and not to hosts that the application excluded.
    """
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
        name: The span's name; by default the path of the address.
        failures: Exception types of the client library with their statuses, first match counts.
    """

    def __init__(
        self,
        method: str,
        url: str,
        *,
        name: str | None = None,
        failures: tuple[tuple[type[BaseException], Status], ...] = (),
    ) -> None:
        parts = urlsplit(url)
        self.status_code: int | None = None
        self._failures = failures
        self._tracer: Any = execution_context.get_opencensus_tracer()
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

    def headers(self, given: Mapping[str, str] | None) -> dict[str, str]:
        """Return the caller's headers with those that carry the trace; ``given`` is not changed."""
        headers = dict(given or {})
        headers.update(self._tracer.propagator.to_headers(self._tracer.span_context))
        return headers

    def __enter__(self) -> OutgoingCall:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
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
