"""The days that are stored, dropping one, bodies that were set aside, and a backup of everything."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.background import BackgroundTask
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.responses import StreamingResponse

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.api.errors import BAD_ARGUMENT, ApiError, json_response
from openinsights.clock import day_name, day_number
from openinsights.keeping.set_aside import facts, row_objects
from openinsights.operation import Content, Parameter, promises

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from starlette.requests import Request
    from starlette.responses import Response

    from openinsights.keeping.backup import Backups
    from openinsights.store.api import Store


ROOM = "server"
_logger = logging.getLogger(__name__)


class StoredDay(msgspec.Struct, rename="camel"):
    """A day that has data."""

    day: str
    size_bytes: int


class StoredDays(msgspec.Struct):
    """The days that have data, oldest first."""

    value: list[StoredDay]


class DroppedDay(msgspec.Struct, rename="camel"):
    """A day that is gone, and how many rows it had."""

    day: str
    deleted_rows: int


class RefusedTable(msgspec.Struct):
    """How many rows of a table and day a body has."""

    day: str
    table: str
    rows: int


class RefusedBody(msgspec.Struct, rename="camel"):
    """An acknowledged body that the engine refused, without its rows."""

    id: str
    size_bytes: int
    rows: int
    tables: list[RefusedTable]


class RefusedBodies(msgspec.Struct):
    """Those that there are."""

    value: list[RefusedBody]


class RefusedRows(msgspec.Struct):
    """Its rows: the table of each, and those of its columns that have a value."""

    id: str
    value: list[dict[str, Any]]  # values of many types


class DroppedBody(msgspec.Struct):
    """The body that is gone."""

    id: str


class StoredBody(msgspec.Struct, rename="camel"):
    """How many of its rows were not stored before."""

    id: str
    stored_rows: int


class StoreApi:
    """The routes of the store itself.

    Args:
        store: holds the telemetry.
        backups: writes backups; None when everything is in memory.
    """

    def __init__(self, store: Store, backups: Backups | None) -> None:
        self._store = store
        self._backups = backups

    def routes(self) -> list[Guarded]:
        """Return the routes."""
        return [
            Guarded("/store/days", self.days, right=Right.ADMINISTER),
            Guarded("/store/days/{day}", self.drop, right={"DELETE": Right.ADMINISTER}),
            Guarded("/store/refused", self.refused, right=Right.ADMINISTER),
            Guarded("/store/refused/{id}", self.refused_one, right=Right.ADMINISTER),
            Guarded("/store/refused/{id}", self.drop_refused, right={"DELETE": Right.ADMINISTER}),
            Guarded(
                "/store/refused/{id}/store", self.store_refused, right={"POST": Right.ADMINISTER}
            ),
            # no GET: a page of another origin could have one written
            Guarded("/store/backup", self.backup, right={"POST": Right.ADMINISTER}),
        ]

    @promises(ROOM, StoredDays)
    async def days(self, request: Request) -> Response:
        """Answer the days that have data, oldest first, with what they take on the disk."""
        found = await run_in_threadpool(self._store.stored_days)
        value = [StoredDay(day_name(each.day), each.size_bytes) for each in found]
        return json_response(StoredDays(value))

    @promises(ROOM, RefusedBodies)
    async def refused(self, request: Request) -> Response:
        """Answer the acknowledged bodies that the engine refused, without their rows."""
        found = await run_in_threadpool(self._store.set_aside)
        return json_response({"value": [facts(each) for each in found]})

    @promises(ROOM, RefusedRows, errors=(400, 404))
    async def refused_one(self, request: Request) -> Response:
        """Answer the rows of one."""
        body_id = request.path_params["id"]
        rows = await run_in_threadpool(self._store.set_aside_rows, body_id)
        return json_response({"id": body_id, "value": list(row_objects(rows))})

    @promises(ROOM, DroppedBody, errors=(400, 404))
    async def drop_refused(self, request: Request) -> Response:
        """Delete one."""
        body_id = request.path_params["id"]
        await run_in_threadpool(self._store.drop_set_aside, body_id)
        return json_response(DroppedBody(body_id))

    @promises(ROOM, StoredBody, errors=(404, 409, 503))
    async def store_refused(self, request: Request) -> Response:
        """Store one again, and answer how many of its rows were not stored before."""
        body_id = request.path_params["id"]
        stored = await run_in_threadpool(self._store.store_set_aside, body_id)
        return json_response({"id": body_id, "storedRows": stored})

    @promises(ROOM, Content(media_types=("application/x-tar",)), errors=(409,))
    async def backup(self, request: Request) -> Response:
        """Answer a tar file of everything that is stored; a header tells about how long it is."""
        if self._backups is None:
            raise ApiError(409, "Conflict", "cannot write a backup: everything is in memory")
        days = await run_in_threadpool(self._store.stored_days)
        size = sum(each.size_bytes for each in days)
        stream = _told(await run_in_threadpool(self._backups.stream))
        headers = {"x-openinsights-bytes": str(size), "cache-control": "no-store"}
        return StreamingResponse(
            iterate_in_threadpool(stream),
            headers=headers,
            media_type="application/x-tar",
            background=BackgroundTask(stream.close),
        )

    @promises(
        ROOM,
        DroppedDay,
        parameters=(Parameter("day", "A date, as in 2026-11-21, or `oldest`.", place="path"),),
        errors=(400, 404, 503),
    )
    async def drop(self, request: Request) -> Response:
        """Drop a day and answer how many rows it had; `oldest` names the oldest one."""
        name = request.path_params["day"]
        days = await run_in_threadpool(self._store.stored_days)
        try:
            day = days[0].day if name == "oldest" and days else day_number(name)
        except ValueError:
            raise ApiError(
                400, BAD_ARGUMENT, f"cannot drop day {name[:80]!r}: name a date, as in 2026-11-21"
            ) from None
        if day not in {each.day for each in days}:
            raise ApiError(404, "DayNotFound", f"cannot drop day {name}: it has no data")
        rows = await run_in_threadpool(self._store.drop_day, day)
        return json_response(DroppedDay(day_name(day), rows))


def _told(stream: Iterator[bytes]) -> Generator[bytes, None, None]:
    """Yield a backup's bytes; what breaks it off goes to the log, the status has been sent."""
    try:
        yield from stream
    except Exception as error:
        _logger.error("backup broken off: %s", error)
        raise
