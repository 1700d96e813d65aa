"""What the pages ask about alerts: what is fired, the rules with how they stand, and back-tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.alerts.alert import MonitorCondition, UserState
from openinsights.alerts.arm_rules import ROOM, RuleShown, shown
from openinsights.alerts.errors import AlertNotFound, InvalidRule
from openinsights.alerts.rules.understood import LOG_TYPE, METRIC_TYPE
from openinsights.api.arm.callers import caller_of
from openinsights.api.body import body_as
from openinsights.api.errors import BAD_ARGUMENT, ApiError, json_response
from openinsights.clock import TICKS_PER_DAY
from openinsights.operation import Content, Parameter, promises
from openinsights.query.timespan import parse_instant
from openinsights.query.values import datetime_text

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from openinsights.alerts.alert import Alert, Split
    from openinsights.alerts.back_test import BackTest
    from openinsights.alerts.book import Change
    from openinsights.alerts.engine import Watched
    from openinsights.alerts.parts import Alerts
    from openinsights.alerts.rules.rule import Rule
    from openinsights.catalog.resources import ResourceStore
    from openinsights.clock import Clock

_STATES: Final = {
    "fired": MonitorCondition.FIRED,
    "resolved": MonitorCondition.RESOLVED,
    "all": None,
}
_MOST_SHOWN: Final = 1_000
_STATE = Parameter("state", "`fired`, `resolved` or `all`, which is what holds when not said.")
_LONGEST_TEST_TICKS: Final = 31 * TICKS_PER_DAY


class EvidenceShown(msgspec.Struct, frozen=True):
    """The query whose rows show an alert, and their times."""

    kql: str
    start: str
    end: str


class DimensionShown(msgspec.Struct, frozen=True):
    """One dimension of a combination."""

    name: str
    value: str


class CriterionShown(msgspec.Struct, frozen=True, rename="camel"):
    """One criterion, as it was met; `band` is what was usual."""

    metric: str
    aggregation: str
    operator: str
    threshold: float
    value: float | None
    band: list[float] | None


class AlertShown(msgspec.Struct, frozen=True, rename="camel"):
    """An alert."""

    id: str
    rule: str
    rule_id: str
    severity: int
    signal: str
    split: list[DimensionShown]
    condition: str
    fired_at: str
    resolved_at: str | None
    changed_at: str
    user_state: str
    user: str
    value: float | None
    threshold: float | None
    description: str
    window_s: int
    criteria: list[CriterionShown]
    evidence: EvidenceShown


class ChangeShown(msgspec.Struct, frozen=True):
    """One change of an alert."""

    at: str
    event: str
    facts: dict[str, Any]  # JSON of several kinds of events


class AlertHistory(msgspec.Struct, frozen=True):
    """An alert with what became of it, oldest first."""

    alert: AlertShown
    changes: list[ChangeShown]


class RuleStanding(msgspec.Struct, frozen=True, rename="camel"):
    """A rule and how it stands.

    Attributes:
        id: its resource id.
        kind: metric, log or availability.
        state: `fired`, `healthy`, `disabled`, `waiting` before its first window, `failing` when it
            cannot be evaluated.
        last_evaluated: the end of the last window that was evaluated.
        error: why it cannot be evaluated; null when it can.
        error_since: the end of the first window that could not be.
        hint: what else there is to know, such as that it still learns.
        arm: as the management API shows it.
    """

    id: str
    rule_id: str
    kind: str
    name: str
    enabled: bool
    severity: int
    state: str
    last_evaluated: str | None
    error: str | None
    error_since: str | None
    hint: str
    arm: RuleShown


class BackTestAsked(msgspec.Struct):
    """A rule and a time.

    Attributes:
        rule: as the management API takes it; with `type` or `kind` it may say which sort it is.
        start: in ISO 8601.
        end: in ISO 8601.
    """

    rule: dict[str, Any]  # read one by one
    start: str
    end: str


class WindowShown(msgspec.Struct, frozen=True):
    """What was compared in one window; `low` and `high` are what was usual."""

    end: str
    split: list[DimensionShown]
    value: float | None
    fires: bool
    low: float | None = None
    high: float | None = None


class FiringShown(msgspec.Struct, frozen=True):
    """That the rule would have been fired; `end` is null when it still would be."""

    start: str
    end: str | None
    split: list[DimensionShown]
    value: float | None


class BackTestReply(msgspec.Struct, frozen=True, rename="camel"):
    """What a rule would have done.

    Attributes:
        windows: of the first combinations, in the order of time.
        firings: of all combinations.
        until: the end of the last window that was looked at.
        is_partial: whether the time was over before all were.
        threshold: of the first criterion; null when it is learned.
        window_s: how long a window is.
        hint: what else there is to know.
    """

    windows: list[WindowShown]
    firings: list[FiringShown]
    until: str | None
    is_partial: bool
    threshold: float | None
    window_s: int
    hint: str


class AlertsApi:
    """The routes that the pages and the command line ask.

    Args:
        alerts: the room's parts.
        resources: what exists, as the caller sees it.
        clock: tells the time.
        max_body_bytes: longest request body.
    """

    def __init__(
        self, alerts: Alerts, resources: ResourceStore, clock: Clock, max_body_bytes: int
    ) -> None:
        self._book = alerts.book
        self._keeper = alerts.keeper
        self._engine = alerts.engine
        self._tester = alerts.tester
        self._resources = resources
        self._clock = clock
        self._max_body_bytes = max_body_bytes

    def routes(self) -> list[Guarded]:
        """Return the routes."""
        head = "/portal/api/alerts/{app}"
        return [
            Guarded(head, self.listed, right=Right.READ),
            Guarded(f"{head}/rules", self.rules, right=Right.READ),
            Guarded(f"{head}/backtest", self.back_test, right={"POST": Right.READ}),
            Guarded(f"{head}/{{id}}", self.one, right=Right.READ),
            Guarded(f"{head}/{{id}}/acknowledge", self.acknowledge, right={"POST": Right.WRITE}),
            Guarded(f"{head}/{{id}}/close", self.close, right={"POST": Right.WRITE}),
        ]

    @promises(ROOM, list[AlertShown], parameters=(_STATE,), errors=(400, 404))
    async def listed(self, request: Request) -> Response:
        """List the alerts of a resource, the newest first."""
        app_id = self._app_id(request)
        asked = request.query_params.get("state", "all").lower()
        if asked not in _STATES:
            raise ApiError(400, BAD_ARGUMENT, f"cannot use state {asked[:40]!r}: {_STATE.doc}")
        found = await run_in_threadpool(
            self._book.list, [app_id], condition=_STATES[asked], count=_MOST_SHOWN
        )
        return json_response([alert_shown(each) for each in found])

    @promises(ROOM, AlertHistory, errors=(404,))
    async def one(self, request: Request) -> Response:
        """Show an alert with its history."""
        alert = await run_in_threadpool(self._alert, request)
        changes = await run_in_threadpool(self._book.history, alert.alert_id)
        return json_response(
            AlertHistory(alert_shown(alert), [change_shown(each) for each in changes])
        )

    @promises(ROOM, AlertShown, errors=(403, 404))
    async def acknowledge(self, request: Request) -> Response:
        """Note that somebody looks after an alert."""
        return await self._say(request, UserState.ACKNOWLEDGED)

    @promises(ROOM, AlertShown, errors=(403, 404))
    async def close(self, request: Request) -> Response:
        """Note that somebody is done with an alert."""
        return await self._say(request, UserState.CLOSED)

    @promises(ROOM, list[RuleStanding], errors=(404,))
    async def rules(self, request: Request) -> Response:
        """List the rules of a resource with how they stand, by their path."""
        app_id = self._app_id(request)
        found = await run_in_threadpool(self._engine.watched, app_id)
        return json_response([standing_shown(each) for each in found])

    @promises(
        ROOM,
        BackTestReply,
        body=Content(BackTestAsked),
        errors=(400, 403, 404, 413, 429, 503, 504),
    )
    async def back_test(self, request: Request) -> Response:
        """Tell when a rule would have fired; the rule need not be kept."""
        asked = await body_as(request, self._max_body_bytes, BackTestAsked)
        app_id = self._app_id(request)
        rule = await run_in_threadpool(self._rule, request, asked.rule, app_id)
        start, end = _instant("start", asked.start), _instant("end", asked.end)
        end = min(end, self._clock.now_ticks())
        if not 0 <= end - start <= _LONGEST_TEST_TICKS:
            raise InvalidRule(
                "cannot test the rule: start has to lie before end and before now, and at most 31"
                " days before it"
            )
        found = await run_in_threadpool(self._tester.run, rule, start, end)
        return json_response(back_test_shown(rule, found))

    def _rule(self, request: Request, document: dict[str, Any], app_id: str) -> Rule:
        resource = self._resources.named(app_id)
        properties = document.get("properties")
        if isinstance(properties, dict) and not properties.get("scopes"):
            document = {**document, "properties": {**properties, "scopes": [resource.resource_id]}}
        type_ = LOG_TYPE if _is_log(document) else METRIC_TYPE
        name = str(document.get("name") or "rule").rpartition("/")[2]
        return self._keeper.checked(f"/providers/{type_}/{name}", document, self._resources)

    async def _say(self, request: Request, state: UserState) -> Response:
        alert = await run_in_threadpool(self._alert, request)
        who = caller_of(request).name
        changed = await run_in_threadpool(self._book.set_user_state, alert.alert_id, state, who)
        return json_response(alert_shown(changed))

    def _alert(self, request: Request) -> Alert:
        app_id = self._app_id(request)
        found = self._book.get(request.path_params["id"])
        if found.fired.app_id != app_id:
            raise AlertNotFound(request.path_params["id"])
        return found

    def _app_id(self, request: Request) -> str:
        return self._resources.named(request.path_params["app"]).app_id


def alert_shown(alert: Alert) -> AlertShown:
    """Return an alert as JSON."""
    fired = alert.fired
    first = fired.criteria[0] if fired.criteria else None
    return AlertShown(
        id=alert.alert_id,
        rule=fired.rule_name,
        rule_id=fired.rule_id,
        severity=fired.severity,
        signal=fired.signal.value,
        split=split_shown(fired.split),
        condition=alert.condition.value,
        fired_at=datetime_text(alert.fired_ticks),
        resolved_at=None if alert.resolved_ticks is None else datetime_text(alert.resolved_ticks),
        changed_at=datetime_text(alert.changed_ticks),
        user_state=alert.user_state.value,
        user=alert.user,
        value=None if first is None else first.value,
        threshold=None if first is None else first.threshold,
        description=fired.description,
        window_s=fired.window_ticks // 10_000_000,
        criteria=[
            CriterionShown(
                each.metric,
                each.aggregation,
                each.operator,
                each.threshold,
                each.value,
                None if each.band is None else list(each.band),
            )
            for each in fired.criteria
        ],
        evidence=EvidenceShown(
            fired.evidence.kql,
            datetime_text(fired.evidence.start_ticks),
            datetime_text(fired.evidence.end_ticks),
        ),
    )


def change_shown(change: Change) -> ChangeShown:
    """Return a change of an alert as JSON."""
    return ChangeShown(datetime_text(change.at_ticks), change.event, dict(change.facts))


def split_shown(split: Split) -> list[DimensionShown]:
    """Return a combination as JSON."""
    return [DimensionShown(name, value) for name, value in split]


def standing_shown(watched: Watched) -> RuleStanding:
    """Return a rule with how it stands as JSON."""
    standing, kept = watched.standing, watched.kept
    problem = watched.problem or standing.problem
    was_evaluated = standing.last_due > kept.created_ticks
    since = standing.problem_since if standing.problem else 0
    arm = shown(kept)
    severity = arm.properties["severity"]
    return RuleStanding(
        id=kept.path,
        rule_id=kept.rule_id,
        kind=kept.kind,
        name=str(arm.properties.get("displayName") or kept.name),
        enabled=kept.enabled,
        severity=int(severity) if isinstance(severity, int | float) else 3,
        state=_state(watched, problem, was_evaluated),
        last_evaluated=datetime_text(standing.last_due) if was_evaluated else None,
        error=problem or None,
        error_since=datetime_text(since) if since else None,
        hint=standing.hint,
        arm=arm,
    )


def _state(watched: Watched, problem: str, was_evaluated: bool) -> str:
    if watched.is_fired:
        return "fired"
    if not watched.kept.enabled:
        return "disabled"
    if problem:
        return "failing"
    return "healthy" if was_evaluated else "waiting"


def back_test_shown(rule: Rule, found: BackTest) -> BackTestReply:
    """Return what a rule would have done as JSON."""
    threshold = rule.checks[0].threshold
    return BackTestReply(
        [
            WindowShown(
                datetime_text(each.end),
                split_shown(each.split),
                each.value,
                each.fires,
                *((None, None) if each.band is None else each.band),
            )
            for each in found.windows
        ],
        [
            FiringShown(
                datetime_text(each.start),
                None if each.end is None else datetime_text(each.end),
                split_shown(each.split),
                each.value,
            )
            for each in found.firings
        ],
        datetime_text(found.until) if found.until else None,
        found.is_partial,
        getattr(threshold, "threshold", None),
        rule.window_ticks // 10_000_000,
        found.hint,
    )


def _is_log(document: dict[str, Any]) -> bool:
    if LOG_TYPE.lower() in str(document.get("type") or document.get("id") or "").lower():
        return True
    if METRIC_TYPE.lower() in str(document.get("type") or document.get("id") or "").lower():
        return False
    properties = document.get("properties")
    criteria = properties.get("criteria") if isinstance(properties, dict) else None
    every = criteria.get("allOf") if isinstance(criteria, dict) else None
    return isinstance(every, list) and any(
        isinstance(each, dict) and "query" in each for each in every
    )


def _instant(name: str, text: str) -> int:
    try:
        return parse_instant(text)
    except ValueError as error:
        raise ApiError(400, BAD_ARGUMENT, f"cannot use {name!r}: {error}") from None
