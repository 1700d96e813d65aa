"""Processing rules as resources of Azure's management API."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from openinsights.access.errors import Forbidden
from openinsights.access.rights import Right
from openinsights.alerts.notify.arm_processing import (
    ProcessingBody,
    ProcessingChanges,
    ProcessingShown,
    actions_of,
    conditions_of,
    shown,
    window_of,
)
from openinsights.alerts.notify.windows import check_window
from openinsights.api.arm.callers import caller_of
from openinsights.api.arm.etags import check_match, etag_of
from openinsights.api.arm.route import (
    API_VERSION,
    IF_MATCH,
    IF_NONE_MATCH,
    ArmRoute,
    routes_of_kind,
    start_of_ids,
)
from openinsights.api.body import body_as
from openinsights.api.errors import ApiError, json_response
from openinsights.api.lists import PAGING, Page, page_of
from openinsights.catalog.processing_rules import ProcessingRule, rule_path
from openinsights.catalog.resource import parse_resource_id
from openinsights.operation import Content, promises

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

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
        self._resources = resources
        self._max_body_bytes = max_body_bytes

    def routes(self) -> list[ArmRoute]:
        """Return the routes; `providers/…` alone lists the rules of every subscription."""
        return routes_of_kind(PROVIDER, self.listed, self.show, self.put, self.patch, self.delete)

    @promises(ROOM, Page[ProcessingShown], parameters=(API_VERSION, *PAGING), errors=(400,))
    async def listed(self, request: Request) -> Response:
        """List processing rules by their path."""
        start = start_of_ids(request)
        found = [
            each
            for each in await run_in_threadpool(self._rules.every)
            if each.key.startswith(start) and _may(request, Right.READ, each)
        ]
        page = page_of(request, found, lambda each: each.key)
        return json_response(Page([shown(each) for each in page.value], page.next_link))

    @promises(ROOM, ProcessingShown, parameters=(API_VERSION,), errors=(404,))
    async def show(self, request: Request) -> Response:
        """Show a processing rule."""
        return _reply(await self._seen(request, Right.READ))

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
        known = await self._seen(request, Right.WRITE)
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

        def check(known: ProcessingRule) -> None:
            _refuse_others(request, known)
            check_match(request, _named(known), _etag(known))

        was = await run_in_threadpool(self._rules.delete, _path(request), check)
        return Response(status_code=200 if was else 204)

    async def _seen(self, request: Request, right: Right) -> ProcessingRule:
        found = await run_in_threadpool(self._rules.get, _path(request))
        if found is None or not _may(request, right, found):
            raise ApiError(
                404,
                "ResourceNotFound",
                f"cannot find alert processing rule {request.path_params['name'][:80]!r}",
            )
        return found

    async def _keep(self, request: Request, wanted: ProcessingRule) -> Response:
        _refuse_others(request, wanted)

        def check(known: ProcessingRule | None) -> None:
            if known is not None:
                _refuse_others(request, known)
            check_match(request, _named(wanted), None if known is None else _etag(known))

        kept, is_new = await run_in_threadpool(self._rules.put, wanted, check)
        return _reply(kept, 201 if is_new and request.method == "PUT" else 200)

    def _app_id(self, scopes: Sequence[str]) -> str:
        """Return the id of the one resource that all scopes name, "" when they reach further."""
        if any(parse_resource_id(scope.strip()) is None for scope in scopes):
            return ""
        found = {self._resources.named(scope.strip()).app_id for scope in scopes}
        return found.pop() if len(found) == 1 else ""


def _may(request: Request, right: Right, rule: ProcessingRule) -> bool:
    """Whether a caller holds a right: for the resource that it is about, else for all of them."""
    caller = caller_of(request)
    return caller.may(right, rule.app_id) if rule.app_id else caller.may_everywhere(right)


def _refuse_others(request: Request, rule: ProcessingRule) -> None:
    if not _may(request, Right.WRITE, rule):
        about = "its resource" if rule.app_id else "every resource, for its scopes are wider"
        raise Forbidden(
            f"cannot change {_named(rule)}: {caller_of(request).name} lacks the right"
            f" '{Right.WRITE}' for {about}"
        )


def _path(request: Request) -> str:
    parts = request.path_params
    return rule_path(parts["subscription"], parts["group"], parts["name"])


def _named(rule: ProcessingRule) -> str:
    return f"alert processing rule {rule.name[:80]!r}"


def _etag(rule: ProcessingRule) -> str:
    return etag_of(shown(rule))


def _reply(rule: ProcessingRule, status: int = 200) -> Response:
    return json_response(shown(rule), status, {"etag": _etag(rule)})
