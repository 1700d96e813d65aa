"""A rule's document as it is evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from openinsights.alerts.alert import Signal
from openinsights.alerts.rules.availability import CRITERIA_TYPE as AVAILABILITY
from openinsights.alerts.rules.availability import availability_check
from openinsights.alerts.rules.log import log_checks
from openinsights.alerts.rules.metric import metric_checks
from openinsights.alerts.rules.properties import Properties
from openinsights.alerts.rules.rule import Rule
from openinsights.alerts.rules.timing import severity_of, timing_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openinsights.alerts.rules.rule import Check
    from openinsights.alerts.rules.timing import Timing

METRIC_TYPE: Final = "Microsoft.Insights/metricAlerts"
LOG_TYPE: Final = "Microsoft.Insights/scheduledQueryRules"
_SINGLE: Final = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"
_MULTIPLE: Final = "Microsoft.Azure.Monitor.MultipleResourceMultipleMetricCriteria"
_CRITERIA: Final = (_SINGLE, _MULTIPLE, AVAILABILITY)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a rule does not say itself.

    Attributes:
        rule_id: a guid.
        path: its resource id.
        app_ids: of the resources that its scopes mean, the first one is whose it is.
        is_workspace: whether its scopes name workspaces.
        test: the availability test that it is about, as its results name it; "" when there is no
            such test here.
    """

    rule_id: str
    path: str
    app_ids: tuple[str, ...]
    is_workspace: bool = False
    test: str = ""


def is_log(path: str) -> bool:
    """Return whether the resource id is that of a rule on logs."""
    return f"/{LOG_TYPE.lower()}/" in path.lower()


def kind_of(path: str, document: Mapping[str, Any]) -> str:
    """Return `log`, `metric` or `availability`.

    Raises:
        InvalidRule: the document does not say what it goes by.
    """
    if is_log(path):
        return "log"
    criteria = Properties(document).part("properties").part("criteria")
    is_availability = criteria.choice("odata.type", _CRITERIA, _SINGLE) == AVAILABILITY
    return "availability" if is_availability else "metric"


def understood(document: Mapping[str, Any], identity: Identity) -> Rule:
    """Return the rule that a document means.

    Args:
        document: as the management API takes it.
        identity: what it does not say itself.

    Raises:
        InvalidRule: something in it cannot be used; the message says what and what to do.
    """
    properties = Properties(document).part("properties")
    name = identity.path.rpartition("/")[2]
    if is_log(identity.path):
        return _log_rule(Properties(document), properties, name, identity)
    timing = timing_of(properties, "PT1M", "PT5M")
    criteria = properties.part("criteria")
    signal, checks, dimensions = _of_metrics(properties, criteria, timing, identity)
    return Rule(
        identity.rule_id,
        identity.app_ids[0],
        name,
        signal,
        severity_of(properties),
        timing.every,
        timing.window,
        checks,
        timing.delay,
        dimensions,
        properties.flag("autoMitigate", True),
        description=properties.text("description", ""),
        action_groups=tuple(each.text("actionGroupId") for each in properties.parts("actions")),
        properties=_of_actions(properties.parts("actions")),
    )


def _of_metrics(
    properties: Properties, criteria: Properties, timing: Timing, identity: Identity
) -> tuple[Signal, tuple[Check, ...], tuple[str, ...]]:
    if criteria.choice("odata.type", _CRITERIA, _SINGLE) == AVAILABILITY:
        check = availability_check(criteria, identity.test, timing, identity.app_ids[0])
        return Signal.AVAILABILITY, (check,), ()
    return Signal.METRIC, *metric_checks(criteria, timing, identity.app_ids)


def _log_rule(document: Properties, properties: Properties, name: str, identity: Identity) -> Rule:
    kind = document.text("kind", "LogAlert")
    if kind.lower() != "logalert":
        raise document.wrong("kind", "only LogAlert is possible")
    timing = timing_of(properties, "PT5M", "PT5M")
    checks, dimensions = log_checks(properties, timing, identity.app_ids, identity.is_workspace)
    resolves = properties.flag("autoMitigate", not properties.has("muteActionsDuration"))
    mute = 0
    if properties.has("muteActionsDuration"):
        mute = properties.duration("muteActionsDuration")
        if mute and resolves:
            raise properties.wrong(
                "muteActionsDuration",
                "a rule whose alerts end by themselves (autoMitigate) tells once; set autoMitigate"
                " to false, or leave out the duration",
            )
    actions = properties.part("actions")
    return Rule(
        identity.rule_id,
        identity.app_ids[0],
        properties.text("displayName", "") or name,
        Signal.LOG,
        severity_of(properties),
        timing.every,
        timing.window,
        checks,
        timing.delay,
        dimensions,
        resolves,
        mute,
        counts_unseen=True,
        description=properties.text("description", ""),
        action_groups=actions.texts("actionGroups"),
        properties=actions.text_map("customProperties"),
    )


def _of_actions(actions: Sequence[Properties]) -> dict[str, str]:
    """Return what the actions of a metric rule send along."""
    return {
        name: value
        for each in actions
        for name, value in each.text_map("webHookProperties").items()
    }
