"""Processing rules as resources of Azure's management API."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool

from openinsights.access.rights import Right
from openinsights.alerts.kept_kind import KeptKind
from openinsights.alerts.notify.arm_processing import (
    TYPE,
    ProcessingBody,
    ProcessingChanges,
    ProcessingShown,
    actions_of,
    conditions_of,
    shown,
    window_of,
)
from openinsights.alerts.notify.windows import check_window
from openinsights.api.arm.route import (
    API_VERSION,
    IF_MATCH,
    IF_NONE_MATCH,
    ArmRoute,
    routes_of_kind,
)
from openinsights.api.body import body_as
from openinsights.api.errors import json_response
from openinsights.api.lists import PAGING, Page
from openinsights.catalog.processing_rules import ProcessingRule, rule_path
from openinsights.catalog.resource import parse_resource_id
from openinsights.operation import Content, promises

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from openinsights.api.arm.resources import AnyResource
    from openinsights.catalog.processing_rules import ProcessingRuleStore
    from openinsights.catalog.resources import ResourceStore

ROOM: Final = "alert processing rules"
PROVIDER: Final = "/providers/Microsoft.AlertsManagement/actionRules"
_BODY = Content(
    ProcessingBody,
    example={
        "location": "Global",
        "properties": {
            "scopes": [
                "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/default"
                "/providers/Microsoft.Insights/components/shop"
            ],
            "schedule": {
                "timeZone": "Europe/Amsterdam",
                "recurrences": [
                    {"recurrenceType": "Daily", "startTime": "22:00:00", "endTime": "06:00:00"}
                ],
            },
            "actions": [{"actionType": "RemoveAllActionGroups"}],
        },
    },
)


class ProcessingRulesApi:
    """The routes that manage processing rules.

    Args:
        rules: where they are kept.
        resources: what they are about, as the caller sees it.
        max_body_bytes: longest request body.
    """

    def __init__(
        self, rules: ProcessingRuleStore, resources: ResourceStore, max_body_bytes: int
    ) -> None:
        self._rules = rules
        self._kind = _kind(rules)
        self._resources = resources
        self._max_body_bytes = max_body_bytes

    def routes(self) -> list[ArmRoute]:
        """Return the routes; `providers/…` alone lists the rules of every subscription."""
        return routes_of_kind(PROVIDER, self.listed, self.show, self.put, self.patch, self.delete)

    @promises(ROOM, Page[ProcessingShown], parameters=(API_VERSION, *PAGING), errors=(400,))
    async def listed(self, request: Request) -> Response:
        """List processing rules by their path."""
        page = await self._kind.page(request)
        return json_response(Page([shown(each) for each in page.value], page.next_link))

    @promises(ROOM, ProcessingShown, parameters=(API_VERSION,), errors=(404,))
    async def show(self, request: Request) -> Response:
        """Show a processing rule."""
        return self._reply(await self._kind.found(request))

    @promises(
        ROOM,
        ProcessingShown,
        body=_BODY,
        replies={201: ProcessingShown},
        parameters=(API_VERSION, IF_MATCH, IF_NONE_MATCH),
        errors=(400, 403, 404, 409, 412, 413),
    )
    async def put(self, request: Request) -> Response:
        """Make or replace a processing rule."""
        body = await body_as(request, self._max_body_bytes, ProcessingBody)
        said = body.properties
        window = window_of(said)
        if window is not None:
            check_window(window)
        suppresses, adds = actions_of(said)
        parts = request.path_params
        wanted = ProcessingRule(
            parts["subscription"],
            parts["group"],
            parts["name"],
            tuple(said.scopes),
            self._app_id(said.scopes),
            conditions_of(said),
            window,
            suppresses,
            adds,
            said.description,
            said.enabled,
            body.location or "Global",
            tuple((body.tags or {}).items()),
        )
        return await self._keep(request, wanted)

    @promises(
        ROOM,
        ProcessingShown,
        body=Content(ProcessingChanges, example={"properties": {"enabled": False}}),
        parameters=(API_VERSION, IF_MATCH),
        errors=(400, 403, 404, 412, 413),
    )
    async def patch(self, request: Request) -> Response:
        """Enable or disable a processing rule, or change its tags."""
        body = await body_as(request, self._max_body_bytes, ProcessingChanges)
        known = await self._kind.found(request, Right.WRITE)
        enabled, tags = body.properties.enabled, body.tags
        wanted = dataclasses.replace(
            known,
            enabled=known.enabled if enabled is None else enabled,
            tags=known.tags if tags is None else tuple(tags.items()),
        )
        return await self._keep(request, wanted)

    @promises(ROOM, replies={204: None}, parameters=(API_VERSION, IF_MATCH), errors=(403, 412))
    async def delete(self, request: Request) -> Response:
        """Delete a processing rule; 204 when there is none."""
        return await self._kind.delete(request)

    async def _keep(self, request: Request, wanted: ProcessingRule) -> Response:
        check = self._kind.check_for(request, wanted)
        kept, is_new = await run_in_threadpool(self._rules.put, wanted, check)
        return self._reply(kept, 201 if is_new and request.method == "PUT" else 200)

    def _reply(self, rule: ProcessingRule, status: int = 200) -> Response:
        return json_response(shown(rule), status, {"etag": self._kind.etag(rule)})

    def _app_id(self, scopes: Sequence[str]) -> str:
        """Return the id of the one resource that all scopes name, "" when they reach further."""
        if any(parse_resource_id(scope.strip()) is None for scope in scopes):
            return ""
        found = {self._resources.named(scope.strip()).app_id for scope in scopes}
        return found.pop() if len(found) == 1 else ""


def processing_among_all(request: Request, rules: ProcessingRuleStore) -> list[AnyResource]:
    """Return the rules that a caller sees as lists of every type show them; it may block."""
    return _kind(rules).among_all(request, TYPE)


def _kind(rules: ProcessingRuleStore) -> KeptKind[ProcessingRule]:
    return KeptKind(
        "alert processing rule", rules, rule_path, shown, "its scopes are wider", is_open=False
    )
