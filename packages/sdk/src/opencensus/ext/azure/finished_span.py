"""A finished span as the conversion reads it: the fields of a record, and only the parts it has."""

from __future__ import annotations

from typing import Any

from opencensus.common import utils

NS_PER_TICK = 100


class FinishedSpan:
    """Reads like a ``SpanData`` whose parts are None where the span never had any.

    ``ticks`` is how long the span lasted, in 100 ns; None where only its times as text are known.
    """

    # Hot path, once per sampled span: a record would format the times and make the empty parts.
    __slots__ = (
        "annotations",
        "attributes",
        "context",
        "links",
        "message_events",
        "name",
        "parent_span_id",
        "span",
        "span_id",
        "span_kind",
        "stack_trace",
        "start_time",
        "status",
        "ticks",
    )

    def __init__(self, span: Any, context: Any) -> None:
        parent = span.parent_span
        self.span = span
        self.name = span.name
        self.context = context
        self.span_id = span.span_id
        self.parent_span_id = parent.span_id if parent else None
        self.attributes = span.attributes
        self.stack_trace = span.stack_trace
        self.annotations = span._annotations
        self.message_events = span._message_events
        self.links = span._links
        self.status = span._status
        self.span_kind = span.span_kind
        start_ns, end_ns = span._start_ns, span._end_ns
        self.ticks = max(0, end_ns - start_ns) // NS_PER_TICK if start_ns and end_ns else None
        self.start_time = utils.iso_text(start_ns) if start_ns else span.start_time

    @property
    def end_time(self) -> str | None:
        """When it ended, as ISO text."""
        text: str | None = self.span.end_time
        return text
