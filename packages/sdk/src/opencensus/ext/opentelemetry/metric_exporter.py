"""The exporter of metrics for programs that keep OpenTelemetry's SDK."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.sdk import metrics as instruments
from opentelemetry.sdk.metrics import export as sdk

# Imported before a program makes a provider: of exit handlers the last comes first, so that providers
# export a last time while senders are still there.
from opencensus.ext.azure.common import lifetime  # noqa: F401
from opencensus.ext.azure.common.text import as_text
from opencensus.ext.azure.metrics_exporter import MetricsExporter
from opencensus.ext.azure.metrics_exporter.envelopes import (
    AGGREGATION,
    MAX_COUNT,
    buckets,
    envelope,
)
from opencensus.ext.opentelemetry.resources import tags_of
from opencensus.metrics.export.value import Bucket, BucketOptions, Explicit, ValueDistribution
from openinsights_wire.envelope import Envelope
from openinsights_wire.types.metric import DataPoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opencensus.metrics.export.metric import Metric

log = logging.getLogger(__name__)

DELTA: Final = sdk.AggregationTemporality.DELTA
GROWTH: Final[dict[type, sdk.AggregationTemporality]] = {
    instruments.Counter: DELTA,
    instruments.Histogram: DELTA,
    instruments.ObservableCounter: DELTA,
}
"""Of what rises and falls, the present value is sent."""


class _Sending(MetricsExporter):
    """Sends envelopes that are made already."""

    def _convert(self, metric: Metric | Envelope) -> list[Envelope]:
        return [metric] if isinstance(metric, Envelope) else super()._convert(metric)


class MetricExporter(sdk.MetricExporter):
    """Sends metrics of OpenTelemetry's SDK as custom metrics: what was added since the last export.

    Args:
        options: Those of all exporters, see `common.options`; `delta=False` sends totals.

    Raises:
        ValueError: An option is missing or wrong.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(preferred_temporality=GROWTH if options.get("delta", True) else None)
        self.exporter: MetricsExporter = _Sending(**options)
        """What sends."""

    def export(
        self, metrics_data: sdk.MetricsData, timeout_millis: float = 10_000, **kwargs: Any
    ) -> sdk.MetricExportResult:
        """Send metrics; return when they were sent or kept, after the time given at most.

        Never raises; one that cannot be converted fails the call.
        """
        result = sdk.MetricExportResult.SUCCESS
        for of_resource in metrics_data.resource_metrics:
            tags = tags_of(of_resource.resource, self.exporter.options)
            for scope in of_resource.scope_metrics:
                for metric in scope.metrics:
                    try:
                        for one in self._envelopes(metric, tags):
                            self.exporter._sender.put(one)
                    except Exception:
                        # Attributes may hold objects of the host.
                        log.warning("a metric of OpenTelemetry cannot be exported", exc_info=True)
                        result = sdk.MetricExportResult.FAILURE
        self.exporter.flush(timeout_millis / 1000)
        return result

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Send what was exported before; return whether that was done within the time."""
        return self.exporter.flush(timeout_millis / 1000)

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        """Send what waits within the time, and end the thread."""
        self.exporter.shutdown(timeout_millis / 1000)

    def _envelopes(self, metric: sdk.Metric, tags: dict[str, str]) -> Iterator[Envelope]:
        for point in metric.data.data_points:
            found = _data_point(metric.name, point)
            if found is None:
                continue
            properties = {
                str(name): as_text(value) for name, value in (point.attributes or {}).items()
            }
            for name, text in _buckets(point).items():
                properties.setdefault(name, text)
            yield envelope(
                found,
                datetime.fromtimestamp(point.time_unix_nano / 1e9, timezone.utc),
                self.exporter.options.instrumentation_key,
                {**self.exporter._tags, **tags},
                properties,
            )


def _data_point(name: str, point: Any) -> DataPoint | None:
    """Return a point as the wire writes it; None for nothing and for what is no number."""
    if isinstance(point, sdk.NumberDataPoint):
        number = float(point.value)
        return DataPoint(name=name, ns=name, value=number) if isfinite(number) else None
    if not point.count or not isfinite(point.sum):
        return None
    return DataPoint(
        name=name,
        ns=name,
        value=float(point.sum),
        kind=AGGREGATION,
        count=min(point.count, MAX_COUNT),
        min=_finite(point.min),
        max=_finite(point.max),
    )


def _finite(number: float | None) -> float | None:
    return float(number) if number is not None and isfinite(number) else None


def _buckets(point: Any) -> dict[str, str]:
    """Return the buckets of a histogram as a dimension; those up to 0 are one, as in ours."""
    bounds = [bound for bound in getattr(point, "explicit_bounds", ()) if bound > 0]
    if not bounds:
        return {}
    first = len(point.bucket_counts) - len(bounds)
    counts = [sum(point.bucket_counts[:first]), *point.bucket_counts[first:]]
    options = BucketOptions(Explicit(bounds))
    return buckets(ValueDistribution(point.count, point.sum, 0, options, list(map(Bucket, counts))))
