"""Memory and processor of this process and its machine, under the names of the protocol."""

from __future__ import annotations

import os
from typing import Any

from openinsights_wire.live import names


class Counters:
    """Reads the counters; percentages are over the time since the reading before.

    For one thread. psutil is imported with the first object, not with this module.
    """

    def __init__(self) -> None:
        import psutil

        self._psutil: Any = psutil
        self._process: Any = psutil.Process(os.getpid())
        self._processors = psutil.cpu_count() or 1
        # The first reading of a percentage has nothing to compare with.
        self._process.cpu_percent()
        psutil.cpu_times_percent()

    def read(self) -> dict[str, float]:
        """Return the counters by name; what the system does not tell is left out."""
        values: dict[str, float] = {}
        for read in (self._memory, self._process_time, self._processor_time):
            try:
                values.update(read())
            except (self._psutil.Error, OSError, AttributeError, NotImplementedError):
                continue
        return values

    def _memory(self) -> dict[str, float]:
        resident = float(self._process.memory_info().rss)
        return dict.fromkeys(
            (names.COMMITTED_BYTES, names.PHYSICAL_BYTES, names.PRIVATE_BYTES), resident
        )

    def _process_time(self) -> dict[str, float]:
        percent = float(self._process.cpu_percent()) / self._processors
        return {names.PROCESS_TIME: percent, names.APP_PROCESS_TIME: percent}

    def _processor_time(self) -> dict[str, float]:
        idle = float(self._psutil.cpu_times_percent().idle)
        return {names.PROCESSOR_TIME: min(100.0, max(0.0, 100.0 - idle))}


SENT = (names.COMMITTED_BYTES, names.PHYSICAL_BYTES, names.PROCESSOR_TIME, names.PROCESS_TIME)
"""The counters of every post; the others are sent where a configuration asks for them."""
