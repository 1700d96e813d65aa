"""A span as Zipkin's second model writes it in JSON.

Source: zipkin2-api.yaml of openzipkin/zipkin-api.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opencensus.common import utils
from opencensus.trace import _canonical_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from opencensus.trace.span_data import SpanData

KINDS: dict[int, str | None] = {0: None, 1: "SERVER", 2: "CLIENT"}
"""What Zipkin calls a kind of span; None where it has no word."""

ERROR = "error"
"""The tag by which Zipkin knows a span that failed."""

MAX_TEXT_BYTES = 8192
"""The most that a tag's or an annotation's text keeps."""

_CODES = {code: name for name, code in vars(_canonical_code).items() if name.isupper()}


def to_zipkin(span: SpanData, local_endpoint: Mapping[str, Any]) -> dict[str, Any]:
    """Return a span in Zipkin's form.

    Args:
        span: It has ended.
        local_endpoint: The service that recorded it.

    Raises:
        ValueError: It has a moment that is in no form of ours.
    """
    began_us = _microseconds(span.start_time)
    written: dict[str, Any] = {
        "traceId": span.context.trace_id,
        "id": str(span.span_id),
        "name": clean(span.name),
        "timestamp": began_us,
        # A clock may have been set back meanwhile, and no duration is less than one.
        "duration": max(1, _microseconds(span.end_time) - began_us),
        "localEndpoint": dict(local_endpoint),
        "tags": _tags(span),
        "annotations": _annotations(span.annotations),
    }
    kind = KINDS.get(span.span_kind or 0)
    if kind is not None:
        written["kind"] = kind
    if span.parent_span_id is not None:
        written["parentId"] = str(span.parent_span_id)
    return written


def clean(value: Any) -> str:
    """Return a value as a text that can be encoded and is not too long."""
    text = str(value).encode("utf-8", "replace").decode("utf-8")
    return utils.check_str_length(text, MAX_TEXT_BYTES)[0]


def _tags(span: SpanData) -> dict[str, str]:
    attributes = span.attributes or {}
    tags = {
        clean(key): clean(value)
        for key, value in attributes.items()
        if isinstance(value, str | bool | int | float)
    }
    status = span.status
    if status is not None and not status.is_ok:
        said = clean(status.message or _CODES.get(status.canonical_code, status.canonical_code))
        tags.setdefault(ERROR, said)
    return tags


def _annotations(annotations: Iterable[Any] | None) -> list[dict[str, Any]]:
    return [
        {"timestamp": _microseconds(one.timestamp), "value": clean(one.description)}
        for one in annotations or ()
    ]


def _microseconds(moment: str) -> int:
    return round(utils.timestamp_to_microseconds(moment))
