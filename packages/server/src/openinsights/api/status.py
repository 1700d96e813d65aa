"""Whether the server can take telemetry, and which application a key belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

from openinsights.access.caller import ASKING
from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.api.errors import ApiError, json_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from openinsights.catalog.resources import ResourceStore
    from openinsights.store.api import StoreHealth


class StatusApi:
    """The routes that clients ask before and beside sending.

    Args:
        resources: what keys mean.
        health: whether the store takes telemetry.
        version: of the server.
    """

    def __init__(
        self, resources: ResourceStore, health: Callable[[], StoreHealth], version: str
    ) -> None:
        self._resources = resources
        self._health = health
        self._version = version

    def routes(self) -> list[Guarded]:
        """Return the routes."""
        return [
            Guarded("/health", self.health, right=Right.OPEN),
            Guarded("/api/profiles/{key}/appId", self.app_id, right=Right.INGEST),
        ]

    async def health(self, request: Request) -> Response:
        """Answer 200 and `ok` when telemetry is accepted, else 503 and why not.

        How much there is, only those are told who may read.
        """
        store = self._health()
        body: dict[str, object] = {
            "status": "ok" if store.accepting else "unavailable",
            "reason": store.reason,
            "version": self._version,
        }
        asking = ASKING.get()
        if asking is not None and asking.caller.may_somewhere(Right.READ):
            body["resources"] = len(self._resources.list())
            body["store"] = {
                "days": store.days,
                "pendingBytes": store.pending_bytes,
                "freeDiskBytes": store.free_disk_bytes,
                "usedDiskBytes": store.used_disk_bytes,
                "duplicateRows": store.duplicate_rows,
            }
        return json_response(body, 200 if store.accepting else 503, {"cache-control": "no-store"})

    async def app_id(self, request: Request) -> Response:
        """Answer the application id of a key as plain text."""
        resource = self._resources.get_by_key(request.path_params["key"])
        if resource is None:
            raise ApiError(404, "PathNotFoundError", "The requested path does not exist")
        return PlainTextResponse(resource.app_id)
