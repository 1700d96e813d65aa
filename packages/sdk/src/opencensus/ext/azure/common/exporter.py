"""A base for exporters of a program's own: items wait in a queue, a thread emits them in batches.

The exporters of this package send through ``sender``.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from typing import TYPE_CHECKING, Any

from opencensus.common.schedule import Queue, QueueEvent
from opencensus.ext.azure.common import Options
from opencensus.trace import execution_context

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

logger = logging.getLogger(__name__)


class BaseExporter:
    """Collects items and hands them to ``emit``, which a subclass MUST implement.

    A forked child has a thread of its own and begins with nothing to emit.

    Args:
        options: Those of all exporters; ``export_interval``, ``max_batch_size``, ``queue_capacity``
            and ``grace_period`` count here.
    """

    def __init__(self, **options: Any) -> None:
        given = Options(**options)
        self.export_interval: float = given.export_interval
        self.max_batch_size: int = given.max_batch_size
        self._queue_capacity: int = given.queue_capacity
        self._begin()
        atexit.register(self._end, given.grace_period)

    def _begin(self) -> None:
        self._process_id = os.getpid()
        self._queue = Queue(capacity=self._queue_capacity)
        self._worker = Worker(self._queue, self)
        self._worker.start()

    def _end(self, timeout: float) -> None:
        self._worker.stop(timeout)

    def emit(self, batch: Sequence[Any], event: QueueEvent | None = None) -> None:
        """Send a batch, on the exporter's thread.

        Args:
            batch: At most ``max_batch_size`` items; none when there was nothing for an interval.
            event: MUST be set when the batch was dealt with.
        """
        raise NotImplementedError

    def export(self, items: Iterable[Any]) -> None:
        """Queue items; never blocks. What the queue has no room for is dropped, with a warning."""
        if self._process_id != os.getpid():
            self._begin()
        self._queue.puts(items, block=False)


class Worker(threading.Thread):
    """The thread that takes batches from a queue and gives them to an exporter."""

    daemon = True

    def __init__(self, src: Queue, dst: Any) -> None:
        super().__init__(name="AzureExporter Worker", daemon=True)
        self.src = src
        self.dst = dst
        self._stopping = False

    def run(self) -> None:
        """Emit batches until the queue's exit event."""
        execution_context.set_is_exporter(True)
        while True:
            batch = self.src.gets(self.dst.max_batch_size, self.dst.export_interval)
            event = batch[-1] if batch and isinstance(batch[-1], QueueEvent) else None
            try:
                if event is None:
                    self.dst.emit(batch)
                else:
                    self.dst.emit(batch[:-1], event=event)
            except Exception:
                # The program's own code: what it raises must not cost the later batches.
                logger.exception("batch cannot be emitted")
            if event is self.src.EXIT_EVENT:
                event.set()
                return

    def stop(self, timeout: float | None = None) -> float | None:
        """Emit what waits and end; return the seconds that took, None when it took too long."""
        started_s = time.monotonic()
        if not self.is_alive():
            return 0
        if not self._stopping:
            self._stopping = True
            self.src.put(self.src.EXIT_EVENT, block=True, timeout=timeout)
        left_s = None if timeout is None else max(0, started_s + timeout - time.monotonic())
        return time.monotonic() - started_s if self.src.EXIT_EVENT.wait(left_s) else None
