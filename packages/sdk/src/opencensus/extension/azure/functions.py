"""Gives each invocation of a function in Azure Functions a tracer, as `context.tracer`.

The host reports the invocation itself as a request; spans of the tracer are below it. Azure's workers
load extensions where the setting `PYTHON_ENABLE_WORKER_EXTENSIONS` is 1, and up to Python 3.12: later
ones load none. There a function makes a tracer itself, of :func:`invocation_context`.

Source: azure.functions' `AppExtensionBase`, which says when a worker calls what.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace import execution_context
from opencensus.trace.propagation.trace_context_http_header_format import TraceContextPropagator
from opencensus.trace.samplers import ProbabilitySampler
from opencensus.trace.tracer import Tracer

if TYPE_CHECKING:
    from opencensus.trace.span_context import SpanContext

try:
    from azure.functions import AppExtensionBase  # type: ignore[import-not-found,import-untyped,unused-ignore]
except ImportError:
    # Every worker brings it. Elsewhere, as in tests of a function, nobody calls the extension.
    AppExtensionBase = object

__all__ = [
    "AppExtensionBase",
    "AzureExporter",
    "OpenCensusExtension",
    "ProbabilitySampler",
    "TraceContextPropagator",
    "Tracer",
    "invocation_context",
]

log = logging.getLogger(__name__)

_BEFORE = "_opencensus_before"
"""Where an invocation's context keeps what the thread or task had before."""

_HEADERS = {
    "traceparent": ("trace_parent", "Traceparent"),
    "tracestate": ("trace_state", "Tracestate"),
}
"""Header, and what newer and older workers call it."""

_FIRST_WITHOUT_EXTENSIONS = (3, 13)


class OpenCensusExtension(AppExtensionBase):  # type: ignore[misc]
    """The extension: importing it is enough for a worker, then :meth:`configure` says where spans go."""

    _exporter: Any = None
    _options: Any = None

    @classmethod
    def init(cls) -> None:
        """Begin without an exporter. Workers call it when the extension is imported."""
        cls._exporter = None
        cls._options = None

    @classmethod
    def configure(cls, **options: Any) -> None:
        """Make the exporter; with the options it has already, nothing is made anew.

        Args:
            options: Those of :class:`opencensus.ext.azure.trace_exporter.AzureExporter`.

        Raises:
            ValueError: An option is wrong.
        """
        _warn_where_it_is_not_called(sys.version_info[:2])
        if cls._exporter is None or cls._options != options:
            cls._exporter, cls._options = AzureExporter(**options), options

    @classmethod
    def pre_invocation_app_level(
        cls, logger: Any, context: Any, func_args: Any = None, *args: Any, **kwargs: Any
    ) -> None:
        """Give the invocation its tracer. Never raises: the function would not be called."""
        if cls._exporter is None:
            logger.warning("OpenCensusExtension.configure() was not called: context has no tracer")
            return
        try:
            before = execution_context.get_opencensus_full_context()
            tracer = Tracer(
                span_context=invocation_context(context),
                exporter=cls._exporter,
                sampler=ProbabilitySampler(1.0),
            )
            execution_context.set_current_span(None)
            setattr(context, _BEFORE, before)
            context.tracer = tracer
        except Exception:
            logger.warning("an invocation has no tracer", exc_info=True)

    @classmethod
    def post_invocation_app_level(
        cls,
        logger: Any,
        context: Any,
        func_args: Any,
        func_ret: Any,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        """Take the tracer away again: the thread serves other invocations. Never raises."""
        before = getattr(context, _BEFORE, None)
        if before is None:
            return
        try:
            delattr(context, _BEFORE)
            if hasattr(context, "tracer"):
                # A function may have taken it away itself.
                del context.tracer
        except Exception:
            logger.warning("an invocation's tracer stays", exc_info=True)
        finally:
            execution_context.set_opencensus_full_context(*before)


def invocation_context(context: Any) -> SpanContext:
    """Return the trace that an invocation belongs to; a new one where its context names none.

    Args:
        context: What Azure Functions gives to a function that asks for its `context`.
    """
    given = getattr(context, "trace_context", None)
    headers = {}
    for header, names in _HEADERS.items():
        value = next((text for name in names if (text := getattr(given, name, None))), None)
        if value:
            headers[header] = value
    return TraceContextPropagator().from_headers(headers)


def _warn_where_it_is_not_called(version: tuple[int, ...]) -> None:
    if version >= _FIRST_WITHOUT_EXTENSIONS:
        log.warning(
            "Azure's workers load no extensions on Python %d.%d, so context has no tracer: make "
            "Tracer(invocation_context(context), exporter=...) in each function",
            *version,
        )
