"""Counting by seconds: what comes unevenly is told evenly. Rule L42."""

from __future__ import annotations

from typing import Any

import pytest

from opencensus.ext.azure.live.collector import Collector
from openinsights_wire.envelope import Data, Envelope
from openinsights_wire.live import names
from openinsights_wire.live.configuration import understood
from openinsights_wire.live.messages import (
    ConfigurationInfo,
    DerivedMetricInfo,
    DocumentFilterGroup,
    DocumentStreamInfo,
    FilterGroup,
)
from openinsights_wire.stamps import TICKS_PER_SECOND, format_duration, format_time, parse_time
from openinsights_wire.types.message import MessageData
from openinsights_wire.types.request import RequestData

START = parse_time("2026-11-21T08:00:00Z") // TICKS_PER_SECOND


class Clock:
    """Time of day and steady time, set by hand."""

    def __init__(self) -> None:
        self.second = 0.0

    def time_ns(self) -> int:
        return 1_795_248_000 * 10**9 + round(self.second * 1e9)

    def monotonic(self) -> float:
        return self.second


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def collector(clock: Clock) -> Collector:
    return Collector(clock.time_ns, clock.monotonic)


def request(ended_at: float, seconds: float = 0.1, **more: Any) -> Envelope:
    started = round((START + ended_at - seconds) * TICKS_PER_SECOND)
    data = RequestData(id="1", duration=format_duration(seconds * 1000), responseCode="200")
    return Envelope(time=format_time(started), data=Data("RequestData", data), **more)


def rates(collector: Collector) -> list[tuple[int, float]]:
    """Return each second that is told now, counted from the start, with its requests."""
    told = []
    for one in collector.take():
        by_name = {point.name: point.value for point in one.metrics}
        told.append((one.second - START, by_name[names.REQUESTS]))
    return told


def test_second_is_told_once_when_its_items_had_time_to_come(
    collector: Collector, clock: Clock
) -> None:
    collector.observe([request(0.5)])
    clock.second = 2.2
    assert collector.take() == []
    clock.second = 2.25
    assert rates(collector) == [(0, 1)]
    assert collector.take() == []
    clock.second = 4.3
    assert rates(collector) == [(1, 0), (2, 0)]


def test_items_count_in_the_second_in_which_they_ended_however_their_batches_come(
    collector: Collector, clock: Clock
) -> None:
    clock.second = 1.0
    collector.observe([request(0.2), request(0.9, 3.0), request(0.95)])
    clock.second = 2.1
    collector.observe([request(0.99), request(1.5), request(2.0, sampleRate=10.0)])
    clock.second = 4.5
    assert rates(collector) == [(0, 3 + 1), (1, 1), (2, 10)]


def test_late_item_counts_in_the_oldest_second_that_was_not_told(
    collector: Collector, clock: Clock
) -> None:
    clock.second = 2.5
    assert rates(collector) == [(0, 0)]
    collector.observe([request(0.5)])
    clock.second = 3.5
    assert rates(collector) == [(1, 1)]


def test_items_from_before_somebody_watched_do_not_count(
    collector: Collector, clock: Clock
) -> None:
    collector.observe([request(-0.5), request(-900.0)])
    clock.second = 2.5
    assert rates(collector) == [(0, 0)]


def test_item_from_the_future_counts_now(collector: Collector, clock: Clock) -> None:
    collector.observe([request(7_200.0)])
    clock.second = 2.5
    assert rates(collector) == [(0, 1)]


def test_seconds_that_could_not_be_told_in_time_are_dropped(
    collector: Collector, clock: Clock
) -> None:
    collector.observe([request(0.5)])
    clock.second = 20.25
    assert [second for second, _ in rates(collector)] == [14, 15, 16, 17, 18]
    clock.second = 21.25
    assert rates(collector) == [(19, 0)]


def test_clock_that_was_set_back_harms_nothing(collector: Collector, clock: Clock) -> None:
    clock.second = 100.0
    assert len(collector.take()) == 5
    clock.second = 50.0
    assert collector.take() == []
    collector.observe([request(50.0)])
    clock.second = 52.25
    assert rates(collector) == [(50, 1)]


def test_restart_forgets_and_begins_with_the_present(collector: Collector, clock: Clock) -> None:
    collector.configure(CONFIGURED)
    collector.observe([request(0.5)])
    clock.second = 60.0
    collector.restart()
    clock.second = 62.25
    assert rates(collector) == [(60, 0)]
    assert collector.configuration.metrics == ()


CONFIGURED = understood(
    ConfigurationInfo(
        "1",
        [DerivedMetricInfo("m1", "Request", [], "Duration", "Max", "Max")],
        [DocumentStreamInfo("all", [DocumentFilterGroup("Trace", FilterGroup([]))])],
    )
)


def test_what_the_server_asks_for_is_counted_and_sampled(
    collector: Collector, clock: Clock
) -> None:
    collector.configure(CONFIGURED)
    line = Data("MessageData", MessageData(message="hello"))
    collector.observe(
        [
            request(0.5, 0.25),
            *(Envelope(time=format_time(START * TICKS_PER_SECOND), data=line) for _ in range(5)),
        ]
    )
    clock.second = 2.25
    (told,) = collector.take()
    assert {point.name: point.value for point in told.metrics}["m1"] == 250.0
    assert [document.message for document in told.documents] == ["hello"] * 3, "3 are the quota"
    assert not told.is_quota_reached


def test_configuration_that_changes_in_a_second_counts_from_the_next_on(
    collector: Collector, clock: Clock
) -> None:
    collector.observe([request(0.5)])
    collector.configure(CONFIGURED)
    collector.observe([request(0.6), request(1.5)])
    clock.second = 3.3
    first, second = collector.take()
    assert "m1" not in {point.name for point in first.metrics}
    assert "m1" in {point.name for point in second.metrics}


def test_whatever_processors_leave_harms_nothing(collector: Collector, clock: Clock) -> None:
    odd = request(0.5)
    odd.data.baseData = None  # type: ignore[assignment]
    timeless = request(0.5)
    timeless.time = "yesterday"
    slow = request(0.5)
    slow.data.baseData.duration = object()  # type: ignore[union-attr,assignment]
    collector.observe([odd, timeless, slow, "text", None, request(0.5)])  # type: ignore[list-item]
    clock.second = 2.25
    assert rates(collector) == [(0, 1)]
