"""The thread that reads metrics at intervals and hands them to an exporter."""

from __future__ import annotations

import itertools
import logging
import threading
import weakref
from typing import TYPE_CHECKING, Any

from opencensus.common import _forks, utils
from opencensus.common.schedule import PeriodicTask
from opencensus.metrics._self_reading import SelfReadingExporter
from opencensus.trace import execution_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from opencensus.metrics.export.metric import Metric
    from opencensus.metrics.export.metric_producer import MetricProducer

logger = logging.getLogger(__name__)

DEFAULT_INTERVAL = 60
"""Seconds between two exports."""

GRACE_PERIOD = 5
"""Seconds that the last export may take at exit."""


class TransportError(Exception):
    """The producers or the exporter that a thread serves are gone: the thread ends."""


class PeriodicMetricTask(PeriodicTask):
    """A daemon thread that calls a function at intervals until it is closed.

    After a fork the child has a thread of its own that goes on.

    Args:
        interval: Seconds between two calls; by default `DEFAULT_INTERVAL`.
        function: What is called. A `TransportError` ends the thread; other exceptions are logged.
        args: Its positional arguments.
        kwargs: Its keyword arguments.
        name: The thread is named after it.
    """

    daemon = True

    def __init__(
        self,
        interval: float | None = None,
        function: Callable[..., Any] | None = None,
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> None:
        self.func = function
        super().__init__(
            DEFAULT_INTERVAL if interval is None else interval,
            self._call_and_survive,
            args,
            kwargs,
            f"{name} Worker",
        )
        self.daemon = True

    def _call_and_survive(self, *args: Any, **kwargs: Any) -> Any:
        if self.func is None:
            return None
        try:
            return self.func(*args, **kwargs)
        except TransportError:
            logger.exception("cannot export metrics any more: the thread ends")
            self.cancel()
        except Exception:
            logger.exception("cannot export metrics this time")

    def start(self) -> None:
        """Start the thread."""
        super().start()
        _started.add(self)

    def run(self) -> None:
        """Call the function at intervals; the calls it makes are not traced."""
        execution_context.set_is_exporter(True)
        super().run()

    def close(self) -> None:
        """End the thread and call the function a last time; later calls do nothing.

        A call that is running is waited for, at most `GRACE_PERIOD` seconds.
        """
        if self.finished.is_set():
            return
        self.cancel()
        if self.is_alive() and threading.current_thread() is not self:
            self.join(GRACE_PERIOD)
        before = execution_context.is_exporter()
        execution_context.set_is_exporter(True)
        try:
            self._call_and_survive(*self.args, **self.kwargs)
        finally:
            execution_context.set_is_exporter(before)

    def _start_again(self) -> None:
        """Start in a forked child, where the thread is gone and its locks may be held for ever."""
        name, interval, args, kwargs = self.name, self.interval, self.args, self.kwargs
        super().__init__(interval, self._call_and_survive, args, kwargs, name)
        self.start()


_started: weakref.WeakSet[PeriodicMetricTask] = weakref.WeakSet()


def _start_again_in_child() -> None:
    for task in list(_started):
        if not task.finished.is_set():
            task._start_again()


_forks.call_in_child(_start_again_in_child)


def get_exporter_thread(
    metric_producers: Iterable[MetricProducer], exporter: Any, interval: float | None = None
) -> Any:
    """Start a thread that exports the producers' metrics at intervals, and return it.

    It refers weakly to the producers and to the exporter, and ends when one of them is gone. An
    exporter that reads at this very interval by itself is told to, and needs no other thread.
    """
    if isinstance(exporter, SelfReadingExporter) and interval == exporter.export_interval:
        return exporter.read(metric_producers)
    weak_producers = [utils.get_weakref(producer.get_metrics) for producer in metric_producers]
    weak_export = utils.get_weakref(exporter.export_metrics)

    def export_all() -> None:
        export = weak_export()
        if export is None:
            raise TransportError("the metrics exporter is gone")
        producers = [producer() for producer in weak_producers]
        if any(producer is None for producer in producers):
            raise TransportError("a metric producer is gone")
        all_metrics: list[Iterable[Metric]] = [get() for get in producers if get is not None]
        export(itertools.chain(*all_metrics))

    thread = PeriodicMetricTask(interval, export_all, name=type(exporter).__name__)
    thread.start()
    return thread
