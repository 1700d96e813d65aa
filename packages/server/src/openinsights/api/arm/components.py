"""Components: the resources that telemetry belongs to, as Azure's management API shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from openinsights.access.errors import Forbidden
from openinsights.access.rights import Right
from openinsights.api.arm.callers import caller_of
from openinsights.api.arm.etags import check_match, etag_of, wants_new
from openinsights.api.arm.route import (
    API_VERSION,
    COMPONENT,
    COMPONENTS,
    GROUP,
    IF_MATCH,
    IF_NONE_MATCH,
    ArmRoute,
    component_of,
    component_path,
)
from openinsights.api.body import json_object, text_of
from openinsights.api.errors import BAD_ARGUMENT, ApiError, json_response
from openinsights.api.lists import PAGING, Page, page_of
from openinsights.catalog.resource import DEFAULT_LOCATION, NewResource
from openinsights.catalog.resource_settings import ROWS
from openinsights.catalog.retention import EVERY_TABLE
from openinsights.operation import promises
from openinsights.query.values import datetime_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from openinsights.catalog.resource import Resource
    from openinsights.catalog.resources import ResourceStore

ROOM: Final = "components"
TYPE: Final = "microsoft.insights/components"
_REFUSED_UNLESS: tuple[tuple[str, tuple[object, ...]], ...] = (
    ("ForceCustomerStorageForProfiler", (None, False)),
    ("ImmediatePurgeDataOn30Days", (None, False)),
    ("publicNetworkAccessForIngestion", (None, "Enabled")),
    ("publicNetworkAccessForQuery", (None, "Enabled")),
)
"""Properties that would change what the server does, with the values that describe what it does."""
_OWN_SETTINGS = "OpenInsights"
"""The property with the settings that Azure has no name for, by our names."""
_LABELS: dict[str, str] = {
    "kind": "web",
    "Application_Type": "web",
    "Flow_Type": "Bluefield",
    "Request_Source": "rest",
    "IngestionMode": "ApplicationInsights",
    "WorkspaceResourceId": "",
    "HockeyAppId": "",
}
"""What Azure's tools set and expect to read back, with what stands there if nobody did. Nothing
here looks at it: a component answers for workspaces too, under its own application id."""
_LONGEST_LABEL = 1_024


class ComponentProperties(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a component is.

    Attributes:
        AppId: by which queries name it; also the id of its workspace.
        RetentionInDaysByTable: days of tables that have their own.
        OpenInsights: the settings that differ from their defaults, by the names that
            `openinsights resource set` has.
    """

    ApplicationId: str
    AppId: str
    Application_Type: str
    Flow_Type: str
    Request_Source: str
    InstrumentationKey: str
    ConnectionString: str
    Name: str
    CreationDate: str
    TenantId: str
    provisioningState: str
    SamplingPercentage: float
    DisableIpMasking: bool
    DisableLocalAuth: bool
    OpenInsights: dict[str, Any]  # values of many types
    RetentionInDays: int
    RetentionInDaysByTable: dict[str, int]
    IngestionMode: str
    publicNetworkAccessForIngestion: str
    publicNetworkAccessForQuery: str
    Ver: str = msgspec.field(default_factory=lambda: "v2")
    WorkspaceResourceId: str | None = None
    HockeyAppId: str | None = None


class Component(msgspec.Struct, frozen=True):
    """One monitored application."""

    id: str
    name: str
    type: str
    location: str
    tags: dict[str, str]
    kind: str
    etag: str
    properties: ComponentProperties


class ComponentChanges(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is set of a component; what is left out stays, or has its default.

    Attributes:
        properties: `InstrumentationKey` (of a new component), `SamplingPercentage`,
            `DisableIpMasking`, `DisableLocalAuth`, `RetentionInDays`, `RetentionInDaysByTable`, `OpenInsights`, and
            what is kept for tools: `Application_Type`, `Flow_Type`, `Request_Source`,
            `IngestionMode`, `WorkspaceResourceId`, `HockeyAppId`.
    """

    location: str | None = None
    kind: str | None = None
    tags: dict[str, str] | None = None
    properties: dict[str, Any] | None = None  # read one by one


class Deleted(msgspec.Struct, frozen=True, rename="camel"):
    """How many rows went."""

    deleted_rows: int


class ComponentsApi:
    """The routes that manage components.

    Args:
        resources: where they are kept.
        connection_string_for: what an application of a resource is configured with.
        delete_telemetry: deletes a resource's rows and returns their number; may block.
        forget: forgets what belongs to a resource that is deleted; may block.
        max_body_bytes: longest request body.
        default_retention_days: of resources that say nothing.
        on_retention: told that a retention has changed.
    """

    def __init__(
        self,
        resources: ResourceStore,
        connection_string_for: Callable[[Resource], str],
        delete_telemetry: Callable[[str], int],
        forget: Callable[[str], None],
        max_body_bytes: int,
        default_retention_days: int,
        on_retention: Callable[[], None],
    ) -> None:
        self._resources = resources
        self._connection_string_for = connection_string_for
        self._delete_telemetry = delete_telemetry
        self._forget = forget
        self._max_body_bytes = max_body_bytes
        self._default_retention_days = default_retention_days
        self._on_retention = on_retention

    def routes(self) -> list[ArmRoute]:
        """Return the routes; `providers/…` alone lists the resources of every subscription."""
        lists = (
            COMPONENTS,
            f"/subscriptions/{{subscription}}{COMPONENTS}",
            f"{GROUP}{COMPONENTS}",
        )
        return [
            *(ArmRoute(path, self.listed, right=Right.READ) for path in lists),
            ArmRoute(COMPONENT, self.show, right=Right.READ),
            ArmRoute(COMPONENT, self.put, right={"PUT": Right.MANAGE}),
            ArmRoute(COMPONENT, self.patch, right={"PATCH": Right.MANAGE}),
            ArmRoute(COMPONENT, self.delete, right={"DELETE": Right.MANAGE}),
        ]

    @promises(ROOM, Page[Component], parameters=(API_VERSION, *PAGING), errors=(400,))
    async def listed(self, request: Request) -> Response:
        """List components, oldest first."""
        parts = request.path_params
        found = [
            resource
            for resource in self._resources.list()
            if _same(parts.get("subscription"), resource.subscription)
            and _same(parts.get("group"), resource.resource_group)
        ]
        page = page_of(request, sorted(found, key=_age), _age)
        shown = Page([self.component(each) for each in page.value], page.next_link)
        return json_response(shown)

    @promises(ROOM, Component, parameters=(API_VERSION,), errors=(404,))
    async def show(self, request: Request) -> Response:
        """Show a component."""
        return self._shown(component_of(request, self._resources))

    @promises(
        ROOM,
        Component,
        body=ComponentChanges,
        parameters=(API_VERSION, IF_MATCH, IF_NONE_MATCH),
        errors=(400, 409, 412, 413),
    )
    async def put(self, request: Request) -> Response:
        """Make a component, or change the one that is there; doing it twice is doing it once."""
        path = component_path(request)
        body = await json_object(request, self._max_body_bytes)
        properties = _properties(body)
        known = self._resources.get_by_resource_id(str(path))
        if known is not None and not wants_new(request):
            _refuse_moved(known, text_of(body, "location"))
            _refuse_other_key(known, text_of(properties, "InstrumentationKey"))
            return self._shown(await self._change(request, known, body, properties))
        if not wants_new(request):
            check_match(request, f"component {path.name!r}", None)
        _refuse_makers_of_some(request, path.name)
        wanted = NewResource(
            path.name,
            path.resource_group,
            text_of(body, "location") or DEFAULT_LOCATION,
            text_of(properties, "InstrumentationKey"),
            subscription=path.subscription,
            tags=_tags(body, ()),
            settings=_settings(properties),
            retention=_retention(properties),
            labels=_labels(body, properties),
        )
        return self._shown(await run_in_threadpool(self._resources.make, wanted))

    @promises(
        ROOM,
        Component,
        body=ComponentChanges,
        parameters=(API_VERSION, IF_MATCH),
        errors=(400, 404, 412, 413),
    )
    async def patch(self, request: Request) -> Response:
        """Change tags or settings of a component."""
        body = await json_object(request, self._max_body_bytes)
        properties = _properties(body)
        known = component_of(request, self._resources)
        return self._shown(await self._change(request, known, body, properties))

    @promises(
        ROOM,
        Deleted,
        replies={204: None},
        parameters=(API_VERSION, IF_MATCH),
        errors=(412,),
    )
    async def delete(self, request: Request) -> Response:
        """Delete a component with all of its telemetry; 204 when there is none."""
        known = self._resources.get_by_resource_id(str(component_path(request)))
        if known is None:
            return Response(status_code=204)
        await run_in_threadpool(self._resources.delete, known.app_id, self._match(request))
        rows = await run_in_threadpool(self._delete_telemetry, known.app_id)
        await run_in_threadpool(self._forget, known.app_id)
        return json_response(Deleted(rows))

    def component(self, resource: Resource) -> Component:
        """Return a resource as the management API shows it."""
        labels = {**_LABELS, **dict(resource.labels)}
        settings = resource.settings
        properties = ComponentProperties(
            ApplicationId=resource.name,
            AppId=resource.app_id,
            Application_Type=labels["Application_Type"],
            Flow_Type=labels["Flow_Type"],
            Request_Source=labels["Request_Source"],
            InstrumentationKey=resource.instrumentation_key,
            ConnectionString=self._connection_string_for(resource),
            Name=resource.name,
            CreationDate=datetime_text(resource.created_ticks),
            TenantId=resource.subscription,
            provisioningState="Succeeded",
            SamplingPercentage=settings.sampling_percentage,
            DisableIpMasking=settings.keep_addresses,
            DisableLocalAuth=settings.disable_local_auth,
            OpenInsights=settings.to_json(),
            RetentionInDays=resource.retention.days or self._default_retention_days,
            RetentionInDaysByTable=dict(resource.retention.tables),
            IngestionMode=labels["IngestionMode"],
            publicNetworkAccessForIngestion="Enabled",
            publicNetworkAccessForQuery="Enabled",
            WorkspaceResourceId=labels["WorkspaceResourceId"] or None,
            HockeyAppId=labels["HockeyAppId"] or None,
        )
        tags = dict(resource.tags)
        etag = etag_of((tags, labels["kind"], properties))
        return Component(
            resource.resource_id,
            resource.name,
            TYPE,
            resource.location,
            tags,
            labels["kind"],
            etag,
            properties,
        )

    def _shown(self, resource: Resource) -> Response:
        component = self.component(resource)
        return json_response(component, headers={"etag": component.etag})

    def _match(self, request: Request) -> Callable[[Resource], None]:
        def check(known: Resource) -> None:
            check_match(request, f"component {known.name!r}", self.component(known).etag)

        return check

    async def _change(
        self, request: Request, known: Resource, body: dict[str, Any], properties: dict[str, Any]
    ) -> Resource:
        changed = await run_in_threadpool(
            self._resources.update,
            known.app_id,
            tags=_tags(body, known.tags),
            settings=_settings(properties),
            retention=_retention(properties),
            labels=_labels(body, properties),
            check=self._match(request),
        )
        if changed.retention != known.retention:
            self._on_retention()
        return changed


def _refuse_makers_of_some(request: Request, name: str) -> None:
    caller = caller_of(request)
    if not caller.may_everywhere(Right.MANAGE):
        raise Forbidden(
            f"cannot create component {name[:80]!r}: {caller.name} lacks the right"
            f" '{Right.MANAGE}' for every resource"
        )


def _age(resource: Resource) -> str:
    return f"{resource.created_ticks:020d}/{resource.resource_id.lower()}"


def _same(wanted: str | None, value: str) -> bool:
    return wanted is None or wanted.lower() == value.lower()


def _refuse_moved(known: Resource, location: str | None) -> None:
    if location is None or _place(location) == _place(known.location):
        return
    raise ApiError(
        409,
        "InvalidResourceLocation",
        f"cannot move component {known.name!r} from location {known.location!r} to"
        f" {location[:80]!r}: delete it and create it anew",
    )


def _place(location: str) -> str:
    return location.replace(" ", "").lower()


def _refuse_other_key(known: Resource, key: str | None) -> None:
    if key is None or key.lower() == known.instrumentation_key:
        return
    raise ApiError(
        409,
        "Conflict",
        f"cannot change the instrumentation key of {known.name!r}: it stays for the"
        " resource's life; delete the resource and create it anew",
    )


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


def _labels(body: dict[str, Any], properties: dict[str, Any]) -> dict[str, str]:
    """Return what is kept for tools; null sets back to what stands there if nobody said."""
    labels = {}
    for name, default in _LABELS.items():
        source = body if name == "kind" else properties
        if name in source:
            value = text_of(source, name)
            if value is not None and len(value) > _LONGEST_LABEL:
                raise ApiError(
                    400,
                    BAD_ARGUMENT,
                    f"cannot keep {name}: it is longer than {_LONGEST_LABEL} characters",
                )
            labels[name] = default if value is None else value
    return labels


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
