"""The transport that emits in batches, on a thread of its own."""

from __future__ import annotations

import atexit
import logging
import os
import queue
import threading
from typing import Any

from opencensus.common.transports import base
from opencensus.trace import execution_context

logger = logging.getLogger(__name__)

_DEFAULT_GRACE_PERIOD = 5.0
_DEFAULT_MAX_BATCH_SIZE = 600
_DEFAULT_WAIT_PERIOD = 60.0
_WORKER_THREAD_NAME = "opencensus.common.Worker"
_WORKER_TERMINATOR = object()
_CAPACITY = 65_536


class _Worker:
    """Emits what was exported, joined into batches, at least `wait_period` seconds apart.

    After a fork the child has a worker thread of its own and begins with nothing to emit: what
    the parent had collected is the parent's to emit.
    """

    def __init__(
        self,
        exporter: Any,
        grace_period: float = _DEFAULT_GRACE_PERIOD,
        max_batch_size: int = _DEFAULT_MAX_BATCH_SIZE,
        wait_period: float = _DEFAULT_WAIT_PERIOD,
    ) -> None:
        self.exporter = exporter
        self.dropped = 0
        self._grace_period = grace_period
        self._max_batch_size = max_batch_size
        self._wait_period = wait_period
        self._reset()

    def _reset(self) -> None:
        self._process_id = os.getpid()
        self._queue: queue.Queue[Any] = queue.Queue()
        self._lock = threading.Lock()
        self._event = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Start the thread, if it does not run yet."""
        with self._lock:
            if self.is_alive:
                return
            self._thread = threading.Thread(target=self._thread_main, name=_WORKER_THREAD_NAME)
            self._thread.daemon = True
            self._thread.start()
            atexit.register(self._export_pending_data)

    def stop(self) -> bool | None:
        """Emit what is waiting and end the thread, in at most `grace_period` seconds.

        Returns:
            Whether it ended in time; None when it did not run.
        """
        with self._lock:
            thread = self._thread
            if thread is None or not thread.is_alive():
                return None
            self._queue.put_nowait(_WORKER_TERMINATOR)
            self._event.set()
            thread.join(timeout=self._grace_period)
            self._thread = None
            return not thread.is_alive()

    def _export_pending_data(self) -> None:
        if self.stop() is False:
            logger.warning("not all telemetry was emitted at exit: waiting=%d", self._queue.qsize())

    def enqueue(self, data: Any) -> None:
        """Take data to be emitted later; when too much is waiting, it is dropped and counted."""
        if self._process_id != os.getpid():
            self._reset()
            self.start()
        waiting = self._queue.qsize()
        if waiting >= _CAPACITY:
            if not self.dropped:
                logger.warning("Queue is full. Dropping telemetry.")
            self.dropped += 1
            return
        self._queue.put_nowait(data)
        if waiting + 1 >= self._max_batch_size:
            self._event.set()

    def flush(self) -> None:
        """Wait until everything taken so far was emitted."""
        self._event.set()
        self._queue.join()

    def _get_items(self) -> list[Any]:
        """Wait for an item and return it, with others that are there, up to a full batch."""
        items = [self._queue.get()]
        while len(items) < self._max_batch_size:
            try:
                items.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return items

    def _thread_main(self) -> None:
        execution_context.set_is_exporter(True)
        while True:
            items = self._get_items()
            batch = [data for data in items if data is not _WORKER_TERMINATOR]
            if batch:
                self._emit([datum for data in batch for datum in data])
            for _ in items:
                self._queue.task_done()
            if len(batch) < len(items):
                return
            if self._queue.empty():
                self._event.wait(self._wait_period)
            self._event.clear()

    def _emit(self, data: list[Any]) -> None:
        try:
            self.exporter.emit(data)
        except Exception:
            logger.exception(
                "%s failed to emit data.Dropping %s objects from queue.",
                type(self.exporter).__name__,
                len(data),
            )


class AsyncTransport(base.Transport):
    """Emits on a thread of its own.

    Args:
        exporter: Its `emit` is called with what several exports hold together.
        grace_period: Seconds that emitting what is left may take at exit.
        max_batch_size: So many exports are emitted together, and without waiting any longer.
        wait_period: Seconds between two batches that are not full; what comes in meanwhile waits.
    """

    def __init__(
        self,
        exporter: Any,
        grace_period: float = _DEFAULT_GRACE_PERIOD,
        max_batch_size: int = _DEFAULT_MAX_BATCH_SIZE,
        wait_period: float = _DEFAULT_WAIT_PERIOD,
    ) -> None:
        self.exporter = exporter
        self.worker = _Worker(exporter, grace_period, max_batch_size, wait_period)
        self.worker.start()

    def export(self, data: Any) -> None:
        """Emit the data later."""
        self.worker.enqueue(data)

    def flush(self) -> None:
        """Wait until everything exported so far was emitted."""
        self.worker.flush()
