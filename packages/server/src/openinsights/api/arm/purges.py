"""Purges in the shape of Azure's management API: asked for, then done in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec
from starlette.concurrency import run_in_threadpool

from openinsights.access.rights import Right
from openinsights.api.arm.components import ROOM
from openinsights.api.arm.route import API_VERSION, COMPONENT, ArmRoute, component_of
from openinsights.api.body import json_object, text_of
from openinsights.api.errors import BAD_ARGUMENT, ApiError, json_response, path_not_found
from openinsights.catalog.retention import classic_name
from openinsights.keeping.purge import selection_of, unchecked
from openinsights.operation import Content, promises

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from openinsights.catalog.purges import PurgeStore
    from openinsights.catalog.resources import ResourceStore


class PurgeFilter(msgspec.Struct, omit_defaults=True):
    """Which rows: all filters of a purge have to hold.

    Attributes:
        operator: `==`, `!=`, `=~`, `in`, `in~`, `<`, `<=`, `>` or `>=`.
        key: of a dynamic column.
    """

    column: str
    operator: str
    value: Any  # a text, a number, a list of them
    key: str | None = None


class PurgeBody(msgspec.Struct):
    """What goes.

    Attributes:
        table: classic or App* name; null for every table that has the filters' columns.
    """

    filters: list[PurgeFilter]
    table: str | None = None


class PurgeAsked(msgspec.Struct, rename="camel"):
    """The id under which the purge is looked at."""

    operation_id: str


class PurgeState(msgspec.Struct, rename="camel"):
    """How a purge goes."""

    status: Literal["pending", "completed"]
    deleted_rows: int


class PurgesApi:
    """The routes that ask for a purge and look how it goes.

    Args:
        resources: whose telemetry is purged.
        purges: where they are kept.
        on_purge: told that one was asked for.
        max_body_bytes: longest request body.
    """

    def __init__(
        self,
        resources: ResourceStore,
        purges: PurgeStore,
        on_purge: Callable[[], None],
        max_body_bytes: int,
    ) -> None:
        self._resources = resources
        self._purges = purges
        self._on_purge = on_purge
        self._max_body_bytes = max_body_bytes

    def routes(self) -> list[ArmRoute]:
        """Return the routes."""
        return [
            ArmRoute(f"{COMPONENT}/purge", self.ask, right={"POST": Right.MANAGE}),
            ArmRoute(f"{COMPONENT}/operations/{{id}}", self.look, right=Right.MANAGE),
        ]

    @promises(
        ROOM,
        PurgeAsked,
        status=202,
        body=Content(
            PurgeBody,
            example={
                "table": "requests",
                "filters": [{"column": "user_Id", "operator": "==", "value": "4711"}],
            },
        ),
        parameters=(API_VERSION,),
        errors=(400, 404, 413),
    )
    async def ask(self, request: Request) -> Response:
        """Note a purge; the header `x-ms-status-location` says where to look how it goes."""
        resource = component_of(request, self._resources)
        body = await json_object(request, self._max_body_bytes)
        table, filters = text_of(body, "table"), body.get("filters")
        if not isinstance(filters, list) or not all(isinstance(each, dict) for each in filters):
            raise ApiError(400, BAD_ARGUMENT, "cannot purge: 'filters' has to be a list of objects")
        if not table and not filters:
            raise ApiError(400, BAD_ARGUMENT, "cannot purge: name a table, filters, or both")
        name = classic_name(table) if table else ""
        selection_of(unchecked(resource.app_id, name, tuple(filters)))
        purge = await run_in_threadpool(self._purges.create, resource.app_id, name, tuple(filters))
        self._on_purge()
        place = f"{str(request.base_url).rstrip('/')}{resource.resource_id}/operations/{purge.id}"
        headers = {"x-ms-status-location": f"{place}?api-version=2015-05-01"}
        return json_response(PurgeAsked(purge.id), 202, headers)

    @promises(ROOM, PurgeState, parameters=(API_VERSION,), errors=(404,))
    async def look(self, request: Request) -> Response:
        """Show how a purge goes, and how many rows it has deleted so far."""
        resource = component_of(request, self._resources)
        purge = await run_in_threadpool(self._purges.get, request.path_params["id"])
        if purge.app_id != resource.app_id:
            raise path_not_found()
        status: Literal["pending", "completed"] = "completed" if purge.finished else "pending"
        return json_response(PurgeState(status, purge.deleted_rows))
