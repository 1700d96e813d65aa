"""Runs of checks that a program makes itself."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.azure import availability
from opencensus.ext.azure.availability import AvailabilityExporter, track_availability
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.tracer import Tracer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def exporter(track_server: Any, tmp_path: Path) -> Iterator[AvailabilityExporter]:
    exporter = AvailabilityExporter(
        connection_string=track_server.connection_string,
        storage_path=str(tmp_path / "storage"),
        export_interval=0.1,
    )
    yield exporter
    exporter.shutdown()


def test_run_becomes_an_item_with_all_that_was_said(track_server: Any, exporter: Any) -> None:
    exporter.track_availability(
        "checkout",
        0.25,
        True,
        run_location="office",
        message="fine",
        id="run-1",
        properties={"basket": 3},
        measurements={"steps": 4, "nonsense": float("nan")},
        timestamp=1_700_000_000.5,
    )
    exporter.flush()
    (item,) = track_server.accepted
    assert item["name"] == "Microsoft.ApplicationInsights.Availability"
    assert item["time"].startswith("2023-11-14T22:13:20.5")
    assert item["data"]["baseType"] == "AvailabilityData"
    data = item["data"]["baseData"]
    assert data["duration"] == "0.00:00:00.250"
    assert data["properties"] == {"basket": "3"}
    assert data["measurements"] == {"steps": 4.0}
    told = [data[name] for name in ("id", "name", "success", "runLocation", "message")]
    assert told == ["run-1", "checkout", True, "office", "fine"]
    assert exporter.stats().sent == 1


def test_run_inside_of_a_span_belongs_to_its_operation(track_server: Any, exporter: Any) -> None:
    tracer = Tracer(sampler=AlwaysOnSampler())
    with tracer.span("check") as span:
        exporter.track_availability("checkout", 0.1, True)
    exporter.flush()
    (item,) = track_server.accepted
    assert item["tags"]["ai.operation.id"] == tracer.span_context.trace_id
    assert item["tags"]["ai.operation.parentId"] == span.span_id


def test_block_is_timed_and_fails_with_what_it_raises(track_server: Any, exporter: Any) -> None:
    with exporter.running("fine", run_location="office"):
        pass
    with pytest.raises(KeyError), exporter.running("broken"):
        raise KeyError("basket")
    exporter.flush()
    fine, broken = (item["data"]["baseData"] for item in track_server.accepted)
    assert (fine["name"], fine["success"], fine["runLocation"]) == ("fine", True, "office")
    assert (broken["name"], broken["success"]) == ("broken", False)
    assert broken["message"] == "KeyError: 'basket'"


def test_values_that_cannot_be_told_raise_nothing(exporter: Any, caplog: Any) -> None:
    with caplog.at_level(logging.WARNING):
        exporter.track_availability("checkout", "soon", True)
    assert "run of a check cannot be told of" in caplog.text


def test_processors_see_runs(track_server: Any, exporter: Any) -> None:
    exporter.add_telemetry_processor(lambda envelope: envelope.data.baseData.success)
    exporter.track_availability("checkout", 0.1, False)
    exporter.track_availability("checkout", 0.1, True)
    exporter.flush()
    assert [each["data"]["baseData"]["success"] for each in track_server.accepted] == [True]


def test_function_sends_by_the_environment(track_server: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(availability, "_default", None)
    monkeypatch.setenv("APPLICATIONINSIGHTS_CONNECTION_STRING", track_server.connection_string)
    track_availability("checkout", 0.1, True, run_location="office")
    exporter = availability._default
    assert exporter is not None
    exporter.shutdown()
    (item,) = track_server.accepted
    assert item["data"]["baseData"]["runLocation"] == "office"
