"""The days that are stored, and dropping one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from openinsights.api.errors import BAD_ARGUMENT, ApiError, json_response
from openinsights.clock import day_name, day_number

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from openinsights.store.api import Store


class StoreApi:
    """The routes of the store itself.

    Args:
        store: holds the telemetry.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/store/days", self.days, methods=["GET"]),
            Route("/store/days/{day}", self.drop, methods=["DELETE"]),
        ]

    async def days(self, request: Request) -> Response:
        """Answer the days that have data, oldest first, with what they take on the disk."""
        found = await run_in_threadpool(self._store.stored_days)
        value = [{"day": day_name(each.day), "sizeBytes": each.size_bytes} for each in found]
        return json_response({"value": value})

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
        return json_response({"day": day_name(day), "deletedRows": rows})
