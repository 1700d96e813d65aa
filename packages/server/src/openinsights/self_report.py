"""The server's own health as telemetry, in a resource of its own, sent by our client.

The client sends over the loopback address like any application. No loop comes of it: what is sent
is a fixed number of metrics per interval whatever the server does, the server does not count the
bodies of its own resource, and what cannot be sent is dropped and not kept.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from openinsights.catalog.own_resource import NAME, own_resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openinsights.catalog.resources import ResourceStore
    from openinsights.meters import Family, Meters

logger = logging.getLogger(__name__)


class SelfReport:
    """Sends what is measured, each interval, from a thread of its own.

    The resource is made, and the client loaded, when the first interval has passed.

    Args:
        meters: what is sent.
        resources: where the resource is.
        url: of this server.
        interval_s: seconds between two reports.
        fingerprint: of the certificate that this server shows; None for plain HTTP.
    """

    def __init__(
        self,
        meters: Meters,
        resources: ResourceStore,
        url: str,
        interval_s: float,
        fingerprint: str | None = None,
    ) -> None:
        self._meters = meters
        self._resources = resources
        self._url = url
        self._interval_s = interval_s
        self._fingerprint = fingerprint
        self._closing = threading.Event()
        self._exporter: Any = None  # of the client, which is loaded late
        self._thread = threading.Thread(
            target=self._begin, name="openinsights-self-report", daemon=True
        )

    def start(self) -> None:
        """Begin with the first interval."""
        self._thread.start()

    def stop(self) -> None:
        """Send nothing more: the server is about to stop."""
        self._closing.set()
        if self._exporter is not None:
            self._exporter.stop_reading()
            # its connection is closed: the server would wait for it
            self._exporter.shutdown(timeout=0)

    def close(self) -> None:
        """End the threads."""
        self.stop()
        if self._thread.ident is not None:
            self._thread.join()

    def _begin(self) -> None:
        if self._closing.wait(self._interval_s):
            return
        try:
            resource = own_resource(self._resources)
            from opencensus.ext.azure.metrics_exporter import MetricsExporter

            self._exporter = MetricsExporter(
                connection_string=(
                    f"InstrumentationKey={resource.instrumentation_key};"
                    f"IngestionEndpoint={self._url}"
                ),
                # its names may be others than the address that the reports take
                certificates=self._fingerprint,
                export_interval=self._interval_s,
                enable_local_storage=False,
                delta=True,
                cloud_role_name=NAME,
            )
            self._exporter.read([_Producer(self._meters)])
        except Exception:
            logger.exception("the server cannot report on itself")


class _Producer:
    """What the client reads: the families as its metrics."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters

    def get_metrics(self) -> Iterator[Any]:  # metrics of the client
        now = datetime.now(timezone.utc).replace(tzinfo=None)
        for family in self._meters.families():
            metric = _metric(family, now)
            if metric is not None:
                yield metric


def _metric(family: Family, now: datetime) -> Any:  # a metric of the client
    from opencensus.metrics.export.metric import Metric
    from opencensus.metrics.export.metric_descriptor import (
        MetricDescriptor,
        MetricDescriptorType,
    )
    from opencensus.metrics.export.point import Point
    from opencensus.metrics.export.time_series import TimeSeries
    from opencensus.metrics.export.value import ValueDouble
    from opencensus.metrics.label_key import LabelKey
    from opencensus.metrics.label_value import LabelValue

    keys = [LabelKey(family.label, "")] if family.label else []
    if family.distribution is not None:
        kind, points = MetricDescriptorType.CUMULATIVE_DISTRIBUTION, {"": _distribution(family)}
    else:
        kind = {
            "counter": MetricDescriptorType.CUMULATIVE_DOUBLE,
            "gauge": MetricDescriptorType.GAUGE_DOUBLE,
        }[family.kind]
        points = {label: ValueDouble(value) for label, value in family.values.items()}
    series = [
        TimeSeries([LabelValue(label)] if family.label else [], [Point(value, now)], now)
        for label, value in points.items()
    ]
    descriptor = MetricDescriptor(family.name, family.doc, "", kind, keys)
    return Metric(descriptor, series) if series else None


def _distribution(family: Family) -> Any:  # a value of the client
    from opencensus.metrics.export.value import BucketOptions, ValueDistribution

    found = family.distribution
    if found is None:
        raise TypeError("BUG: a family without a distribution")
    deviation = found.squares - found.total**2 / found.count if found.count else 0.0
    # without buckets: they would come as dimensions
    return ValueDistribution(found.count, found.total, max(0.0, deviation), BucketOptions())
