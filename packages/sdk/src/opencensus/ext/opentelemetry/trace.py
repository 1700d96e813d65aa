"""Makes this library what stands behind OpenTelemetry's API in this process."""

from __future__ import annotations

import logging
from typing import Any

from opentelemetry import trace as api

from opencensus.ext.opentelemetry.current import follow
from opencensus.ext.opentelemetry.tracing import TracerProvider
from opencensus.trace import execution_context
from opencensus.trace.tracers.noop_tracer import NoopTracer

log = logging.getLogger(__name__)

MODULE_NAME = "opentelemetry"

REFUSED = (
    "OpenTelemetry has a {} of somebody else already, and takes only one:"
    " give that one an exporter of opencensus.ext.opentelemetry.exporters instead"
)


def trace_integration(tracer: Any = None) -> None:
    """Give OpenTelemetry's API its providers; a second call only says where things go from now on.

    Args:
        tracer: Whose sampler, exporter and propagator are used; by default the current one.

    Raises:
        ValueError: There is no tracer.
        RuntimeError: OpenTelemetry has a provider of somebody else.
    """
    chosen: Any = execution_context.get_opencensus_tracer() if tracer is None else tracer
    if isinstance(chosen, NoopTracer):
        raise ValueError("OpenTelemetry cannot be integrated without a tracer: make one before")
    log.info("Integrated module: %s", MODULE_NAME)
    if tracer is not None:
        execution_context.set_opencensus_tracer(tracer)
    _provide_tracers(chosen)
    follow()


def _provide_tracers(chosen: Any) -> None:
    settings = {name: getattr(chosen, name, None) for name in ("sampler", "exporter", "propagator")}
    provider = api.get_tracer_provider()
    if isinstance(provider, api.ProxyTracerProvider):
        provider = TracerProvider(**settings, program=chosen)
        api.set_tracer_provider(provider)
    elif isinstance(provider, TracerProvider):
        vars(provider).update(settings, program=chosen)
    else:
        raise RuntimeError(REFUSED.format("TracerProvider"))
