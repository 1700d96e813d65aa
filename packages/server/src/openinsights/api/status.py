"""Whether the server can take telemetry, and which application a key belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse

from openinsights.access.caller import ASKING
from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.api.errors import ApiError, json_response
from openinsights.operation import Content, promises

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from openinsights.catalog.resources import ResourceStore
    from openinsights.store.api import StoreHealth


class StoreFacts(msgspec.Struct, rename="camel"):
    """What the store holds."""

    days: int
    pending_bytes: int
    free_disk_bytes: int | None
    used_disk_bytes: int | None
    duplicate_rows: int


class WatchingFacts(msgspec.Struct, rename="camel"):
    """How what watches by itself stands.

    Attributes:
        rules: alert rules that are switched on.
        failing_rules: those that could not be evaluated when they were due last.
        waiting_notifications: messages about alerts that have not arrived yet.
        tests: availability tests that this server runs.
    """

    rules: int
    failing_rules: int
    waiting_notifications: int
    tests: int


class Health(msgspec.Struct, omit_defaults=True):
    """Whether telemetry is accepted, and why not; the rest is told to those who may read."""

    status: Literal["ok", "unavailable"]
    reason: str
    version: str
    resources: int | None = None
    store: StoreFacts | None = None
    watching: WatchingFacts | None = None


class StatusApi:
    """The routes that clients ask before and beside sending.

    Args:
        resources: what keys mean.
        health: whether the store takes telemetry.
        watching: how what watches by itself stands; it may block.
        version: of the server.
    """

    def __init__(
        self,
        resources: ResourceStore,
        health: Callable[[], StoreHealth],
        watching: Callable[[], WatchingFacts],
        version: str,
    ) -> None:
        self._resources = resources
        self._health = health
        self._watching = watching
        self._version = version

    def routes(self) -> list[Guarded]:
        """Return the routes."""
        return [
            Guarded("/health", self.health, right=Right.OPEN),
            Guarded("/api/profiles/{key}/appId", self.app_id, right=Right.INGEST),
        ]

    @promises("server", Health, replies={503: Health})
    async def health(self, request: Request) -> Response:
        """Answer 200 and `ok` when telemetry is accepted, else 503 and why not.

        How much there is, only those are told who may read.
        """
        store = self._health()
        asking = ASKING.get()
        may_read = asking is not None and asking.caller.may_somewhere(Right.READ)
        body = Health(
            "ok" if store.accepting else "unavailable",
            store.reason,
            self._version,
            len(self._resources.list()) if may_read else None,
            _facts(store) if may_read else None,
            await run_in_threadpool(self._watching) if may_read else None,
        )
        return json_response(body, 200 if store.accepting else 503, {"cache-control": "no-store"})

    @promises("ingestion", Content(media_types=("text/plain",)), errors=(404,))
    async def app_id(self, request: Request) -> Response:
        """Answer the application id of a key as plain text."""
        resource = self._resources.get_by_key(request.path_params["key"])
        if resource is None:
            raise ApiError(404, "PathNotFoundError", "The requested path does not exist")
        return PlainTextResponse(resource.app_id)


def _facts(store: StoreHealth) -> StoreFacts:
    return StoreFacts(
        store.days,
        store.pending_bytes,
        store.free_disk_bytes,
        store.used_disk_bytes,
        store.duplicate_rows,
    )
