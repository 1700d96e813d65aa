"""Switches on the integration of each library when the library is imported."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import wrapt

from opencensus.ext._http.server import use_defaults
from opencensus.ext.auto.libraries import LIBRARIES
from opencensus.trace import execution_context
from opencensus.trace.propagation import trace_context_http_header_format

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

_watched: set[str] = set()
_program: dict[str, Any] = {"tracer": None}


def program_tracer() -> Any:
    """Return the tracer that everything was given; None without one."""
    return _program["tracer"]


def trace_integration(tracer: Any = None) -> None:
    """Trace every library that an integration is for: those imported already, and later ones.

    Web applications need no middleware then. Requests are sampled and sent as the tracer does it.

    Args:
        tracer: Becomes the tracer of the current context; without one, requests are printed, as
            the middlewares do it.
    """
    if tracer is not None:
        execution_context.set_opencensus_tracer(tracer)
        _program["tracer"] = tracer
        use_defaults(
            sampler=getattr(tracer, "sampler", None),
            exporter=getattr(tracer, "exporter", None),
            propagator=getattr(tracer, "propagator", None)
            or trace_context_http_header_format.TraceContextPropagator(),
        )
    for library, switch_on in LIBRARIES.items():
        if library not in _watched:
            _watched.add(library)
            wrapt.register_post_import_hook(_guarded(library, switch_on), library)


def _guarded(library: str, switch_on: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return a hook that never raises: an import of the application's must not fail for tracing."""

    def imported(module: Any) -> None:
        try:
            switch_on(module)
        except Exception:
            log.warning("%s cannot be traced", library, exc_info=True)

    return imported
