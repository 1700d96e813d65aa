"""What all web frameworks share: settings, the span of a request, and its end.

A framework's middleware reads its own request and response objects and calls in here with plain
values; names and attributes of spans are decided here.
"""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from opencensus.ext._http.meter import served
from opencensus.trace import (
    _opentelemetry,
    attributes_helper,
    exceptions_status,
    execution_context,
    print_exporter,
    samplers,
    utils,
)
from opencensus.trace import span as span_module
from opencensus.trace import stack_trace as stack_trace_module
from opencensus.trace import tracer as tracer_module
from opencensus.trace.propagation import trace_context_http_header_format

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opencensus.trace.span_context import SpanContext

logger = logging.getLogger(__name__)

_NAMES = attributes_helper.COMMON_ATTRIBUTES
HOST = _NAMES["HTTP_HOST"]
METHOD = _NAMES["HTTP_METHOD"]
PATH = _NAMES["HTTP_PATH"]
ROUTE = _NAMES["HTTP_ROUTE"]
URL = _NAMES["HTTP_URL"]
STATUS_CODE = _NAMES["HTTP_STATUS_CODE"]
ERROR_NAME = _NAMES["ERROR_NAME"]
ERROR_MESSAGE = _NAMES["ERROR_MESSAGE"]
STACKTRACE = _NAMES["STACKTRACE"]

SERVER_ERROR = 500
"""What a server answers when nobody in the application handled an exception."""

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


CONFIGURED_FIRST = ("excludelist_paths", "excludelist_hostnames")
"""Fields for which the configuration of the deployment wins over what the code gave."""


def read_settings(given: Mapping[str, Any], configured: Mapping[str, Any]) -> ServerSettings:
    """Return settings: what the code gave, then what the configuration holds, then the defaults.

    What is left alone is read from the configuration first. Texts in the configuration are expressions such as
    ``opencensus.trace.samplers.ProbabilitySampler(rate=1)``.

    Args:
        given: By the names of the settings' fields; None stands for not given.
        configured: The framework's ``OPENCENSUS["TRACE"]``, by upper-case names.
    """
    found: dict[str, Any] = {}
    for field, names in SETTING_NAMES:
        values = [given.get(field), *(configured.get(name) for name in names)]
        if field in CONFIGURED_FIRST:
            values.append(values.pop(0))
        found[field] = _loaded(next((value for value in values if value is not None), None))
    if found["sampler"] is None:
        found["sampler"] = samplers.ProbabilitySampler()
    if found["exporter"] is None:
        found["exporter"] = print_exporter.PrintExporter()
    if found["propagator"] is None:
        found["propagator"] = trace_context_http_header_format.TraceContextPropagator()
    return ServerSettings(**found)


class ServedRequest:
    """One request while it is served: its span, and the context that was there before it.

    Begin and end run in the same thread or task. Nothing in here raises into the application.

    Args:
        settings: How the application is traced.
        method: The HTTP method.
        url: The whole address.
        host: The host with its port, as the client named it.
        path: The path of the address.
        headers: The request's headers, a mapping that does not mind the case of names.
    """

    def __init__(
        self,
        settings: ServerSettings,
        *,
        method: str,
        url: str,
        host: str,
        path: str,
        headers: Any,
    ) -> None:
        self.span: Any = None
        self._tracer: Any = None
        self._began = served.begin()
        self._before = execution_context.get_opencensus_full_context()
        if utils.disable_tracing_url(url, settings.excludelist_paths):
            return
        try:
            self._open_span(settings, f"[{method}]{url}", headers)
        except Exception:
            # Samplers and exporters may be the application's own code.
            logger.warning("request cannot be traced", exc_info=True)
            self.span = None
            return
        self.add_attributes({HOST: host, METHOD: method, PATH: path, URL: url})

    def _open_span(self, settings: ServerSettings, name: str, headers: Any) -> None:
        execution_context.set_current_span(None)
        self._tracer = tracer_module.Tracer(
            span_context=_caller(settings, headers),
            sampler=settings.sampler,
            exporter=settings.exporter,
            propagator=settings.propagator,
        )
        execution_context.set_opencensus_attr(
            EXCLUDED_HOSTNAMES_ATTRIBUTE, settings.excludelist_hostnames
        )
        self.span = self._tracer.start_span(name=name)
        self.span.span_kind = span_module.SpanKind.SERVER

    def add_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Attach what is known about the request; None is left out."""
        if self.span is None:
            return
        for name, value in attributes.items():
            if value is not None:
                self.span.add_attribute(name, value)

    def failed(self, error: BaseException) -> None:
        """Note the exception that nobody in the application handled."""
        if self.span is None:
            return
        trace = error.__traceback__
        if STATUS_CODE not in self.span.attributes:
            self.span.add_attribute(STATUS_CODE, SERVER_ERROR)
        self.span.set_status(exceptions_status.unknown(error))
        self.span.stack_trace = stack_trace_module.StackTrace.from_traceback(trace)
        self.add_attributes(
            {
                ERROR_NAME: type(error).__name__,
                ERROR_MESSAGE: str(error) or type(error).__name__,
                STACKTRACE: "".join(traceback.format_tb(trace)),
            }
        )

    def end(self) -> None:
        """Export the request's span and restore the context that was there before it."""
        try:
            if self._tracer is not None:
                self._tracer.finish()
        except Exception:
            logger.warning("request's span cannot be exported", exc_info=True)
        finally:
            execution_context.set_opencensus_full_context(*self._before)
            served.end(self._began)


def _caller(
    settings: ServerSettings,
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
    if not getattr(context, "from_header", True):
        return _opentelemetry.continued() or context
    return context


def _loaded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    from opencensus.common import configuration

    return configuration.load(value)
