"""All routes of the REST API in one list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.api.app_events import AppEventsApi
from openinsights.api.app_metrics import AppMetricsApi
from openinsights.api.arm.analytics_items import AnalyticsItemsApi
from openinsights.api.arm.api_keys import KeysApi
from openinsights.api.arm.billing import BillingApi
from openinsights.api.arm.components import ComponentsApi
from openinsights.api.arm.graph import GraphApi
from openinsights.api.arm.imports import ImportsApi
from openinsights.api.arm.intake import IntakeApi
from openinsights.api.arm.purges import PurgesApi
from openinsights.api.arm.resources import ResourcesApi
from openinsights.api.arm.subscriptions import SubscriptionsApi
from openinsights.api.arm.workbooks import WorkbooksApi
from openinsights.api.arm.workspaces import WorkspacesApi
from openinsights.api.clouds import CloudsApi
from openinsights.api.metadata import MetadataApi
from openinsights.api.metrics import MetricsApi
from openinsights.api.people import PeopleApi
from openinsights.api.query import QueryApi
from openinsights.api.server_facts import ServerFactsApi
from openinsights.api.status import StatusApi
from openinsights.api.store import StoreApi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from openinsights.access.actions import Actions
    from openinsights.access.routes import Guarded
    from openinsights.api.arm.resources import Further
    from openinsights.api.server_facts import Facts
    from openinsights.api.status import WatchingFacts
    from openinsights.catalog.groups import GroupStore
    from openinsights.catalog.purges import PurgeStore
    from openinsights.catalog.resource import Resource
    from openinsights.catalog.resources import ResourceStore
    from openinsights.catalog.saved_queries import SavedQueryStore
    from openinsights.catalog.workbooks import WorkbookStore
    from openinsights.clock import Clock
    from openinsights.keeping.backup import Backups
    from openinsights.keeping.keeper import Keeper
    from openinsights.meters import Meters
    from openinsights.query.queue import QueryQueue
    from openinsights.query.service import QueryService
    from openinsights.refusals import Refused
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
        watching: how what watches by itself stands.
        store: the store itself.
        purges: that were asked for.
        groups: of resources, those that were made by themselves.
        workbooks: that people keep.
        saved_queries: that people keep.
        cap_left_s: how long the day of a daily cap that is reached lasts, None while it is not.
        hours_of: what a resource was sent, hour by hour; may block.
        refused_of: what was not taken of a resource lately.
        facts: about the server.
        clock: tells the time.
        backups: writes backups; None when there is nothing to write.
        meters: what `/metrics` shows; None when it is turned off.
        keeper: told when there is something to let go.
        default_retention_days: of resources that say nothing.
        version: of the server.
        max_body_bytes: longest request body of a query or management call.
        public_url: where the server is reached, with one slash at its end.
        actions: what administrators do with people and keys.
        folder: where long replies lie until they are read; None leaves it to the system.
        further_resources: see `ResourcesApi`.
    """

    queries: QueryService
    queue: QueryQueue
    resources: ResourceStore
    connection_string_for: Callable[[Resource], str]
    delete_telemetry: Callable[[str], int]
    health: Callable[[], StoreHealth]
    watching: Callable[[], WatchingFacts]
    store: Store
    purges: PurgeStore
    groups: GroupStore
    workbooks: WorkbookStore
    saved_queries: SavedQueryStore
    cap_left_s: Callable[[Resource], int | None]
    hours_of: Callable[[str, int], Iterable[tuple[str, int, int, int]]]
    refused_of: Callable[[str, int], Refused]
    facts: Facts
    clock: Clock
    keeper: Keeper
    backups: Backups | None
    meters: Meters | None
    default_retention_days: int
    version: str
    max_body_bytes: int
    public_url: str
    actions: Actions
    folder: Path | None = None
    further_resources: Sequence[Further] = ()


def api_routes(needs: ApiNeeds) -> list[Guarded]:
    """Return every route of the REST API but its description."""
    return [
        *StatusApi(needs.resources, needs.health, needs.watching, needs.version).routes(),
        *QueryApi(
            needs.queries, needs.queue, needs.resources, needs.max_body_bytes, needs.folder
        ).routes(),
        *AppMetricsApi(
            needs.queries, needs.queue, needs.resources, needs.clock, needs.max_body_bytes
        ).routes(),
        *AppEventsApi(needs.queries, needs.queue, needs.resources).routes(),
        *CloudsApi(needs.public_url).routes(),
        *MetadataApi(needs.resources).routes(),
        *PeopleApi(needs.actions, needs.max_body_bytes).routes(),
        *arm_routes(needs),
        *ServerFactsApi(needs.facts).routes(),
        *StoreApi(needs.store, needs.backups).routes(),
        *(MetricsApi(needs.meters).routes() if needs.meters is not None else ()),
    ]


def arm_routes(needs: ApiNeeds) -> list[Guarded]:
    """Return every route of the management API."""
    resources, max_bytes = needs.resources, needs.max_body_bytes
    listed = ResourcesApi(resources, needs.workbooks, needs.further_resources)
    return [
        *SubscriptionsApi(resources, needs.groups, max_bytes).routes(),
        *listed.routes(),
        *GraphApi(listed, needs.queries, needs.queue, max_bytes).routes(),
        *ComponentsApi(
            resources,
            needs.connection_string_for,
            needs.delete_telemetry,
            needs.saved_queries.delete_of,
            max_bytes,
            needs.default_retention_days,
            needs.keeper.wake,
        ).routes(),
        *WorkspacesApi(resources, needs.default_retention_days).routes(),
        *BillingApi(resources, needs.cap_left_s, needs.clock, max_bytes).routes(),
        *IntakeApi(resources, needs.hours_of, needs.refused_of, needs.clock).routes(),
        *KeysApi(needs.actions, resources, max_bytes).routes(),
        *PurgesApi(resources, needs.purges, needs.keeper.wake, max_bytes).routes(),
        *ImportsApi(
            resources, needs.store, needs.clock, needs.default_retention_days, max_bytes
        ).routes(),
        *AnalyticsItemsApi(needs.saved_queries, resources, max_bytes).routes(),
        *WorkbooksApi(needs.workbooks, resources, max_bytes).routes(),
    ]
