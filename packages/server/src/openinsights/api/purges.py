"""Purges in the shape of Azure's management API: asked for, then done in the background."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.api.body import json_object, text_of
from openinsights.api.errors import BAD_ARGUMENT, ApiError, json_response, path_not_found
from openinsights.catalog.resource import parse_resource_id
from openinsights.catalog.retention import classic_name
from openinsights.catalog.unknown_names import resource_not_found
from openinsights.keeping.purge import selection_of, unchecked

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from openinsights.catalog.purges import PurgeStore
    from openinsights.catalog.resource import Resource
    from openinsights.catalog.resources import ResourceStore

_PURGE = re.compile(r"(?P<resource>.+)/purge/?", re.IGNORECASE)
_OPERATION = re.compile(r"(?P<resource>.+)/operations/(?P<id>[^/]+)/?", re.IGNORECASE)


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

    def routes(self) -> list[Guarded]:
        """Return the routes; they stand before those of the components."""
        return [
            Guarded("/subscriptions/{path:path}", self.ask, right={"POST": Right.MANAGE}),
            Guarded("/subscriptions/{path:path}/operations/{id}", self.look, right=Right.MANAGE),
        ]

    async def ask(self, request: Request) -> Response:
        """Note a purge and answer 202 with its id."""
        match = _PURGE.fullmatch(request.url.path)
        if match is None:
            raise path_not_found()
        resource = self._resource(match["resource"])
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
        return json_response({"operationId": purge.id}, 202, headers)

    async def look(self, request: Request) -> Response:
        """Answer how a purge goes, and how many rows it has deleted so far."""
        match = _OPERATION.fullmatch(request.url.path)
        if match is None:
            raise path_not_found()
        resource = self._resource(match["resource"])
        purge = await run_in_threadpool(self._purges.get, match["id"])
        if purge.app_id != resource.app_id:
            raise path_not_found()
        status = "completed" if purge.finished else "pending"
        return json_response({"status": status, "deletedRows": purge.deleted_rows})

    def _resource(self, text: str) -> Resource:
        path = parse_resource_id(text)
        if path is None:
            raise path_not_found()
        resource = self._resources.get_by_resource_id(str(path))
        if resource is None:
            raise resource_not_found(str(path), (each.name for each in self._resources.list()))
        return resource
