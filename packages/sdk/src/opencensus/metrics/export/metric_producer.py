"""Where exporters get their metrics from."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opencensus.metrics.export.metric import Metric


class MetricProducer:
    """The interface of a source of metrics."""

    def get_metrics(self) -> Iterable[Metric]:
        """Return the metrics as they stand now. MUST be safe to call from any thread."""
        raise NotImplementedError


class MetricProducerManager:
    """A set of producers that threads may share."""

    def __init__(self, metric_producers: Iterable[MetricProducer] | None = None) -> None:
        self.metric_producers: set[MetricProducer] = set(metric_producers or ())
        self.mp_lock = threading.Lock()

    def add(self, metric_producer: MetricProducer) -> None:
        """Add a producer; one that is there already is kept once.

        Raises:
            ValueError: It is None.
        """
        if metric_producer is None:
            raise ValueError("cannot add a metric producer: it is None")
        with self.mp_lock:
            self.metric_producers.add(metric_producer)

    def remove(self, metric_producer: MetricProducer) -> None:
        """Remove a producer, if it is there.

        Raises:
            ValueError: It is None.
        """
        if metric_producer is None:
            raise ValueError("cannot remove a metric producer: it is None")
        with self.mp_lock:
            self.metric_producers.discard(metric_producer)

    def get_all(self) -> set[MetricProducer]:
        """Return a copy of the set."""
        with self.mp_lock:
            return set(self.metric_producers)
