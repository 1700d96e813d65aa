"""One detector on one resource: learns when it is time to, looks, and knows what is open.

Pure: the engine feeds it and keeps what it says; `benchmarks/detection.py` does the same with made
up traffic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from openinsights.detection.detectors.silence import Silences
from openinsights.detection.grid import STEPS_PER_DAY, STEPS_PER_SLOT
from openinsights.detection.history import RECENT_STEPS
from openinsights.detection.look import Look, Sensitivity
from openinsights.detection.states import CALM_LOOKS, Change, Open, after

if TYPE_CHECKING:
    from openinsights.detection.detectors.durations import Durations
    from openinsights.detection.detectors.shares import Shares
    from openinsights.detection.detectors.volumes import Volumes
    from openinsights.detection.history import History

    Detector = Shares | Durations | Volumes | Silences

WHOLE: Final = ""
"""The unit that is all units together."""
_LEARNS_EVERY: Final = 6 * 4 * STEPS_PER_SLOT
_LEARNS_EVERY_AT_FIRST: Final = 4 * STEPS_PER_SLOT
_AT_FIRST: Final = 2 * STEPS_PER_DAY
_LEAST_KNOWN: Final = 2 * 4 * STEPS_PER_SLOT
"""Steps that a resource is known for before anything is said: two hours, and what settles."""


class Watch:
    """Watches one resource with one detector.

    Args:
        detector: what looks.
        has_whole: whether all units together, which are the unit `WHOLE`, are looked at, too.
        columns: those of the history that the detector takes; None for all.
    """

    def __init__(
        self, detector: Detector, has_whole: bool, columns: tuple[int, ...] | None = None
    ) -> None:
        self.detector = detector
        self._has_whole = has_whole
        self._columns = slice(None) if columns is None else columns
        self._learned_at = 0
        self.units: tuple[str, ...] = ()
        self.usual: Any = None  # of the detector's own type
        self.open: dict[str, Open] = {}
        self._ended: dict[str, int] = {}

    def look(
        self, history: History, sensitivity: Sensitivity = Sensitivity.MEDIUM
    ) -> tuple[tuple[str, ...], Look, Change] | None:
        """Look at the newest steps; None when nothing can be said yet.

        Returns:
            The names of the units, what was seen of them, and what becomes of the findings.
        """
        if history.step - history.since < _LEAST_KNOWN or not history.units:
            return None
        self._learn(history)
        if self.usual is None:
            return None
        recent = history.recent[:, self._columns]
        if isinstance(self.detector, Silences):
            day = history.step // STEPS_PER_DAY
            look = self.detector.look(self.usual, recent, history.slot_of_day, day, sensitivity)
        else:
            look = self.detector.look(self.usual, recent, history.slot_of_day, sensitivity)
        if WHOLE in self.units and not self._has_whole:
            look.fires[self.units.index(WHOLE)] = False
        self._leave_what_was_found(look, history.step)
        change = after(self.open, self.units, look, history.step)
        if self._has_whole:
            change = self._one_of_all(change, look)
        self.open = dict(change.open)
        self._ended |= dict.fromkeys(change.ended, history.step)
        return self.units, look, change

    def _leave_what_was_found(self, look: Look, step: int) -> None:
        """Let nothing fire by a window that reaches back into a finding that has ended.

        Three hours hold all of an incident when its finding is over and told: it would be one
        again. The shortest windows are behind it by then, and find what begins anew.
        """
        oldest = step - RECENT_STEPS
        self._ended = {unit: ended for unit, ended in self._ended.items() if ended > oldest}
        if not self._ended or not look.fires.any():
            return
        whole, every = self._ended.get(WHOLE, oldest), max(self._ended.values())
        for place in np.flatnonzero(look.fires).tolist():
            unit = self.units[place]
            ended = every if unit == WHOLE else max(whole, self._ended.get(unit, oldest))
            # what ended had been usual for some looks already
            if step - look.steps[place] < ended - CALM_LOOKS:
                look.fires[place] = False

    def _learn(self, history: History) -> None:
        known = history.step - history.since
        every = _LEARNS_EVERY if known > _AT_FIRST else _LEARNS_EVERY_AT_FIRST
        units = tuple(history.units)
        if units == self.units and history.step - self._learned_at < every:
            return
        slots = history.slots[:, self._columns]
        if isinstance(self.detector, Silences):
            self.usual = self.detector.learn(slots, history.known, history.first_day)
        else:
            self.usual = self.detector.learn(slots)
        self._learned_at, self.units = history.step, units

    def _one_of_all(self, change: Change, look: Look) -> Change:
        """Say it once: of the whole, or of the units that explain it."""
        if not change.opened:
            return change
        opened = [unit for unit in change.opened if self._is_said_by(unit, change, look)]
        said = {
            unit: state
            for unit, state in change.open.items()
            if unit not in change.opened or unit in opened
        }
        return Change(said, tuple(opened), change.ended)

    def _is_said_by(self, unit: str, change: Change, look: Look) -> bool:
        others = [each for each in change.open if each not in (unit, WHOLE)]
        if unit != WHOLE:
            # many at once are one finding of the whole, which names them
            known = WHOLE in self.open
            many = WHOLE in change.opened and not self._explained(change, look)
            return not known and not many
        return not any(others) or not self._explained(change, look)

    def _explained(self, change: Change, look: Look) -> bool:
        """Whether at most two open units have most of what is too much in the whole."""
        excess = {
            unit: float(look.hits[place] - look.expected[place] * look.count[place])
            / float(look.steps[place])
            for place, unit in enumerate(self.units)
        }
        units = sorted(
            (excess[each] for each in change.open if each and each in excess), reverse=True
        )
        return sum(units[:2]) >= 0.6 * max(excess.get(WHOLE, 0.0), 1e-9) and len(units) <= 3
