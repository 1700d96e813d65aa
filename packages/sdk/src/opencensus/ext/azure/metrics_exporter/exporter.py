"""The exporter of metrics: each interval, the present value of everything that is measured."""

from __future__ import annotations

import logging
import os
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from opencensus.ext.azure.common.options import resolve
from opencensus.ext.azure.common.processors import ProcessorMixin
from opencensus.ext.azure.common.tags import exporter_tags
from opencensus.ext.azure.metrics_exporter.envelopes import envelope, metric_envelopes
from openinsights_wire.types.metric import DataPoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from opencensus.ext.azure.common.ledger import Stats
    from opencensus.ext.azure.metrics_exporter.standard_metrics.counters import CounterReader
    from opencensus.metrics.export.metric import Metric
    from opencensus.metrics.export.metric_producer import MetricProducer
    from openinsights_wire.envelope import Envelope

logger = logging.getLogger(__name__)


class MetricsExporter(ProcessorMixin):
    """Sends the values of its producers each interval and once more at the end.

    Accepts the options of all exporters.

    Args:
        metric_producers: Asked for their metrics each interval.
        options: See ``common.options``.

    Raises:
        ValueError: An option is missing or wrong.
    """

    def __init__(self, metric_producers: Sequence[MetricProducer] = (), **options: Any) -> None:
        ProcessorMixin.__init__(self)
        self.options = resolve(options, os.environ)
        self.metric_producers = list(metric_producers)
        self._tags = exporter_tags(self.options)
        self._failed_producers: set[str] = set()
        self._counters: CounterReader | None = None
        self._counters_pid = 0
        if self.options.enable_standard_metrics:
            self._open_counters()
        # Whoever only imports an exporter does without all that sends.
        from opencensus.ext.azure.common.assembly import make_sender

        self._sender = make_sender(
            "AzureMetricsExporter Worker",
            self.options,
            self.apply_telemetry_processors,
            collect=self._collect,
        )

    def export_metrics(self, metrics: Iterable[Metric]) -> None:
        """Send metrics once, apart from those of the producers; does not wait."""
        for metric in metrics:
            for one in self.metric_to_envelopes(metric):
                self._sender.put(one)

    def metric_to_envelopes(self, metric: Metric) -> list[Envelope]:
        """Return the envelopes of a metric, one for each time series."""
        return list(metric_envelopes(metric, self.options.instrumentation_key, self._tags))

    def flush(self, timeout: float | None = None) -> bool:
        """Send the present values now; return whether that was done within the time.

        Args:
            timeout: Seconds; None means the grace period.
        """
        return self._sender.flush(timeout)

    def shutdown(self, timeout: float | None = None) -> None:
        """Send the present values a last time within the grace period, and end the thread."""
        self._sender.close(timeout)

    def stats(self) -> Stats:
        """Return what became of all metrics in this process."""
        return self._sender.stats()

    @property
    def exporter_thread(self) -> ExporterThread:
        """The thread that exports each interval."""
        return ExporterThread(self)

    def _collect(self) -> Iterator[Envelope]:
        for producer in self.metric_producers:
            yield from self._collect_from(producer)
        if self.options.enable_standard_metrics:
            yield from self._collect_counters()

    def _collect_from(self, producer: MetricProducer) -> list[Envelope]:
        envelopes: list[Envelope] = []
        try:
            for metric in producer.get_metrics():
                envelopes += self.metric_to_envelopes(metric)
        except Exception:
            # Gauges call functions of the host: what one raises must not cost the other metrics.
            name = type(producer).__name__
            level = logging.DEBUG if name in self._failed_producers else logging.WARNING
            self._failed_producers.add(name)
            logger.log(level, "metrics cannot be read producer=%s", name, exc_info=True)
        return envelopes

    def _collect_counters(self) -> Iterator[Envelope]:
        if self._counters is None or self._counters_pid != os.getpid():
            # A forked child measures itself, not its parent.
            self._open_counters()
        if self._counters is None:
            return
        at = datetime.now(timezone.utc)
        for counter, value in self._counters.read_all():
            properties = dict(counter.properties)
            point = DataPoint(name=counter.name, ns=counter.name, value=value)
            yield envelope(point, at, self.options.instrumentation_key, self._tags, properties)

    def _open_counters(self) -> None:
        from opencensus.ext._http.standard_server import count_requests
        from opencensus.ext.azure.metrics_exporter.standard_metrics.counters import CounterReader

        self._counters_pid = os.getpid()
        try:
            self._counters = CounterReader()
        except (ImportError, OSError) as error:
            logger.warning("performance counters cannot be read cause=%s", error)
        count_requests()


class ExporterThread:
    """What programs do with the thread of an exporter: end it."""

    def __init__(self, exporter: MetricsExporter) -> None:
        self._exporter = exporter

    def close(self) -> None:
        """Export the present values a last time and end the thread."""
        self._exporter.shutdown()

    def cancel(self) -> None:
        """End the thread; as ``close`` does."""
        self._exporter.shutdown()


def new_metrics_exporter(**options: Any) -> MetricsExporter:
    """Return an exporter that sends what is recorded with ``opencensus.stats``, from now on.

    Args:
        options: See ``common.options``; ``enable_standard_metrics=False`` leaves out the
            performance counters.

    Raises:
        ValueError: An option is missing or wrong.
    """
    from opencensus.stats import stats

    return MetricsExporter([stats.stats], **options)
