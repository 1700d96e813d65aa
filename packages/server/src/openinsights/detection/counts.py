"""How far counts are above what is expected of them, given the hours just before.

Days differ, and hours stray in ways that last: what has been twice the usual all morning is no news
at noon. So a window is held against what is usual at this time of day, raised by that part of what
the hours before had too much which is likely to last. How much windows still stray then, beyond
chance, is measured on the past in the very same way. What chance and straying give together is a
count whose mean varies (Poisson with a gamma mean), which has far longer tails than chance alone:
its signed root of the deviance is the score.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from openinsights.detection import baseline
from openinsights.detection.deviation import (
    CALM,
    KNOWN_DAYS,
    LEARNING,
    OVER_TAIL,
    WITHOUT_STRONGEST,
    Deviations,
    chosen,
    has_risen,
    without_strongest,
)
from openinsights.detection.grid import SLOTS_PER_DAY, STEPS_PER_SLOT

if TYPE_CHECKING:
    from openinsights.detection.baseline import Baseline
    from openinsights.detection.deviation import Window
    from openinsights.detection.grid import AnyArray, Array, Flags
    from openinsights.detection.measures import Counting

_LASTING_PART: Final = 0.15
"""By which part days and mornings differ by themselves, as it is assumed: a week tells too little."""
_NEW_PART: Final = 0.5
"""How much of what hours stray by is new with each: what the hours before say less about."""
_GOES_ON: Final = (1.0, 2.0)
"""Deviations that a window needs before the next longer one counts: what is over is not found
afterwards. Of what comes once in ten minutes the newest twenty may be empty while it goes on, so
three hours ask the hour alone."""
_WITH_CAPPED: Final = 0.8
"""What a window needs, of what it needs at all, when its strongest steps count as the next one."""
_BEFORE: Final = (24, 24, 12)
"""Steps before the windows from which it is told what lasts: within the four hours that are kept."""
_SLOTS: Final = (1, 4, 12)
"""Slots that are about as long as the windows: twenty minutes, an hour, three hours."""
_QUANTILE: Final = 0.8
_AT_QUANTILE: Final = 1.2816
"""Standard deviations of a normal variable within which that part lies. More of the past than its
middle says more surely how it strays, and incidents are no fifth of it."""
_ASSUMED_DAYS: Final = 5.0
"""As many days the assumption of how windows stray is worth. What lasts for a morning or a day is
seen once in each day, however many windows there are: a calm week is often just that, and the next
day that differs would be a finding."""
_MOST_STRAY: Final = 4.0
_FEW: Final = 24
_TAIL: Final = 0.99
_LEAST: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Strays:
    """How much windows of one length stray beyond chance; arrays (units,).

    Attributes:
        after: relative variance from what is expected, given the hours before.
        alone: relative variance from what is usual at the time of day.
        tail: the score that a hundredth of past windows exceed.
    """

    after: Array
    alone: Array
    tail: Array


@dataclass(frozen=True, slots=True)
class UsualCounts:
    """What is usual, and how windows stray from it.

    Attributes:
        usual: as people are shown it.
        figure: (units, 96) what is expected: of few items at a time of day, that and the level of
            all that is known.
        unsure: (units, 96) relative variance of that.
        strays: of the three lengths of windows, in their order.
    """

    usual: Baseline
    figure: Array
    unsure: Array
    strays: tuple[Strays, ...]

    @property
    def hourly(self) -> Array:
        """(units,) relative variance of hours."""
        return self.strays[1].alone


@dataclass(frozen=True, slots=True)
class _Counts:
    """Counts of windows with what is usual for them; arrays of one shape.

    Attributes:
        seen: effective items that are hit.
        size: effective items that might be.
        usual: the figure that is usual.
        unsure: relative variance of the usual figure itself.
    """

    seen: Array
    size: Array
    usual: Array
    unsure: Array


def learn(measure: Counting, slots: AnyArray) -> UsualCounts:
    """Learn from past slots; see `baseline.learn`."""
    usual = baseline.learn(measure, slots)
    sums = np.asarray(slots, dtype=np.float64)
    figure, unsure = _expected(measure, usual, sums)
    hour = _past(measure, figure, unsure, sums, _SLOTS[1], 0)
    hourly = _beyond(hour, 1.0)
    strays = []
    for length, before in zip(_SLOTS, _BEFORE, strict=True):
        window = _past(measure, figure, unsure, sums, length, 0)
        earlier = _past(measure, figure, unsure, sums, before // STEPS_PER_SLOT, length)
        factor, left = _lasting(window, earlier, hourly[:, None])
        after = _believed(measure, _beyond(window, factor), usual.days.max(axis=1))
        relative = after[:, None] + window.unsure * left
        score = _score(measure, window, factor, relative)
        strays.append(Strays(after, _beyond(window, 1.0), _tails(score)))
    return UsualCounts(usual, figure, unsure, tuple(strays))


def _expected(measure: Counting, usual: Baseline, sums: Array) -> tuple[Array, Array]:
    """Return the figures of times of day and their relative variances.

    The level says beforehand what they are, as surely as hours are known to differ; each then
    learns from what came at its own time (a gamma mean, told by counts).
    """
    units, columns, slots = usual.pooled.shape
    level_seen, level_size = measure.counts(sums.sum(axis=2))
    level = (level_seen + 0.375) / np.maximum(level_size, 1.0)
    sure = 1.0 / measure.hours_differ**2
    flat = np.moveaxis(usual.pooled, 1, 2).reshape(-1, columns)
    seen, size = (each.reshape(units, slots) for each in measure.counts(flat))
    figure = (seen + sure) / (size + sure / level[:, None])
    unsure = 1.0 / (seen + sure) + measure.days_differ**2 / np.maximum(usual.days, 1.0)
    return figure, unsure


def deviations(
    measure: Counting,
    learned: UsualCounts,
    recent: Array,
    slot_of_day: int,
    windows: tuple[Window, ...],
) -> Deviations:
    """Return what the newest windows say; see `deviation.deviations`.

    Args:
        measure: what is measured.
        learned: what is usual.
        recent: (units, columns, steps), the newest last: four hours.
        slot_of_day: of the newest step.
        windows: three, shortest first.
    """
    shortest, plain = _of_window(measure, learned, recent, slot_of_day, windows, 0)
    best = shortest
    with np.errstate(invalid="ignore"):
        calm = ~(plain >= CALM)
        for place, least in enumerate(_GOES_ON, 1):
            goes_on = plain >= least
            if place == len(windows) - 1 and not goes_on.any():
                break
            found, plain = _of_window(measure, learned, recent, slot_of_day, windows, place)
            better = found.fires & ~best.fires & goes_on
            if better.any():
                best = chosen(better, found, best)
    return replace(best, calm=calm)


def _of_window(
    measure: Counting,
    learned: UsualCounts,
    recent: Array,
    slot_of_day: int,
    windows: tuple[Window, ...],
    place: int,
) -> tuple[Deviations, Array]:
    """Return what a window says, and its score without the hours before."""
    window, strays, usual = windows[place], learned.strays[place], learned.usual
    end = recent.shape[2] - window.steps
    slot = _middle(slot_of_day, window.steps)
    earlier_slot = _middle(slot_of_day - window.steps // STEPS_PER_SLOT, _BEFORE[place])
    sums = recent[:, :, end:].sum(axis=2)
    before = recent[:, :, end - _BEFORE[place] : end].sum(axis=2)
    now = _counted(measure, learned, sums, slot)
    factor, left = _lasting(now, _counted(measure, learned, before, earlier_slot), learned.hourly)
    relative = strays.after + now.unsure * left
    score = _score(measure, now, factor, relative)
    plain_relative = strays.alone + now.unsure
    plain = _score(measure, now, np.ones_like(factor), plain_relative)
    days = usual.days[:, slot]
    needed = np.maximum(window.critical, strays.tail * OVER_TAIL) * (1 + LEARNING / (1 + days))
    value, noise = measure.value(sums)
    expected = usual.expected[:, slot]
    with np.errstate(invalid="ignore"):
        fires = score >= needed
    if fires.any():  # nearly never
        rest = _counted(measure, learned, without_strongest(measure, recent, window), slot)
        capped = _counted(measure, learned, _capped(measure, recent, window), slot)
        with np.errstate(invalid="ignore"):
            lasts = _score(measure, rest, factor, relative) >= needed * WITHOUT_STRONGEST
            lasts |= _score(measure, capped, factor, relative) >= needed * _WITH_CAPPED
        fires &= lasts
        fires &= has_risen(measure, recent, window, usual.noise_of(window.steps)) | (
            days >= KNOWN_DAYS
        )
    deviation = np.sqrt(noise + plain_relative * measure.change(expected, 1.0) ** 2)
    steps = np.full(value.shape, float(window.steps))
    calm = np.zeros(value.shape, dtype=bool)
    return Deviations(value, expected, deviation, score, fires, calm, steps, days, sums), plain


def _capped(measure: Counting, recent: Array, window: Window) -> Array:
    """Return the sums (units, columns) of the newest window, its strongest steps as the next one.

    Six items in six steps are no burst, and without four of them they are nothing.
    """
    newest = recent[:, :, -window.steps :]
    count, hits = newest[:, 0], newest[:, 2]
    figure = np.where(count > 0, hits / np.maximum(count, _LEAST), 0.0)
    place = window.steps - window.dropped - 1
    next_one = np.partition(figure, place, axis=1)[:, place : place + 1]
    return np.asarray(measure.with_hits(newest, np.minimum(hits, next_one * count)).sum(axis=2))


def _middle(slot_of_day: int, steps: int) -> int:
    return (slot_of_day - steps // (2 * STEPS_PER_SLOT)) % SLOTS_PER_DAY


def _counted(measure: Counting, learned: UsualCounts, sums: Array, slot: int) -> _Counts:
    seen, size = measure.counts(sums)
    return _Counts(seen, size, learned.figure[:, slot], learned.unsure[:, slot])


def _past(
    measure: Counting, figure: Array, unsure: Array, sums: Array, length: int, back: int
) -> _Counts:
    """Return the counts of all past windows of so many slots, which ended so many slots ago.

    Windows beside what is not known in full have no size.
    """
    units, columns, slots = sums.shape
    known = (sums[:, :1] > 0).astype(np.float64)
    whole = np.where(_trailing(known, length, back) > length - 0.5, 1.0, 0.0)
    flat = np.moveaxis(_trailing(sums, length, back) * whole, 1, 2).reshape(-1, columns)
    seen, size = (each.reshape(units, slots) for each in measure.counts(flat))
    at = (np.arange(slots) - back - length // 2) % SLOTS_PER_DAY
    return _Counts(seen, size, figure[:, at], unsure[:, at])


def _trailing(series: Array, length: int, back: int) -> Array:
    """Return the sums of `length` places, the newest of them `back` places before each."""
    total = np.concatenate([np.zeros((*series.shape[:2], 1)), series.cumsum(axis=2)], axis=2)
    out = np.zeros_like(series)
    first = length - 1 + back
    if first < series.shape[2]:
        ends = series.shape[2] - back + 1
        out[:, :, first:] = total[:, :, length:ends] - total[:, :, : ends - length]
    return out


def _lasting(now: _Counts, earlier: _Counts, hourly: Array) -> tuple[Array, Array]:
    """Return by what the hours before raise what is expected, and what they leave unsure."""
    usual = np.maximum(earlier.usual * earlier.size, 1e-6)
    lasts = _LASTING_PART**2 + now.unsure
    told = np.where(earlier.size > 0, lasts / (lasts + _NEW_PART * hourly + 1.0 / usual), 0.0)
    # hours that had less than usual promise nothing
    return 1.0 + np.maximum(told * (earlier.seen / usual - 1.0), 0.0), 1.0 - told


def _score(measure: Counting, counts: _Counts, factor: Array, relative: Array) -> Array:
    """Return the signed root of the deviance; NaN for nothing."""
    figure = counts.usual * factor
    usual = np.maximum(figure * counts.size, 1e-6)
    shape = 1.0 / np.maximum(relative, _LEAST)
    seen = counts.seen
    hit = np.where(seen > 0, seen * np.log(np.maximum(seen, _LEAST) / usual), 0.0)
    deviance = hit - (seen + shape) * np.log((seen + shape) / (usual + shape))
    root = np.sqrt(2.0 * np.maximum(deviance, 0.0) / measure.spare(figure))
    return np.asarray(np.where(counts.size > 0, np.sign(seen - usual) * root, np.nan))


def _beyond(counts: _Counts, factor: Array | float) -> Array:
    """Return the relative variance beyond chance with which so much of the past is usual."""
    usual = counts.usual * factor * counts.size
    known = (counts.size > 0) & (usual > 0)
    squares = (np.sqrt(np.maximum(counts.seen, 0.0) + 0.375) - np.sqrt(usual + 0.375)) ** 2
    most = np.count_nonzero(known, axis=1) * (1.0 - _QUANTILE)

    def is_more(variance: Array) -> Flags:
        bound = _AT_QUANTILE**2 * 0.25 * (1.0 + variance[:, None] * usual)
        return np.asarray(np.count_nonzero((squares > bound) & known, axis=1) > most)

    low, high = np.zeros(len(usual)), np.full(len(usual), _MOST_STRAY)
    strays = is_more(low) & (np.count_nonzero(known, axis=1) >= _FEW)
    for _ in range(16):
        middle = (low + high) / 2
        beyond = is_more(middle)
        low, high = np.where(beyond, middle, low), np.where(beyond, high, middle)
    return np.where(strays, high, 0.0)


def _believed(measure: Counting, variance: Array, days: Array) -> Array:
    """Return the relative variance that is believed, of what so many days have told."""
    assumed = _ASSUMED_DAYS * measure.windows_stray**2
    return np.asarray((assumed + days * variance) / (_ASSUMED_DAYS + days))


def _tails(scores: Array) -> Array:
    tails = np.zeros(len(scores))
    for unit, row in enumerate(scores):
        known = row[np.isfinite(row)]
        if known.size >= SLOTS_PER_DAY:
            tails[unit] = float(np.quantile(known, _TAIL))
    return tails
