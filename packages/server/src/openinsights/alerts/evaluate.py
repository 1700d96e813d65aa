"""What becomes of a rule when a window has closed: measured values in, states and outcomes out.

Pure. The state says everything that an evaluation needs of those before it, so it makes no
difference where a process ended and another went on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

import msgspec

from openinsights.alerts.alert import Split
from openinsights.alerts.rules.rule import HEALTHY_UNTIL_RESOLVED
from openinsights.alerts.rules.threshold import Dynamic
from openinsights.clock import TICKS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from openinsights.alerts.rules.rule import Check, Rule
    from openinsights.alerts.rules.threshold import Band

MOST_SPLITS: Final = 500
"""Combinations that one rule watches at most."""
_FORGOTTEN_AFTER_TICKS: Final = TICKS_PER_DAY

Values = dict[Split, float]
"""What was measured for each combination that has rows."""


class SplitState(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one combination stands.

    Attributes:
        failing: for each check the ends of the windows on the bad side that still count.
        is_fired: whether its alert is fired.
        healthy: healthy evaluations on end since it fired.
        muted_until: it does not fire anew before.
        seen: the end of the last window in which it had rows; 0 when it never had any.
    """

    failing: tuple[tuple[int, ...], ...] = ()
    is_fired: bool = False
    healthy: int = 0
    muted_until: int = 0
    seen: int = 0


NEW: Final = SplitState()
States = dict[Split, SplitState]


class Event(Enum):
    """What an evaluation does with the alert of a combination."""

    FIRE = "fire"
    ANEW = "anew"
    STILL = "still"
    RESOLVE = "resolve"


@dataclass(frozen=True, slots=True)
class Measured:
    """What was compared for one check.

    Attributes:
        check: of the rule.
        value: None when there was nothing.
        band: what is usual, for a threshold that is learned.
        split: the part of the combination that the check is split by.
    """

    check: Check
    value: float | None
    band: Band | None
    split: Split


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out for one combination.

    Attributes:
        split: the combination.
        event: None when nothing changes.
        is_met: whether the whole condition is met; None when that cannot be told.
        measured: what was compared, for each check.
    """

    split: Split
    event: Event | None
    is_met: bool | None
    measured: tuple[Measured, ...]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A rule after a window.

    Attributes:
        states: of the combinations that are not simply healthy.
        outcomes: of every combination that was looked at, in the order of the combinations.
        left_out: how many combinations were not looked at because there are too many.
    """

    states: States
    outcomes: tuple[Outcome, ...]
    left_out: int = 0


def evaluate(
    rule: Rule,
    states: Mapping[Split, SplitState],
    end: int,
    values: Sequence[Mapping[Split, float]],
    bands: Sequence[Mapping[Split, Band]],
) -> Evaluated:
    """Evaluate a rule for the window that ends at `end`.

    Args:
        rule: what is evaluated.
        states: after the windows before.
        end: of the window, in ticks; later than every one before.
        values: for each check, what was measured, by the part of the combination that the check is
            split by.
        bands: for each check, what is usual at `end`; empty for a fixed threshold.
    """
    splits, left_out = _looked_at(rule, states, values)
    left: States = {}
    outcomes = []
    for split in splits:
        state, outcome = _step(rule, split, states.get(split, NEW), end, values, bands)
        outcomes.append(outcome)
        if _is_worth_keeping(rule, state, end):
            left[split] = state
    return Evaluated(left, tuple(outcomes), left_out)


def part_of(split: Split, dimensions: Sequence[str]) -> Split:
    """Return the part of a combination with these dimensions."""
    return tuple(pair for pair in split if pair[0] in dimensions)


def _looked_at(
    rule: Rule, states: Mapping[Split, SplitState], values: Sequence[Mapping[Split, float]]
) -> tuple[list[Split], int]:
    if not rule.dimensions:
        return [()], 0
    found = {
        split
        for check, measured in zip(rule.checks, values, strict=True)
        if len(check.dimensions) == len(rule.dimensions)
        for split in measured
    }
    new = sorted(found - states.keys())
    room = max(0, MOST_SPLITS - len(states))
    return sorted([*states, *new[:room]]), max(0, len(new) - room)


def _step(
    rule: Rule,
    split: Split,
    state: SplitState,
    end: int,
    values: Sequence[Mapping[Split, float]],
    bands: Sequence[Mapping[Split, Band]],
) -> tuple[SplitState, Outcome]:
    measured, failing, verdicts = [], [], []
    has_rows = False
    before = state.failing or ((),) * len(rule.checks)
    for check, found, usual, ends in zip(rule.checks, values, bands, before, strict=True):
        part = part_of(split, check.dimensions)
        value = found.get(part)
        if value is not None and math.isnan(value):
            value = None
        has_rows = has_rows or value is not None
        is_unseen = value is None and not state.seen and not rule.counts_unseen
        if value is None and check.measure.is_total:
            value = 0.0
        band = usual.get(part)
        fails = None
        if value is not None:
            is_bad = check.threshold.is_met(value, band)
            fails = is_bad and not is_unseen if is_bad is not None else None
        kept = _kept(ends, check, rule.window_ticks, end)
        if fails:
            kept = (*kept, end)
        measured.append(Measured(check, value, band, part))
        failing.append(kept)
        verdicts.append(None if fails is None else _is_met(kept, check, rule.window_ticks, end))
    is_met = _all_of(verdicts)
    event, after = _transition(rule, state, end, is_met)
    after = msgspec.structs.replace(
        after,
        failing=tuple(failing) if any(failing) else (),
        seen=end if has_rows else state.seen,
    )
    return after, Outcome(split, event, is_met, tuple(measured))


def _kept(ends: tuple[int, ...], check: Check, window_ticks: int, end: int) -> tuple[int, ...]:
    oldest = end - (check.periods.of - 1) * window_ticks
    return tuple(each for each in ends if oldest <= each < end)


def _is_met(ends: tuple[int, ...], check: Check, window_ticks: int, end: int) -> bool:
    # only windows side by side count, of those that overlap
    return sum((end - each) % window_ticks == 0 for each in ends) >= check.periods.failing


def _all_of(verdicts: Iterable[bool | None]) -> bool | None:
    every = list(verdicts)
    if False in every:
        return False
    return None if None in every else True


def _transition(
    rule: Rule, state: SplitState, end: int, is_met: bool | None
) -> tuple[Event | None, SplitState]:
    """Return what happens to the alert, and the state but for its windows."""
    if is_met is None:
        return None, state
    change = msgspec.structs.replace
    if not rule.resolves:
        # what fired before the rule was changed so is left to people
        free = change(state, is_fired=False, healthy=0)
        if not is_met:
            return None, free
        if end < state.muted_until:
            return Event.STILL, free
        return Event.ANEW, change(free, muted_until=end + rule.mute_ticks)
    if is_met:
        return Event.STILL if state.is_fired else Event.FIRE, change(
            state, is_fired=True, healthy=0, muted_until=0
        )
    if not state.is_fired:
        return None, change(state, healthy=0, muted_until=0)
    if state.healthy + 1 >= HEALTHY_UNTIL_RESOLVED:
        return Event.RESOLVE, change(state, is_fired=False, healthy=0)
    return None, change(state, healthy=state.healthy + 1)


def _is_worth_keeping(rule: Rule, state: SplitState, end: int) -> bool:
    if state.is_fired or state.failing or state.muted_until > end:
        return True
    if not state.seen:
        return False
    # a combination that was there and is not any more may count 0, which is not always healthy
    is_recent = end - state.seen < _FORGOTTEN_AFTER_TICKS or not rule.dimensions
    return is_recent and any(_is_met_by_nothing(check) for check in rule.checks)


def _is_met_by_nothing(check: Check) -> bool:
    if not check.measure.is_total:
        return False
    threshold = check.threshold
    return isinstance(threshold, Dynamic) or threshold.is_met(0.0, None)
