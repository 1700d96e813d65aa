"""Makes this library what stands behind OpenTelemetry's API in this process."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from opentelemetry import _logs, metrics
from opentelemetry import trace as api

from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.ext.opentelemetry.current import follow
from opencensus.ext.opentelemetry.logs import LoggerProvider
from opencensus.ext.opentelemetry.metering import MeterProvider
from opencensus.ext.opentelemetry.tracing import TracerProvider
from opencensus.trace import execution_context
from opencensus.trace.tracers.noop_tracer import NoopTracer

if TYPE_CHECKING:
    from collections.abc import Container

log = logging.getLogger(__name__)

MODULE_NAME = "opentelemetry"

PROXIES = frozenset({"_ProxyMeterProvider", "ProxyLoggerProvider"})
"""What stands in OpenTelemetry's API for providers that nobody gave it; they have no public names."""

REFUSED = "OpenTelemetry has a TracerProvider of somebody else already, and takes only one"
LEFT = "OpenTelemetry has a provider of somebody else for %s already: they stay with that one"


def trace_integration(tracer: Any = None) -> None:
    """Give OpenTelemetry's API its providers; a second call only says where things go from now on.

    Args:
        tracer: Whose sampler, exporter and propagator are used; by default the current one.

    Raises:
        ValueError: There is no tracer.
        RuntimeError: OpenTelemetry has a provider of tracers of somebody else.
    """
    chosen: Any = execution_context.get_opencensus_tracer() if tracer is None else tracer
    if isinstance(chosen, NoopTracer):
        raise ValueError("OpenTelemetry cannot be integrated without a tracer: make one before")
    log.info("Integrated module: %s", MODULE_NAME)
    if tracer is not None:
        execution_context.set_opencensus_tracer(tracer)
    _provide_tracers(chosen)
    _provide_meters(chosen)
    _provide_loggers(chosen)
    follow()


def stand_in(tracer: Any, without: Container[str]) -> None:
    """Give OpenTelemetry's API a provider of tracers, unless it has one.

    Args:
        tracer: Whose sampler, exporter and propagator are used.
        without: Names of instrumentations whose spans are not recorded.
    """
    if isinstance(api.get_tracer_provider(), api.ProxyTracerProvider):
        provider = TracerProvider(**_settings_of(tracer), program=tracer, without=without)
        api.set_tracer_provider(provider)
        follow()


def _settings_of(tracer: Any) -> dict[str, Any]:
    return {name: getattr(tracer, name, None) for name in ("sampler", "exporter", "propagator")}


def _provide_tracers(chosen: Any) -> None:
    settings = _settings_of(chosen)
    provider = api.get_tracer_provider()
    if isinstance(provider, api.ProxyTracerProvider):
        provider = TracerProvider(**settings, program=chosen)
        api.set_tracer_provider(provider)
    elif isinstance(provider, TracerProvider):
        vars(provider).update(settings, program=chosen)
    else:
        raise RuntimeError(REFUSED)


def _provide_meters(chosen: Any) -> None:
    provider = metrics.get_meter_provider()
    if type(provider).__name__ in PROXIES:
        exporter = getattr(chosen, "exporter", None)
        metrics.set_meter_provider(MeterProvider(lambda: _metrics_exporter_like(exporter)))
    elif not isinstance(provider, MeterProvider):
        log.warning(LEFT, "metrics")


def _provide_loggers(chosen: Any) -> None:
    exporter = getattr(chosen, "exporter", None)
    provider: Any = _logs.get_logger_provider()
    if type(provider).__name__ in PROXIES:
        _logs.set_logger_provider(LoggerProvider(exporter))
    elif isinstance(provider, LoggerProvider):
        provider.exporter = exporter
    else:
        log.warning(LEFT, "log records")


def _metrics_exporter_like(exporter: Any) -> Any:
    """Return an exporter of metrics that sends to where spans go; None where that takes none.

    It sends what was added since the last interval, as exporters of OpenTelemetry for Azure do.
    """
    if not isinstance(exporter, AzureExporter):
        return None
    from opencensus.ext.azure.metrics_exporter import MetricsExporter

    return MetricsExporter(**{"delta": True, **exporter._given})
