"""From metric points to envelopes: one value, or the sum and number of several."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from openinsights.ingest.otlp import conventions as named
from openinsights.ingest.otlp.counters import PERFORMANCE_COUNTERS
from openinsights.ingest.otlp.records import EXPONENTIAL_HISTOGRAM, HISTOGRAM, SUM, SUMMARY
from openinsights.ingest.otlp.values import is_no_name, properties, text, time_text
from openinsights_wire import tags as tag_names
from openinsights_wire.envelope import Data, Envelope
from openinsights_wire.types.metric import DataPoint, MetricData

if TYPE_CHECKING:
    from openinsights.ingest.otlp.deltas import Growth
    from openinsights.ingest.otlp.records import Attributes, Origin, Point

_MOST_COUNTED = 2**31 - 1

CLIENT_DURATIONS = ("http.client.request.duration", "http.client.duration")
SERVER_DURATIONS = ("http.server.request.duration", "http.server.duration")
COUNTED_ELSEWHERE = frozenset(
    (
        "http.server.request.size",
        "http.server.response.size",
        "http.server.active_requests",
        "http.client.request.size",
        "http.client.response.size",
    )
)
"""Metrics of HTTP libraries that Azure's exporter keeps to itself."""


def point_envelope(
    point: Point,
    origin: Origin,
    tags: dict[str, str],
    key: str,
    now_ns: int,
    growth: Growth,
) -> Envelope | None:
    """Return the envelope of a point, None when it has nothing to store.

    Args:
        point: what was measured.
        origin: the meter, as the instrumentation scope.
        tags: what its resource says.
        key: the instrumentation key.
        now_ns: the time of what has none.
        growth: turns totals into growth.
    """
    metric = point.metric
    if not point.has_value or metric.name in COUNTED_ELSEWHERE:
        return None
    if _grows(point):
        grown = growth.of(point, origin, key)
        if grown is None:
            return None
        point = grown
    if point.value is None and not point.count:
        return None
    data = _data_point(point)
    if not isfinite(data.value):
        return None
    kept = _standard(metric.name, point.attributes, tags)
    own = tags.copy()
    if named.is_synthetic(point.attributes):
        own[tag_names.OPERATION_SYNTHETIC_SOURCE] = "True"
    if kept is None:
        kept = properties(point.attributes, is_no_name)
    return Envelope(
        time=time_text(point.time_ns or now_ns),
        data=Data("MetricData", MetricData([data], properties=kept)),
        iKey=key,
        tags=own,
    )


def _grows(point: Point) -> bool:
    metric = point.metric
    if metric.kind == SUM:
        return metric.is_cumulative and metric.is_monotonic
    if metric.kind in (HISTOGRAM, EXPONENTIAL_HISTOGRAM):
        return metric.is_cumulative
    return metric.kind == SUMMARY  # which is always a total


def _data_point(point: Point) -> DataPoint:
    name = PERFORMANCE_COUNTERS.get(point.metric.name) or point.metric.name[:1024]
    if point.count is None:
        return DataPoint(name, point.value or 0.0, count=1)
    return DataPoint(
        name,
        point.value or 0.0,
        count=min(point.count, _MOST_COUNTED),
        min=_finite(point.minimum),
        max=_finite(point.maximum),
    )


def _finite(bound: float | None) -> float | None:
    return bound if bound is not None and isfinite(bound) else None


def _standard(name: str, attributes: Attributes, tags: dict[str, str]) -> dict[str, str] | None:
    """Return the dimensions of a metric that is a standard one in Azure, None for any other."""
    status = named.http_status(attributes)
    place = {
        "cloud/roleInstance": tags.get(tag_names.CLOUD_ROLE_INSTANCE, ""),
        "cloud/roleName": tags.get(tag_names.CLOUD_ROLE, ""),
    }
    succeeded = str(0 < status < 400)
    if name in CLIENT_DURATIONS:
        return {
            "_MS.MetricId": "dependencies/duration",
            "_MS.IsAutocollected": "True",
            "Dependency.Type": "http",
            "Dependency.Success": succeeded,
            "dependency/target": named.http_target(attributes, named.dependency_url(attributes)),
            "dependency/resultCode": str(status),
            **place,
        }
    if name in SERVER_DURATIONS:
        synthetic = bool(text(attributes.get("user_agent.synthetic.type")))
        return {
            "_MS.MetricId": "requests/duration",
            "_MS.IsAutocollected": "True",
            "request/resultCode": str(status),
            **({"operation/synthetic": "True"} if synthetic else {}),
            **place,
            "Request.Success": succeeded,
        }
    return None
