from __future__ import annotations

from datetime import datetime, timezone

from opencensus.trace import link, span_data, status, time_event
from opencensus.trace.attributes import Attributes
from opencensus.trace.span_context import SpanContext
from opencensus.trace.stack_trace import StackTrace

_MOMENT = datetime(2020, 1, 1, tzinfo=timezone.utc)


def _data(**changes):
    facts = {
        "name": "root",
        "context": SpanContext("6" * 32),
        "span_id": "s",
        "parent_span_id": None,
        "attributes": None,
        "start_time": "start",
        "end_time": "end",
        "child_span_count": 0,
        "stack_trace": None,
        "annotations": None,
        "message_events": None,
        "links": None,
        "status": None,
        "same_process_as_parent_span": None,
        "span_kind": 0,
    }
    return span_data.SpanData(**{**facts, **changes})


def test_no_spans_are_an_empty_object():
    assert span_data.format_legacy_trace_json([]) == {}


def test_absent_parts_are_left_out():
    assert span_data.format_legacy_trace_json([_data()]) == {
        "traceId": "6" * 32,
        "spans": [
            {
                "displayName": {"value": "root", "truncated_byte_count": 0},
                "spanId": "s",
                "startTime": "start",
                "endTime": "end",
                "childSpanCount": 0,
                "kind": 0,
            }
        ],
    }


def test_present_parts_have_their_legacy_form():
    data = _data(
        parent_span_id="p",
        attributes={"key": 1},
        stack_trace=StackTrace(stack_trace_hash_id=1),
        annotations=[time_event.Annotation(_MOMENT, "note", Attributes({"a": True}))],
        message_events=[time_event.MessageEvent(_MOMENT, "id", 1, 5)],
        links=[link.Link("1", "2", link.Type.CHILD_LINKED_SPAN)],
        status=status.Status(1, "stopped", [{"why": "user"}]),
        same_process_as_parent_span=False,
    )
    (json,) = span_data.format_legacy_trace_json([data])["spans"]
    assert json["parentSpanId"] == "p"
    assert json["attributes"] == {"attributeMap": {"key": {"int_value": 1}}}
    assert json["stackTrace"] == {"stack_trace_hash_id": 1}
    assert json["timeEvents"]["timeEvent"] == [
        {
            "time": "2020-01-01T00:00:00.000000Z",
            "annotation": {
                "description": {"value": "note", "truncated_byte_count": 0},
                "attributes": {"attributeMap": {"a": {"bool_value": True}}},
            },
        },
        {
            "time": "2020-01-01T00:00:00.000000Z",
            "message_event": {
                "id": "id",
                "type": 1,
                "uncompressed_size_bytes": 5,
                "compressed_size_bytes": 5,
            },
        },
    ]
    assert json["links"] == {"link": [{"trace_id": "1", "span_id": "2", "type": 1}]}
    assert json["status"] == {"code": 1, "message": "stopped", "details": [{"why": "user"}]}
    assert json["sameProcessAsParentSpan"] is False
