"""One resource that is watched: its series, and the detectors that look at them.

What it remembers lives in memory; after a restart the past is asked for again, a day at a time, and
what is open is taken from the catalog.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from openinsights.detection.asking import series_of
from openinsights.detection.detectors.memory import HOURS, Leaks
from openinsights.detection.grid import (
    DAYS_KEPT,
    STEPS_PER_DAY,
    TICKS_PER_STEP,
)
from openinsights.detection.history import MOST_UNITS, RECENT_STEPS, History
from openinsights.detection.look import Look, Sensitivity
from openinsights.detection.questions import SERIES, asked
from openinsights.detection.rows import DETECTORS
from openinsights.detection.states import Open, after
from openinsights.detection.watch import WHOLE, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from openinsights.detection.asking import Row
    from openinsights.detection.grid import Array
    from openinsights.detection.rows import DetectorRow
    from openinsights.detection.states import Change

    Ask = Callable[[str], list[Row]]

_COLUMNS: Final = {
    "requests": 5,
    "dependencies": 5,
    "pages": 4,
    "traces": 3,
    "exceptions": 3,
    "roles": 2,
    "memory": 3,
}
_LATE_STEPS: Final = 2
"""Steps that are asked for again each time."""
_VERY_LATE_STEPS: Final = 35
_HOUR: Final = 12
_SLOTS_PER_HOUR: Final = 4
_AFTER_START: Final = 6
"""Steps after the server's own start before silence means anything."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one detector saw.

    Attributes:
        row: the detector.
        units: names.
        look: figures by unit.
        change: what became of its findings.
    """

    row: DetectorRow
    units: Sequence[str]
    look: Look
    change: Change


class Watched:
    """Watches one resource; belongs to one thread at a time.

    Args:
        step: the newest step that is complete.
    """

    def __init__(self, step: int) -> None:
        self.step = step
        self._began = step
        self._histories = {
            name: History([str(n) for n in range(columns)], step)
            for name, columns in _COLUMNS.items()
        }
        self._watches = {
            row.id: Watch(made, row.has_whole, row.columns)
            for row in DETECTORS
            if not isinstance(made := row.make(), Leaks)
        }
        self._leaks: dict[str, Open] = {}

    def history_of(self, row: DetectorRow) -> History:
        """Return the series that a detector looks at."""
        return self._histories[row.question]

    def watch_of(self, row: DetectorRow) -> Watch | None:
        """Return the watch of a detector; None for the one that learns nothing."""
        return self._watches.get(row.id)

    def take_open(self, detector: str, about: str, step: int) -> None:
        """Know of a finding that was open when the server stopped."""
        known = self._leaks if detector == "memory_leak" else self._watches[detector].open
        known[about] = Open(step)

    @property
    def open(self) -> set[tuple[str, str]]:
        """The findings that are open, as (detector, about)."""
        found = {(name, about) for name, watch in self._watches.items() for about in watch.open}
        return found | {("memory_leak", about) for about in self._leaks}

    def close(self, detector: str, about: str) -> None:
        """Let go of an open finding: somebody said that it is none."""
        known = self._leaks if detector == "memory_leak" else self._watches[detector].open
        known.pop(about, None)

    def learn_past(self, ask: Ask) -> None:
        """Ask for the days that are kept, and for today as far as it is over."""
        today = self.step // STEPS_PER_DAY
        since: int | None = None
        for day in range(today - DAYS_KEPT + 1, today + 1):
            first = day * STEPS_PER_DAY
            steps = min(STEPS_PER_DAY, self.step + 1 - first)
            was_there = [self._ask(name, first, steps, ask) for name in SERIES]
            known = [each for each in was_there if each is not None]
            if since is None and known:
                since = min(known)
        for history in self._histories.values():
            history.since = self.step + 1 if since is None else since
        self._fill()

    def is_due(self, step: int) -> bool:
        """Whether the gap since the last look is so long that the past has to be asked for again."""
        return step - self.step >= RECENT_STEPS - _LATE_STEPS

    def ask(self, step: int, ask: Ask) -> None:
        """Let the newest step be `step`, and ask for what is new and what was late."""
        late = _VERY_LATE_STEPS if step // _HOUR != self.step // _HOUR else _LATE_STEPS
        first = min(self.step + 1, step) - late
        self.advance(step)
        for name in SERIES:
            self._ask(name, first, step + 1 - first, ask)
        self._fill()

    def advance(self, step: int) -> None:
        """Let the newest step be `step`; nothing came."""
        for history in self._histories.values():
            history.advance(step)
        self.step = step

    def look(self, sensitivities: Mapping[str, Sensitivity | None]) -> list[Seen]:
        """Let every detector look that is switched on.

        Args:
            sensitivities: by detector; None for one that is switched off.
        """
        found = []
        for row in DETECTORS:
            sensitivity = sensitivities.get(row.id, Sensitivity.MEDIUM)
            if sensitivity is None:
                continue
            seen = (
                self._leak(row, sensitivity)
                if row.id == "memory_leak"
                else self._look(row, sensitivity)
            )
            if seen is not None:
                found.append(seen)
        return found

    def leave_out(self, row: DetectorRow, about: str, first: int) -> None:
        """Learn nothing from what a finding is about, from a step on."""
        history = self._histories[row.question]
        for unit in history.units if about == WHOLE else [about]:
            history.leave_out(unit, first, self.step)

    def hours(self, unit: str | None = None) -> tuple[list[str], Array]:
        """Return the instances and (instances, 192) of their mean private bytes; NaN for nothing."""
        history = self._histories["memory"]
        units = history.units if unit is None else [unit]
        hours = np.full((len(units), HOURS), np.nan)
        for place, name in enumerate(units):
            samples, total = history.slots_of(name, (0, 2), HOURS * _SLOTS_PER_HOUR)
            by_hour = samples.reshape(-1, _SLOTS_PER_HOUR).sum(axis=1)
            mean = total.reshape(-1, _SLOTS_PER_HOUR).sum(axis=1) / np.maximum(by_hour, 1.0)
            hours[place, HOURS - by_hour.size :] = np.where(by_hour > 0, mean, np.nan)
        return list(units), hours

    def size_bytes(self) -> int:
        """Return what the series take."""
        return sum(each.size_bytes() for each in self._histories.values())

    def _look(self, row: DetectorRow, sensitivity: Sensitivity) -> Seen | None:
        if row.id == "silence" and self.step - self._began < _AFTER_START:
            return None
        found = self._watches[row.id].look(self._histories[row.question], sensitivity)
        return None if found is None else Seen(row, *found)

    def _leak(self, row: DetectorRow, sensitivity: Sensitivity) -> Seen | None:
        if (self.step + 1) % _HOUR or not self._histories["memory"].units:
            return None
        units, hours = self.hours()
        look = Leaks().look(hours, sensitivity)
        change = after(self._leaks, units, look, self.step)
        self._leaks = dict(change.open)
        return Seen(row, units, look, change)

    def _ask(self, name: str, first: int, steps: int, ask: Ask) -> int | None:
        """Put the answer into the series; return the first step that has anything."""
        text = asked(
            name,
            first * TICKS_PER_STEP,
            (first + steps) * TICKS_PER_STEP,
            {"most": MOST_UNITS * steps},
        )
        rows = ask(text)
        if not rows and not self._histories[name].units:
            return None
        units, sums = series_of(rows, first, steps)
        if not rows:
            sums = np.zeros((0, _COLUMNS[name], steps))
        self._histories[name].put(first, units, sums)
        there = np.flatnonzero(sums.sum(axis=(0, 1)))
        return first + int(there[0]) if there.size else None

    def _fill(self) -> None:
        self._histories["exceptions"].fill(0, self._histories["requests"], WHOLE)
