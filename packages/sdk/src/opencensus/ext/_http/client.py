"""What all HTTP clients share: the span of a call, the headers that carry the trace, its end."""

from __future__ import annotations

import logging
from contextvars import ContextVar
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

_is_open: ContextVar[bool] = ContextVar("opencensus_outgoing_call", default=False)
"""Whether a call is being made: what one client sends through another is the same call."""

ALL_ATTRIBUTES = (COMPONENT, HOST, METHOD, PATH, URL)
"""What is recorded of a call before it is made."""


def open_call(
    method: str,
    url: object,
    given: Mapping[str, str] | None,
    *,
    host: str | None = None,
    **options: Any,
) -> OutgoingCall | None:
    """Return an open call to an address; None when it is not traced here.

    Calls are not traced inside another one, since the outermost client knows most of it; not while
    telemetry is being sent; not to hosts that the application excluded; and not when the address
    cannot be read: the client says what is wrong with it.

    Args:
        method: The HTTP method.
        url: The whole address, as text or bytes.
        given: The headers that the caller wants to send.
        host: A second name under which the application may have excluded the host.
        options: Those of :class:`OutgoingCall`.
    """
    address = url.decode("latin-1") if isinstance(url, bytes) else str(url)
    try:
        if not _is_traced(address, host):
            return None
        return OutgoingCall(method, address, given, **options)
    except Exception:
        # Propagators and span callbacks may be the application's own code.
        logger.warning("call cannot be traced", exc_info=True)
        return None


def _is_traced(url: str, host: str | None) -> bool:
    if _is_open.get() or execution_context.is_exporter():
        return False
    excluded = execution_context.get_opencensus_attr(EXCLUDED_HOSTNAMES_ATTRIBUTE)
    names = [_host(urlsplit(url).netloc)]
    if host is not None:
        names.append(host)
    return not any(utils.disable_tracing_hostname(name, excluded) for name in names)


def _host(authority: str) -> str:
    """Return the host with its port, without a login."""
    return authority.rpartition("@")[2].lower()


class OutgoingCall:
    """The span of one call, from ``with`` to its end.

    Between the two, clients below have no call of their own; unless the call is ended without a
    `with`, since then nobody knows whether it ever is.

    Set ``status_code`` once the reply is there. An exception goes on to the caller; ``failures``
    says which status it means.

    Args:
        method: The HTTP method.
        url: The whole address.
        given: The headers that the caller wants to send; ``headers`` has them and the trace.
        name: The span's name; by default the path of the address.
        recorded: Which of the attributes are recorded.
        failures: Exception types of the client library with their statuses, first match counts;
            None is a type that is like no other, whatever it descends from.
    """

    def __init__(
        self,
        method: str,
        url: str,
        given: Mapping[str, str] | None,
        *,
        name: str | None = None,
        recorded: tuple[str, ...] = ALL_ATTRIBUTES,
        failures: tuple[tuple[type[BaseException], Status | None], ...] = (),
    ) -> None:
        parts = urlsplit(url)
        self.status_code: int | None = None
        self._failures = failures
        self._tracer: Any = execution_context.get_opencensus_tracer()
        self.headers: dict[str, str] = dict(given or {})
        # Any object with these methods may be the tracer: the host's own ones know no arguments.
        self.span: Any = self._tracer.start_span()
        self.span.name = name or parts.path or "/"
        self.span.span_kind = span_module.SpanKind.CLIENT
        known = {
            COMPONENT: HTTP,
            HOST: _host(parts.netloc),
            METHOD: method.upper(),
            PATH: parts.path or "/",
            URL: _without_login(url),
        }
        for attribute in recorded:
            self._tracer.add_attribute_to_current_span(attribute, known[attribute])
        self._add_trace_headers()
        self._began = called.begin()

    def _add_trace_headers(self) -> None:
        try:
            context = getattr(self._tracer, "span_context", None)
            if context is None:
                context = self.span.context_tracer.span_context
            self.headers.update(self._tracer.propagator.to_headers(context))
        except Exception:
            # A propagator may be the application's own code.
            logger.warning("trace cannot be sent along with the call", exc_info=True)

    def __enter__(self) -> OutgoingCall:
        _is_open.set(True)
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _is_open.set(False)
        called.end(self._began)
        if exception is not None:
            self.span.set_status(self._status_of(exception))
        elif self.status_code is not None:
            self._tracer.add_attribute_to_current_span(STATUS_CODE, self.status_code)
            self.span.set_status(utils.status_from_http_code(int(self.status_code)))
        self._tracer.end_span()

    def _status_of(self, exception: BaseException) -> Status:
        for exception_type, status in self._failures:
            if isinstance(exception, exception_type):
                if status is None:
                    break
                return status
        unknown: Status = exceptions_status.unknown(exception)
        return unknown


def _without_login(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{separator}{authority.rpartition('@')[2]}{slash}{path}"
