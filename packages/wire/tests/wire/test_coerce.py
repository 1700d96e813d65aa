"""Items: every accepted oddity of a field, and the error for what has no obvious meaning."""

from __future__ import annotations

import json
from math import inf, isnan
from typing import Any

import pytest

from openinsights_wire.base_types import ALIASES, BASE_TYPES
from openinsights_wire.decode import decode_body
from openinsights_wire.envelope import Envelope, item_count
from openinsights_wire.errors import WireError

SMALLEST: dict[str, dict[str, Any]] = {
    "RequestData": {"id": "1", "duration": "00:00:01", "responseCode": "200"},
    "RemoteDependencyData": {"name": "n", "duration": "00:00:01"},
    "ExceptionData": {"exceptions": [{"typeName": "ValueError", "message": "m"}]},
    "MessageData": {"message": "m"},
    "EventData": {"name": "n"},
    "MetricData": {"metrics": [{"name": "n", "value": 1.5}]},
    "PageViewData": {},
    "PageViewPerfData": {},
    "AvailabilityData": {"id": "1", "name": "n", "duration": "00:00:01", "success": True},
}
GOOD = {
    "time": "2026-11-21T07:19:39Z",
    "data": {"baseType": "EventData", "baseData": {"name": "sibling"}},
}


def decode(base_type: str, base: Any, **envelope: Any) -> Envelope | WireError:
    """Return what becomes of one item, sent between two good ones that must survive it."""
    item = {**GOOD, "data": {"baseType": base_type, "baseData": base}, **envelope}
    before, result, after = decode_body(json.dumps([GOOD, item, GOOD]).encode())
    assert isinstance(before, Envelope)
    assert isinstance(after, Envelope)
    return result


def base_data(base_type: str, **fields: Any) -> Any:
    result = decode(base_type, {**SMALLEST[base_type], **fields})
    assert isinstance(result, Envelope), result
    return result.data.baseData


# rule and name: (type, field sent, value sent, field read, value read)
FIELDS: dict[str, tuple[str, str, Any, str, Any]] = {
    "W20 an int": ("MessageData", "properties", {"lineNumber": 11}, "properties", {"lineNumber": "11"}),
    "W20 a float": ("MessageData", "properties", {"k": 1.5}, "properties", {"k": "1.5"}),
    "W20 a boolean": ("MessageData", "properties", {"k": True}, "properties", {"k": "true"}),
    "W20 null": ("MessageData", "properties", {"k": None}, "properties", {"k": ""}),
    "W20 a list": ("MessageData", "properties", {"k": [1, "ä"]}, "properties", {"k": '[1,"ä"]'}),
    "W20 an object": ("EventData", "properties", {"k": {"a": 1}}, "properties", {"k": '{"a":1}'}),
    "W20 NaN": ("EventData", "properties", {"k": float("nan")}, "properties", {"k": "NaN"}),
    "W20 a huge int": ("EventData", "properties", {"k": 10**30}, "properties", {"k": str(10**30)}),
    "W20 properties null": ("EventData", "properties", None, "properties", None),
    "W20 properties an empty list": ("EventData", "properties", [], "properties", {}),
    "W20 metric's dimension": ("MetricData", "properties", {"k": 1}, "properties", {"k": "1"}),
    "W20 beside a severity's name": (
        "MessageData", "properties", {"k": 1, "l": "x"}, "properties", {"k": "1", "l": "x"},
    ),
    "W21 an int": ("EventData", "measurements", {"m": 1}, "measurements", {"m": 1.0}),
    "W21 a numeric text": ("EventData", "measurements", {"m": "1.5"}, "measurements", {"m": 1.5}),
    "W21 null is left out": ("EventData", "measurements", {"m": None, "n": 1}, "measurements", {"n": 1.0}),
    "W21 Infinity": ("EventData", "measurements", {"m": inf, "n": -inf}, "measurements", {"m": inf, "n": -inf}),
    "W21 a text of Infinity": ("EventData", "measurements", {"m": "Infinity"}, "measurements", {"m": inf}),
    "W21 an int beyond all doubles": ("EventData", "measurements", {"m": 10**320, "n": -(10**320)}, "measurements", {"m": inf, "n": -inf}),
    "W21 an empty list": ("EventData", "measurements", [], "measurements", {}),
    "W22 a number": ("MessageData", "severityLevel", 4, "severityLevel", 4),
    "W22 absent": ("MessageData", "severityLevel", None, "severityLevel", None),
    "W22 Verbose": ("MessageData", "severityLevel", "Verbose", "severityLevel", 0),
    "W22 Information": ("MessageData", "severityLevel", "Information", "severityLevel", 1),
    "W22 warning": ("MessageData", "severityLevel", "warning", "severityLevel", 2),
    "W22 ERROR": ("ExceptionData", "severityLevel", "ERROR", "severityLevel", 3),
    "W22 Critical": ("ExceptionData", "severityLevel", "Critical", "severityLevel", 4),
    "W22 a numeric text": ("ExceptionData", "severityLevel", "2", "severityLevel", 2),
    "W24 as OpenCensus": ("RequestData", "duration", "0.00:00:00.022", "duration", "0.00:00:00.022"),
    "W24 an int of ms": ("RequestData", "duration", 22, "duration", "0.00:00:00.022"),
    "W24 a float of ms": ("RemoteDependencyData", "duration", 1.25, "duration", "0.00:00:00.00125"),
    "W24 an empty text": ("RequestData", "duration", "", "duration", ""),
    "W24 page timing as number": ("PageViewPerfData", "perfTotal", 1500, "perfTotal", "0.00:00:01.500"),
    "W24 page timing null": ("PageViewPerfData", "networkConnect", None, "networkConnect", None),
    "W25 a text": ("RequestData", "success", "False", "success", False),
    "W25 a text in lower case": ("RemoteDependencyData", "success", "true", "success", True),
    "W25 a number": ("AvailabilityData", "success", 0, "success", False),
    "W25 a numeric text": ("AvailabilityData", "success", "1", "success", True),
    "W25 null": ("RequestData", "success", None, "success", True),
    "W26 a numeric text": ("RequestData", "ver", "2", "ver", 2),
    "W26 a whole float": ("RequestData", "ver", 2.0, "ver", 2),
    "W27 null for a text": ("RequestData", "url", None, "url", None),
    "W28 a number as text": ("RequestData", "responseCode", 404, "responseCode", "404"),
    "W28 a number as id": ("RequestData", "id", 7, "id", "7"),
    "W28 a boolean as text": ("RemoteDependencyData", "resultCode", False, "resultCode", "false"),
    "W28 message of a number": ("MessageData", "message", 7, "message", "7"),
    "W29 referrerUri": ("PageViewData", "referrerUri", "http://a", "referrerUri", "http://a"),
    "W29 referredUri": ("PageViewData", "referredUri", "http://a", "referrerUri", "http://a"),
    "W29 referredUri of timings": ("PageViewPerfData", "referredUri", "http://a", "referrerUri", "http://a"),
}  # fmt: skip


@pytest.mark.parametrize("case", FIELDS.values(), ids=FIELDS.keys())
def test_an_oddity_of_a_field_is_accepted(case: tuple[str, str, Any, str, Any]) -> None:
    base_type, sent, value, read, expected = case
    found = getattr(base_data(base_type, **{sent: value}), read)
    assert found == expected
    assert type(found) is type(expected)


def test_nan_is_kept_where_numbers_stand() -> None:
    """W21: Python's json writes NaN; a value that is none is still a data point."""
    data = base_data("MetricData", metrics=[{"name": "n", "value": float("nan"), "max": inf}])
    assert isnan(data.metrics[0].value)
    assert data.metrics[0].max == inf
    assert isnan(base_data("EventData", measurements={"m": float("nan")})["measurements"]["m"])


POINTS: dict[str, tuple[dict[str, Any], str, Any]] = {
    "W21 an int": ({"value": 3}, "value", 3.0),
    "W21 a numeric text": ({"value": "3.5"}, "value", 3.5),
    "W21 too big for a double": ({"value": 10**400}, "value", inf),
    "W23 Measurement": ({"kind": "Measurement"}, "kind", 0),
    "W23 Aggregation": ({"kind": "Aggregation"}, "kind", 1),
    "W23 aggregation": ({"kind": "aggregation"}, "kind", 1),
    "W23 zero": ({"kind": 0}, "kind", 0),
    "W23 one": ({"kind": 1}, "kind", 1),
    "W23 absent": ({}, "kind", None),
    "W26 a whole float": ({"count": 4.0}, "count", 4),
    "W26 a numeric text": ({"count": "4"}, "count", 4),
    "W27 null": ({"count": None, "min": None, "ns": None}, "count", None),
}


@pytest.mark.parametrize("case", POINTS.values(), ids=POINTS.keys())
def test_an_oddity_of_a_data_point_is_accepted(case: tuple[dict[str, Any], str, Any]) -> None:
    sent, read, expected = case
    point = base_data("MetricData", metrics=[{"name": "n", "value": 1.5, **sent}]).metrics[0]
    assert point[read] == expected
    assert type(point[read]) is type(expected)


DETAILS: dict[str, tuple[dict[str, Any], str, Any]] = {
    "W30 a stack in place of frames": ({"parsedStack": "at a\nat b"}, "stack", "at a\nat b"),
    "W30 a stack beside a stack": ({"parsedStack": "p", "stack": "s"}, "stack", "s"),
    "W31 no message": ({"message": None}, "message", ""),
    "W27 no frames": ({"parsedStack": []}, "parsedStack", []),
    "W25 hasFullStack": ({"hasFullStack": "true"}, "hasFullStack", True),
    "W26 outerId": ({"outerId": "0"}, "outerId", 0),
}


@pytest.mark.parametrize("case", DETAILS.values(), ids=DETAILS.keys())
def test_an_oddity_of_an_exception_is_accepted(case: tuple[dict[str, Any], str, Any]) -> None:
    sent, read, expected = case
    details = {"typeName": "ValueError", "message": "m", **sent}
    assert base_data("ExceptionData", exceptions=[details]).exceptions[0][read] == expected


def test_frames_come_as_they_are_and_may_lack_a_method() -> None:
    """W31."""
    frames = [
        {"level": 0, "method": "f", "fileName": "a.py", "line": 3, "assembly": "x"},
        {"level": "1", "line": 4.0},
    ]
    details = {"typeName": "E", "message": "m", "parsedStack": frames}
    first, second = base_data("ExceptionData", exceptions=[details]).exceptions[0].parsedStack
    assert (first.level, first.method, first.fileName, first.line) == (0, "f", "a.py", 3)
    assert (second.level, second.method, second.fileName, second.line) == (1, "", None, 4)


# rule and name: (field sent, value sent, value read)
ENVELOPES: dict[str, tuple[str, Any, Any]] = {
    "W10 no name": ("name", None, ""),
    "W10 any name": ("name", "Microsoft.ApplicationInsights.abc.Request", "Microsoft.ApplicationInsights.abc.Request"),
    "W13 a time without a zone": ("time", "2026-11-21T07:19:39.799123", "2026-11-21T07:19:39.799123"),
    "W15 an int": ("sampleRate", 50, 50.0),
    "W15 a text": ("sampleRate", "50", 50.0),
    "W15 null": ("sampleRate", None, None),
    "W16 a number": ("tags", {"ai.device.type": 7}, {"ai.device.type": "7"}),
    "W16 null is left out": ("tags", {"ai.user.id": None, "a": "b"}, {"a": "b"}),
    "W16 no tags": ("tags", None, {}),
    "W16 an empty list": ("tags", [], {}),
    "W16 unknown tags": ("tags", {"my.tag": "x"}, {"my.tag": "x"}),
    "W17 a number as seq": ("seq", 12, "12"),
    "W17 somebody's seq": ("seq", "|acfm4:12", "|acfm4:12"),
    "W18 flags": ("flags", 0x200000, 0x200000),
    "W18 flags as text": ("flags", "2097152", 0x200000),
    "W18 flags of 64 bits": ("flags", 2**62 + 0.0, 2**62),
    "W27 iKey null": ("iKey", None, None),
    "W28 an iKey that is too long": ("iKey", "k" * 65, "k" * 64),
    "W28 a name that is too long": ("name", "n" * 1025, "n" * 1024),
    "W26 ver": ("ver", 1, 1),
}  # fmt: skip


@pytest.mark.parametrize("case", ENVELOPES.values(), ids=ENVELOPES.keys())
def test_an_oddity_of_the_envelope_is_accepted(case: tuple[str, Any, Any]) -> None:
    field, sent, expected = case
    result = decode("EventData", {"name": "n"}, **{field: sent})
    assert isinstance(result, Envelope), result
    assert result[field] == expected
    assert type(result[field]) is type(expected)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [*ALIASES.items(), ("requestdata", "RequestData"), ("PAGEVIEWDATA", "PageViewData")],
)
def test_an_alias_of_a_base_type_is_read_as_its_canonical_name(sent: str, expected: str) -> None:
    """W11."""
    result = decode(sent, SMALLEST[expected])
    assert isinstance(result, Envelope), result
    assert result.data.baseType == expected
    assert type(result.data.baseData) is BASE_TYPES[expected]


@pytest.mark.parametrize("base_type", SMALLEST)
def test_the_smallest_item_of_each_type_is_accepted(base_type: str) -> None:
    """W27: only required fields need to be there."""
    data = base_data(base_type)
    assert type(data) is BASE_TYPES[base_type]
    assert data.ver == 2


REQUIRED = [(base_type, field) for base_type, fields in SMALLEST.items() for field in fields]


@pytest.mark.parametrize("gone", ["absent", "null"])
@pytest.mark.parametrize(("base_type", "field"), REQUIRED)
def test_a_missing_required_field_is_named(base_type: str, field: str, gone: str) -> None:
    """W27."""
    fields = {**SMALLEST[base_type], field: None}
    if gone == "absent":
        del fields[field]
    result = decode(base_type, fields)
    assert isinstance(result, WireError)
    assert result.message.startswith(f"101: Field '{field}' on type '{base_type}' is required")


@pytest.mark.parametrize(
    ("base_type", "field"), [("MetricData", "metrics"), ("ExceptionData", "exceptions")]
)
def test_an_empty_list_of_what_the_item_is_about_is_refused(base_type: str, field: str) -> None:
    """W32."""
    result = decode(base_type, {field: []})
    assert isinstance(result, WireError)
    assert result.message.startswith(f"101: Field '{field}'")


def test_a_time_is_required() -> None:
    """W13."""
    result = decode("EventData", {"name": "n"}, time=None)
    assert isinstance(result, WireError)
    assert result.message.startswith("101: Field 'time' on type 'Envelope'")


# rule and name: (type, field, value, start of the error)
REFUSED: dict[str, tuple[str, str, Any, str]] = {
    "W20 properties a text": ("EventData", "properties", "x", "102: Field 'properties' on type 'EventData'"),
    "W20 properties a list": ("EventData", "properties", [1], "102: Field 'properties'"),
    "W21 measurements a number": ("EventData", "measurements", 5, "102: Field 'measurements'"),
    "W21 a text": ("EventData", "measurements", {"m": "fast"}, "102: Field 'measurements'"),
    "W21 a text with _": ("EventData", "measurements", {"m": "1_000"}, "102: Field 'measurements'"),
    "W21 a boolean": ("EventData", "measurements", {"m": True}, "102: Field 'measurements'"),
    "W21 an object": ("EventData", "measurements", {"m": {}}, "102: Field 'measurements'"),
    "W22 an unknown name": ("MessageData", "severityLevel", "Loud", "103: Field 'severityLevel' on type 'MessageData'"),
    "W22 five": ("MessageData", "severityLevel", 5, "103: Field 'severityLevel'"),
    "W22 minus one": ("ExceptionData", "severityLevel", -1, "103: Field 'severityLevel' on type 'ExceptionData'"),
    "W22 a float": ("MessageData", "severityLevel", 1.5, "103: Field 'severityLevel'"),
    "W22 huge": ("MessageData", "severityLevel", 10**50, "103: Field 'severityLevel'"),
    "W22 an object": ("MessageData", "severityLevel", {}, "103: Field 'severityLevel'"),
    "W24 negative": ("RequestData", "duration", -1, "103: Field 'duration' on type 'RequestData'"),
    "W24 NaN": ("RequestData", "duration", float("nan"), "103: Field 'duration'"),
    "W24 huge": ("RequestData", "duration", 10**30, "103: Field 'duration'"),
    "W24 a boolean": ("RequestData", "duration", True, "102: Field 'duration'"),
    "W24 an object": ("PageViewData", "duration", {}, "102: Field 'duration' on type 'PageViewData'"),
    "W25 a word": ("RequestData", "success", "maybe", "102: Field 'success'"),
    "W25 two": ("RequestData", "success", 2, "102: Field 'success'"),
    "W25 a list": ("AvailabilityData", "success", [True], "102: Field 'success'"),
    "W26 a word": ("RequestData", "ver", "two", "102: Field 'ver'"),
    "W26 a fraction": ("RequestData", "ver", 2.5, "102: Field 'ver'"),
    "W26 a boolean": ("RequestData", "ver", True, "102: Field 'ver'"),
    "W26 Infinity": ("RequestData", "ver", inf, "102: Field 'ver'"),
    "W26 more than 32 bits": ("RequestData", "ver", 2**31, "103: Field 'ver'"),
    "W26 more than any float": ("RequestData", "ver", 10**320, "102: Field 'ver'"),
    "W28 a list as text": ("RequestData", "name", ["x"], "102: Field 'name' on type 'RequestData'"),
    "W28 an object as text": ("MessageData", "message", {"m": 1}, "102: Field 'message'"),
    "W30 frames a number": ("ExceptionData", "exceptions", [{"typeName": "E", "message": "m", "parsedStack": 7}], "102: Field 'parsedStack' on type 'ExceptionDetails'"),
    "W30 a frame that is a text": ("ExceptionData", "exceptions", [{"typeName": "E", "message": "m", "parsedStack": ["x"]}], "102: Field 'parsedStack' on type 'ExceptionDetails'"),
    "W31 a frame without level": ("ExceptionData", "exceptions", [{"typeName": "E", "message": "m", "parsedStack": [{"method": "f"}]}], "101: Field 'level' on type 'StackFrame'"),
    "W32 exceptions a text": ("ExceptionData", "exceptions", "E", "102: Field 'exceptions'"),
    "W32 an exception that is a text": ("ExceptionData", "exceptions", ["E"], "102: Field 'exceptions' on type 'ExceptionData'"),
    "W32 metrics an object": ("MetricData", "metrics", {"name": "n"}, "102: Field 'metrics'"),
    "W23 an unknown kind": ("MetricData", "metrics", [{"name": "n", "value": 1, "kind": "Sum"}], "103: Field 'kind' on type 'DataPoint'"),
    "W23 two": ("MetricData", "metrics", [{"name": "n", "value": 1, "kind": 2}], "103: Field 'kind'"),
    "W21 no value": ("MetricData", "metrics", [{"name": "n"}], "101: Field 'value' on type 'DataPoint'"),
    "W21 a value that is a list": ("MetricData", "metrics", [{"name": "n", "value": []}], "102: Field 'value'"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_what_has_no_obvious_meaning_is_refused_by_name(case: tuple[str, str, Any, str]) -> None:
    base_type, field, value, expected = case
    result = decode(base_type, {**SMALLEST[base_type], field: value})
    assert isinstance(result, WireError)
    assert result.message.startswith(expected)
    assert result.status_code == 400
    assert len(result.message) < 400


ENVELOPES_REFUSED: dict[str, tuple[str, Any, str]] = {
    "W13 a time that is a number": ("time", [], "102: Field 'time' on type 'Envelope'"),
    "W15 a word": ("sampleRate", "half", "102: Field 'sampleRate' on type 'Envelope'"),
    "W15 a list": ("sampleRate", [50], "102: Field 'sampleRate'"),
    "W16 a text": ("tags", "x", "102: Field 'tags' on type 'Envelope'"),
    "W16 a list": ("tags", ["x"], "102: Field 'tags'"),
    "W17 an object": ("seq", {}, "102: Field 'seq'"),
    "W18 more than 64 bits": ("flags", 2**64, "103: Field 'flags'"),
    "W28 iKey an object": ("iKey", {}, "102: Field 'iKey'"),
    "W28 name a list": ("name", [], "102: Field 'name'"),
}


@pytest.mark.parametrize("case", ENVELOPES_REFUSED.values(), ids=ENVELOPES_REFUSED.keys())
def test_what_has_no_obvious_meaning_in_the_envelope_is_refused(case: tuple[str, Any, str]) -> None:
    field, value, expected = case
    result = decode("EventData", {"name": "n"}, **{field: value})
    assert isinstance(result, WireError)
    assert result.message.startswith(expected)


def test_texts_and_keys_are_cut_to_their_limits() -> None:
    """W28."""
    data = base_data(
        "EventData",
        name="n" * 513,
        properties={"k" * 151: "v" * 8193, "é" * 150: "v" * 8192},
        measurements={"m" * 151: 1},
    )
    assert data.name == "n" * 512
    assert data.properties == {"k" * 150: "v" * 8192, "é" * 150: "v" * 8192}
    assert data.measurements == {"m" * 150: 1.0}


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (None, 1), (100.0, 1), (50.0, 2), (33.3, 3), (25, 4), (0.01, 10_000), (99.9, 1),
        (0, 1), (-5, 1), (250, 1), (float("nan"), 1), (inf, 1), (1e-300, 2**31 - 1),
    ],
)  # fmt: skip
def test_a_sampled_item_stands_for_several(rate: float | None, expected: int) -> None:
    """W15."""
    assert item_count(rate) == expected
