"""The transport that emits in batches, on a thread of its own."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections import deque
from typing import Any

from opencensus.common.transports import base
from opencensus.trace import execution_context

logger = logging.getLogger(__name__)

_DEFAULT_GRACE_PERIOD = 5.0
_DEFAULT_MAX_BATCH_SIZE = 600
_DEFAULT_WAIT_PERIOD = 60.0
_WORKER_THREAD_NAME = "opencensus.common.Worker"
_CAPACITY = 65_536


class _Worker:
    """Collects exported lists and emits them joined, at the latest `wait_period` seconds later.

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
        self._changed = threading.Condition()
        self._waiting: deque[Any] = deque()
        self._emitting = False
        self._hurry = False
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._process_id = os.getpid()

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Start the thread, if it does not run yet."""
        with self._changed:
            self._start()
        atexit.register(self._export_pending_data)

    def _start(self) -> None:
        if not self.is_alive:
            self._stopping = False
            self._thread = threading.Thread(
                target=self._thread_main, name=_WORKER_THREAD_NAME, daemon=True
            )
            self._thread.start()

    def stop(self) -> bool | None:
        """Emit what is waiting and end the thread, in at most `grace_period` seconds.

        Returns:
            Whether it ended in time; None when it did not run.
        """
        thread = self._thread
        if thread is None or not self.is_alive:
            return None
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        thread.join(self._grace_period)
        return not thread.is_alive()

    def _export_pending_data(self) -> None:
        if self.is_alive and self.stop() is False:
            logger.warning("not all telemetry was emitted at exit: waiting=%d", len(self._waiting))

    def enqueue(self, data: Any) -> None:
        """Take data to be emitted later; when too much is waiting, it is dropped and counted."""
        if self._process_id != os.getpid():
            self._reset()
        with self._changed:
            if len(self._waiting) >= _CAPACITY:
                if not self.dropped:
                    logger.warning("Queue is full. Dropping telemetry.")
                self.dropped += 1
                return
            self._waiting.append(data)
            self._start()
            if len(self._waiting) >= self._max_batch_size:
                self._changed.notify_all()

    def flush(self) -> None:
        """Wait until everything taken so far was emitted."""
        with self._changed:
            self._hurry = True
            self._changed.notify_all()
            while self.is_alive and (self._waiting or self._emitting):
                self._changed.wait(0.1)

    def _thread_main(self) -> None:
        execution_context.set_is_exporter(True)
        while True:
            batch, last = self._next_batch()
            if batch:
                self._emit(batch)
            elif last:
                return

    def _next_batch(self) -> tuple[list[Any], bool]:
        """Wait for a batch that is due; return it, and whether the thread has to end."""
        due_s = time.monotonic() + self._wait_period
        with self._changed:
            self._emitting = False
            if not self._waiting:
                self._hurry = False
            self._changed.notify_all()
            while not (self._stopping or self._hurry) and len(self._waiting) < self._max_batch_size:
                left_s = due_s - time.monotonic()
                if left_s <= 0:
                    break
                self._changed.wait(left_s)
            count = min(len(self._waiting), self._max_batch_size)
            batch = [self._waiting.popleft() for _ in range(count)]
            self._emitting = bool(batch)
            return batch, self._stopping

    def _emit(self, batch: list[Any]) -> None:
        try:
            self.exporter.emit([data for datas in batch for data in datas])
        except Exception:
            logger.exception("cannot emit %d exports", len(batch))


class AsyncTransport(base.Transport):
    """Emits on a thread of its own.

    Args:
        exporter: Its `emit` is called with what several exports hold together.
        grace_period: Seconds that emitting what is left may take at exit.
        max_batch_size: So many exports are emitted at once, without waiting any longer.
        wait_period: Seconds that exports wait at most.
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
