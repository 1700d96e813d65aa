"""Configurations, tallies, documents and quotas: what is told of items.

Rules L31, L34 and L35.
"""

from __future__ import annotations

from typing import Any

import pytest

from openinsights_wire.envelope import Data, Envelope
from openinsights_wire.live import names
from openinsights_wire.live.configuration import Configuration, understood
from openinsights_wire.live.documents import (
    ALL_STREAMS,
    Quota,
    Sampler,
    document_of,
    duration_ms,
    iso_duration,
)
from openinsights_wire.live.items import Item, item_of
from openinsights_wire.live.messages import (
    ConfigurationInfo,
    DerivedMetricInfo,
    DocumentFilterGroup,
    DocumentStreamInfo,
    FilterGroup,
    FilterInfo,
    QuotaInfo,
    encode,
)
from openinsights_wire.live.tally import Tally
from openinsights_wire.types.event import EventData
from openinsights_wire.types.exception import ExceptionData, ExceptionDetails
from openinsights_wire.types.message import MessageData
from openinsights_wire.types.request import RequestData


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def item(base_type: str, data: Any, rate: float | None = None, **tags: str) -> Item:
    envelope = Envelope(
        time="2026-11-21T08:00:00Z", data=Data(base_type, data), sampleRate=rate, tags=tags
    )
    counted = item_of(envelope)
    assert counted is not None
    return counted


def request(
    duration: str = "00:00:00.100",
    success: bool = True,
    rate: float | None = None,
    **properties: str,
) -> Item:
    data = RequestData(
        id="1",
        duration=duration,
        responseCode="200",
        success=success,
        properties=properties or None,
    )
    return item("RequestData", data, rate)


def metric(
    name: str,
    projection: str = "Count()",
    aggregation: str = "Sum",
    *filters: FilterInfo,
    kind: str = "Request",
) -> DerivedMetricInfo:
    groups = [FilterGroup(list(filters))] if filters else []
    return DerivedMetricInfo(name, kind, groups, projection, aggregation, aggregation)


def stream(name: str, *kinds: str, filters: tuple[FilterInfo, ...] = ()) -> DocumentStreamInfo:
    return DocumentStreamInfo(
        name, [DocumentFilterGroup(kind, FilterGroup(list(filters))) for kind in kinds]
    )


def configured(
    *parts: DerivedMetricInfo | DocumentStreamInfo, quota: QuotaInfo | None = None
) -> Configuration:
    metrics = [part for part in parts if isinstance(part, DerivedMetricInfo)]
    streams = [part for part in parts if isinstance(part, DocumentStreamInfo)]
    return understood(ConfigurationInfo("7", metrics, streams, quota))


def values(tally: Tally, seconds: float = 1.0) -> dict[str, tuple[float, int]]:
    return {point.name: (point.value, point.weight) for point in tally.points(seconds)}


def test_rates_and_durations_count_what_was_sampled_out() -> None:
    tally = Tally(Configuration())
    tally.add(request("00:00:00.100", rate=25.0))
    tally.add(request("00:00:00.600", success=False))
    tally.add(item("ExceptionData", ExceptionData(exceptions=[ExceptionDetails("E", "m")]), 50.0))
    tally.add(item("EventData", EventData(name="e")))
    told = values(tally, 2.0)
    assert told[names.REQUESTS] == (2.5, 1)
    assert told[names.REQUESTS_FAILED] == (0.5, 1)
    assert told[names.REQUESTS_SUCCEEDED] == (2.0, 1)
    assert told[names.REQUEST_DURATION] == (200.0, 5)
    assert told[names.EXCEPTIONS] == (1.0, 1)
    assert told[names.DEPENDENCIES] == (0.0, 1)
    assert told[names.DEPENDENCY_DURATION] == (0.0, 0)


@pytest.mark.parametrize(
    ("projection", "aggregation", "expected"),
    [
        ("Count()", "Sum", (3.0, 3)),
        ("Duration", "Avg", (200.0, 3)),
        ("Duration", "Sum", (600.0, 3)),
        ("Duration", "Min", (100.0, 3)),
        ("Duration", "Max", (400.0, 3)),
        ("CustomDimensions.size", "Max", (7.0, 1)),
        ("CustomDimensions.absent", "Avg", (0.0, 0)),
        ("ResponseCode", "Avg", (200.0, 3)),
    ],
)
def test_derived_metric(projection: str, aggregation: str, expected: tuple[float, int]) -> None:
    tally = Tally(configured(metric("m", projection, aggregation)))
    tally.add(request("00:00:00.100", rate=50.0))
    tally.add(request("00:00:00.400", size="7"))
    tally.add(item("EventData", EventData(name="of another kind")))
    assert values(tally)["m"] == expected


def test_derived_metric_counts_what_passes_its_filters() -> None:
    failed = FilterInfo("Success", "Equal", "false")
    tally = Tally(configured(metric("m", "Count()", "Sum", failed)))
    tally.add(request())
    tally.add(request(success=False))
    assert values(tally)["m"] == (1.0, 1)


def test_what_cannot_be_followed_is_reported_and_the_rest_is_followed() -> None:
    nonsense = FilterInfo("Colour", "Equal", "red")
    configuration = configured(
        metric("good"),
        metric("good", "Duration", "Avg"),
        metric("field", "Count()", "Sum", nonsense),
        metric("projection", "Success", "Avg"),
        metric("aggregation", "Duration", "Median"),
        metric("kind", kind="Metric"),
        metric("cpu", names.PROCESSOR_TIME, "Avg", kind="PerformanceCounter"),
        metric("disk", r"\Disk\Reads", "Avg", kind="PerformanceCounter"),
        stream("all", "Request", "Trace"),
        stream("all", "Event"),
        stream("half", "Request", filters=(nonsense,)),
        stream("unknown", "Availability"),
    )
    assert [one.id for one in configuration.metrics] == ["good"]
    assert [one.id for one in configuration.streams] == ["all"]
    assert configuration.counters == (("cpu", names.PROCESSOR_TIME),)
    reported = [
        (error.collection_configuration_error_type, error.data[0].value)
        for error in configuration.errors
    ]
    assert reported == [
        ("MetricDuplicateIds", "good"),
        ("MetricFailureToCreate", "field"),
        ("MetricFailureToCreate", "projection"),
        ("MetricFailureToCreate", "aggregation"),
        ("MetricTelemetryTypeUnsupported", "kind"),
        ("PerformanceCounterUnexpected", "disk"),
        ("DocumentStreamDuplicateIds", "all"),
        ("DocumentStreamFailureToCreate", "half"),
        ("DocumentStreamFailureToCreate", "unknown"),
    ]
    assert b'"Data":[{"key":"Id","value":"good"},{"key":"ETag","value":"7"}]' in encode(
        configuration.errors[0]
    )


def test_quota_is_used_up_and_fills_up_again() -> None:
    clock = Clock()
    quota = Quota(
        QuotaInfo(max_quota=2.0, quota_accrual_rate_per_sec=0.5, initial_quota=1.0), clock
    )
    assert [quota.take(), quota.take()] == [True, False]
    clock.now += 1.9
    assert not quota.take()
    clock.now += 0.1
    assert quota.take()
    clock.now += 1_000
    assert [quota.take(), quota.take(), quota.take()] == [True, True, False]


def test_sample_names_the_streams_that_want_it_and_each_stream_has_its_quota() -> None:
    one_each = QuotaInfo(max_quota=1.0, quota_accrual_rate_per_sec=0.0, initial_quota=1.0)
    failed = FilterInfo("Success", "Equal", "false")
    configuration = configured(
        stream("all", "Request", "Event"),
        stream("failed", "Request", filters=(failed,)),
        quota=one_each,
    )
    sampler = Sampler(configuration, Clock())

    def streams(one: Item) -> list[str] | None:
        document = sampler.take(one)
        return None if document is None else document.document_stream_ids

    assert streams(request()) == ["all"]
    assert streams(request(success=False)) == ["failed"]
    assert streams(request(success=False)) is None
    assert streams(item("EventData", EventData(name="e"))) == ["all"]
    assert streams(item("MessageData", MessageData(message="m"))) is None


def test_documents_of_all_streams_together_have_a_quota() -> None:
    few = QuotaInfo(max_quota=2.0, quota_accrual_rate_per_sec=0.0)
    streams = [
        stream(f"s{number}", "Request", filters=(FilterInfo("Name", "Equal", f"n{number}"),))
        for number in range(30)
    ]
    sampler = Sampler(configured(*streams, quota=few), Clock())
    taken = 0
    for number in range(30):
        data = RequestData(id="1", duration="00:00:01", responseCode="200", name=f"n{number}")
        taken += sampler.take(item("RequestData", data)) is not None
    assert taken == 2 * ALL_STREAMS
    assert sampler.is_exhausted


def test_nobody_asked_means_no_documents() -> None:
    assert Sampler(Configuration(), Clock()).take(request()) is None


def test_document_tells_what_people_look_for() -> None:
    data = RequestData(
        id="1",
        duration="00:00:00.2411",
        responseCode="500",
        success=False,
        name="GET /cart",
        url="http://shop/cart",
        properties={f"p{index:02}": "v" for index in range(30)},
    )
    tags = {
        "ai.operation.id": "4bf9",
        "ai.operation.name": "GET /cart",
        "ai.cloud.role": "shop",
        "ai.cloud.roleInstance": "web-1",
    }
    document = document_of(item("RequestData", data, **tags))
    assert (document.document_type, document.name, document.url) == (
        "Request",
        "GET /cart",
        "http://shop/cart",
    )
    assert (document.response_code, document.success, document.duration) == (
        "500",
        False,
        "PT0.2411S",
    )
    assert (document.operation_id, document.cloud_role_name) == ("4bf9", "shop")
    assert [pair.key for pair in document.properties or ()] == [
        f"p{index:02}" for index in range(10)
    ]


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0, "PT0S"), (241, "PT0.241S"), (10_000, "PT10S"), (0.0001, "PT0.0000001S"), (-5, "PT0S")],
)
def test_duration_is_written_in_seconds(milliseconds: float, text: str) -> None:
    assert iso_duration(milliseconds) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT0.241S", 241.0),
        ("0.00:00:01.500", 1500.0),
        ("P0Y0M0DT0H0M1.5S", 1500.0),
        ("P0.0Y0.0M0.0DT0.0H1.0M0.5S", 60_500.0),
        ("P0.0Y0.0M0.0DT0.0H0.0M0.0.241S", None),
        ("P", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_duration_of_a_document_is_read_leniently(text: str | None, expected: float | None) -> None:
    assert duration_ms(text) == expected


def test_merged_tallies_say_what_one_would() -> None:
    configuration = configured(
        metric("sum"), metric("avg", "Duration", "Avg"), metric("max", "Duration", "Max")
    )
    items = [request("00:00:00.100", rate=50.0), request(success=False), request("00:00:03")]
    one, first, second = Tally(configuration), Tally(configuration), Tally(configuration)
    for counted in items:
        one.add(counted)
    first.add(items[0])
    second.add(items[1])
    second.add(items[2])
    first.merge(second)
    first.merge(Tally(configuration))
    assert values(first) == values(one)
