"""Random rules over random series: it makes no difference where a process ended, or who was beside."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openinsights.alerts.alert import Signal
from openinsights.alerts.engine import Standing
from openinsights.alerts.evaluate import NEW, Event, SplitState, evaluate
from openinsights.alerts.rules.measure import Measure, Rows, Source
from openinsights.alerts.rules.rule import Check, Rule
from openinsights.alerts.rules.threshold import Dynamic, Periods, Static
from openinsights.catalog.alert_rules import RuleState

MINUTE = 600_000_000
START = 1_000_000 * MINUTE
ROLE = "cloud/roleName"


def check_of(*, is_total, threshold, periods, is_split, number=0):
    by = ((ROLE, "cloud_RoleName"),) if is_split else ()
    source = Source(("app",), Rows("requests"), MINUTE, by)
    value = f"value{number}"
    dimensions = (ROLE,) if is_split else ()
    return Check(Measure(source, value, is_total), threshold, periods, dimensions=dimensions)


THRESHOLDS = st.one_of(
    st.builds(
        Static,
        st.sampled_from(["GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual"]),
        st.integers(0, 4).map(float),
    ),
    st.builds(
        Dynamic, st.sampled_from(["GreaterThan", "LessThan", "GreaterOrLessThan"]), st.just("High")
    ),
)


@st.composite
def rules(draw):
    of = draw(st.integers(1, 4))
    is_split = draw(st.booleans())
    checks = tuple(
        check_of(
            is_total=draw(st.booleans()),
            threshold=draw(THRESHOLDS),
            periods=Periods(draw(st.integers(1, of)), of),
            is_split=is_split and (number == 0 or draw(st.booleans())),
            number=number,
        )
        for number in range(draw(st.integers(1, 2)))
    )
    resolves = draw(st.booleans())
    return Rule(
        "rule",
        "app",
        "rule",
        Signal.METRIC,
        3,
        MINUTE,
        MINUTE * draw(st.integers(1, 3)),
        checks,
        dimensions=checks[0].dimensions,
        resolves=resolves,
        mute_ticks=0 if resolves else MINUTE * draw(st.integers(0, 4)),
        counts_unseen=draw(st.booleans()),
    )


def splits_of(check):
    return [((ROLE, "web"),), ((ROLE, "api"),)] if check.dimensions else [()]


@st.composite
def histories(draw):
    rule = draw(rules())
    number = st.one_of(st.none(), st.integers(0, 5).map(float), st.just(float("nan")))
    band = st.one_of(st.none(), st.just((1.0, 3.0)))
    steps = []
    for _ in range(draw(st.integers(1, 25))):
        values = [
            {split: each for split in splits_of(check) if (each := draw(number)) is not None}
            for check in rule.checks
        ]
        bands = [
            {split: each for split in splits_of(check) if (each := draw(band)) is not None}
            for check in rule.checks
        ]
        steps.append((values, bands))
    restarts = draw(st.sets(st.integers(0, len(steps))))
    return rule, steps, restarts


def run(rule, steps, restarts=()):
    """Evaluate step by step; at a restart the state goes through what is kept of it."""
    states, events = {}, []
    for number, (values, bands) in enumerate(steps):
        if number in restarts:
            kept = Standing(START, states).kept()
            facts = json.loads(json.dumps(kept.facts))
            states = Standing.of(RuleState(kept.last_due, facts)).states
        end = START + (number + 1) * MINUTE
        found = evaluate(rule, states, end, values, bands)
        states = found.states
        events += [(end, each.split, each.event, each.is_met) for each in found.outcomes]
    return states, events


@settings(max_examples=60, deadline=None)
@given(histories())
def test_a_restart_anywhere_makes_no_difference(history):
    rule, steps, restarts = history
    assert run(rule, steps, restarts) == run(rule, steps)


@settings(max_examples=40, deadline=None)
@given(histories())
def test_alerts_fire_and_resolve_in_turn_for_each_combination(history):
    rule, steps, _ = history
    _, events = run(rule, steps)
    for split in {each[1] for each in events}:
        own = [(event, is_met) for _, of, event, is_met in events if of == split]
        turns = [event for event, _ in own if event in (Event.FIRE, Event.RESOLVE)]
        assert turns == [Event.FIRE, Event.RESOLVE] * (len(turns) // 2) + (
            [Event.FIRE] if len(turns) % 2 else []
        )
        assert all(
            is_met for event, is_met in own if event in (Event.FIRE, Event.ANEW, Event.STILL)
        )
        assert all(event is None for event, is_met in own if is_met is None)
        if not rule.resolves:
            assert not turns


@settings(max_examples=40, deadline=None)
@given(histories())
def test_combinations_do_not_touch_each_other(history):
    rule, steps, _ = history
    if not rule.dimensions:
        return
    _, together = run(rule, steps)
    for split in splits_of(rule.checks[0]):
        own = [
            ([{of: v for of, v in each.items() if of in ((), split)} for each in values], bands)
            for values, bands in steps
        ]
        _, alone = run(rule, own)
        assert changes_of(alone, split) == changes_of(together, split)


def changes_of(events, split):
    return [each for each in events if each[1] == split and each[2] is not None]


ABOVE_TWO = Static("GreaterThan", 2.0)


def simple(threshold=ABOVE_TWO, *, is_total=True, **more):
    check = check_of(is_total=is_total, threshold=threshold, periods=Periods(), is_split=False)
    return Rule("r", "a", "r", Signal.METRIC, 3, MINUTE, MINUTE, (check,), **more)


def events_of(rule, *values, bands=None):
    steps = [
        ([{} if value is None else {(): float(value)}], [{(): bands} if bands else {}])
        for value in values
    ]
    return [event and event.name for _, _, event, _ in run(rule, steps)[1]]


def test_three_healthy_windows_on_end_resolve():
    found = events_of(simple(), 3, 0, 0, 3, 0, 0, 0, 0)
    assert found == ["FIRE", None, None, "STILL", None, None, "RESOLVE", None]


@pytest.mark.parametrize(("is_total", "found"), [(True, "RESOLVE"), (False, None)])
def test_nothing_heals_a_count_and_leaves_others_as_they_are(is_total, found):
    assert events_of(simple(is_total=is_total), 3, None, None, None)[-1] == found


def test_nothing_between_healthy_windows_does_not_count_against_them():
    found = events_of(simple(is_total=False), 3, 0, None, 0, None, 0)
    assert found == ["FIRE", None, None, None, None, "RESOLVE"]


def test_what_was_never_seen_is_healthy_and_what_was_is_zero():
    silent = simple(Static("LessThan", 1.0))
    assert events_of(silent, None, None, 4, None) == [None, None, None, "FIRE"]
    assert events_of(simple(Static("LessThan", 1.0), counts_unseen=True), None) == ["FIRE"]


def test_a_learned_threshold_neither_fires_nor_heals_before_it_is_learned():
    rule = simple(Dynamic("GreaterOrLessThan", "Medium"), is_total=False)
    assert events_of(rule, 100, 0) == [None, None]
    assert events_of(rule, 2, 0, bands=(1.0, 3.0)) == [None, "FIRE"]
    assert events_of(simple(Dynamic("GreaterThan", "Low")), 0, 4, bands=(1.0, 3.0)) == [
        None,
        "FIRE",
    ]
    assert events_of(simple(Dynamic("LessThan", "Low")), 4, 0, bands=(1.0, 3.0)) == [None, "FIRE"]


def test_windows_that_overlap_count_once():
    overlapping = Rule(
        "r", "a", "r", Signal.LOG, 3, MINUTE, 2 * MINUTE,
        (check_of(is_total=True, threshold=Static("GreaterThan", 0.0), periods=Periods(2, 2), is_split=False),),
    )  # fmt: skip
    assert events_of(overlapping, 1, 1, 0, 0) == [None] * 4
    assert events_of(overlapping, 1, 0, 1) == [None, None, "FIRE"]


def test_what_is_simply_healthy_is_not_kept():
    check = check_of(
        is_total=True, threshold=Static("GreaterThan", 2.0), periods=Periods(), is_split=True
    )
    rule = Rule("r", "a", "r", Signal.METRIC, 3, MINUTE, MINUTE, (check,), dimensions=(ROLE,))
    values = {((ROLE, f"role {n:04}"),): 9.0 if n < 600 else 1.0 for n in range(700)}
    found = evaluate(rule, {}, START, [values], [{}])
    assert len(found.states) == len(found.outcomes) == 500
    assert found.left_out == 200
    healthy = evaluate(rule, {((ROLE, "x"),): NEW}, START, [{((ROLE, "x"),): 1.0}], [{}])
    assert healthy.states == {}
    assert SplitState() == NEW
