"""Telemetry that was exported elsewhere, taken into a component."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.concurrency import run_in_threadpool

from openinsights.access.rights import Right
from openinsights.api.arm.components import ROOM
from openinsights.api.arm.route import API_VERSION, COMPONENT, ArmRoute, component_of
from openinsights.api.body import json_object, text_of
from openinsights.api.errors import BAD_ARGUMENT, ApiError, json_response
from openinsights.importing.columns import target_named
from openinsights.importing.rows import Importer
from openinsights.operation import Content, promises

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from openinsights.catalog.resources import ResourceStore
    from openinsights.clock import Clock
    from openinsights.store.api import Store


class ImportBody(msgspec.Struct):
    """Exported records, as diagnostic settings, data export or queries write them.

    Attributes:
        table: classic or App* name of the table of records that name none.
    """

    records: list[dict[str, Any]]  # of any table
    table: str | None = None


class RefusedRecord(msgspec.Struct):
    """A record that was not taken: its place in the list, from 0, and why."""

    index: int
    reason: str


class Imported(msgspec.Struct, rename="camel"):
    """What became of the records.

    Attributes:
        accepted_rows: how many are stored now, also those that had been stored before.
        left_out: names of fields that no column has.
    """

    accepted_rows: int
    refused: list[RefusedRecord]
    left_out: list[str]


class ImportsApi:
    """The route that takes exported records.

    Args:
        resources: to which they belong.
        store: where their rows go.
        clock: the server's time.
        default_days: retention of resources that say nothing.
        max_body_bytes: longest request body.
    """

    def __init__(
        self,
        resources: ResourceStore,
        store: Store,
        clock: Clock,
        default_days: int,
        max_body_bytes: int,
    ) -> None:
        self._resources = resources
        self._store = store
        self._clock = clock
        self._default_days = default_days
        self._max_body_bytes = max_body_bytes

    def routes(self) -> list[ArmRoute]:
        """Return the route."""
        return [ArmRoute(f"{COMPONENT}/import", self.take, right={"POST": Right.MANAGE})]

    @promises(
        ROOM,
        Imported,
        body=Content(
            ImportBody,
            example={
                "records": [
                    {
                        "time": "2026-11-21T08:00:00.1234567Z",
                        "Type": "AppRequests",
                        "Id": "9a1c2b3d4e5f6071",
                        "Name": "GET /orders/{id}",
                        "Success": True,
                        "ResultCode": "200",
                        "DurationMs": 12.5,
                        "OperationId": "4bf92f3577b34da6a3ce929d0e0e4736",
                    }
                ]
            },
        ),
        parameters=(API_VERSION,),
        errors=(400, 404, 413, 503),
    )
    async def take(self, request: Request) -> Response:
        """Store exported records durably; a list that comes again is stored once."""
        resource = component_of(request, self._resources)
        body = await json_object(request, self._max_body_bytes)
        records, table = body.get("records"), text_of(body, "table") or ""
        if not isinstance(records, list):
            raise ApiError(400, BAD_ARGUMENT, "cannot import: 'records' has to be a list")
        if table and target_named(table) is None:
            raise ApiError(400, BAD_ARGUMENT, f"cannot import: there is no table {table!r}")
        importer = Importer(resource, self._default_days, self._clock.now_ticks(), table)
        imported = await run_in_threadpool(importer.rows_of, records)
        if imported.rows.count:
            await asyncio.wrap_future(self._store.append(imported.rows))
        refused = [RefusedRecord(each.index, each.reason) for each in imported.refused]
        return json_response(Imported(imported.rows.count, refused, imported.left_out))
