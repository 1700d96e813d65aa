"""Rules as resources of Azure's management API: metricAlerts and scheduledQueryRules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from openinsights.access.errors import Forbidden
from openinsights.access.rights import Right
from openinsights.alerts.errors import RuleNotFound
from openinsights.alerts.rules.understood import LOG_TYPE, METRIC_TYPE, is_log
from openinsights.api.arm.callers import caller_of
from openinsights.api.arm.etags import check_match, etag_of
from openinsights.api.arm.resources import AnyResource
from openinsights.api.arm.route import (
    API_VERSION,
    IF_MATCH,
    IF_NONE_MATCH,
    ArmRoute,
    routes_of_kind,
    start_of_ids,
)
from openinsights.api.body import body_as
from openinsights.api.errors import json_response
from openinsights.api.lists import PAGING, Page, page_of
from openinsights.operation import Content, promises
from openinsights.query.values import datetime_text

if TYPE_CHECKING:
    from starlette.requests import Request

    from openinsights.alerts.keeping_rules import RuleKeeper
    from openinsights.catalog.alert_rules import AlertRuleStore, KeptRule
    from openinsights.catalog.resources import ResourceStore

ROOM: Final = "alerts"
_METRIC_DEFAULTS: Final[dict[str, Any]] = {
    "description": "",
    "severity": 3,
    "enabled": True,
    "evaluationFrequency": "PT1M",
    "windowSize": "PT5M",
    "targetResourceType": "microsoft.insights/components",
    "autoMitigate": True,
    "actions": [],
}
_LOG_DEFAULTS: Final[dict[str, Any]] = {
    "displayName": "",
    "description": "",
    "severity": 3,
    "enabled": True,
    "evaluationFrequency": "PT5M",
    "windowSize": "PT5M",
    "autoMitigate": True,
    "checkWorkspaceAlertsStorageConfigured": False,
    "skipQueryValidation": False,
    "isWorkspaceAlertsStorageConfigured": False,
    "isLegacyLogAnalyticsRule": False,
    "createdWithApiVersion": "2021-08-01",
}
"""What stands in a reply where nobody said."""


class RuleSystemData(msgspec.Struct, rename="camel", frozen=True):
    """Who made and changed it, and when."""

    created_by: str
    created_at: str
    last_modified_by: str
    last_modified_at: str


class RuleShown(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """A rule, with every property as it was sent."""

    id: str
    name: str
    type: str
    location: str
    tags: dict[str, str]
    etag: str
    properties: dict[str, Any]  # as the caller sent them
    system_data: RuleSystemData
    kind: str | None = None


class RuleChanges(msgspec.Struct, rename="camel", omit_defaults=True):
    """What is set of a rule.

    Attributes:
        properties: those of Azure's `metricAlerts` 2018-03-01 or `scheduledQueryRules` 2021-08-01;
            further ones are kept. `OpenInsights.windowClosesAfter` (PT10S) is how long after a
            window's end it is evaluated.
    """

    location: str | None = None
    kind: str | None = None
    tags: dict[str, str] | None = None
    properties: dict[str, Any] | None = None  # read one by one


_METRIC_BODY: Final = Content(
    RuleChanges,
    example={
        "location": "global",
        "properties": {
            "severity": 2,
            "scopes": [
                "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/default"
                "/providers/Microsoft.Insights/components/shop"
            ],
            "evaluationFrequency": "PT1M",
            "windowSize": "PT5M",
            "criteria": {
                "odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
                "allOf": [
                    {
                        "name": "failures",
                        "metricName": "requests/failed",
                        "timeAggregation": "Count",
                        "operator": "GreaterThan",
                        "threshold": 5,
                    }
                ],
            },
        },
    },
)
_LOG_BODY: Final = Content(
    RuleChanges,
    example={
        "location": "local",
        "properties": {
            "severity": 1,
            "scopes": [
                "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/default"
                "/providers/Microsoft.Insights/components/shop"
            ],
            "evaluationFrequency": "PT5M",
            "windowSize": "PT15M",
            "criteria": {
                "allOf": [
                    {
                        "query": "exceptions | where severityLevel >= 3",
                        "timeAggregation": "Count",
                        "operator": "GreaterThan",
                        "threshold": 10,
                    }
                ]
            },
        },
    },
)
_PUT = (API_VERSION, IF_MATCH, IF_NONE_MATCH)


class RulesApi:
    """The routes of rules.

    Args:
        keeper: keeps them.
        resources: what they watch, as the caller sees it.
        max_body_bytes: longest request body.
    """

    def __init__(self, keeper: RuleKeeper, resources: ResourceStore, max_body_bytes: int) -> None:
        self._keeper = keeper
        self._resources = resources
        self._max_body_bytes = max_body_bytes

    def routes(self) -> list[ArmRoute]:
        """Return the routes."""
        return [
            route
            for kind, put, patch in (
                (METRIC_TYPE, self.put_metric, self.patch_metric),
                (LOG_TYPE, self.put_log, self.patch_log),
            )
            for route in routes_of_kind(
                f"/providers/{kind}", self.listed, self.show, put, patch, self.delete
            )
        ]

    @promises(ROOM, Page[RuleShown], parameters=(API_VERSION, *PAGING), errors=(400,))
    async def listed(self, request: Request) -> Response:
        """List alert rules, by their path."""
        start = start_of_ids(request)
        wants_log = is_log(f"{request.url.path.rstrip('/')}/")
        found = [
            each
            for each in await run_in_threadpool(_seen, request, self._keeper.rules)
            if is_log(each.path) is wants_log and each.path.lower().startswith(start)
        ]
        page = page_of(request, found, lambda each: each.path.lower())
        return json_response(Page([shown(each) for each in page.value], page.next_link))

    @promises(ROOM, RuleShown, parameters=(API_VERSION,), errors=(404,))
    async def show(self, request: Request) -> Response:
        """Show an alert rule."""
        return _reply(await run_in_threadpool(self._seen, request, Right.READ))

    @promises(
        ROOM,
        RuleShown,
        body=_METRIC_BODY,
        replies={201: RuleShown},
        parameters=_PUT,
        errors=(400, 403, 404, 409, 412, 413),
    )
    async def put_metric(self, request: Request) -> Response:
        """Make or replace a rule on metrics or on an availability test."""
        return await self._put(request)

    @promises(
        ROOM,
        RuleShown,
        body=_LOG_BODY,
        replies={201: RuleShown},
        parameters=_PUT,
        errors=(400, 403, 404, 409, 412, 413),
    )
    async def put_log(self, request: Request) -> Response:
        """Make or replace a rule on what a query returns."""
        return await self._put(request)

    @promises(
        ROOM,
        RuleShown,
        body=_METRIC_BODY,
        parameters=(API_VERSION, IF_MATCH),
        errors=(400, 403, 404, 412, 413),
    )
    async def patch_metric(self, request: Request) -> Response:
        """Change properties or tags of a rule on metrics; what is not named stays."""
        return await self._patch(request)

    @promises(
        ROOM,
        RuleShown,
        body=_LOG_BODY,
        parameters=(API_VERSION, IF_MATCH),
        errors=(400, 403, 404, 412, 413),
    )
    async def patch_log(self, request: Request) -> Response:
        """Change properties or tags of a rule on queries; what is not named stays."""
        return await self._patch(request)

    @promises(ROOM, replies={204: None}, parameters=(API_VERSION, IF_MATCH), errors=(403, 412))
    async def delete(self, request: Request) -> Response:
        """Delete an alert rule; what it fired ends. 204 when there is none."""

        def check(known: KeptRule) -> None:
            _refuse_others(request, known)
            check_match(request, _named(known), shown(known).etag)

        was = await run_in_threadpool(self._keeper.delete, path_of(request), check)
        return Response(status_code=200 if was else 204)

    async def _put(self, request: Request) -> Response:
        changes = await body_as(request, self._max_body_bytes, RuleChanges)
        document = {
            "location": changes.location or ("local" if is_log(request.url.path) else "global"),
            "tags": changes.tags or {},
            "properties": changes.properties or {},
        }
        if changes.kind is not None:
            document["kind"] = changes.kind
        return await self._keep(request, document)

    async def _patch(self, request: Request) -> Response:
        changes = await body_as(request, self._max_body_bytes, RuleChanges)
        known = await run_in_threadpool(self._seen, request, Right.WRITE)
        document = dict(known.document)
        if changes.tags is not None:
            document["tags"] = changes.tags
        document["properties"] = {**document["properties"], **(changes.properties or {})}
        return await self._keep(request, document)

    async def _keep(self, request: Request, document: dict[str, Any]) -> Response:
        def check(known: KeptRule | None) -> None:
            if known is not None:
                _refuse_others(request, known)
            etag = None if known is None else shown(known).etag
            check_match(request, f"alert rule {request.path_params['name'][:80]!r}", etag)

        who = caller_of(request).name
        kept, is_new = await run_in_threadpool(
            self._keeper.put, path_of(request), document, who, self._resources, check
        )
        return _reply(kept, 201 if is_new and request.method == "PUT" else 200)

    def _seen(self, request: Request, right: Right) -> KeptRule:
        found = self._keeper.rules.get(path_of(request))
        if found is None or not caller_of(request).may(right, found.app_id):
            raise RuleNotFound(path_of(request))
        return found


def path_of(request: Request) -> str:
    """Return the resource id of the rule that a request names."""
    parts = request.path_params
    type_ = LOG_TYPE if is_log(request.url.path) else METRIC_TYPE
    return (
        f"/subscriptions/{parts['subscription']}/resourceGroups/{parts['group']}"
        f"/providers/{type_}/{parts['name']}"
    )


def rules_among_all(request: Request, rules: AlertRuleStore) -> list[AnyResource]:
    """Return the rules that a caller sees as lists of every type show them; it may block."""
    return [
        AnyResource(each.id, each.name, each.type, each.location, each.tags, each.kind or "")
        for each in map(shown, _seen(request, rules))
    ]


def _seen(request: Request, rules: AlertRuleStore) -> list[KeptRule]:
    caller = caller_of(request)
    return [each for each in rules.every() if caller.may(Right.READ, each.app_id)]


def shown(kept: KeptRule) -> RuleShown:
    """Return a rule as the management API shows it."""
    document = kept.document
    log = is_log(kept.path)
    said = dict(document.get("properties") or {})
    defaults = _LOG_DEFAULTS if log else _METRIC_DEFAULTS
    if log and any(name.lower() == "muteactionsduration" for name in said):
        # as it is understood, so that what is shown can be put back
        defaults = defaults | {"autoMitigate": False}
    changed = datetime_text(kept.modified_ticks)
    own = {} if log else {"lastUpdatedTime": changed, "isMigrated": False}
    properties = {**defaults, **said, "enabled": kept.enabled, **own}
    tags = dict(document.get("tags") or {})
    return RuleShown(
        kept.path,
        kept.name,
        LOG_TYPE if log else METRIC_TYPE,
        document.get("location") or "global",
        tags,
        etag_of((tags, properties)),
        properties,
        RuleSystemData(
            kept.created_by, datetime_text(kept.created_ticks), kept.modified_by, changed
        ),
        (document.get("kind") or "LogAlert") if log else None,
    )


def _refuse_others(request: Request, known: KeptRule) -> None:
    caller = caller_of(request)
    if not caller.may(Right.WRITE, known.app_id):
        raise Forbidden(
            f"cannot change {_named(known)}: {caller.name} lacks the right '{Right.WRITE}' for the"
            " resource that it watches"
        )


def _named(rule: KeptRule) -> str:
    return f"alert rule {rule.name[:80]!r}"


def _reply(kept: KeptRule, status: int = 200) -> Response:
    found = shown(kept)
    return json_response(found, status, {"etag": found.etag})
