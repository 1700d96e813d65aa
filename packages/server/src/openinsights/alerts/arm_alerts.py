"""Alerts as Azure's management API shows them: `Microsoft.AlertsManagement/alerts`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool

from openinsights.access.rights import Right
from openinsights.alerts.alert import SEVERITIES, MonitorCondition, Signal, UserState
from openinsights.alerts.arm_rules import ROOM
from openinsights.alerts.errors import AlertNotFound
from openinsights.api.arm.callers import caller_of
from openinsights.api.arm.components import TYPE as COMPONENT_TYPE
from openinsights.api.arm.route import API_VERSION, ArmRoute
from openinsights.api.errors import BAD_ARGUMENT, ApiError, json_response
from openinsights.api.lists import PAGING, Page, page_of
from openinsights.clock import TICKS_PER_DAY
from openinsights.operation import Parameter, promises
from openinsights.query.values import datetime_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from openinsights.alerts.alert import Alert
    from openinsights.alerts.book import AlertBook, Change
    from openinsights.catalog.alert_rules import AlertRuleStore
    from openinsights.catalog.resource import Resource
    from openinsights.catalog.resources import ResourceStore
    from openinsights.clock import Clock

TYPE: Final = "Microsoft.AlertsManagement/alerts"
_SUBSCRIPTION: Final = "/subscriptions/{subscription}"
_SERVICES: Final = {
    Signal.METRIC: "Platform",
    Signal.LOG: "Log Alerts V2",
    Signal.AVAILABILITY: "Platform",
    Signal.SMART: "Smart Detector",
}
_SIGNAL_TYPES: Final = {Signal.LOG: "Log", Signal.SMART: "Log"}
_RANGES: Final = {
    "1h": TICKS_PER_DAY // 24,
    "1d": TICKS_PER_DAY,
    "7d": 7 * TICKS_PER_DAY,
    "30d": 30 * TICKS_PER_DAY,
}
_EVENTS: Final = {
    "Fired": "AlertCreated",
    "New": "StateChange",
    "Acknowledged": "StateChange",
    "Closed": "StateChange",
}
"""What changes are called there; all others change the condition."""
_FILTERS: Final = (
    Parameter("monitorCondition", "`Fired` or `Resolved`."),
    Parameter("alertState", "`New`, `Acknowledged` or `Closed`."),
    Parameter("severity", "`Sev0` to `Sev4`."),
    Parameter("alertRule", "Those of the rule of this name or resource id."),
    Parameter("targetResource", "Those of this resource, by its resource id."),
    Parameter("timeRange", "Those that fired in the last `1h`, `1d`, `7d` or `30d`."),
)
_NEW_STATE: Final = Parameter("newState", "`New`, `Acknowledged` or `Closed`.", required=True)


class Essentials(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """What all alerts have."""

    severity: str
    signal_type: str
    alert_state: str
    monitor_condition: str
    target_resource: str
    target_resource_name: str
    target_resource_group: str
    target_resource_type: str
    monitor_service: str
    alert_rule: str
    source_created_id: str
    start_date_time: str
    last_modified_date_time: str
    last_modified_user_name: str
    description: str
    monitor_condition_resolved_date_time: str | None = None


class ArmAlertProperties(msgspec.Struct, frozen=True):
    """An alert's properties; `context` is what was compared."""

    essentials: Essentials
    context: dict[str, Any]  # JSON of several kinds of rules


class ArmAlert(msgspec.Struct, frozen=True):
    """An alert."""

    id: str
    name: str
    type: str
    properties: ArmAlertProperties


class Modification(msgspec.Struct, rename="camel", frozen=True):
    """One change of an alert."""

    modification_event: str
    new_value: str
    modified_at: str
    modified_by: str
    comments: str = ""
    description: str = ""


class ModificationProperties(msgspec.Struct, rename="camel", frozen=True):
    """All changes of an alert, oldest first."""

    alert_id: str
    modifications: list[Modification]


class ArmHistory(msgspec.Struct, frozen=True):
    """What became of an alert."""

    id: str
    name: str
    type: str
    properties: ModificationProperties


class ArmAlertsApi:
    """The routes of alerts in the management API.

    Args:
        book: of alerts.
        rules: what fired them.
        resources: what exists, as the caller sees it.
        clock: tells what the last hour is.
    """

    def __init__(
        self, book: AlertBook, rules: AlertRuleStore, resources: ResourceStore, clock: Clock
    ) -> None:
        self._book = book
        self._rules = rules
        self._resources = resources
        self._clock = clock

    def routes(self) -> list[ArmRoute]:
        """Return the routes; `providers/…` alone lists the alerts of every subscription."""
        routes = []
        for within in ("", _SUBSCRIPTION):
            head = f"{within}/providers/{TYPE}"
            one = f"{head}/{{id}}"
            routes += [
                ArmRoute(head, self.listed, right=Right.READ),
                ArmRoute(one, self.show, right=Right.READ),
                ArmRoute(f"{one}/history", self.history, right=Right.READ),
                ArmRoute(f"{one}/changestate", self.change_state, right={"POST": Right.WRITE}),
            ]
        return routes

    @promises(ROOM, Page[ArmAlert], parameters=(API_VERSION, *_FILTERS, *PAGING), errors=(400,))
    async def listed(self, request: Request) -> Response:
        """List alerts, the newest first."""
        resources = {each.app_id: each for each in self._seen(request)}
        found = await run_in_threadpool(self._found, request, tuple(resources))
        ordered = [(_newest_first(each), each) for each in found]
        page = page_of(request, ordered, lambda each: each[0])
        paths = await run_in_threadpool(self._paths)
        shown = [_shown(each, resources[each.fired.app_id], paths) for _, each in page.value]
        return json_response(Page(shown, page.next_link))

    @promises(ROOM, ArmAlert, parameters=(API_VERSION,), errors=(404,))
    async def show(self, request: Request) -> Response:
        """Show an alert."""
        alert, resource = await run_in_threadpool(self._one, request)
        return json_response(_shown(alert, resource, await run_in_threadpool(self._paths)))

    @promises(ROOM, ArmHistory, parameters=(API_VERSION,), errors=(404,))
    async def history(self, request: Request) -> Response:
        """Show what became of an alert."""
        alert, resource = await run_in_threadpool(self._one, request)
        changes = await run_in_threadpool(self._book.history, alert.alert_id)
        path = _path(alert, resource)
        properties = ModificationProperties(path, [_modification(each) for each in changes])
        return json_response(
            ArmHistory(f"{path}/history", "history", f"{TYPE}/history", properties)
        )

    @promises(ROOM, ArmAlert, parameters=(API_VERSION, _NEW_STATE), errors=(400, 403, 404))
    async def change_state(self, request: Request) -> Response:
        """Say what is done about an alert."""
        state = UserState(
            _choice(request, "newState", [each.value for each in UserState]) or _missing()
        )
        alert, resource = await run_in_threadpool(self._one, request)
        who = caller_of(request).name
        changed = await run_in_threadpool(self._book.set_user_state, alert.alert_id, state, who)
        return json_response(_shown(changed, resource, await run_in_threadpool(self._paths)))

    def _seen(self, request: Request) -> Sequence[Resource]:
        wanted = request.path_params.get("subscription", "").lower()
        return [
            each for each in self._resources.list() if wanted in ("", each.subscription.lower())
        ]

    def _found(self, request: Request, app_ids: tuple[str, ...]) -> list[Alert]:
        asked = request.query_params
        condition = _choice(request, "monitorCondition", [each.value for each in MonitorCondition])
        state = _choice(request, "alertState", [each.value for each in UserState])
        severity = _choice(request, "severity", [f"Sev{each}" for each in SEVERITIES])
        span = _choice(request, "timeRange", list(_RANGES))
        rule = asked.get("alertRule", "").rstrip("/").rpartition("/")[2].lower()
        target = asked.get("targetResource", "").rstrip("/").lower()
        if target:
            app_ids = tuple(
                each.app_id
                for each in self._resources.list()
                if each.resource_id.lower() == target and each.app_id in app_ids
            )
        since = self._clock.now_ticks() - _RANGES[span] if span else 0
        names = {each.rule_id: each.name.lower() for each in self._rules.every()} if rule else {}
        return [
            each
            for each in self._book.list(
                app_ids, condition=MonitorCondition(condition) if condition else None
            )
            if state in (None, each.user_state.value)
            and severity in (None, f"Sev{each.fired.severity}")
            and each.fired_ticks >= since
            and rule in ("", each.fired.rule_name.lower(), names.get(each.fired.rule_id))
        ]

    def _one(self, request: Request) -> tuple[Alert, Resource]:
        alert_id = request.path_params["id"]
        alert = self._book.get(alert_id)
        for each in self._seen(request):
            if each.app_id == alert.fired.app_id:
                return alert, each
        raise AlertNotFound(alert_id)

    def _paths(self) -> dict[str, str]:
        return {each.rule_id: each.path for each in self._rules.every()}


def _shown(alert: Alert, resource: Resource, paths: dict[str, str]) -> ArmAlert:
    fired = alert.fired
    resolved = alert.resolved_ticks
    essentials = Essentials(
        severity=f"Sev{fired.severity}",
        signal_type=_SIGNAL_TYPES.get(fired.signal, "Metric"),
        alert_state=alert.user_state.value,
        monitor_condition=alert.condition.value,
        target_resource=resource.resource_id,
        target_resource_name=resource.name,
        target_resource_group=resource.resource_group,
        target_resource_type=COMPONENT_TYPE,
        monitor_service=_SERVICES[fired.signal],
        alert_rule=paths.get(fired.rule_id, fired.rule_name),
        source_created_id=alert.alert_id,
        start_date_time=datetime_text(alert.fired_ticks),
        last_modified_date_time=datetime_text(alert.changed_ticks),
        last_modified_user_name=alert.user or "System",
        description=fired.description,
        monitor_condition_resolved_date_time=None if resolved is None else datetime_text(resolved),
    )
    return ArmAlert(
        _path(alert, resource),
        alert.alert_id,
        TYPE,
        ArmAlertProperties(essentials, _context(alert)),
    )


def _context(alert: Alert) -> dict[str, Any]:
    fired = alert.fired
    return {
        "windowStartTime": datetime_text(fired.at_ticks - fired.window_ticks),
        "windowEndTime": datetime_text(fired.at_ticks),
        "searchQuery": fired.evidence.kql,
        "allOf": [
            {
                "metricName": each.metric,
                "metricNamespace": each.namespace,
                "operator": each.operator,
                "threshold": f"{each.threshold:.15g}",
                "timeAggregation": each.aggregation,
                "dimensions": [{"name": name, "value": value} for name, value in each.dimensions],
                "metricValue": each.value,
            }
            for each in fired.criteria
        ],
        **dict(fired.context),
    }


def _path(alert: Alert, resource: Resource) -> str:
    return f"/subscriptions/{resource.subscription}/providers/{TYPE}/{alert.alert_id}"


def _modification(change: Change) -> Modification:
    return Modification(
        _EVENTS.get(change.event, "MonitorConditionChange"),
        change.event,
        datetime_text(change.at_ticks),
        str(change.facts.get("who", "System")),
    )


def _choice(request: Request, name: str, among: list[str]) -> str | None:
    text = request.query_params.get(name, "")
    if not text:
        return None
    for each in among:
        if each.lower() == text.lower():
            return each
    raise ApiError(
        400, BAD_ARGUMENT, f"cannot use {name} {text[:40]!r}: one of {', '.join(among)} is needed"
    )


def _missing() -> str:
    raise ApiError(400, BAD_ARGUMENT, f"cannot find newState: {_NEW_STATE.doc}")


def _newest_first(alert: Alert) -> str:
    return f"{2**63 - alert.fired_ticks:020d}/{alert.alert_id}"
