"""Fixtures of the exporter's tests: exporters that end with their test, and what they sent."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.azure import metrics_exporter
from opencensus.stats import measure, stats, view
from opencensus.tags import TagMap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_numbers = itertools.count()


@pytest.fixture
def exporter_options(track_server: Any, tmp_path: Path) -> dict[str, Any]:
    return {
        "connection_string": track_server.connection_string,
        "storage_path": str(tmp_path / "storage"),
        "export_interval": 60,
    }


@pytest.fixture
def open_exporter(exporter_options: dict[str, Any]) -> Iterator[Callable[..., Any]]:
    opened: list[metrics_exporter.MetricsExporter] = []

    def open_one(**options: Any) -> metrics_exporter.MetricsExporter:
        exporter = metrics_exporter.new_metrics_exporter(**{**exporter_options, **options})
        opened.append(exporter)
        return exporter

    yield open_one
    for exporter in opened:
        exporter.shutdown()


class Recorded:
    """A view of a measure of its own, and what arrived of it."""

    def __init__(self, server: Any, made: Any, columns: tuple[str, ...] = ()) -> None:
        self.name = f"view {next(_numbers)} of the exporter's tests"
        self._server = server
        self._measure = measure.MeasureFloat(self.name, "", "1")
        stats.stats.view_manager.register_view(
            view.View(self.name, "", list(columns), self._measure, made)
        )

    def record(self, value: float, **tags: str) -> None:
        measurements = stats.stats.stats_recorder.new_measurement_map()
        measurements.measure_float_put(self._measure, value)
        measurements.record(TagMap(tags))

    @property
    def items(self) -> list[dict[str, Any]]:
        found = [item["data"]["baseData"] for item in self._server.accepted]
        return [data for data in found if data["metrics"][0]["name"] == self.name]

    @property
    def points(self) -> list[dict[str, Any]]:
        return [data["metrics"][0] for data in self.items]

    @property
    def values(self) -> list[float]:
        return [point["value"] for point in self.points]


@pytest.fixture
def recorded(track_server: Any) -> Callable[..., Recorded]:
    def make(made: Any, *columns: str) -> Recorded:
        return Recorded(track_server, made, columns)

    return make


@pytest.fixture
def track_answer() -> Any:
    from track_server import Answer

    return Answer
