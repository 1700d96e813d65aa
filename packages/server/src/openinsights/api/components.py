"""Resources in the shape of Azure's management API, for tools, the command line and the portal.

Paths are matched in any letter case, as Azure does; `api-version` is accepted and not looked at.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.api.body import json_object, text_of
from openinsights.api.errors import BAD_ARGUMENT, ApiError, json_response, path_not_found
from openinsights.catalog.resource import DEFAULT_LOCATION, ResourcePath, parse_resource_id
from openinsights.catalog.resource_settings import ROWS
from openinsights.catalog.retention import EVERY_TABLE, UNSAID
from openinsights.catalog.unknown_names import resource_not_found
from openinsights.query.values import datetime_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from openinsights.catalog.resource import Resource
    from openinsights.catalog.resources import ResourceStore

_LIST = re.compile(
    r"(?:/subscriptions/(?P<subscription>[^/]+))?(?:/resourcegroups/(?P<group>[^/]+))?"
    r"/providers/microsoft\.insights/components/?",
    re.IGNORECASE,
)
_REFUSED_UNLESS: tuple[tuple[str, tuple[object, ...]], ...] = (
    ("DisableLocalAuth", (None, False)),
    ("ImmediatePurgeDataOn30Days", (None, False)),
    ("publicNetworkAccessForIngestion", (None, "Enabled")),
    ("publicNetworkAccessForQuery", (None, "Enabled")),
)
"""Properties that would change what the server does, with the values that describe what it does."""
_OWN_SETTINGS = "OpenInsights"
"""The property with the settings that Azure has no name for, by our names."""


class ComponentsApi:
    """The routes that manage resources.

    Args:
        resources: where they are kept.
        connection_string_for: what an application of a resource is configured with.
        delete_telemetry: deletes a resource's rows and returns their number; may block.
        max_body_bytes: longest request body.
        default_retention_days: of resources that say nothing.
        on_retention: told that a retention has changed.
    """

    def __init__(
        self,
        resources: ResourceStore,
        connection_string_for: Callable[[Resource], str],
        delete_telemetry: Callable[[str], int],
        max_body_bytes: int,
        default_retention_days: int,
        on_retention: Callable[[], None],
    ) -> None:
        self._resources = resources
        self._connection_string_for = connection_string_for
        self._delete_telemetry = delete_telemetry
        self._max_body_bytes = max_body_bytes
        self._default_retention_days = default_retention_days
        self._on_retention = on_retention

    def routes(self) -> list[Guarded]:
        """Return the routes; `providers/…` alone lists the resources of every subscription."""
        return [
            Guarded(
                "/subscriptions/{path:path}",
                self.one_or_list,
                right={
                    "GET": Right.READ,
                    "PUT": Right.MANAGE,
                    "PATCH": Right.MANAGE,
                    "DELETE": Right.MANAGE,
                },
            ),
            Guarded("/providers/{path:path}", self.one_or_list, right=Right.READ),
        ]

    async def one_or_list(self, request: Request) -> Response:
        """Serve one resource by its id, or the list that the path names."""
        text = request.url.path
        path = parse_resource_id(text)
        if path is None:
            return self._list(request, text)
        if request.method == "PUT":
            must_be_new = request.headers.get("if-none-match", "").strip() == "*"
            body = await json_object(request, self._max_body_bytes)
            return await self._put(path, body, must_be_new=must_be_new)
        if request.method == "PATCH":
            return await self._patch(path, await json_object(request, self._max_body_bytes))
        if request.method == "DELETE":
            return await self._delete(path)
        return json_response(self.component(self._existing(path)))

    def component(self, resource: Resource) -> dict[str, object]:
        """Return a resource as the management API shows it."""
        return {
            "id": resource.resource_id,
            "name": resource.name,
            "type": "microsoft.insights/components",
            "location": resource.location,
            "tags": dict(resource.tags),
            "kind": "web",
            "properties": {
                "ApplicationId": resource.name,
                "AppId": resource.app_id,
                "Application_Type": "web",
                "Flow_Type": "Bluefield",
                "Request_Source": "rest",
                "InstrumentationKey": resource.instrumentation_key,
                "ConnectionString": self._connection_string_for(resource),
                "Name": resource.name,
                "CreationDate": datetime_text(resource.created_ticks),
                "TenantId": resource.subscription,
                "provisioningState": "Succeeded",
                **_settings_shown(resource),
                "RetentionInDays": resource.retention.days or self._default_retention_days,
                "RetentionInDaysByTable": dict(resource.retention.tables),
                "IngestionMode": "ApplicationInsights",
                "publicNetworkAccessForIngestion": "Enabled",
                "publicNetworkAccessForQuery": "Enabled",
                "Ver": "v2",
            },
        }

    def _list(self, request: Request, text: str) -> Response:
        match = _LIST.fullmatch(text)
        if match is None or (match["group"] and not match["subscription"]):
            raise path_not_found()
        if request.method != "GET":
            raise ApiError(405, "MethodNotAllowed", f"cannot {request.method} a list of resources")
        found = [
            self.component(resource)
            for resource in self._resources.list()
            if _same(match["subscription"], resource.subscription)
            and _same(match["group"], resource.resource_group)
        ]
        return json_response({"value": found})

    async def _put(
        self, path: ResourcePath, body: dict[str, Any], *, must_be_new: bool
    ) -> Response:
        properties = _properties(body)
        key = text_of(properties, "InstrumentationKey")
        known = self._resources.get_by_resource_id(str(path))
        if known is not None and not must_be_new:
            if key is not None and key.lower() != known.instrumentation_key:
                raise ApiError(
                    409,
                    "Conflict",
                    f"cannot change the instrumentation key of {known.name!r}: it stays for the"
                    " resource's life; delete the resource and create it anew",
                )
            return json_response(self.component(await self._change(known, body, properties)))
        changes = _retention(properties)
        UNSAID.changed(changes)  # before the resource is made
        made = await run_in_threadpool(
            self._resources.create,
            path.name,
            path.resource_group,
            text_of(body, "location") or DEFAULT_LOCATION,
            key,
            subscription=path.subscription,
            tags=_tags(body, ()),
            settings=_settings(properties),
        )
        if changes:
            made = await run_in_threadpool(self._resources.set_retention, made.app_id, changes)
        return json_response(self.component(made))

    async def _patch(self, path: ResourcePath, body: dict[str, Any]) -> Response:
        properties = _properties(body)
        changed = await self._change(self._existing(path), body, properties)
        return json_response(self.component(changed))

    async def _change(
        self, known: Resource, body: dict[str, Any], properties: dict[str, Any]
    ) -> Resource:
        changes = _retention(properties)
        known.retention.changed(changes)  # before anything is changed
        changed = await run_in_threadpool(
            self._resources.update,
            known.app_id,
            tags=_tags(body, known.tags),
            settings=_settings(properties),
        )
        if changes:
            changed = await run_in_threadpool(self._resources.set_retention, known.app_id, changes)
        if changed.retention != known.retention:
            self._on_retention()
        return changed

    async def _delete(self, path: ResourcePath) -> Response:
        known = self._resources.get_by_resource_id(str(path))
        if known is None:
            return Response(status_code=204)
        await run_in_threadpool(self._resources.delete, known.app_id)
        rows = await run_in_threadpool(self._delete_telemetry, known.app_id)
        return json_response({"deletedRows": rows})

    def _existing(self, path: ResourcePath) -> Resource:
        resource = self._resources.get_by_resource_id(str(path))
        if resource is None:
            raise resource_not_found(str(path), (each.name for each in self._resources.list()))
        return resource


def _same(wanted: str | None, value: str) -> bool:
    return wanted is None or wanted.lower() == value.lower()


def _properties(body: dict[str, Any]) -> dict[str, Any]:
    properties = body.get("properties") or {}
    if not isinstance(properties, dict):
        raise ApiError(400, BAD_ARGUMENT, "cannot use 'properties': a JSON object is needed")
    for name, accepted in _REFUSED_UNLESS:
        if properties.get(name) not in accepted:
            raise ApiError(
                400,
                BAD_ARGUMENT,
                f"cannot set {name} to {properties[name]!r}: this server knows only"
                f" {accepted[-1]!r}",
            )
    return properties


def _settings(properties: dict[str, Any]) -> dict[str, object]:
    """Return the settings that properties name, by our names; null sets back to the default."""
    own = properties.get(_OWN_SETTINGS) or {}
    if not isinstance(own, dict):
        raise ApiError(400, BAD_ARGUMENT, f"cannot use '{_OWN_SETTINGS}': an object is needed")
    named = {
        row.name: properties[row.arm_name]
        for row in ROWS
        if row.arm_name and row.arm_name in properties
    }
    return {**named, **own}


def _settings_shown(resource: Resource) -> dict[str, object]:
    settings = resource.settings
    named = {row.arm_name: getattr(settings, row.name) for row in ROWS if row.arm_name}
    return {**named, _OWN_SETTINGS: settings.to_json()}


def _retention(properties: dict[str, Any]) -> dict[str, int | None]:
    """Return the days by table that a body sets; None takes a table's own days away."""
    changes: dict[str, Any] = {}
    if "RetentionInDays" in properties:
        changes[EVERY_TABLE] = properties["RetentionInDays"]
    by_table = properties.get("RetentionInDaysByTable") or {}
    if isinstance(by_table, dict):
        changes |= by_table
    numbers = all(
        days is None or (isinstance(days, int) and not isinstance(days, bool))
        for days in changes.values()
    )
    if not numbers or not isinstance(by_table, dict):
        raise ApiError(
            400,
            BAD_ARGUMENT,
            "cannot set the retention: RetentionInDays is a whole number of days,"
            " RetentionInDaysByTable an object of such numbers by table name",
        )
    return changes


def _tags(
    body: dict[str, Any], default: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    tags = body.get("tags")
    if tags is None:
        return default
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        raise ApiError(400, BAD_ARGUMENT, "cannot use 'tags': an object of texts is needed")
    return tuple(tags.items())
