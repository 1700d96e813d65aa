"""What is usual for rules with dynamic thresholds, kept for an hour.

A band comes from the history up to the last whole hour, so that it is the same wherever and however
often it is worked out.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from openinsights.alerts.band import LONGEST_DAYS, Learning, learn
from openinsights.alerts.questions import has_series, series, series_question
from openinsights.alerts.rules.threshold import Dynamic
from openinsights.alerts.samples import Samples
from openinsights.clock import TICKS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openinsights.alerts.alert import Split
    from openinsights.alerts.band import Usual
    from openinsights.alerts.evaluate import Values
    from openinsights.alerts.rules.measure import Measure
    from openinsights.alerts.rules.rule import Check
    from openinsights.alerts.rules.threshold import Band
    from openinsights.alerts.samples import Sampled
    from openinsights.query.result import QueryResult
    from openinsights.query.service import QueryRequest

_HOUR: Final = TICKS_PER_DAY // 24
_KEPT: Final = 2_000
_HISTORY_TIMEOUT_S: Final = 60.0
_A_TURN_S: Final = 10.0
"""For so long one evaluation asks for samples; the next one goes on."""


@dataclass(frozen=True, slots=True)
class History:
    """What a measure was, by combination: ends of windows, rising, and values."""

    by_split: Mapping[Split, tuple[Any, Any]]  # numpy's arrays
    window_ticks: int
    is_count: bool

    def usual(self, until: int, ignore_before: int | None) -> Learned:
        """Return what is usual going by the history up to `until`."""
        found = Learned()
        for split, (ends, values) in self.by_split.items():
            first = 0
            if ignore_before is not None:
                first = int(np.searchsorted(ends, ignore_before + self.window_ticks))
            usual = learn(
                ends[first:], values[first:], until, self.window_ticks, is_count=self.is_count
            )
            if isinstance(usual, Learning):
                found.learning[split] = usual
            else:
                found.usual[split] = usual
        return found


@dataclass(slots=True)
class Learned:
    """What is usual by combination, and where there is too little history yet."""

    usual: dict[Split, Usual] = field(default_factory=dict)
    learning: dict[Split, Learning] = field(default_factory=dict)

    def bands(self, check: Check, end: int, window_ticks: int) -> dict[Split, Band]:
        """Return the edges in the window that ends at `end`."""
        threshold = check.threshold
        if not isinstance(threshold, Dynamic):
            return {}
        return {
            split: each.band(end, window_ticks, threshold.sensitivity)
            for split, each in self.usual.items()
        }

    def note(self) -> str:
        """Return what people are told while it learns, "" when it knows."""
        if self.usual:
            return ""
        most = max(self.learning.values(), key=lambda each: each.days, default=Learning(0.0, 0))
        return str(most)


def trained_at(end: int) -> int:
    """Return up to when history counts for the window that ends at `end`."""
    return end - end % _HOUR


def series_history(
    measure: Measure,
    window_ticks: int,
    start: int,
    end: int,
    ask: Callable[[QueryRequest], QueryResult],
) -> History:
    """Return what a measure was in the windows, side by side, between two times.

    Raises:
        OpenInsightsError, TooManyRows: that cannot be told.
    """
    question = series_question(measure, window_ticks, window_ticks)
    start -= start % window_ticks
    end -= end % window_ticks
    found = series(question, ask(question.request(start, end, _HISTORY_TIMEOUT_S)))
    every = np.arange(min(found, default=end + 1), end + 1, window_ticks)
    return _history(measure, window_ticks, every, found)


def sampled_history(measure: Measure, window_ticks: int, sampled: Sampled) -> History:
    """Return what a measure was in the windows that were asked for."""
    every = np.array(sorted(sampled.by_end), dtype=np.int64)
    return _history(measure, window_ticks, every, sampled.by_end)


def _history(
    measure: Measure, window_ticks: int, every: Any, found: Mapping[int, Values]
) -> History:
    columns: dict[Split, tuple[list[int], list[float]]] = {}
    for at in sorted(found):
        for split, value in found[at].items():
            ends, values = columns.setdefault(split, ([], []))
            ends.append(at)
            values.append(value)
    return History(
        {
            split: _filled(np.array(ends), np.array(values), every, measure.is_total)
            for split, (ends, values) in columns.items()
        },
        window_ticks,
        measure.is_total,
    )


def _filled(ends: Any, values: Any, every: Any, is_total: bool) -> Any:
    """Return a series with a 0 wherever something that counts has no rows, from its first ones on."""
    if not is_total:
        return ends, values
    every = every[np.searchsorted(every, ends[0]) :]
    filled = np.zeros(every.size)
    filled[np.searchsorted(every, ends)] = values
    return every, filled


class UsualValues:
    """Keeps what is usual; safe to use from any thread.

    Args:
        ask: answers a query.
        monotonic_s: the time.
    """

    def __init__(
        self, ask: Callable[[QueryRequest], QueryResult], monotonic_s: Callable[[], float]
    ) -> None:
        self._ask = ask
        self._samples = Samples(ask, monotonic_s)
        self._lock = threading.Lock()
        self._kept: OrderedDict[object, Learned] = OrderedDict()

    def at(self, check: Check, end: int, window_ticks: int) -> Learned:
        """Return what is usual in the window that ends at `end`.

        Raises:
            OpenInsightsError, TooManyRows: that cannot be told.
        """
        threshold = check.threshold
        if not isinstance(threshold, Dynamic):
            return Learned()
        until = trained_at(end)
        key = (check.measure, window_ticks, threshold.ignore_before, until)
        with self._lock:
            if key in self._kept:
                return self._kept[key]
        start = until - LONGEST_DAYS * TICKS_PER_DAY
        if threshold.ignore_before is not None:
            start = max(start, min(threshold.ignore_before, until))
        history, is_whole = self.history(check.measure, window_ticks, start, until, _A_TURN_S)
        learned = history.usual(until, threshold.ignore_before)
        if not is_whole:
            return learned  # the next evaluation knows more
        with self._lock:
            self._kept[key] = learned
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return learned

    def history(
        self, measure: Measure, window_ticks: int, start: int, end: int, most_s: float
    ) -> tuple[History, bool]:
        """Return what a measure was between two times, and whether that is all of it.

        Raises:
            OpenInsightsError, TooManyRows: that cannot be told.
        """
        if has_series(measure, window_ticks):
            return series_history(measure, window_ticks, start, end, self._ask), True
        sampled = self._samples.between(measure, window_ticks, start, end, most_s)
        return sampled_history(measure, window_ticks, sampled), sampled.is_whole
