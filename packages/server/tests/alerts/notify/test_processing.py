"""Which processing rules are about a notification, and what all of them together decide."""

from dataclasses import replace

import pytest

from openinsights.alerts.alert import MonitorCondition, Signal
from openinsights.alerts.notify.processing import Decision, applies, decide
from openinsights.catalog import engine
from openinsights.catalog.errors import InvalidProcessingRule
from openinsights.catalog.processing_rules import (
    Condition,
    ProcessingRule,
    ProcessingRuleStore,
    Recurrence,
    Window,
)

GROUP = "/subscriptions/s-1/resourceGroups/live"
SHOP = f"{GROUP}/providers/microsoft.insights/components/SHOP"
NOON = 639_127_152_000_000_000


def rule(*conditions, **more):
    facts = {"scopes": (SHOP,), "suppresses": not more.get("adds")} | more
    return ProcessingRule("s-1", "live", "mute", conditions=conditions, **facts)


@pytest.mark.parametrize(
    ("scope", "inside"),
    [
        (SHOP, True),
        (SHOP.lower() + "/", True),
        (GROUP, True),
        ("/subscriptions/S-1", True),
        ("/subscriptions/s-10", False),
        (GROUP.replace("live", "liv"), False),
        (SHOP + "2", False),
        (SHOP[:-1], False),
    ],
)
def test_a_rule_is_about_what_lies_within_its_scopes(told, scope, inside):
    assert applies(rule(scopes=("/subscriptions/other", scope)), told(), NOON) is inside


@pytest.mark.parametrize(
    ("field", "operator", "values", "met"),
    [
        ("Severity", "Equals", ("Sev0", "sev1"), True),
        ("Severity", "NotEquals", ("Sev0", "Sev1"), False),
        ("Severity", "NotEquals", ("Sev2",), True),
        ("MonitorService", "Equals", ("Platform",), True),
        ("SignalType", "Equals", ("Log",), False),
        ("MonitorCondition", "Equals", ("Fired",), True),
        ("TargetResource", "Equals", (SHOP,), True),
        ("TargetResourceGroup", "Equals", ("Live",), True),
        ("TargetResourceGroup", "Equals", (GROUP,), True),
        ("TargetResourceType", "Equals", ("Microsoft.Insights/components",), True),
        ("AlertRuleId", "Contains", ("metricAlerts/r",), True),
        ("AlertRuleId", "Equals", ("r-1",), True),
        ("AlertRuleId", "NotEquals", ("r-1",), False),
        ("AlertRuleName", "Contains", ("FAILED",), True),
        ("AlertRuleName", "DoesNotContain", ("nothing", "failed"), False),
        ("Description", "DoesNotContain", ("memory",), True),
        ("AlertContext", "Contains", ('"web"',), True),
        ("AlertContext", "Contains", ("checkout",), True),
        ("AlertContext", "Contains", ("worker",), False),
    ],
)
def test_a_condition_is_met(told, field, operator, values, met):
    assert applies(rule(Condition(field, operator, values)), told(), NOON) is met


def test_the_service_of_each_signal_is_told_apart(told):
    queries = rule(Condition("MonitorService", "Equals", ("Log Alerts V2",)))
    assert applies(queries, told(signal=Signal.LOG), NOON)
    assert not applies(queries, told(signal=Signal.SMART), NOON)


def test_all_conditions_have_to_be_met_and_the_window_open(told):
    both = (Condition("Severity", "Equals", ("Sev1",)), Condition("AlertRuleId", "Equals", ("x",)))
    assert not applies(rule(*both), told(), NOON)
    assert applies(rule(both[0]), told(), NOON)
    noon = Window(recurrences=(Recurrence("Daily", "12:00:00", "13:00:00"),))
    assert applies(rule(window=noon), told(), NOON)
    assert not applies(rule(window=noon), told(), NOON + 36_000_000_000)
    assert not applies(rule(enabled=False), told(), NOON)


def test_silence_beats_groups_that_are_added(told):
    adds = [rule(adds=(f"{GROUP}/x/A", f"{GROUP}/x/a", f"{GROUP}/x/b"))]
    assert decide(told(), adds, NOON) == Decision("", (f"{GROUP}/x/a", f"{GROUP}/x/b"))
    assert decide(told(), [*adds, rule()], NOON) == Decision("mute")
    assert decide(told(), [], NOON) == Decision()
    only_fired = rule(Condition("MonitorCondition", "Equals", ("Fired",)))
    assert decide(told(condition=MonitorCondition.RESOLVED), [only_fired], NOON) == Decision()


def test_a_rule_is_kept_as_it_is():
    store = ProcessingRuleStore(engine.open_memory())
    window = Window("2026-11-21T18:00:00", "", "UTC", (Recurrence("Weekly", days=("Monday",)),))
    wanted = rule(
        Condition("Severity", "Equals", ("Sev1",)), window=window, tags=(("a", "b"),), app_id="1"
    )
    kept, is_new = store.put(wanted)
    assert (kept, is_new) == (wanted, True)
    assert store.put(replace(wanted, enabled=False)) == (replace(wanted, enabled=False), False)
    assert store.get(wanted.id.upper()) == replace(wanted, enabled=False)
    assert store.every() == [replace(wanted, enabled=False)]
    store.delete_of("1")
    assert store.every() == []
    assert not store.delete(wanted.id)


def test_mutes_that_are_over_go_and_nothing_else_does():
    store = ProcessingRuleStore(engine.open_memory())
    over = Window("", "2026-11-21T18:00:00")
    goes_on = Window("", "2026-11-22T18:00:00")
    mute = (("openinsights-mute", "true"),)
    for name, window, tags in (
        ("over", over, mute),
        ("goes on", goes_on, mute),
        ("one of ours", over, ()),
        ("for ever", None, mute),
    ):
        store.put(replace(rule(window=window, tags=tags), name=name))
    store.forget_mutes("2026-11-22T00:00:00")
    assert [each.name for each in store.every()] == ["for ever", "goes on", "one of ours"]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (rule(suppresses=False), "either RemoveAllActionGroups"),
        (rule(suppresses=True, adds=("x",)), "either RemoveAllActionGroups"),
        (rule(scopes=()), "needs a scope"),
        (rule(Condition("Colour", "Equals", ("red",))), "field 'Colour'"),
        (rule(Condition("Severity", "Like", ("Sev1",))), "operator 'Like'"),
        (rule(Condition("Severity", "Equals", ())), "needs values"),
        (rule(description="x" * 5_000), "longer than"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(bad, why):
    with pytest.raises(InvalidProcessingRule, match=why):
        ProcessingRuleStore(engine.open_memory()).put(bad)
