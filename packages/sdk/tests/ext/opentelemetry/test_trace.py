"""Switching the bridge on, in a program where it is alone, twice, or not the first."""

from __future__ import annotations

from typing import Any

import pytest

from opencensus.trace import config_integration, samplers
from opencensus.trace.tracer import Tracer


def test_without_a_tracer_it_says_what_to_do(bridge: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert config_integration.trace_integrations(["opentelemetry"]) == []
    assert "make one before" in caplog.text


def test_another_provider_of_tracers_is_left_alone(
    bridge: Any, tracer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from opentelemetry.sdk.trace import TracerProvider

    from opencensus.ext.opentelemetry.trace import trace_integration

    others = TracerProvider(shutdown_on_exit=False)
    monkeypatch.setattr(bridge.trace, "_TRACER_PROVIDER", others)
    with pytest.raises(RuntimeError, match="TracerProvider of somebody else"):
        trace_integration(tracer)
    assert bridge.trace.get_tracer_provider() is others


def test_second_call_says_where_things_go_from_now_on(
    bridge: Any, tracer: Any, span_list: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from opentelemetry import _logs, metrics

    from opencensus.ext.opentelemetry.logs import LoggerProvider
    from opencensus.ext.opentelemetry.metering import MeterProvider
    from opencensus.ext.opentelemetry.trace import trace_integration

    meters, loggers = MeterProvider(), LoggerProvider()
    monkeypatch.setattr(bridge.trace, "_TRACER_PROVIDER", bridge.provider)
    monkeypatch.setattr(metrics._internal, "_METER_PROVIDER", meters)
    monkeypatch.setattr(_logs._internal, "_LOGGER_PROVIDER", loggers)
    other = type(span_list)()
    trace_integration(tracer)
    trace_integration(Tracer(exporter=other, sampler=samplers.AlwaysOnSampler()))
    with bridge.trace.get_tracer("shop").start_as_current_span("sell"):
        pass
    assert [span.name for span in other.spans] == ["sell"]
    assert span_list.spans == []
    assert loggers.exporter is other


def test_other_providers_of_metrics_and_records_keep_them(
    bridge: Any,
    tracer: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    from opentelemetry import _logs, metrics

    from opencensus.ext.opentelemetry.trace import trace_integration

    meters, loggers = metrics.NoOpMeterProvider(), _logs.NoOpLoggerProvider()
    monkeypatch.setattr(bridge.trace, "_TRACER_PROVIDER", bridge.provider)
    monkeypatch.setattr(metrics._internal, "_METER_PROVIDER", meters)
    monkeypatch.setattr(_logs._internal, "_LOGGER_PROVIDER", loggers)
    trace_integration(tracer)
    assert "for metrics already" in caplog.text
    assert "for log records already" in caplog.text
    assert metrics.get_meter_provider() is meters
    assert _logs.get_logger_provider() is loggers
