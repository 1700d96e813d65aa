"""Which day retention may take for today: a clock that leaps ahead is not believed at once.

What is deleted for its age cannot be brought back, and a clock that was set wrong would make
everything old. So a leap counts only when the clock has gone on from there for some days; until
then retention goes by the day before the leap. What the clock says otherwise is not touched.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec

from openinsights.clock import TICKS_PER_DAY, day_name

if TYPE_CHECKING:
    from pathlib import Path

    from openinsights.clock import Clock

logger = logging.getLogger(__name__)

MOST_DAYS_UNSEEN = 7
"""Days by which the clock may be further than expected: a machine was off, or slept."""
DAYS_UNTIL_BELIEVED = 3
"""How long the clock has to go on after a leap, over restarts too, without being set back."""
_SECONDS_PER_DAY = 86_400


class Sight(msgspec.Struct, frozen=True):
    """What is known of the calendar.

    Attributes:
        believed: the day that counts as today.
        leapt_to: the day to which the clock leapt and that is not believed yet.
    """

    believed: int
    leapt_to: int | None = None


def seen(sight: Sight, day: int, passed_days: float = 0.0) -> Sight:
    """Return what is known once the clock says a day.

    Args:
        sight: what was known.
        day: what the clock says.
        passed_days: how long ago, as far as this process knows from a clock that nobody sets.
    """
    if sight.leapt_to is not None and day - sight.leapt_to >= DAYS_UNTIL_BELIEVED:
        sight = Sight(sight.leapt_to)
    if day - sight.believed <= passed_days + MOST_DAYS_UNSEEN:
        return Sight(day)
    if sight.leapt_to is not None and day >= sight.leapt_to:
        return sight
    return Sight(sight.believed, day)


class BelievedDay:
    """The day that retention goes by. Safe for one thread at a time.

    Args:
        clock: the server's time.
        newest: the newest day that has telemetry, None when there is none.
        file: where it is kept over restarts; None keeps it in memory.
    """

    def __init__(self, clock: Clock, newest: int | None, file: Path | None = None) -> None:
        self._clock = clock
        self._file = file
        self._at_s = clock.monotonic_s()
        today = self._today()
        # without a memory of the last run: telemetry came while the clock was right
        start = Sight(today if newest is None else min(newest, today))
        self._kept = _read(file)
        self._sight = self._kept or start
        self.day()

    def day(self) -> int:
        """Look at the clock, and return the day that counts as today."""
        now_s = self._clock.monotonic_s()
        passed_days = (now_s - self._at_s) / _SECONDS_PER_DAY
        before, today = self._sight, self._today()
        self._sight, self._at_s = seen(before, today, passed_days), now_s
        leapt_to = self._sight.leapt_to
        if leapt_to is not None and leapt_to != before.leapt_to:
            logger.error(
                "the clock leapt: it says %s after %s; nothing is deleted for its age before it has"
                " gone on for %s days",
                day_name(today),
                day_name(self._sight.believed),
                DAYS_UNTIL_BELIEVED,
            )
        if self._sight != self._kept:
            self._keep()
        return self._sight.believed

    def _today(self) -> int:
        return self._clock.now_ticks() // TICKS_PER_DAY

    def _keep(self) -> None:
        self._kept = self._sight
        if self._file is None:
            return
        partial = self._file.with_name(self._file.name + ".part")
        try:
            partial.write_bytes(msgspec.json.encode(self._sight))
            partial.replace(self._file)
        except OSError as error:  # a full disk; without it the next start is more careful
            logger.warning("cannot note the day: %s", error)


def _read(file: Path | None) -> Sight | None:
    try:
        return None if file is None else msgspec.json.decode(file.read_bytes(), type=Sight)
    except (OSError, msgspec.MsgspecError):
        return None
