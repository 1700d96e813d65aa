"""What all HTTP clients share: the span of a call, the headers that carry the trace, its end."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from functools import lru_cache
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
from opencensus.ext.spans import end_client_span, open_client_span, trace_headers
from opencensus.trace import attributes_helper, exceptions_status, execution_context, utils
from opencensus.trace.span import Span

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from opencensus.trace.status import Status

logger = logging.getLogger(__name__)

COMPONENT = attributes_helper.COMMON_ATTRIBUTES["COMPONENT"]
HTTP = "HTTP"

_SUCCESS = range(200, 400)

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
    if _is_open.get() or execution_context.is_exporter():
        return None
    address = url.decode("latin-1") if isinstance(url, bytes) else str(url)
    try:
        excluded = execution_context.get_opencensus_attr(EXCLUDED_HOSTNAMES_ATTRIBUTE)
        if utils.disable_tracing_hostname(_parts(address)[0], excluded) or (
            host is not None and utils.disable_tracing_hostname(host, excluded)
        ):
            return None
        return OutgoingCall(method, address, given, **options)
    except Exception:
        # Propagators and span callbacks may be the application's own code.
        logger.warning("call cannot be traced", exc_info=True)
        return None


@lru_cache(maxsize=256)
def _parts(url: str) -> tuple[str, str, str]:
    """Return of an address the host with its port, the path, and the whole without a login."""
    parts = urlsplit(url)
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    shown = f"{scheme}{separator}{authority.rpartition('@')[2]}{slash}{path}"
    return parts.netloc.rpartition("@")[2].lower(), parts.path or "/", shown


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

    status_code: int | None = None
    """What the reply said, once it is there."""

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
        # Hot path, once per call.
        host, path, shown = _parts(url)
        self._failures = failures
        self._tracer = tracer = execution_context.get_opencensus_tracer()
        known = {COMPONENT: HTTP, HOST: host, METHOD: method.upper(), PATH: path, URL: shown}
        if recorded is not ALL_ATTRIBUTES:
            known = {attribute: known[attribute] for attribute in recorded}
        self.span: Any = open_client_span(tracer, name or path, known)
        self.headers: dict[str, str] = {**(given or {}), **trace_headers(tracer, self.span)}
        self._began = called.begin()

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
            self._note_answer(self.status_code)
        end_client_span(self._tracer, self.span)

    def _note_answer(self, status_code: int) -> None:
        span = self.span
        if span.__class__ is not Span:
            self._tracer.add_attribute_to_current_span(STATUS_CODE, status_code)
            span.set_status(utils.status_from_http_code(int(status_code)))
            return
        span.add_attribute(STATUS_CODE, status_code)
        if status_code not in _SUCCESS:
            # A span without a status went well.
            span.set_status(utils.status_from_http_code(int(status_code)))

    def _status_of(self, exception: BaseException) -> Status:
        for exception_type, status in self._failures:
            if isinstance(exception, exception_type):
                if status is None:
                    break
                return status
        unknown: Status = exceptions_status.unknown(exception)
        return unknown
