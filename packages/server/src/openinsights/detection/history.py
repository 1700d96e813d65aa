"""What is remembered of a resource: its series of the newest hours and of the past days.

Filled by the engine as answers come (or by a benchmark); asked by detectors. Late telemetry takes
the place of what was known of its steps. Bounded: units that were not seen for long make room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from openinsights.detection.grid import (
    DAYS_KEPT,
    SLOTS_PER_DAY,
    STEPS_PER_SLOT,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.detection.grid import AnyArray, Array

RECENT_STEPS: Final = 48
"""Four hours, step by step."""
MOST_UNITS: Final = 48
_SETTLES_SLOTS: Final = 8
"""The newest two hours are not learned from: a fault must not become its own baseline."""
_SLOTS: Final = DAYS_KEPT * SLOTS_PER_DAY


class History:
    """Series of several units; belongs to one thread at a time.

    Args:
        columns: names of what adds up.
        step: the newest step that is known, counted since 0001-01-01.
    """

    def __init__(self, columns: Sequence[str], step: int) -> None:
        self.columns = tuple(columns)
        self.units: list[str] = []
        self.step = step
        self.since = step + 1
        self._first_slot = _first_slot(step)
        self._rows: dict[str, int] = {}
        self._recent = np.zeros((0, len(self.columns), RECENT_STEPS))
        self._slots = np.zeros((0, len(self.columns), _SLOTS), dtype=np.float32)
        self._left_out: AnyArray = np.zeros((0, _SLOTS), dtype=bool)

    @property
    def slot_of_day(self) -> int:
        """The slot of the newest step in its day."""
        return self.step // STEPS_PER_SLOT % SLOTS_PER_DAY

    @property
    def first_day(self) -> int:
        """The day of the first slot that is kept."""
        return self._first_slot // SLOTS_PER_DAY

    @property
    def recent(self) -> Array:
        """(units, columns, steps), the newest last."""
        return self._recent

    @property
    def slots(self) -> AnyArray:
        """(units, columns, slots) to learn from: whole days, zero where nothing may be learned."""
        slots = self._slots * ~self._left_out[:, None, :]
        slots[:, :, max(0, self._place_of_now() - _SETTLES_SLOTS) :] = 0
        return slots

    @property
    def known(self) -> AnyArray:
        """(slots,) which of them were watched, and are old enough to be learned from."""
        places = np.arange(_SLOTS)
        first = -(-self.since // STEPS_PER_SLOT) - self._first_slot
        return (places >= first) & (places < self._place_of_now() - _SETTLES_SLOTS)

    @property
    def every_slot(self) -> AnyArray:
        """(units, columns, slots) as they are known, nothing left out."""
        return self._slots

    def advance(self, step: int) -> None:
        """Let the newest step be `step`: what is between is zero until it is put."""
        moved = step - self.step
        if moved <= 0:
            return
        if moved >= RECENT_STEPS:
            self._recent[:] = 0
        else:
            self._recent[:, :, :-moved] = self._recent[:, :, moved:]
            self._recent[:, :, -moved:] = 0
        self.step = step
        gone = _first_slot(step) - self._first_slot
        if gone > 0:
            self._slots = _shifted(self._slots, gone)
            self._left_out = _shifted(self._left_out, gone)
            self._first_slot += gone
            self._let_go()

    def put(self, step: int, units: Sequence[str], sums: Array) -> None:
        """Know the steps from `step` on; units that are not named had nothing in them.

        Args:
            step: the first one; none after the newest step.
            units: names.
            sums: (units, columns, steps).
        """
        rows = [self._row(unit) for unit in units]
        count = sums.shape[2]
        self._put_recent(step, rows, sums)
        first = -(-step // STEPS_PER_SLOT)
        for slot in range(first, (step + count) // STEPS_PER_SLOT):
            place = slot - self._first_slot
            if 0 <= place < _SLOTS:
                at = slot * STEPS_PER_SLOT - step
                self._slots[:, :, place] = 0
                self._slots[rows, :, place] = sums[:, :, at : at + STEPS_PER_SLOT].sum(axis=2)

    def fill(self, column: int, of: History, unit: str) -> None:
        """Take a column of all units from that of one unit of another history of the same step."""
        row = of._rows.get(unit)
        if row is not None:
            self._recent[:, column] = of.recent[row, 0]
            self._slots[:, column] = of.every_slot[row, 0]

    def leave_out(self, unit: str, first_step: int, last_step: int) -> None:
        """Learn nothing from these steps of a unit."""
        row = self._rows.get(unit)
        if row is not None:
            first = max(0, first_step // STEPS_PER_SLOT - self._first_slot)
            last = last_step // STEPS_PER_SLOT - self._first_slot
            self._left_out[row, first : max(0, last + 1)] = True

    def values(self, unit: str, columns: Sequence[int], steps: int) -> Array:
        """Return (columns, steps) of a unit's newest steps; zero for an unknown unit."""
        row = self._rows.get(unit)
        if row is None:
            return np.zeros((len(columns), steps))
        return np.asarray(self._recent[row, columns, -steps:])

    def slots_of(self, unit: str, columns: Sequence[int], slots: int) -> Array:
        """Return (columns, slots) of a unit's newest whole slots; zero for an unknown unit."""
        row = self._rows.get(unit)
        end = (self.step + 1) // STEPS_PER_SLOT - self._first_slot
        if row is None:
            return np.zeros((len(columns), slots))
        return np.asarray(self._slots[row, columns, max(0, end - slots) : end], dtype=np.float64)

    def size_bytes(self) -> int:
        """Return what the series take."""
        return self._recent.nbytes + self._slots.nbytes + self._left_out.nbytes

    def _put_recent(self, step: int, rows: list[int], sums: Array) -> None:
        start = step - (self.step - RECENT_STEPS + 1)
        skipped = max(0, -start)
        count = sums.shape[2] - skipped
        if count > 0:
            start = max(0, start)
            self._recent[:, :, start : start + count] = 0
            self._recent[rows, :, start : start + count] = sums[:, :, skipped:]

    def _row(self, unit: str) -> int:
        row = self._rows.get(unit)
        if row is None:
            row = self._rows[unit] = len(self.units)
            self.units.append(unit)
            self._recent = _with_row(self._recent)
            self._slots = _with_row(self._slots)
            self._left_out = _with_row(self._left_out)
        return row

    def _place_of_now(self) -> int:
        return self.step // STEPS_PER_SLOT - self._first_slot + 1

    def _let_go(self) -> None:
        """Forget units of which nothing is left, and the smallest of too many."""
        volume = self._slots[:, 1].sum(axis=1)
        order = [place for place in np.argsort(-volume, kind="stable") if volume[place] > 0]
        kept = sorted(int(place) for place in order[:MOST_UNITS])
        if len(kept) == len(self.units):
            return
        self._recent, self._slots = self._recent[kept], self._slots[kept]
        self._left_out = self._left_out[kept]
        self.units = [self.units[place] for place in kept]
        self._rows = {unit: row for row, unit in enumerate(self.units)}


def _first_slot(step: int) -> int:
    day = step // STEPS_PER_SLOT // SLOTS_PER_DAY
    return (day - DAYS_KEPT + 1) * SLOTS_PER_DAY


def _shifted(array: AnyArray, gone: int) -> AnyArray:
    shifted = np.zeros_like(array)
    if gone < array.shape[-1]:
        shifted[..., :-gone] = array[..., gone:]
    return shifted


def _with_row(array: AnyArray) -> AnyArray:
    return np.concatenate([array, np.zeros((1, *array.shape[1:]), dtype=array.dtype)])
