"""What this process takes of the machine."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import psutil

from opencensus.common import _forks
from opencensus.metrics.export.gauge import DerivedDoubleGauge, DerivedLongGauge

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

PROCESS: Any = None

_failed: set[str] = set()


def _read(what: str, read: Callable[[], Any]) -> Any:
    """Return what the system tells, or None where it does not; the first failure is logged."""
    try:
        return read()
    except Exception:
        # A container may hide the process, and its owner may be another user.
        if what not in _failed:
            _failed.add(what)
            logger.exception("%s of this process cannot be read: it is not sent", what)
        return None


class ProcessMemoryMetric:
    """Makes the gauge of this process's memory."""

    NAME = r"\Process(??APP_WIN32_PROC??)\Private Bytes"

    @staticmethod
    def get_value() -> int | None:
        """Return how many bytes this process has in memory; None when the system does not tell."""
        value: int | None = _read("memory", lambda: PROCESS.memory_info().rss)
        return value

    def __call__(self) -> DerivedLongGauge:
        """Return the gauge."""
        gauge = DerivedLongGauge(
            self.NAME, "Amount of memory that the process has in use in bytes", "byte", []
        )
        gauge.create_default_time_series(self.get_value)
        return gauge


class ProcessCPUMetric:
    """Makes the gauge of this process's load."""

    NAME = r"\Process(??APP_WIN32_PROC??)\% Processor Time"

    @staticmethod
    def get_value() -> float | None:
        """Return the percentage of all processors' time that this process used since the call before.

        None when the system does not tell.
        """
        value: float | None = _read(
            "processor time", lambda: min(100.0, PROCESS.cpu_percent() / psutil.cpu_count())
        )
        return value

    def __call__(self) -> DerivedDoubleGauge:
        """Return the gauge."""
        gauge = DerivedDoubleGauge(
            self.NAME, "Processor time of this process as a percentage", "percentage", []
        )
        gauge.create_default_time_series(self.get_value)
        return gauge


def _open() -> None:
    """Look at this process: a forked child inherits a view of its parent."""
    global PROCESS
    PROCESS = _read("identity", psutil.Process)
    # The first reading of a percentage has nothing to compare with.
    _read("processor time", lambda: PROCESS.cpu_percent())


_open()
_forks.call_in_child(_open)
