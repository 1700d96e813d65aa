"""A span that ended, as exporters receive it."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, Any

from opencensus.common import utils
from opencensus.trace import attributes
from opencensus.trace.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SpanData = collections.namedtuple(
    "_SpanData",
    (
        "name",
        "context",
        "span_id",
        "parent_span_id",
        "attributes",
        "start_time",
        "end_time",
        "child_span_count",
        "stack_trace",
        "annotations",
        "message_events",
        "links",
        "status",
        "same_process_as_parent_span",
        "span_kind",
    ),
)


class SpanData(_SpanData):
    """The immutable record of one span.

    `context` is the context of the whole trace, shared by all its spans. Printed, a status that
    says nothing but OK stands as None.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        fields = ", ".join(
            f"{name}={_printed(value)!r}" for name, value in zip(self._fields, self, strict=True)
        )
        return f"{type(self).__name__}({fields})"


def _printed(value: Any) -> Any:
    if isinstance(value, Status) and value.is_ok and value.message is None and not value.details:
        return None
    return value


def format_legacy_trace_json(span_datas: Sequence[SpanData]) -> dict[str, Any]:
    """Return the spans of one trace in the JSON form of OpenCensus 0.1; {} for no spans.

    The trace id is that of the first span.
    """
    if not span_datas:
        return {}
    return {
        "traceId": span_datas[0].context.trace_id,
        "spans": [_format_legacy_span_json(span_data) for span_data in span_datas],
    }


def _format_legacy_span_json(span_data: SpanData) -> dict[str, Any]:
    json: dict[str, Any] = {
        "displayName": utils.get_truncatable_str(span_data.name),
        "spanId": span_data.span_id,
        "startTime": span_data.start_time,
        "endTime": span_data.end_time,
        "childSpanCount": span_data.child_span_count,
        "kind": span_data.span_kind,
    }
    if span_data.parent_span_id is not None:
        json["parentSpanId"] = span_data.parent_span_id
    json.update(_format_parts(span_data))
    if span_data.status is not None:
        json["status"] = span_data.status.format_status_json()
    if span_data.same_process_as_parent_span is not None:
        json["sameProcessAsParentSpan"] = span_data.same_process_as_parent_span
    return json


def _format_parts(span_data: Any) -> dict[str, Any]:
    """Return the JSON of what a span and its data hold alike; empty parts are left out."""
    json: dict[str, Any] = {}
    if span_data.attributes:
        json["attributes"] = attributes.Attributes(span_data.attributes).format_attributes_json()
    if span_data.stack_trace is not None:
        json["stackTrace"] = span_data.stack_trace.format_stack_trace_json()
    time_events = list(_format_time_events(span_data))
    if time_events:
        json["timeEvents"] = {"timeEvent": time_events}
    if span_data.links:
        json["links"] = {"link": [link.format_link_json() for link in span_data.links]}
    return json


def _format_time_events(span_data: Any) -> Iterator[dict[str, Any]]:
    for annotation in span_data.annotations or ():
        yield {"time": annotation.timestamp, "annotation": annotation.format_annotation_json()}
    for event in span_data.message_events or ():
        yield {"time": event.timestamp, "message_event": event.format_message_event_json()}
