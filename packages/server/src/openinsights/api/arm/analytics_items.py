"""Saved queries and functions of a component: `analyticsItems` of all, `myanalyticsItems` of one."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final, Literal

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from openinsights.access.rights import Right
from openinsights.api.arm.callers import caller_of
from openinsights.api.arm.etags import check_match, etag_of
from openinsights.api.arm.route import (
    API_VERSION,
    COMPONENT,
    IF_MATCH,
    IF_NONE_MATCH,
    ArmRoute,
    component_of,
)
from openinsights.api.body import body_as
from openinsights.api.errors import BAD_ARGUMENT, ApiError, json_response
from openinsights.catalog.saved_queries import SHARED, TYPES, SavedQuery
from openinsights.operation import Content, Parameter, promises
from openinsights.query.values import datetime_text

if TYPE_CHECKING:
    from starlette.requests import Request

    from openinsights.catalog.resources import ResourceStore
    from openinsights.catalog.saved_queries import SavedQueryStore

ROOM: Final = "saved queries"
_PATHS = ("analyticsItems", "myanalyticsItems")
_ID = Parameter("id", "The id of the item; either this or the name.")
_NAME = Parameter("name", "The name of the item.")
_OVERRIDE = Parameter(
    "overrideItem",
    "Whether one of the same name may be replaced; without an id it is needed.",
    shape=bool,
)


class ItemProperties(msgspec.Struct, rename="camel"):
    """What a function has.

    Attributes:
        function_alias: under which it is called.
    """

    function_alias: str | None = None


class AnalyticsItem(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A saved query or function.

    Attributes:
        Content: the text; left out of lists unless `includeContent` is true.
        Version: counts up with every change.
        Scope: `shared`, or `user` for those of the caller alone.
        Type: `query`, `function`, `folder`, `recent` or `none`.
    """

    Id: str
    Name: str
    Version: str
    Scope: Literal["shared", "user"]
    Type: str
    TimeCreated: str
    TimeModified: str
    Content: str | None = None
    Properties: ItemProperties | None = None


class ItemBody(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is saved: a new item, or with the id of one what it has to be."""

    Id: str | None = None
    Name: str | None = None
    Content: str | None = None
    Type: str | None = None
    Scope: str | None = None
    Version: str | None = None
    Properties: ItemProperties | None = None


class AnalyticsItemsApi:
    """The routes of saved queries.

    Args:
        queries: where they are kept.
        resources: whose they are.
        max_body_bytes: longest request body.
    """

    def __init__(
        self, queries: SavedQueryStore, resources: ResourceStore, max_body_bytes: int
    ) -> None:
        self._queries = queries
        self._resources = resources
        self._max_body_bytes = max_body_bytes

    def routes(self) -> list[ArmRoute]:
        """Return the routes."""
        routes = []
        for name in _PATHS:
            one = f"{COMPONENT}/{name}/item"
            routes += [
                ArmRoute(f"{COMPONENT}/{name}", self.listed, right=Right.READ),
                ArmRoute(one, self.show, right=Right.READ),
                ArmRoute(one, self.put, right={"PUT": Right.WRITE}),
                ArmRoute(one, self.delete, right={"DELETE": Right.WRITE}),
            ]
        return routes

    @promises(
        ROOM,
        list[AnalyticsItem],
        parameters=(
            API_VERSION,
            Parameter("type", f"Only those of this type: {', '.join(TYPES)}."),
            Parameter("scope", "`shared` or `user`; the path says the same."),
            Parameter("includeContent", "Whether the texts come along.", shape=bool),
        ),
        errors=(404,),
    )
    async def listed(self, request: Request) -> Response:
        """List saved queries, by name."""
        resource = component_of(request, self._resources)
        asked = request.query_params
        wanted = asked.get("type", "none").lower()
        whole = asked.get("includeContent", "").lower() == "true"
        found = await run_in_threadpool(self._queries.every, resource.app_id, _owner(request))
        shown = [_shown(each, whole) for each in found if wanted in ("none", each.type)]
        return json_response(shown)

    @promises(ROOM, AnalyticsItem, parameters=(API_VERSION, _ID, _NAME), errors=(400, 404))
    async def show(self, request: Request) -> Response:
        """Show a saved query with its text."""
        return _reply(await self._asked(request))

    @promises(
        ROOM,
        AnalyticsItem,
        body=Content(
            ItemBody,
            example={
                "Name": "slow requests",
                "Content": "requests | where duration > 1000",
                "Type": "query",
                "Scope": "shared",
            },
        ),
        parameters=(API_VERSION, _OVERRIDE, IF_MATCH, IF_NONE_MATCH),
        errors=(400, 404, 409, 412, 413),
    )
    async def put(self, request: Request) -> Response:
        """Save a query; with its id that one is changed."""
        resource = component_of(request, self._resources)
        body = await body_as(request, self._max_body_bytes, ItemBody)
        owner = _owner(request)
        if body.Scope is not None and body.Scope.lower() != _scope(owner):
            raise ApiError(
                400,
                BAD_ARGUMENT,
                f"cannot save a query of scope {body.Scope[:40]!r} here: {_PATHS[0]} are 'shared',"
                f" {_PATHS[1]} are 'user'",
            )
        properties = body.Properties or ItemProperties()
        query = SavedQuery(
            resource.app_id,
            body.Name or "",
            body.Content or "",
            (body.Type or "query").lower(),
            owner,
            properties.function_alias or "",
            body.Id or "",
        )

        def check(known: SavedQuery | None) -> None:
            etag = None if known is None else _etag(known)
            check_match(request, f"saved query {query.name[:80]!r}", etag)

        replaces = bool(query.id) or request.query_params.get("overrideItem", "").lower() == "true"
        return _reply(
            await run_in_threadpool(
                lambda: self._queries.put(query, replaces=replaces, check=check)
            )
        )

    @promises(ROOM, parameters=(API_VERSION, _ID, _NAME, IF_MATCH), errors=(400, 404, 412))
    async def delete(self, request: Request) -> Response:
        """Delete a saved query."""
        query = await self._asked(request)
        check_match(request, f"saved query {query.name!r}", _etag(query))
        await run_in_threadpool(self._queries.delete, query)
        return Response(status_code=200)

    async def _asked(self, request: Request) -> SavedQuery:
        resource = component_of(request, self._resources)
        asked = request.query_params
        id, name = asked.get("id", ""), asked.get("name", "")
        if not (id or name):
            raise ApiError(400, BAD_ARGUMENT, "cannot find the item: name its 'id' or its 'name'")
        return await run_in_threadpool(
            lambda: self._queries.get(resource.app_id, _owner(request), id=id, name=name)
        )


def _owner(request: Request) -> str:
    is_shared = (
        f"/{_PATHS[1].lower()}" not in request.url.path.lower().rpartition("/components/")[2]
    )
    return SHARED if is_shared else caller_of(request).name


def _scope(owner: str) -> Literal["shared", "user"]:
    return "shared" if owner == SHARED else "user"


def _etag(query: SavedQuery) -> str:
    return etag_of(dataclasses.asdict(query))


def _reply(query: SavedQuery) -> Response:
    return json_response(_shown(query, whole=True), headers={"etag": _etag(query)})


def _shown(query: SavedQuery, whole: bool) -> AnalyticsItem:
    return AnalyticsItem(
        Id=query.id,
        Name=query.name,
        Version=f"{query.changes}.0",
        Scope=_scope(query.owner),
        Type=query.type,
        TimeCreated=datetime_text(query.created_ticks),
        TimeModified=datetime_text(query.modified_ticks),
        Content=query.content if whole else None,
        Properties=ItemProperties(query.alias) if query.alias else None,
    )
