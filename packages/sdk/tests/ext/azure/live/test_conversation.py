"""What is said to the server and done with its replies; time and server are played by hand.

Rule L45.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.azure.live.attention import Attention, Heard
from opencensus.ext.azure.live.channel import Reply
from opencensus.ext.azure.live.collector import Collector
from opencensus.ext.azure.live.conversation import Conversation
from openinsights_wire.live import names
from openinsights_wire.live.messages import (
    ConfigurationInfo,
    DerivedMetricInfo,
    MonitoringDataPoint,
    encode,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WATCHED, UNWATCHED, FAILED = Reply(Heard.WATCHED), Reply(Heard.UNWATCHED), Reply(Heard.FAILED)


class Time:
    now = 0.0

    def ns(self) -> int:
        return 1_795_248_000 * 10**9 + round(self.now * 1e9)

    def monotonic(self) -> float:
        return self.now


class Line:
    """A server at the other end of the line that says what the test says."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.said: list[tuple[str, Any, str]] = []
        self.is_closed = False

    def ping(self, point: MonitoringDataPoint, etag: str) -> Reply:
        self.said.append(("ping", point, etag))
        return self.replies.pop(0)

    def post(self, points: Sequence[MonitoringDataPoint], etag: str) -> Reply:
        self.said.append(("post", list(points), etag))
        return self.replies.pop(0)

    def close(self) -> None:
        self.is_closed = True


class Exporter:
    """What a conversation needs of a sender."""

    def __init__(self) -> None:
        self.observers: list[Callable[..., None]] = []
        self.hurried: list[float | None] = []

    def hurry(self, interval_s: float | None) -> None:
        self.hurried.append(interval_s)


class Readings:
    def read(self) -> dict[str, float]:
        return {
            names.PHYSICAL_BYTES: 1e8,
            names.PROCESS_TIME: 5.0,
            names.APP_PROCESS_TIME: 5.0,
        }


class Played:
    def __init__(self) -> None:
        self.time = Time()
        self.line = Line()
        self.exporters = [Exporter(), Exporter()]
        self.conversation = Conversation(
            self.line,  # type: ignore[arg-type]
            Attention(self.time.monotonic),
            Collector(self.time.ns, self.time.monotonic),
            lambda: self.exporters,  # type: ignore[arg-type,return-value]
            MonitoringDataPoint(instance="web-1"),
            Readings,  # type: ignore[arg-type]
        )

    def hear(self, *replies: Reply) -> None:
        for reply in replies:
            self.line.replies.append(reply)
            self.time.now += self.conversation.wait_s
            self.conversation.step()

    @property
    def words(self) -> list[str]:
        return [word for word, _, _ in self.line.said]

    @property
    def observed(self) -> list[int]:
        return [len(exporter.observers) for exporter in self.exporters]


@pytest.fixture
def played() -> Played:
    return Played()


def test_nobody_watches_so_nothing_is_observed_and_nothing_posted(played: Played) -> None:
    played.hear(*[UNWATCHED] * 20)
    assert set(played.words) == {"ping"}
    assert played.observed == [0, 0]
    assert [exporter.hurried for exporter in played.exporters] == [[], []]


def test_exporters_are_observed_exactly_while_somebody_watches(played: Played) -> None:
    played.hear(UNWATCHED, WATCHED)
    assert played.observed == [1, 1]
    assert [exporter.hurried for exporter in played.exporters] == [[1.0], [1.0]]
    late = Exporter()
    played.exporters.append(late)
    played.hear(WATCHED, WATCHED)
    assert (played.observed, late.hurried) == ([1, 1, 1], [1.0])
    played.hear(UNWATCHED, UNWATCHED)
    assert played.observed == [0, 0, 0]
    assert [exporter.hurried[-1] for exporter in played.exporters] == [None] * 3
    assert played.words == ["ping", "ping", "post", "post", "post", "ping"]


def test_server_that_breaks_off_is_given_up_and_asked_again(played: Played) -> None:
    played.hear(WATCHED, *[FAILED] * 20)
    assert played.observed == [0, 0]
    played.hear(FAILED, WATCHED)
    assert played.words[-2:] == ["ping", "ping"]
    assert played.observed == [1, 1]


def test_first_posts_tell_counters_and_later_ones_a_second_each(played: Played) -> None:
    played.hear(*[WATCHED] * 6)
    posts = [points for word, points, _ in played.line.said if word == "post"]
    assert [[point.timestamp for point in points] for points in posts] == [
        [None],
        [None],
        ["2026-11-21T08:00:00.0000000Z"],
        ["2026-11-21T08:00:01.0000000Z"],
        ["2026-11-21T08:00:02.0000000Z"],
    ]
    told = {metric.name: metric.value for metric in posts[0][0].metrics}
    assert told == {names.PHYSICAL_BYTES: 1e8, names.PROCESS_TIME: 5.0}
    told = {metric.name: metric.value for metric in posts[-1][0].metrics}
    assert told[names.REQUESTS] == 0
    assert told[names.PHYSICAL_BYTES] == 1e8
    assert posts[-1][0].instance == "web-1"


def configuration(etag: str, *metrics: DerivedMetricInfo) -> bytes:
    return encode(ConfigurationInfo(etag, list(metrics), []))


def test_configuration_is_taken_from_post_or_ping_and_named_afterwards(played: Played) -> None:
    played.hear(Reply(Heard.WATCHED, "a", configuration("a")), WATCHED)
    assert [etag for _, _, etag in played.line.said] == ["", "a"]
    played.hear(Reply(Heard.WATCHED, "b", configuration("b")), Reply(Heard.WATCHED, "b"), WATCHED)
    assert [etag for _, _, etag in played.line.said][2:] == ["a", "b", "b"]


def test_configuration_is_forgotten_with_the_watch(played: Played) -> None:
    played.hear(WATCHED, Reply(Heard.WATCHED, "a", configuration("a")), UNWATCHED, WATCHED, WATCHED)
    assert [etag for _, _, etag in played.line.said] == ["", "", "a", "", ""]


def test_etag_without_a_configuration_is_not_remembered(played: Played) -> None:
    played.hear(Reply(Heard.WATCHED, "a"), WATCHED)
    assert [etag for _, _, etag in played.line.said] == ["", ""]


def test_configuration_that_is_no_json_is_not_taken(played: Played) -> None:
    played.hear(WATCHED, Reply(Heard.WATCHED, "a", b"<html>"), WATCHED)
    assert [etag for _, _, etag in played.line.said] == ["", "", ""]
    assert played.observed == [1, 1]


def test_counters_are_sent_as_asked_and_what_cannot_be_followed_is_reported(
    played: Played,
) -> None:
    asked = configuration(
        "a",
        DerivedMetricInfo("cpu", "PerformanceCounter", [], names.APP_PROCESS_TIME, "Avg", "Avg"),
        DerivedMetricInfo("odd", "Request", [], "Colour", "Avg", "Avg"),
    )
    played.hear(WATCHED, Reply(Heard.WATCHED, "a", asked), *[WATCHED] * 3)
    _, points, _ = played.line.said[-1]
    (point,) = points
    assert {metric.name: metric.value for metric in point.metrics}["cpu"] == 5.0
    (error,) = point.collection_configuration_errors
    assert error.collection_configuration_error_type == "MetricFailureToCreate"
    assert "Colour" in error.message


def test_silence_of_the_server_is_one_line_until_it_answered(
    played: Played, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "opencensus.ext.azure.live")
    silent = Reply(Heard.FAILED, detail="status 404 without an answer")
    played.hear(*[silent] * 30)
    (line,) = caplog.records
    assert line.levelno == logging.DEBUG
    assert "status 404" in line.getMessage()
    played.hear(UNWATCHED, *[silent] * 30)
    assert len(caplog.records) == 2


def test_end_leaves_exporters_as_they_were(played: Played) -> None:
    played.hear(WATCHED, WATCHED)
    played.conversation.end()
    assert played.observed == [0, 0]
    assert [exporter.hurried[-1] for exporter in played.exporters] == [None, None]
    assert played.line.is_closed
