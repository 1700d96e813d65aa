"""What was not delivered: lost items counted per cause, delays noted, each told once.

Only the sending thread calls in here, so no lock of the host is ever held while a warning is
written.
"""

from __future__ import annotations

import logging
from collections import Counter
from enum import Enum

logger = logging.getLogger(__name__)


class Cause(Enum):
    """Why an item was lost; the value is the sentence of the warning."""

    QUEUE_FULL = "the queue is full: telemetry arrives faster than it can be sent"
    NOT_ENCODABLE = "the item has a value that the protocol has no place for"
    REFUSED = "the server refused the item"
    TOO_LARGE = "the item alone is larger than the server takes"
    NO_ROOM = "the server is away and no more telemetry can be kept"
    PROCESSOR = "a telemetry processor left something that is no envelope"


class Losses:
    """Counts lost items of one exporter.

    Args:
        exporter: The name that appears in warnings.
    """

    def __init__(self, exporter: str) -> None:
        self.counts: Counter[Cause] = Counter()
        self._exporter = exporter
        self._is_delayed = False
        self._is_without_disk = False

    def note(self, cause: Cause, count: int = 1, detail: str = "") -> None:
        """Count lost items and write a warning when the cause is new."""
        if count <= 0:
            return
        first = cause not in self.counts
        self.counts[cause] += count
        level = logging.WARNING if first else logging.DEBUG
        logger.log(
            level,
            "telemetry lost: %s exporter=%s count=%d detail=%s",
            cause.value,
            self._exporter,
            count,
            detail or "none",
        )

    def delayed(self, detail: str) -> None:
        """Write one warning while the server takes nothing; :meth:`resumed` ends it."""
        level = logging.DEBUG if self._is_delayed else logging.WARNING
        self._is_delayed = True
        logger.log(
            level,
            "telemetry delayed: the server takes none now exporter=%s detail=%s",
            self._exporter,
            detail,
        )

    def resumed(self) -> None:
        """Note that the server takes telemetry again."""
        if self._is_delayed:
            self._is_delayed = False
            logger.info("telemetry resumed: the server takes it again exporter=%s", self._exporter)

    def no_disk(self, detail: str) -> None:
        """Write one warning that telemetry cannot be kept on disk."""
        level = logging.DEBUG if self._is_without_disk else logging.WARNING
        self._is_without_disk = True
        logger.log(
            level,
            "telemetry cannot be kept on disk: it waits in memory exporter=%s detail=%s",
            self._exporter,
            detail,
        )

    @property
    def total(self) -> int:
        """How many items were lost so far."""
        return sum(self.counts.values())
