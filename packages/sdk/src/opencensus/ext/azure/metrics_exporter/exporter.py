"""The exporter of metrics: each interval, the present value of everything that is measured."""

from __future__ import annotations

import atexit
import logging
import os
import weakref
from typing import TYPE_CHECKING, Any

from opencensus.ext.azure.common.keeping import Keeping
from opencensus.ext.azure.common.options import resolve
from opencensus.ext.azure.common.processors import ProcessorMixin
from opencensus.ext.azure.common.tags import exporter_tags
from opencensus.ext.azure.metrics_exporter.envelopes import (
    buckets,
    dimensions,
    envelope,
    to_data_point,
)
from opencensus.metrics._self_reading import SelfReadingExporter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from opencensus.ext.azure.common.ledger import Stats
    from opencensus.ext.azure.metrics_exporter.increments import Increments
    from opencensus.metrics.export.metric import Metric
    from opencensus.metrics.export.metric_producer import MetricProducer
    from opencensus.metrics.export.time_series import TimeSeries
    from opencensus.metrics.label_key import LabelKey
    from openinsights_wire.envelope import Envelope
    from openinsights_wire.types.metric import DataPoint

logger = logging.getLogger(__name__)


class MetricsExporter(SelfReadingExporter, ProcessorMixin, Keeping):
    """Sends metrics: those that it is given, and those of the producers that it is to read.

    :func:`new_metrics_exporter` returns one that reads what is recorded with ``opencensus.stats``.

    Args:
        is_stats: Of no meaning here: this client reports nothing about itself.
        options: Those of all exporters, see ``common.options``.

    Raises:
        ValueError: An option is missing or wrong.
    """

    def __init__(self, is_stats: bool = False, **options: Any) -> None:
        ProcessorMixin.__init__(self)
        self.options = resolve(options, os.environ)
        self.export_interval = self.options.export_interval
        self.max_batch_size = self.options.max_batch_size
        self.exporter_thread: Any = None
        """What ``shutdown`` closes first: the thread that exports each interval, or None."""
        self.metric_producers: list[MetricProducer] = []
        self._tags = exporter_tags(self.options)
        self._failed_producers: set[str] = set()
        self._increments: Increments | None = None
        self._increments_pid = 0
        # Whoever only imports an exporter does without all that sends.
        from opencensus.ext.azure.common.assembly import make_sender

        self._sender = make_sender(
            "AzureMetricsExporter Worker",
            self.options,
            self.apply_telemetry_processors,
            convert=self._convert,
        )
        _follow_end(self)

    def export_metrics(self, metrics: Iterable[Metric]) -> None:
        """Send metrics once; return when they were sent or kept, after the grace period at most."""
        for metric in metrics:
            self._sender.put(metric)
        self._sender.flush(collects=False)

    def metric_to_envelopes(self, metric: Metric) -> list[Envelope]:
        """Return the envelopes of a metric as it is, one for each time series that can be sent."""
        envelopes = []
        for series in metric.time_series:
            point = series.points[-1]
            data_point = to_data_point(metric.descriptor.name, point.value)
            if data_point is not None:
                properties = self._create_properties(series, metric.descriptor.label_keys)
                for name, text in buckets(point.value).items():
                    properties.setdefault(name, text)
                envelopes.append(self._create_envelope(data_point, point.timestamp, properties))
        return envelopes

    def read(self, metric_producers: Iterable[MetricProducer]) -> ExporterThread:
        """Read these producers as well, each interval and once more at the end."""
        self.metric_producers.extend(metric_producers)
        self._sender.poll(self._collect, self._collect_recorded)
        return ExporterThread(self)

    def stop_reading(self) -> None:
        """Read no producer any more; what was read before is sent."""
        self._sender.poll(None)
        self._let_go()

    def flush(self, timeout: float | None = None) -> bool:
        """Read and send the present values now; return whether that was done within the time.

        Args:
            timeout: Seconds; None means the grace period.
        """
        return self._sender.flush(timeout)

    def shutdown(self, timeout: float | None = None) -> None:
        """Send the present values a last time within the grace period, and end the thread."""
        self._close_other_thread()
        self._sender.close(timeout)
        self._let_go()

    def _let_go(self) -> None:
        if self._increments is not None:
            self._increments.let_go()

    @property
    def _has_other_thread(self) -> bool:
        """Whether a program set a thread of its own as ``exporter_thread``."""
        thread = self.exporter_thread
        return thread is not None and not isinstance(thread, ExporterThread)

    def _close_other_thread(self) -> None:
        """Close the thread that a program set as ``exporter_thread``: it exports a last time."""
        if self._has_other_thread:
            self.exporter_thread.close()
        self._close_storage()

    def stats(self) -> Stats:
        """Return what became of all metrics in this process."""
        return self._sender.stats()

    def _create_properties(
        self, time_series: TimeSeries, label_keys: Sequence[LabelKey]
    ) -> dict[str, str]:
        return dimensions(label_keys, time_series.label_values)

    def _create_envelope(
        self, data_point: DataPoint, timestamp: datetime, properties: dict[str, str]
    ) -> Envelope:
        return envelope(
            data_point, timestamp, self.options.instrumentation_key, self._tags, properties
        )

    def _convert(self, metric: Metric) -> list[Envelope]:
        if not self.options.delta:
            return self.metric_to_envelopes(metric)
        if self._increments is None or self._increments_pid != os.getpid():
            from opencensus.ext.azure.metrics_exporter.increments import Increments

            # In a forked child all counters have begun again.
            self._increments, self._increments_pid = Increments(), os.getpid()
        added = self._increments.of(metric)
        return [] if added is None else self.metric_to_envelopes(added)

    def _collect(self) -> Iterator[Envelope]:
        for producer in list(self.metric_producers):
            yield from self._collect_from(producer)

    def _collect_recorded(self) -> list[Envelope]:
        """Return the values of views only: reading them calls no function of the host."""
        from opencensus.stats import stats

        recorded = [one for one in self.metric_producers if one is stats.stats]
        return [item for one in recorded for item in self._collect_from(one)]

    def _collect_from(self, producer: MetricProducer) -> Iterator[Envelope]:
        try:
            for metric in producer.get_metrics():
                yield from self._convert(metric)
        except Exception:
            # Gauges call functions of the host: what one raises must not cost the other metrics.
            name = type(producer).__name__
            level = logging.DEBUG if name in self._failed_producers else logging.WARNING
            self._failed_producers.add(name)
            logger.log(level, "metrics cannot be read producer=%s", name, exc_info=True)


class ExporterThread:
    """The reading of producers by the thread of an exporter, as a thread that can be ended."""

    daemon = True

    def __init__(self, exporter: MetricsExporter) -> None:
        self._exporter = exporter
        self.interval = exporter.export_interval
        self.name = type(exporter).__name__ + " Worker"
        self._is_closed = False

    def close(self) -> None:
        """Export the present values a last time, within the grace period, and read no more."""
        if not self._is_closed:
            self._exporter.flush()
            self.cancel()

    def cancel(self) -> None:
        """Read no more."""
        self._is_closed = True
        self._exporter.stop_reading()

    def is_alive(self) -> bool:
        """Return whether the producers are read."""
        return not self._is_closed


_exporters: weakref.WeakSet[MetricsExporter] = weakref.WeakSet()
_follows_end = False


def _follow_end(exporter: MetricsExporter) -> None:
    global _follows_end
    _exporters.add(exporter)
    if not _follows_end:
        # Exit handlers run last first: this one after that of the senders, which it puts into.
        _follows_end = True
        atexit.register(_close_other_threads)


def _close_other_threads() -> None:
    from opencensus.ext.azure.common import lifetime

    for exporter in list(_exporters):
        if exporter._has_other_thread:
            lifetime.begin_end()
        try:
            exporter._close_other_thread()
        except Exception:
            # Whatever a program set as a thread must not keep the rest from ending.
            logger.warning("thread of an exporter cannot be closed", exc_info=True)


def new_metrics_exporter(**options: Any) -> MetricsExporter:
    """Return an exporter that sends what is recorded with ``opencensus.stats``, from now on.

    Args:
        options: Those of all exporters, see ``common.options``. ``enable_standard_metrics=False``
            leaves out the performance counters; ``delta=True`` sends what was added since the last
            interval instead of totals.

    Raises:
        ValueError: An option is missing or wrong.
    """
    # Whoever only imports an exporter does without all that records.
    from opencensus.metrics import transport
    from opencensus.stats import stats

    exporter = MetricsExporter(**options)
    producers: list[MetricProducer] = [stats.stats]
    if exporter.options.enable_standard_metrics:
        producers += _standard_producers(exporter)
    exporter.exporter_thread = transport.get_exporter_thread(
        producers, exporter, interval=exporter.options.export_interval
    )
    return exporter


def _standard_producers(exporter: MetricsExporter) -> list[MetricProducer]:
    try:
        from opencensus.ext.azure.metrics_exporter import standard_metrics
        from opencensus.ext.azure.metrics_exporter.standard_metrics import dependency
    except (ImportError, OSError) as error:
        logger.warning("performance counters cannot be read cause=%s", error)
        return []
    exporter.metric_producers.append(dependency.producer)
    return [standard_metrics.producer]
