"""Messages: what clients write is read, what we write is what the protocol says.

Rules L30 and L31.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from openinsights_wire.errors import WireError
from openinsights_wire.live.messages import (
    MAX_ENTRIES,
    MAX_POINTS,
    TEXT_LENGTH,
    ConfigurationInfo,
    DerivedMetricInfo,
    Document,
    DocumentFilterGroup,
    DocumentStreamInfo,
    FilterGroup,
    FilterInfo,
    KeyValue,
    MetricPoint,
    MonitoringDataPoint,
    QuotaInfo,
    decode_configuration,
    decode_points,
    encode,
    ticks_of,
)
from openinsights_wire.stamps import parse_time

PING = MonitoringDataPoint(
    version="py3.12.1:oc0.12.0:ext1.2.0",
    invariant_version=5,
    instance="web-1",
    role_name="shop",
    machine_name="host",
    stream_id="0af7651916cd43dd8448eb211c80319c",
    performance_collection_supported=True,
)

DOTNET_POST = rb"""[{"CollectionConfigurationErrors":null,"Documents":[
 {"__type":"RequestTelemetryDocument:http://schemas.microsoft.com/applicationinsights",
  "DocumentStreamIds":["all"],"DocumentType":"Request","OperationName":"GET Home\/Index",
  "Properties":[{"key":"tier","value":"gold"}],"Version":"1.1","Id":"9f3b",
  "Timestamp":"\/Date(1795248000123)\/","Duration":"PT0.2411375S","Name":"GET Home\/Index",
  "OperationId":"4bf92f35","ResponseCode":"500","Success":false,"Url":"http:\/\/shop\/"},
 {"__type":"DependencyTelemetryDocument:x","Name":"SQL","Target":"db"}],
 "GlobalDocumentQuotaReached":false,"Instance":"RD0003","InstrumentationKey":"2f1d","IsWebApp":false,
 "InvariantVersion":5,"MachineName":"RD0003","RoleName":"shop",
 "Metrics":[{"Name":"\\ApplicationInsights\\Requests\/Sec","Value":12.5,"Weight":1},
            {"Name":"\\ApplicationInsights\\Request Duration","Value":40.25,"Weight":13}],
 "PerformanceCollectionSupported":true,"ProcessorCount":4,"StreamId":"a1","Timestamp":"\/Date(1795248001000)\/",
 "TopCpuProcesses":[{"CpuPercentage":7,"ProcessName":"w3wp"}],"TopCpuDataAccessDenied":false,
 "TransmissionTime":"\/Date(1795248001050)\/","Version":"dotnet:2.22.0-1"}]"""


def test_point_of_dotnet_is_read_whole() -> None:
    (point,) = decode_points(DOTNET_POST)
    assert (point.version, point.instance, point.role_name) == ("dotnet:2.22.0-1", "RD0003", "shop")
    assert point.metrics == [
        MetricPoint("\\ApplicationInsights\\Requests/Sec", 12.5, 1),
        MetricPoint("\\ApplicationInsights\\Request Duration", 40.25, 13),
    ]
    assert point.documents is not None
    request, dependency = point.documents
    assert request.document_type == "Request"
    assert request.document_stream_ids == ["all"]
    assert request.properties == [KeyValue("tier", "gold")]
    assert (request.success, request.response_code, request.url) == (False, "500", "http://shop/")
    assert (dependency.document_type, dependency.target) == ("RemoteDependency", "db")
    assert ticks_of(point.timestamp) == parse_time("2026-11-21T08:00:01Z")
    assert [one.process_name for one in point.top_cpu_processes or ()] == ["w3wp"]


def test_ping_has_every_field_that_the_service_requires_and_no_other() -> None:
    assert json.loads(encode(PING)) == {
        "Version": "py3.12.1:oc0.12.0:ext1.2.0",
        "InvariantVersion": 5,
        "Instance": "web-1",
        "RoleName": "shop",
        "MachineName": "host",
        "StreamId": "0af7651916cd43dd8448eb211c80319c",
        "IsWebApp": False,
        "PerformanceCollectionSupported": True,
    }
    empty = json.loads(encode(MonitoringDataPoint()))
    assert empty["Instance"] == empty["StreamId"] == ""


def test_one_point_alone_is_as_good_as_an_array_and_nothing_is_no_point() -> None:
    assert decode_points(encode(PING)) == decode_points(encode([PING]))
    assert decode_points(b"") == decode_points(b"  \n") == decode_points(b"[]") == []


@pytest.mark.parametrize("body", [b"{", b"nonsense", b"17", b'"text"', b"null", b"[" * 100_000])
def test_body_of_another_shape_is_an_error(body: bytes) -> None:
    with pytest.raises(WireError, match="cannot read the"):
        decode_points(body)
    with pytest.raises(WireError, match="cannot read the"):
        decode_configuration(body)


def test_fields_of_the_wrong_type_count_as_absent() -> None:
    body = b"""[{"Version":17,"Instance":["a"],"InvariantVersion":"5","Metrics":[
        {"Name":"a","Value":1},{"Name":"b","Value":"2","Weight":1},{"Name":"c","Value":true,"Weight":1},
        {"Name":"d","Value":NaN,"Weight":1},{"Value":1,"Weight":1},7,
        {"Name":"e","Value":3.5,"Weight":null}],
        "Documents":[3,{"DocumentType":"Trace","Message":null,"Success":"no","Properties":[{"value":1}]}]}]"""
    (point,) = decode_points(body)
    assert (point.version, point.instance, point.invariant_version) == ("17", "", 0)
    assert point.metrics == [MetricPoint("a", 1.0, 1), MetricPoint("e", 3.5, 1)]
    assert point.documents == [
        Document(document_type="Trace", document_stream_ids=[], properties=[KeyValue("", "1")])
    ]


def test_lists_and_texts_are_bounded() -> None:
    metrics = [{"Name": f"m{index}", "Value": index, "Weight": 1} for index in range(3_000)]
    points = [{"Version": str(index), "Metrics": metrics} for index in range(MAX_POINTS + 5)]
    read = decode_points(json.dumps(points).encode())
    assert len(read) == MAX_POINTS
    assert read[-1].version == str(MAX_POINTS + 4)
    assert len(read[0].metrics or ()) == MAX_ENTRIES
    long = {"Documents": [{"DocumentType": "Trace", "Message": "x" * 100_000}]}
    (point,) = decode_points(json.dumps(long).encode())
    assert point.documents is not None
    assert len(point.documents[0].message or "") == TEXT_LENGTH


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/Date(1795248000123)/", "2026-11-21T08:00:00.123Z"),
        ("/Date(1795248000123+0100)/", "2026-11-21T08:00:00.123Z"),
        ("\\/Date(0)\\/", "1970-01-01T00:00:00Z"),
        ("2026-11-21T08:00:00.1234567Z", "2026-11-21T08:00:00.1234567Z"),
        ("2026-11-21T09:00:00+01:00", "2026-11-21T08:00:00Z"),
    ],
)
def test_time_is_iso_or_a_serialized_date(text: str, expected: str) -> None:
    assert ticks_of(text) == parse_time(expected)


@pytest.mark.parametrize("text", [None, "", "now", "/Date()/", "/Date(999999999999999)/"])
def test_time_that_says_nothing_is_none(text: str | None) -> None:
    assert ticks_of(text) is None


CONFIGURATION = ConfigurationInfo(
    e_tag="7f",
    metrics=[
        DerivedMetricInfo(
            "m1",
            "Request",
            [FilterGroup([FilterInfo("Duration", "GreaterThan", "0.00:00:01")])],
            "Count()",
            "Sum",
            "Sum",
        )
    ],
    document_streams=[
        DocumentStreamInfo(
            "all",
            [
                DocumentFilterGroup("Request", FilterGroup([])),
                DocumentFilterGroup("Trace", FilterGroup([])),
            ],
        )
    ],
    quota_info=QuotaInfo(30.0, 0.5, 3.0),
)


def test_configuration_is_written_as_the_service_writes_it_and_read_back() -> None:
    written = json.loads(encode(CONFIGURATION))
    assert written == {
        "ETag": "7f",
        "Metrics": [
            {
                "Id": "m1",
                "TelemetryType": "Request",
                "FilterGroups": [
                    {
                        "Filters": [
                            {
                                "FieldName": "Duration",
                                "Predicate": "GreaterThan",
                                "Comparand": "0.00:00:01",
                            }
                        ]
                    }
                ],
                "Projection": "Count()",
                "Aggregation": "Sum",
                "BackEndAggregation": "Sum",
            }
        ],
        "DocumentStreams": [
            {
                "Id": "all",
                "DocumentFilterGroups": [
                    {"TelemetryType": "Request", "Filters": {"Filters": []}},
                    {"TelemetryType": "Trace", "Filters": {"Filters": []}},
                ],
            }
        ],
        "QuotaInfo": {"MaxQuota": 30.0, "QuotaAccrualRatePerSec": 0.5, "InitialQuota": 3.0},
    }
    assert decode_configuration(encode(CONFIGURATION)) == CONFIGURATION


def test_configuration_with_nulls_asks_for_nothing() -> None:
    body = b'{"ETag":null,"Metrics":null,"DocumentStreams":null,"QuotaInfo":null}'
    assert decode_configuration(body) == ConfigurationInfo("", [], [])


KEYS = st.sampled_from(
    [
        "Version",
        "Metrics",
        "Name",
        "Value",
        "Weight",
        "Documents",
        "DocumentType",
        "Properties",
        "ETag",
        "DocumentStreams",
        "DocumentFilterGroups",
        "Filters",
        "QuotaInfo",
        "MaxQuota",
        "key",
    ]
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=300)
@example(b"[" * 50_000)
@example(b'{"a":' * 50_000)
@example(b"\xef\xbb\xbf[{}]")
@example(b'[{"Metrics":[{"Name":"a","Value":1e999,"Weight":1e999}]}]')
@example(b'[{"InvariantVersion":' + b"9" * 6_000 + b"}]")
@example(b'[{"Version":' + b"9" * 6_000 + b"}]")
def test_reading_is_total_and_what_was_read_can_be_written(body: bytes) -> None:
    for read in (decode_points, decode_configuration):
        try:
            value: Any = read(body)
        except WireError:
            continue
        assert read(encode(value)) == value
