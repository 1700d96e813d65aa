"""A rule over history: what it would have done, going by the very evaluation that runs live."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from openinsights.alerts.band import LONGEST_DAYS
from openinsights.alerts.errors import InvalidRule
from openinsights.alerts.evaluate import Event, evaluate
from openinsights.alerts.questions import TooManyRows, has_series, series, series_question
from openinsights.alerts.rules.threshold import Dynamic
from openinsights.alerts.usual import trained_at
from openinsights.clock import TICKS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from openinsights.alerts.alert import Split
    from openinsights.alerts.evaluate import States, Values
    from openinsights.alerts.rules.rule import Check, Rule
    from openinsights.alerts.rules.threshold import Band
    from openinsights.alerts.telemetry import Telemetry
    from openinsights.alerts.usual import Learned, UsualValues

MOST_WINDOWS: Final = 20_000
MOST_SPLITS_SHOWN: Final = 20
_TIMEOUT_S: Final = 60.0

Bands = list[dict["Split", "Band"]]


@dataclass(frozen=True, slots=True)
class Window:
    """What was compared in one window.

    Attributes:
        end: of the window, in ticks.
        split: the combination.
        value: of the first check; None when there was nothing.
        fires: whether the whole condition is met.
        band: what is usual, for a threshold that is learned.
    """

    end: int
    split: Split
    value: float | None
    fires: bool
    band: Band | None


@dataclass(slots=True)
class Firing:
    """That it would have been fired.

    Attributes:
        start: the end of the window that fired it.
        split: the combination.
        value: of the first check in that window.
        end: the end of the window that resolved it; None when none did.
    """

    start: int
    split: Split
    value: float | None
    end: int | None = None


@dataclass(slots=True)
class BackTest:
    """What a rule would have done.

    Attributes:
        windows: of each combination in the order of time; of the first combinations only.
        firings: in the order of time, of all combinations.
        until: the end of the last window that was looked at, in ticks.
        is_partial: whether the time was over before all were.
        hint: what else people should know.
    """

    windows: list[Window] = field(default_factory=list)
    firings: list[Firing] = field(default_factory=list)
    until: int = 0
    is_partial: bool = False
    hint: str = ""


def ends_between(rule: Rule, start: int, end: int) -> range:
    """Return the ends of the windows in a time, `start` left out.

    Raises:
        InvalidRule: there are too many.
    """
    every = rule.every_ticks
    ends = range(start - start % every + every, end + 1, every)
    if len(ends) > MOST_WINDOWS:
        raise InvalidRule(
            f"cannot test the rule over {len(ends)} windows: at most {MOST_WINDOWS} are possible;"
            " name a shorter time, or a longer evaluationFrequency"
        )
    return ends


def back_test(
    rule: Rule,
    ends: Sequence[int],
    values: Callable[[int], Sequence[Mapping[Split, float]] | None],
    bands: Callable[[int], Bands],
) -> BackTest:
    """Evaluate a rule for windows, from a fresh start.

    Args:
        rule: what is tested.
        ends: of the windows, rising.
        values: returns what each check measured in the window with this end; None when the time is
            over.
        bands: returns what is usual in it.
    """
    found = BackTest()
    states: States = {}
    open_: dict[Split, Firing] = {}
    shown: dict[Split, None] = {}
    for end in ends:
        measured = values(end)
        if measured is None:
            found.is_partial = True
            break
        evaluated = evaluate(rule, states, end, measured, bands(end))
        states = evaluated.states
        for outcome in evaluated.outcomes:
            first = outcome.measured[0]
            if len(shown) < MOST_SPLITS_SHOWN:
                shown.setdefault(outcome.split)
            if outcome.split in shown:
                window = Window(end, outcome.split, first.value, outcome.is_met is True, first.band)
                found.windows.append(window)
            if outcome.event in (Event.FIRE, Event.ANEW):
                if outcome.event is Event.ANEW and outcome.split in open_:
                    open_.pop(outcome.split).end = end
                open_[outcome.split] = Firing(end, outcome.split, first.value)
                found.firings.append(open_[outcome.split])
            elif outcome.event is Event.RESOLVE and outcome.split in open_:
                open_.pop(outcome.split).end = end
        found.until = end
    return found


class BackTester:
    """Tests rules over stored telemetry; safe to use from any thread.

    Args:
        telemetry: tells what they measure.
        usual: tells what was.
        monotonic_s: the time.
    """

    def __init__(
        self, telemetry: Telemetry, usual: UsualValues, monotonic_s: Callable[[], float]
    ) -> None:
        self._telemetry = telemetry
        self._usual = usual
        self._monotonic_s = monotonic_s

    def run(self, rule: Rule, start: int, end: int) -> BackTest:
        """Return what a rule would have done between two times.

        Raises:
            InvalidRule: there are too many windows.
            OpenInsightsError: what it measures cannot be told.
        """
        ends = ends_between(rule, start, end)
        self._telemetry.settle()
        learned = self._learned(rule, ends)
        hints = {each.note() for by_check in learned.values() for each in by_check if each}
        try:
            values = self._values(rule, ends)
            found = back_test(rule, ends, values, lambda at: _bands(rule, learned, at))
        except TooManyRows as error:
            raise InvalidRule(str(error)) from None
        found.hint = "; ".join(sorted(hint for hint in hints if hint)[-1:])
        return found

    def _values(
        self, rule: Rule, ends: range
    ) -> Callable[[int], Sequence[Mapping[Split, float]] | None]:
        is_whole = rule.window_ticks % rule.every_ticks == 0
        have_series = all(has_series(each.measure, rule.window_ticks) for each in rule.checks)
        if ends and is_whole and have_series:
            start, end = ends[0] - rule.window_ticks, ends[-1]
            every = [self._series(check, rule, start, end) for check in rule.checks]
            return lambda at: [each.get(at, {}) for each in every]
        deadline = self._monotonic_s() + _TIMEOUT_S

        def one_by_one(at: int) -> Sequence[Mapping[Split, float]] | None:
            if self._monotonic_s() > deadline:
                return None
            answers = self._telemetry.window([check.measure for check in rule.checks], at)
            for problem in answers.problems.values():
                raise InvalidRule(problem)
            return [answers.values[check.measure] for check in rule.checks]

        return one_by_one

    def _series(self, check: Check, rule: Rule, start: int, end: int) -> Mapping[int, Values]:
        question = series_question(check.measure, rule.window_ticks, rule.every_ticks)
        request = question.request(start, end, _TIMEOUT_S)
        return series(question, self._telemetry.ask(request))

    def _learned(self, rule: Rule, ends: range) -> dict[int, list[Learned | None]]:
        """Return what was usual at each hour of the test, for each check."""
        hours = sorted({trained_at(end) for end in ends})
        found: dict[int, list[Learned | None]] = {hour: [] for hour in hours}
        for check in rule.checks:
            threshold = check.threshold
            if not isinstance(threshold, Dynamic) or not hours:
                for each in found.values():
                    each.append(None)
                continue
            start = hours[0] - LONGEST_DAYS * TICKS_PER_DAY
            history, is_whole = self._usual.history(
                check.measure, rule.window_ticks, start, hours[-1], _TIMEOUT_S
            )
            if not is_whole:
                raise InvalidRule(
                    f"cannot learn what is usual within {_TIMEOUT_S:.0f} s: try again, for what was"
                    " found is kept; or let the query filter a table and do no more, so that its"
                    " history is one question"
                )
            for hour in hours:
                found[hour].append(history.usual(hour, threshold.ignore_before))
        return found


def _bands(rule: Rule, learned: dict[int, list[Learned | None]], end: int) -> Bands:
    return [
        {} if each is None else each.bands(check, end, rule.window_ticks)
        for check, each in zip(rule.checks, learned[trained_at(end)], strict=True)
    ]
