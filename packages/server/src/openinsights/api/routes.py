"""All routes of the REST API in one list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.api.clouds import CloudsApi
from openinsights.api.components import ComponentsApi
from openinsights.api.keys import KeysApi
from openinsights.api.metadata import MetadataApi
from openinsights.api.metrics import MetricsApi
from openinsights.api.people import PeopleApi
from openinsights.api.purges import PurgesApi
from openinsights.api.query import QueryApi
from openinsights.api.status import StatusApi
from openinsights.api.store import StoreApi

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from openinsights.access.actions import Actions
    from openinsights.access.routes import Guarded
    from openinsights.catalog.purges import PurgeStore
    from openinsights.catalog.resource import Resource
    from openinsights.catalog.resources import ResourceStore
    from openinsights.keeping.backup import Backups
    from openinsights.keeping.keeper import Keeper
    from openinsights.meters import Meters
    from openinsights.query.queue import QueryQueue
    from openinsights.query.service import QueryService
    from openinsights.store.api import Store, StoreHealth


@dataclass(frozen=True, slots=True)
class ApiNeeds:
    """What the composition root hands to the API.

    Attributes:
        queries: answers queries.
        queue: gives them their turn.
        resources: what exists.
        connection_string_for: what an application of a resource is configured with.
        delete_telemetry: deletes a resource's rows; may block.
        health: whether the store takes telemetry.
        store: the store itself.
        purges: that were asked for.
        backups: writes backups; None when there is nothing to write.
        meters: what `/metrics` shows; None when it is turned off.
        keeper: told when there is something to let go.
        default_retention_days: of resources that say nothing.
        version: of the server.
        max_body_bytes: longest request body of a query or management call.
        public_url: where the server is reached, with one slash at its end.
        actions: what administrators do with people and keys.
        folder: where long replies lie until they are read; None leaves it to the system.
    """

    queries: QueryService
    queue: QueryQueue
    resources: ResourceStore
    connection_string_for: Callable[[Resource], str]
    delete_telemetry: Callable[[str], int]
    health: Callable[[], StoreHealth]
    store: Store
    purges: PurgeStore
    keeper: Keeper
    backups: Backups | None
    meters: Meters | None
    default_retention_days: int
    version: str
    max_body_bytes: int
    public_url: str
    actions: Actions
    folder: Path | None = None


def api_routes(needs: ApiNeeds) -> list[Guarded]:
    """Return every route of the REST API."""
    return [
        *StatusApi(needs.resources, needs.health, needs.version).routes(),
        *QueryApi(
            needs.queries, needs.queue, needs.resources, needs.max_body_bytes, needs.folder
        ).routes(),
        *CloudsApi(needs.public_url).routes(),
        *MetadataApi(needs.resources).routes(),
        *KeysApi(needs.actions, needs.resources, needs.max_body_bytes).routes(),
        *PeopleApi(needs.actions, needs.max_body_bytes).routes(),
        *PurgesApi(needs.resources, needs.purges, needs.keeper.wake, needs.max_body_bytes).routes(),
        *ComponentsApi(
            needs.resources,
            needs.connection_string_for,
            needs.delete_telemetry,
            needs.max_body_bytes,
            needs.default_retention_days,
            needs.keeper.wake,
        ).routes(),
        *StoreApi(needs.store, needs.backups).routes(),
        *(MetricsApi(needs.meters).routes() if needs.meters is not None else ()),
    ]
