"""What all web frameworks share: settings, the span of a request, and its end.

A framework's middleware reads its own request and response objects and calls in here with plain
values; attributes of spans are decided here. Layers may stack, as an application on Flask inside a
WSGI middleware: the outermost one traces, the others add what they know.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from contextvars import ContextVar
from dataclasses import dataclass
from time import time_ns
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from opencensus.ext._http.meter import served
from opencensus.ext.spans import note_error
from opencensus.trace import (
    _active_span,
    _opentelemetry,
    attributes_helper,
    blank_span,
    exceptions_status,
    execution_context,
    print_exporter,
    samplers,
    utils,
)
from opencensus.trace import span as span_module
from opencensus.trace import tracer as tracer_module
from opencensus.trace._carried import Carried
from opencensus.trace.propagation import _headers, trace_context_http_header_format

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from opencensus.trace.span_context import SpanContext

logger = logging.getLogger(__name__)

_NAMES = attributes_helper.COMMON_ATTRIBUTES
HOST = _NAMES["HTTP_HOST"]
METHOD = _NAMES["HTTP_METHOD"]
PATH = _NAMES["HTTP_PATH"]
ROUTE = _NAMES["HTTP_ROUTE"]
URL = _NAMES["HTTP_URL"]
STATUS_CODE = _NAMES["HTTP_STATUS_CODE"]
SYNTHETIC_SOURCE = "http.synthetic_source"
"""Who asks instead of a person; becomes `operation_SyntheticSource`."""

SERVER_ERROR = 500
"""What a server answers when nobody in the application handled an exception."""

CLIENT_CLOSED_REQUEST = 499
"""What stands for the answer that a client did not wait for."""

DISCONNECTED = "client.disconnected"
"""Attribute of requests whose client went away before it had the whole answer."""

_TEST_HEADER = "SyntheticTest-RunId"
_TEST_SOURCE = "Application Insights Availability Monitoring"
"""What Azure's SDKs make of that header, too."""

METHODS = frozenset(
    ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "QUERY")
)
OTHER_METHOD = "OTHER"
"""What stands for methods that clients make up: names of operations have to stay few."""

_modules = sys.modules

# Hot path: the slots themselves, without the functions around them.
_get_tracer, _set_tracer = execution_context._tracer_slot.get, execution_context._tracer_slot.set
_get_span, _set_span = _active_span.slot.get, _active_span.slot.set
_get_attrs, _set_attrs = execution_context._attrs_slot.get, execution_context._attrs_slot.set

_ASKED_FOR = (asyncio.CancelledError, GeneratorExit)

CARRIED_AS = "opencensus.served_request"
"""Where a WSGI environment or an ASGI scope has the request that a layer of the server began."""

_serving: ContextVar[ServedRequest | None] = ContextVar("opencensus_serving", default=None)

EXCLUDED_HOSTNAMES_ATTRIBUTE = "excludelist_hostnames"
"""Attribute of the execution context that tells HTTP clients which hosts to leave alone."""

SETTING_NAMES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("sampler", ("SAMPLER",)),
    ("exporter", ("EXPORTER",)),
    ("propagator", ("PROPAGATOR",)),
    ("excludelist_paths", ("EXCLUDELIST_PATHS", "BLACKLIST_PATHS")),
    ("excludelist_hostnames", ("EXCLUDELIST_HOSTNAMES", "BLACKLIST_HOSTNAMES")),
)
"""Field of the settings, and the names under which a framework's configuration may hold it."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How requests of one application are traced."""

    sampler: Any
    exporter: Any
    propagator: Any
    excludelist_paths: Sequence[str] | None = None
    excludelist_hostnames: Sequence[str] | None = None


class Settings(Protocol):
    """How requests are traced: a middleware has these as attributes, and they may change."""

    sampler: Any
    exporter: Any
    propagator: Any
    excludelist_paths: Sequence[str] | None
    excludelist_hostnames: Sequence[str] | None


class Facts(NamedTuple):
    """What a recorded request is described by."""

    name: str
    """The span's name."""
    host: str | None
    path: str
    url: str


CONFIGURED_FIRST = ("excludelist_paths", "excludelist_hostnames")
"""Fields for which the configuration of the deployment wins over what the code gave."""


_defaults: dict[str, Any] = {"sampler": None, "exporter": None, "propagator": None}


def use_defaults(*, sampler: Any, exporter: Any, propagator: Any) -> None:
    """Say what middlewares use from now on where neither code nor configuration says anything.

    None leaves it to the middleware.
    """
    _defaults.update(sampler=sampler, exporter=exporter, propagator=propagator)


def read_settings(
    given: Mapping[str, Any],
    configured: Mapping[str, Any],
    default_sampler: Callable[[], Any] = samplers.ProbabilitySampler,
) -> ServerSettings:
    """Return settings: what the code gave, then what the configuration holds, then the defaults.

    What is left alone is read from the configuration first. Texts in the configuration are expressions such as
    ``opencensus.trace.samplers.ProbabilitySampler(rate=1)``.

    Args:
        given: By the names of the settings' fields; None stands for not given.
        configured: The framework's ``OPENCENSUS["TRACE"]``, by upper-case names.
        default_sampler: Makes the sampler where none is named.
    """
    found: dict[str, Any] = {}
    for field, names in SETTING_NAMES:
        values = [given.get(field), *(configured.get(name) for name in names)]
        if field in CONFIGURED_FIRST:
            values.append(values.pop(0))
        found[field] = _loaded(next((value for value in values if value is not None), None))
        if found[field] is None:
            found[field] = _defaults.get(field)
    if found["sampler"] is None:
        found["sampler"] = default_sampler()
    if found["exporter"] is None:
        found["exporter"] = print_exporter.PrintExporter()
    if found["propagator"] is None:
        found["propagator"] = trace_context_http_header_format.TraceContextPropagator()
    return ServerSettings(**found)


class ServerMiddleware:
    """The settings of a middleware, as attributes that may be changed later."""

    sampler: Any = None
    exporter: Any = None
    propagator: Any = None
    excludelist_paths: Sequence[str] | None = None
    excludelist_hostnames: Sequence[str] | None = None

    def _take(self, settings: ServerSettings) -> None:
        for field, _ in SETTING_NAMES:
            setattr(self, field, getattr(settings, field))


class GivenMiddleware(ServerMiddleware):
    """A middleware whose settings its maker gives.

    Args:
        excludelist_paths: Requests whose path begins like one of these are not traced.
        excludelist_hostnames: Hosts to which calls made while serving are not traced.
        sampler: Decides which traces are recorded; by default all are.
        exporter: Receives the spans; by default prints them.
        propagator: Reads the caller's trace from the headers; by default the W3C ones.
    """

    def __init__(
        self,
        excludelist_paths: Sequence[str] | None = None,
        excludelist_hostnames: Sequence[str] | None = None,
        sampler: Any = None,
        exporter: Any = None,
        propagator: Any = None,
    ) -> None:
        given = {
            "excludelist_paths": excludelist_paths,
            "excludelist_hostnames": excludelist_hostnames,
            "sampler": sampler,
            "exporter": exporter,
            "propagator": propagator,
        }
        self._take(read_settings(given, {}, samplers.AlwaysOnSampler))


def begin_request(
    settings: Settings,
    carrier: Any,
    *,
    method: str,
    path: str,
    headers: Any,
    facts: Callable[[], Facts],
) -> ServedRequest:
    """Return a request that begins, or the part of one that another layer of the server began.

    Never raises. What it returns has to be ended, in any context.

    Args:
        settings: How the application is traced.
        carrier: The WSGI environment, the ASGI scope or another mapping, through which layers know
            of each other.
        method: The HTTP method.
        path: The whole path of the address.
        headers: The request's headers, in any form that propagators take.
        facts: Says what the request is described by; called once, if it is recorded.
    """
    # Where layers do not hand the same environment on, as an ASGI server that runs a WSGI
    # application, the outer one is what is served here.
    around = _serving.get()
    outer: ServedRequest | None = carrier.get(CARRIED_AS)
    if outer is None and around is not None and _is_the_same(around, method, path):
        outer = around
    if outer is not None and outer.span is not None:
        return InnerLayer(outer)
    request = ServedRequest(settings, method, path, headers, facts)
    carrier[CARRIED_AS] = request
    return request


def _is_the_same(around: ServedRequest, method: str, path: str) -> bool:
    """Return whether a request that is being served asks for the same and does nothing else yet."""
    return around.method == method and around.path == path and _get_span() is around.span


class ServedRequest:
    """One request while it is served: its span, and the context that was there before it.

    Use :func:`begin_request`. Nothing in here raises into the application. Begin and end run in the
    same thread or task, unless it was left in between.
    """

    is_layer = False
    """Whether another layer of the server began it and will end it."""

    span: Any = None
    """Its span while it is open; None of a request that is not traced."""

    is_recorded = False
    """Whether what is noted about it goes anywhere."""

    _tracer: Any = None
    _error: BaseException | None = None
    _inside: Any = None
    _ended = False

    def __init__(
        self, settings: Settings, method: str, path: str, headers: Any, facts: Callable[[], Facts]
    ) -> None:
        # Hot path, once per request.
        self.method = method
        self.path = path
        self._began = served.begin()
        self._before = _get_tracer(), _get_span(), _get_attrs()
        self._served_before = _serving.get()
        excluded = settings.excludelist_paths
        if is_excluded(path, utils.DEFAULT_EXCLUDELIST_PATHS if excluded is None else excluded):
            return
        try:
            self._open_span(settings, headers, facts)
        except Exception:
            # Samplers and exporters may be the application's own code.
            logger.warning("request cannot be traced", exc_info=True)

    def _open_span(self, settings: Settings, headers: Any, facts: Callable[[], Facts]) -> None:
        _set_span(None)
        caller = _caller(settings, headers)
        self._tracer = tracer = tracer_module.Tracer(
            span_context=caller,
            sampler=settings.sampler,
            exporter=settings.exporter,
            propagator=settings.propagator,
        )
        if (
            settings.excludelist_hostnames is not None
            or EXCLUDED_HOSTNAMES_ATTRIBUTE in (self._before[2])
        ):
            execution_context.set_opencensus_attr(
                EXCLUDED_HOSTNAMES_ATTRIBUTE, settings.excludelist_hostnames
            )
        self.span = span = tracer.start_span(name=self.method)
        _serving.set(self)
        span.span_kind = span_module.SpanKind.SERVER
        if span.__class__ is blank_span.BlankSpan:
            return
        self.is_recorded = True
        known = {METHOD: self.method if self.method in METHODS else OTHER_METHOD}
        try:
            span.name, host, known[PATH], known[URL] = facts()
            if host is not None:
                known[HOST] = host
        except Exception:
            # A request may name an impossible host, or none.
            logger.debug("request cannot be described", exc_info=True)
        # Who tests availability sends a trace too: others are not searched for the header.
        if getattr(caller, "from_header", False) and _headers.every(headers, _TEST_HEADER):
            known[SYNTHETIC_SOURCE] = _TEST_SOURCE
        span._add_attributes(known)

    @property
    def is_open(self) -> bool:
        """Whether it is traced, recorded or not, and has not ended."""
        return self.span is not None

    def note(self, name: str, value: Any) -> None:
        """Attach a fact; None is left out."""
        if value is not None and self.is_recorded:
            self.span.add_attribute(name, value)

    def routed(self, route: str | None) -> None:
        """Note the template of the address; the layer that says it first knows it best."""
        if route is not None and self.is_recorded and ROUTE not in self.span.attributes:
            self.span.add_attribute(ROUTE, route)

    def answered(self, status_code: int) -> None:
        """Note the status of the answer."""
        if not self.is_recorded:
            return
        self.span.add_attribute(STATUS_CODE, status_code)
        if status_code >= SERVER_ERROR and self._error is None:
            self.span.set_status(utils.status_from_http_code(status_code))

    def failed(self, error: BaseException) -> None:
        """Note the exception that nobody in the application handled.

        Without an answer it is one of 500. An end that was asked for from outside, such as that of
        a task whose client went away, is no exception of the application.
        """
        error = _only_one_of(error)
        if not self.is_recorded or error is self._error:
            return
        if isinstance(error, _ASKED_FOR):
            self.left_alone()
            return
        self._error = error
        if STATUS_CODE not in self.span.attributes:
            self.span.add_attribute(STATUS_CODE, SERVER_ERROR)
        note_error(self.span, error)

    def left_alone(self) -> None:
        """Note that the client went away before it had the whole answer."""
        if not self.is_recorded or self._error is not None:
            return
        if STATUS_CODE not in self.span.attributes:
            self.span.add_attribute(STATUS_CODE, CLIENT_CLOSED_REQUEST)
        self.span.set_status(exceptions_status.CANCELLED)
        self.span.add_attribute(DISCONNECTED, True)

    def complete(self) -> None:
        """Note that the answer is complete: what the application does later is not in its duration."""
        if self.is_recorded:
            self.span._over_ns = time_ns()

    def leave(self) -> None:
        """Put back the context that was there before, until :meth:`enter`."""
        if self._inside is None and not self._ended:
            self._inside = Carried()
            self._restore()
            served.step_out(self._began)

    def enter(self) -> None:
        """Go on in the context of the request that was left."""
        if self._inside is None:
            return
        self._before = _get_tracer(), _get_span(), _get_attrs()
        self._served_before = _serving.get()
        inside, self._inside = self._inside, None
        inside.apply()
        _serving.set(self)
        served.go_on(self._began)

    def end(self) -> None:
        """Export the request's span and restore the context that was there before it.

        A request ends once; what follows does nothing.
        """
        if self._ended:
            return
        self._ended = True
        if self._inside is not None:
            self.enter()
        try:
            if self._tracer is not None:
                self._tracer.finish()
        except Exception:
            logger.warning("request's span cannot be exported", exc_info=True)
        finally:
            self._restore()
            served.end(self._began)
            self.span = self._tracer = None
            self.is_recorded = False

    def _restore(self) -> None:
        _serving.set(self._served_before)
        tracer, span, attrs = self._before
        _set_tracer(tracer)
        _set_span(span)
        _set_attrs(attrs)


class InnerLayer(ServedRequest):
    """A layer of the server inside one that traces the request already: it only adds what it knows."""

    is_layer = True

    def __init__(self, outer: ServedRequest) -> None:
        self._outer = outer
        self.span = outer.span
        self.is_recorded = outer.is_recorded
        self.method = outer.method
        self.path = outer.path

    def answered(self, status_code: int) -> None:
        """Do nothing: layers outside may change the answer."""

    def failed(self, error: BaseException) -> None:
        """Note the exception that nobody in this layer handled."""
        self._outer.failed(error)

    def left_alone(self) -> None:
        """Do nothing: the server tells the outermost layer too."""

    def complete(self) -> None:
        """Do nothing: the outermost layer knows."""

    def leave(self) -> None:
        """Do nothing: the outermost layer decides about the context."""

    def enter(self) -> None:
        """Do nothing: the outermost layer decides about the context."""

    def end(self) -> None:
        """Do nothing but forget the request: the outermost layer ends it."""
        self.span = None
        self.is_recorded = False


def _only_one_of(error: BaseException) -> BaseException:
    """Return what a group of one exception holds: task groups wrap what a task raised."""
    inside = getattr(error, "exceptions", None)
    while isinstance(inside, tuple) and len(inside) == 1 and isinstance(inside[0], BaseException):
        error = inside[0]
        inside = getattr(error, "exceptions", None)
    return error


def is_excluded(path: str, excluded: Sequence[str]) -> bool:
    """Return whether a whole path begins like one of those that are not traced.

    They are written with or without the leading slash; a slash alone is the start page.
    """
    # Hot path, once per request.
    for start in excluded:
        if start == "/":
            if path == start:
                return True
        elif path.startswith(start, 0 if start[:1] == "/" else 1):
            return True
    return False


def _caller(
    settings: Settings,
    headers: Any,
) -> SpanContext | None:
    """Return the caller's trace; a header that cannot be read starts a trace of its own.

    So does a request without one, unless OpenTelemetry has begun the trace of this request.
    """
    try:
        context: SpanContext | None = settings.propagator.from_headers(headers)
    except Exception:
        # A propagator may be the application's own code, and headers may hold anything.
        logger.warning("caller's trace unreadable: a new one starts", exc_info=True)
        return None
    if _opentelemetry.MODULE in _modules and not getattr(context, "from_header", True):
        return _opentelemetry.continued() or context
    return context


def _loaded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    from opencensus.common import configuration

    return configuration.load(value)
