"""The composition root: makes every part, wires them by callables, starts and stops in order.

Start: socket, data folder, catalog, store, ingest, routes. Stop: live views, socket (no new
requests), requests in flight, queries, ingest, store, catalog, data folder; so that everything that was answered 200
is on disk and nobody uses what is closed.
"""

from __future__ import annotations

import asyncio
import datetime
import gc
import logging
import os
import signal
import socket
import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import uvicorn
from starlette.applications import Starlette

from openinsights.access.actions import Actions
from openinsights.access.caller import ASKING, LOCAL, Asking
from openinsights.access.gate import LOOPBACK_NAMES, Cookie, Gate, address_of
from openinsights.access.parts import Access
from openinsights.access.resources import SeenResources
from openinsights.access.rights import Right
from openinsights.alerts.arm_alerts import ArmAlertsApi
from openinsights.alerts.arm_rules import RulesApi, rules_among_all
from openinsights.alerts.groups_routes import ActionGroupsApi, groups_among_all
from openinsights.alerts.notify.parts import Notify, open_notify
from openinsights.alerts.parts import Alerts, open_alerts
from openinsights.alerts.processing_routes import ProcessingRulesApi, processing_among_all
from openinsights.alerts.routes import AlertsApi
from openinsights.api.description import DescriptionApi
from openinsights.api.gateway import Gateway, exception_handlers
from openinsights.api.routes import ApiNeeds, api_routes
from openinsights.api.server_facts import Facts
from openinsights.api.standing import StandingApi
from openinsights.api.status import WatchingFacts
from openinsights.availability.alert_rules import RulesOfTests
from openinsights.availability.arm import WebTestsApi, listed_among_all
from openinsights.availability.connection import Dialing
from openinsights.availability.journey_run import Journeys
from openinsights.availability.parts import Availability
from openinsights.availability.routes import AvailabilityApi
from openinsights.catalog import engine, tables
from openinsights.catalog.copying import copy_to_file
from openinsights.catalog.default_resource import DefaultResource
from openinsights.catalog.engine import is_shared
from openinsights.catalog.errors import CatalogUnavailable
from openinsights.catalog.groups import GroupStore
from openinsights.catalog.own_resource import is_own
from openinsights.catalog.purges import PurgeStore
from openinsights.catalog.resource import Resource, connection_string
from openinsights.catalog.resources import ResourceStore
from openinsights.catalog.saved_queries import SavedQueryStore
from openinsights.catalog.turns import (
    ALERTS,
    ALWAYS,
    AVAILABILITY,
    DETECTION,
    KEEPING,
    NOTIFICATIONS,
)
from openinsights.catalog.unknown_keys import KeyResolver
from openinsights.catalog.usage import UsageStore, items_kept_since
from openinsights.catalog.workbooks import WorkbookStore
from openinsights.clock import UNIX_EPOCH_TICKS, SystemClock
from openinsights.data_folder import DataFolder, holder_of
from openinsights.detection.arm import DetectionConfigsApi
from openinsights.detection.parts import Detection, open_detection
from openinsights.detection.routes import DetectionApi
from openinsights.errors import OpenInsightsError
from openinsights.fellow_servers import FellowServers
from openinsights.http_connection import BoundedConnection, most_connections
from openinsights.ingest.limits import IngestLimits
from openinsights.ingest.measured import Measured
from openinsights.ingest.memory import KEPT_BYTES
from openinsights.ingest.otlp.deltas import Series, leave_totals, take_totals
from openinsights.ingest.otlp.receiver import Receiver
from openinsights.ingest.otlp.routes import OTLP_PATHS, otlp_routes
from openinsights.ingest.pipeline import Pipeline
from openinsights.ingest.places import open_places
from openinsights.ingest.reader_pool import ReaderPool
from openinsights.ingest.routes import TRACK_PATHS, track_routes
from openinsights.ingest.usage import HOURS_PER_DAY, TICKS_PER_HOUR, HourOfUse, UsageMeter
from openinsights.keeping.backup import Backups
from openinsights.keeping.believed_day import BelievedDay
from openinsights.keeping.keeper import Keeper, KeepingLimits
from openinsights.keeping.retention import retention_of
from openinsights.kql.limits import CompileLimits
from openinsights.live.board import Board
from openinsights.live.relay import CHANNEL, Relay
from openinsights.live.routes import live_routes
from openinsights.live.streams import Streams
from openinsights.otlp_ports import ByPort, GrpcPort, listen_for_otlp
from openinsights.outside.addresses import policy_of
from openinsights.portal.routes import portal_routes
from openinsights.portal.session import SessionApi
from openinsights.process_memory import give_back, give_back_files, keep_freed
from openinsights.query.functions import engine_functions
from openinsights.query.limits import QueryLimits
from openinsights.query.queue import QueryQueue
from openinsights.query.service import QueryService
from openinsights.refusals import Refusals
from openinsights.roles import narrow
from openinsights.self_report import SelfReport
from openinsights.server_meters import ServerMeters
from openinsights.settings import INGEST_ROLE, QUERY_ROLE
from openinsights.store.limits import StoreLimits
from openinsights.store.opening import open_store
from openinsights.store.selection import Selection
from openinsights.store.times import StoreTimes
from openinsights.tls import client_context, fingerprint, tls_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from types import FrameType

    import sqlalchemy as sa
    from starlette.types import ASGIApp, Scope

    from openinsights.access.audit import AuditLog
    from openinsights.access.caller import Caller
    from openinsights.access.openid_sign_in import OpenIdSignIn
    from openinsights.access.routes import Guarded
    from openinsights.catalog.turns import Turn
    from openinsights.clock import Clock
    from openinsights.settings import Settings
    from openinsights.store.api import Store
    from openinsights.tls import Tls

logger = logging.getLogger(__name__)

_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - told apart, not bound
"""Addresses that stand for all of a machine's, and under which it reaches itself."""
_SWITCH_INTERVAL_S = 0.0005
_GC_THRESHOLD = 50_000
_PROVIDER_TIMEOUT_S = 10.0
_KEEP_ALIVE_S = 75
"""Longer than the 15 s at which clients send metrics, so that they keep one connection."""


class ServeError(OpenInsightsError):
    """The server cannot start; the message says what to change."""

    code = "ServeError"


@dataclass(frozen=True, slots=True)
class Ready:
    """What whoever starts a server is told once it answers.

    Attributes:
        url: of the portal.
        tls: the certificate; None is plain HTTP.
        first_link: where the first administrator chooses a password; "" when there is one, or
            nobody has to sign in. It is a secret.
    """

    url: str
    tls: Tls | None
    first_link: str


@dataclass(frozen=True, slots=True)
class Parts:
    """What the application is made of: the opened things that routes use.

    Attributes:
        store: holds telemetry.
        resources: holds resources.
        pipeline: takes telemetry.
        otlp: takes OpenTelemetry's, through the pipeline.
        queue: gives queries their turn.
        resolve_key: turns instrumentation keys into resources.
        board: what is live.
        streams: sends it to viewers.
        purges: that were asked for.
        keeper: lets telemetry go; whoever serves starts it.
        believed: the day that retention goes by.
        backups: writes backups; None when everything is in memory.
        meters: what is measured.
        usage: how much each resource sends.
        groups: of resources, those that were made by themselves.
        workbooks: that people keep.
        saved_queries: that people keep.
        access: who may do what.
        alerts: rules, and what they fired; whoever serves starts them.
        notify: who is told of alerts; whoever serves starts it.
        availability: tests that ask applications from outside; whoever serves starts them.
        detection: what watches by itself; whoever serves starts it.
        fellows: the other servers on the catalog; whoever serves starts it.
        folder: where long replies may lie; None leaves it to the system.
        openid: lets in whom a provider knows; whoever builds the application sets it.
        tls: what is shown to clients, None for plain HTTP; whoever listens sets it.
    """

    store: Store
    resources: ResourceStore
    pipeline: Pipeline
    otlp: Receiver
    queue: QueryQueue
    resolve_key: KeyResolver
    board: Board
    streams: Streams
    purges: PurgeStore
    keeper: Keeper
    believed: BelievedDay
    backups: Backups | None
    meters: ServerMeters
    usage: UsageMeter
    usage_kept: UsageStore
    refusals: Refusals
    groups: GroupStore
    workbooks: WorkbookStore
    saved_queries: SavedQueryStore
    access: Access
    alerts: Alerts
    notify: Notify
    availability: Availability
    detection: Detection
    fellows: FellowServers
    folder: Path | None = None
    openid: OpenIdSignIn | None = None
    tls: Tls | None = None


def open_parts(
    folder: DataFolder | None, settings: Settings, clock: Clock, opened: ExitStack
) -> Parts:
    """Open catalog, store, ingest and queue; None keeps everything in memory.

    Args:
        folder: where the data lies.
        settings: bounds.
        clock: the time for all of them.
        opened: closes them, last opened first.
    """
    catalog = engine.open_catalog(
        settings.catalog.reveal(), None if folder is None else folder.catalog
    )
    resources = ResourceStore(catalog, clock)
    opened.callback(resources.close)
    meters = ServerMeters()
    fellows = FellowServers(catalog, clock, works=settings.role != INGEST_ROLE)
    meters.read_turns(fellows.turn)
    access = Access(catalog, clock, settings.session_idle_s, settings.session_longest_s)
    opened.callback(access.close)
    if folder is not None:
        # what a server notes for itself lies there, wherever telemetry rests
        folder.telemetry.mkdir(parents=True, exist_ok=True)
    store = open_store(
        settings.store.reveal(),
        None if folder is None else folder.telemetry,
        clock,
        limits=store_limits(settings),
        functions=engine_functions(),
        retention_of=lambda app_id, table: retention_of(
            resources.get_by_app_id(app_id), table, settings.retention_days
        ),
        times=StoreTimes(meters.sync_seconds.observe, meters.commit_seconds.observe),
    )
    meters.read_store(store)
    opened.callback(store.close)
    resolve_key = KeyResolver(
        resources,
        create_unknown=settings.unknown_key_policy == "create",
        max_resources=settings.max_resources_from_keys,
    )
    board = Board(clock, settings.max_live_viewers)
    if fellows.are_there:
        relay = Relay(board, fellows.name, partial(fellows.tell, CHANNEL))
        fellows.on_told(CHANNEL, relay.hear)
        fellows.on_start(relay.start)
        opened.callback(relay.close)
    usage_kept = UsageStore(catalog)
    usage = usage_meter(usage_kept, clock)
    refusals = Refusals()
    pipeline = Pipeline(
        store,
        resolve_key,
        clock,
        ingest_limits(settings),
        board.count,
        usage,
        open_places(settings.geo_database) if settings.geo_database else None,
        Measured(
            meters.items_received,
            meters.items_accepted,
            meters.items_rejected,
            meters.bodies_refused,
            is_own,
        ),
        refusals,
        ReaderPool(
            reader_count(settings),
            ingest_limits(settings),
            settings.geo_database,
            resolve_key,
            board.is_watched,
        ),
    )
    opened.callback(pipeline.close)
    totals = None if folder is None else folder.telemetry / "otlp-totals"
    otlp = _otlp_receiver(pipeline, resources, store, settings, clock, totals)
    if totals is not None:
        opened.callback(leave_totals, totals, otlp.series)
    queue = QueryQueue(query_limits(settings))
    meters.read_queue(queue)
    opened.callback(queue.close)
    purges = PurgeStore(catalog, clock)
    notify = open_notify(catalog, resources, settings, clock, fellows.turn(NOTIFICATIONS))
    opened.callback(notify.deliverer.close)
    alerts = _alerts(
        catalog,
        resources,
        store,
        queue,
        meters,
        settings,
        clock,
        notify,
        fellows.turn(ALERTS),
    )
    opened.callback(alerts.engine.close)
    days = store.stored_days()
    believed = BelievedDay(
        clock,
        days[-1].day if days else None,
        None if folder is None else folder.telemetry / "today.json",
    )
    # who has day files of its own lets go of these itself, whatever others do
    keeps = fellows.turn(KEEPING) if settings.store.reveal() else ALWAYS
    keeper = Keeper(store, resources, purges, clock, keeping_limits(settings), believed, keeps)
    opened.callback(keeper.close)
    availability = _availability(
        catalog,
        resources,
        pipeline,
        alerts,
        meters,
        settings,
        clock,
        opened,
        fellows.turn(AVAILABILITY),
    )
    items_since = partial(items_kept_since, usage_kept) if is_shared(catalog) else usage.items_since
    meters.read_watching(partial(watching_of, alerts, notify, availability))
    detection = _detection(
        catalog,
        resources,
        store,
        queue,
        meters,
        items_since,
        settings,
        clock,
        alerts,
        opened,
        fellows.turn(DETECTION),
    )
    for table, call in (
        (tables.resources, partial(_take_over, resources, keeper)),
        (tables.people, access.people.catch_up),
        (tables.sessions, access.sessions.catch_up),
        (tables.api_keys, access.keys.catch_up),
        (tables.alert_rules, alerts.engine.catch_up),
        (tables.availability_tests, availability.catch_up),
    ):
        fellows.on_change(table.name, call)
    return Parts(
        store,
        resources,
        pipeline,
        otlp,
        queue,
        resolve_key,
        board,
        Streams(board),
        purges,
        keeper,
        believed,
        None
        if folder is None
        else Backups(
            store.stored_files,
            partial(copy_to_file, catalog),
            folder.path,
            clock,
            version("openinsights"),
        ),
        meters,
        usage,
        usage_kept,
        refusals,
        GroupStore(catalog),
        WorkbookStore(catalog, clock),
        SavedQueryStore(catalog, clock),
        access,
        alerts,
        notify,
        availability,
        detection,
        fellows,
        None if folder is None else folder.telemetry,
    )


def _take_over(resources: ResourceStore, keeper: Keeper) -> None:
    """Take over resources as other servers have changed them, their retention included."""
    resources.catch_up()
    keeper.wake()


def _alerts(
    catalog: sa.Engine,
    resources: ResourceStore,
    store: Store,
    queue: QueryQueue,
    meters: ServerMeters,
    settings: Settings,
    clock: Clock,
    notify: Notify,
    turn: Turn,
) -> Alerts:
    queries = QueryService(
        store, resources.named, clock, query_limits(settings), meters.query, lambda: ()
    )
    return open_alerts(
        catalog,
        resources,
        queries,
        queue,
        store.settle,
        clock,
        settings.alert_query_timeout_s,
        notify.outbox.on_change,
        turn,
        meters.alert_round,
    )


def _detection(
    catalog: sa.Engine,
    resources: ResourceStore,
    store: Store,
    queue: QueryQueue,
    meters: ServerMeters,
    items_since: Callable[[str, int], int],
    settings: Settings,
    clock: Clock,
    alerts: Alerts,
    opened: ExitStack,
    turn: Turn,
) -> Detection:
    queries = QueryService(
        store, resources.named, clock, query_limits(settings), meters.query, lambda: ()
    )
    detection = open_detection(
        catalog,
        resources,
        queries,
        queue,
        store.settle,
        items_since,
        alerts.book,
        clock,
        turn,
        meters.detection_look,
    )
    opened.callback(detection.engine.close)
    return detection


def _availability(
    catalog: sa.Engine,
    resources: ResourceStore,
    pipeline: Pipeline,
    alerts: Alerts,
    meters: ServerMeters,
    settings: Settings,
    clock: Clock,
    opened: ExitStack,
    turn: Turn,
) -> Availability:
    def key_of(app_id: str) -> str | None:
        found = resources.get_by_app_id(app_id)
        return None if found is None else found.instrumentation_key

    async def take(body: bytes) -> None:
        ASKING.set(Asking(LOCAL, Right.INGEST))  # of this task alone
        await pipeline.take(one_piece(body), "", len(body))

    availability = Availability(
        catalog,
        clock,
        Dialing(policy_of(settings), settings.ca_file),
        None if settings.journeys is None else Journeys(settings.journeys, settings.ca_file),
        key_of,
        take,
        is_probing=settings.local_probes,
        rules=RulesOfTests(alerts.test_rules),
        turn=turn,
        on_run=meters.availability_run,
    )
    opened.callback(availability.close)
    return availability


async def one_piece(body: bytes) -> AsyncIterator[bytes]:
    """Yield a body as if it came over the network."""
    yield body


def _otlp_receiver(
    pipeline: Pipeline,
    resources: ResourceStore,
    store: Store,
    settings: Settings,
    clock: Clock,
    totals: Path | None,
) -> Receiver:
    default = DefaultResource(
        resources, settings.otlp_resource, create=settings.unknown_key_policy == "create"
    )
    # a store without a day has missed nothing: what grew before the start is not counted yet
    started_ns = (clock.now_ticks() - UNIX_EPOCH_TICKS) * 100
    watched_from_ns = started_ns if store.health().days else 0
    series = Series(watched_from_ns) if totals is None else take_totals(totals, watched_from_ns)
    return Receiver(pipeline, default.key, series)


def build(parts: Parts, settings: Settings, clock: Clock, public_url: str) -> ASGIApp:
    """Return the ASGI application over opened parts.

    Args:
        parts: what the routes use; they stay the caller's to close.
        settings: bounds and policies.
        clock: the time for all of them.
        public_url: where applications reach the server, with one slash at its end.
    """
    parts = with_openid(parts, settings, clock, public_url)
    application = Starlette(
        routes=route_table(parts, settings, clock, public_url),
        exception_handlers=exception_handlers(),
    )
    return Gateway(
        application,
        known_hosts(settings, public_url),
        frozenset((*TRACK_PATHS, *OTLP_PATHS)),
        gate_of(parts, settings, public_url),
        _deeds_told_to(parts.access.audit),
    )


def with_openid(parts: Parts, settings: Settings, clock: Clock, public_url: str) -> Parts:
    """Return parts that let in whom a provider knows, if the settings name one."""
    if parts.openid is not None:
        return parts
    found = openid_of(parts.access, parts.resources, settings, clock, public_url)
    return replace(parts, openid=found)


def gate_of(parts: Parts, settings: Settings, public_url: str) -> Gate:
    """Return what tells who asks."""
    public = urlsplit(public_url)
    return Gate(
        parts.access.keys,
        parts.access.people,
        parts.access.sessions,
        cookie_of(public_url),
        trusts_loopback=settings.trusts_loopback,
        origin=f"{public.scheme}://{public.netloc}".lower(),
        is_owner=parts.access.owners_secret.fits,
        token_caller=None if parts.openid is None else parts.openid.caller,
    )


def _who_calls(
    parts: Parts, settings: Settings, public_url: str
) -> Callable[[Mapping[bytes, bytes]], Awaitable[Caller]]:
    """Return what tells who calls over gRPC."""
    gate = gate_of(parts, settings, public_url)

    async def who(headers: Mapping[bytes, bytes]) -> Caller:
        return LOCAL if settings.trusts_loopback else await gate.of_headers(dict(headers))

    return who


def openid_of(
    access: Access, resources: ResourceStore, settings: Settings, clock: Clock, public_url: str
) -> OpenIdSignIn | None:
    """Return what lets in whom a provider knows; None when the settings name no provider.

    Raises:
        ServeError: the settings do not fit together.
        InvalidAccess: the roles cannot be read.
    """
    if not settings.openid_issuer:
        return None
    issuer = urlsplit(settings.openid_issuer)
    is_local = issuer.scheme == "http" and issuer.hostname in ("localhost", "127.0.0.1", "::1")
    if not settings.openid_client_id or not (issuer.scheme == "https" or is_local):
        raise ServeError(
            "cannot sign people in through a provider: openid_issuer needs to be an https URL, and"
            " openid_client_id has to be set"
        )
    # only a server with a provider pays for loading what reads tokens
    from openinsights.access.openid import Provider
    from openinsights.access.openid_roles import Meaning, parse_roles
    from openinsights.access.openid_sign_in import Client, OpenIdSignIn, audiences_of

    verify = client_context(settings.ca_file) if issuer.scheme == "https" else False
    http = httpx.AsyncClient(timeout=_PROVIDER_TIMEOUT_S, trust_env=False, verify=verify)
    client = Client(
        settings.openid_client_id,
        settings.openid_client_secret.reveal(),
        settings.openid_scopes,
        audiences_of(settings.openid_audiences, settings.openid_client_id),
        f"{public_url}sign-in/callback",
    )
    claims = tuple(each.strip() for each in settings.openid_groups.split(",") if each.strip())
    meaning = Meaning(parse_roles(settings.openid_roles), claims, resources.find)
    provider = Provider(settings.openid_issuer, http, clock)
    return OpenIdSignIn(provider, client, meaning, access.people, clock, access.tickets)


def cookie_of(public_url: str) -> Cookie:
    """Return what sessions travel in."""
    return Cookie(is_secure=public_url.startswith("https:"))


def _deeds_told_to(audit: AuditLog) -> Callable[[Caller, Scope, int], None]:
    def on_deed(caller: Caller, scope: Scope, status: int) -> None:
        deed = (caller.name, caller.kind, scope["method"], scope["path"], str(status))
        try:
            audit.add(*deed, address_of(scope))
        except CatalogUnavailable as error:  # the reply has gone out already
            logger.error("not in the audit log: %s: %s", " ".join(deed), error)

    return on_deed


def usage_of(parts: Parts) -> Callable[[str, int], Iterable[tuple[str, int, int, int]]]:
    """Return what tells what a resource was sent; what was counted a moment ago is saved first."""

    def hours_of(app_id: str, hour: int) -> Iterable[tuple[str, int, int, int]]:
        parts.usage.save()
        return parts.usage_kept.of(app_id, hour)

    return hours_of


def watching_of(alerts: Alerts, notify: Notify, availability: Availability) -> WatchingFacts:
    """Return how what watches by itself stands; it may block."""
    watched = alerts.engine.watched()
    return WatchingFacts(
        sum(each.kept.enabled for each in watched),
        sum(each.is_failing for each in watched),
        notify.deliveries.waiting_count(),
        availability.watcher.test_count,
    )


def facts_of(parts: Parts, settings: Settings, public_url: str) -> Facts:
    """Return what clients are told about the server."""
    tls = parts.tls
    return Facts(
        version("openinsights"),
        public_url,
        not settings.trusts_loopback,
        settings.otlp_http_port,
        settings.otlp_grpc_port,
        settings.retention_days,
        settings.max_items_per_s,
        "" if tls is None else f"sha256:{fingerprint(tls.certificate)}",
        None if tls is None else tls.authority,
    )


def route_table(
    parts: Parts, settings: Settings, clock: Clock, public_url: str
) -> Sequence[Guarded]:
    """Return every route of the server, each with the right that it needs; see `build`."""

    def connection_string_for(resource: Resource) -> str:
        return connection_string(resource, public_url)

    def forget_resource(app_id: str) -> None:
        parts.access.forget_resource(app_id)
        parts.refusals.forget(app_id)
        parts.availability.book.forget_resource(app_id)
        parts.alerts.keeper.forget_resource(app_id)
        parts.detection.forget_resource(app_id)
        parts.notify.forget_resource(app_id)

    seen = SeenResources(parts.resources, forget_resource)
    queries = QueryService(
        parts.store,
        seen.named,
        clock,
        query_limits(settings),
        parts.meters.query,
        seen.every_app_id,
        seen.principal,
    )
    needs = ApiNeeds(
        queries=queries,
        queue=parts.queue,
        resources=seen,
        connection_string_for=connection_string_for,
        delete_telemetry=lambda app_id: parts.store.delete(Selection(app_ids=(app_id,))),
        health=parts.store.health,
        watching=partial(watching_of, parts.alerts, parts.notify, parts.availability),
        store=parts.store,
        purges=parts.purges,
        groups=parts.groups,
        workbooks=parts.workbooks,
        saved_queries=parts.saved_queries,
        cap_left_s=lambda resource: parts.usage.retry_after_s(
            resource.app_id, resource.settings, clock.now_ticks()
        ),
        hours_of=usage_of(parts),
        refused_of=parts.refusals.of,
        facts=facts_of(parts, settings, public_url),
        clock=clock,
        keeper=parts.keeper,
        backups=parts.backups,
        meters=parts.meters.all if settings.metrics_endpoint else None,
        default_retention_days=settings.retention_days,
        version=version("openinsights"),
        max_body_bytes=settings.max_query_body_bytes,
        public_url=public_url,
        actions=Actions(parts.access, seen, clock),
        folder=parts.folder,
        further_resources=(
            partial(listed_among_all, book=parts.availability.book),
            partial(rules_among_all, rules=parts.alerts.keeper.rules),
            partial(groups_among_all, groups=parts.notify.groups),
            partial(processing_among_all, rules=parts.notify.rules),
        ),
    )
    description = DescriptionApi(needs.version)
    routes = [
        *description.routes(),
        *track_routes(parts.pipeline),
        *otlp_routes(parts.otlp),
        *live_routes(parts.board, parts.streams, parts.resolve_key, seen.named),
        *api_routes(needs),
        *StandingApi(
            parts.fellows.ask_catalog,
            parts.store.health,
            settings.role,
            needs.version,
            takes_telemetry=settings.role != QUERY_ROLE,
        ).routes(),
        *RulesApi(parts.alerts.keeper, seen, settings.max_query_body_bytes).routes(),
        *ArmAlertsApi(parts.alerts.book, parts.alerts.keeper.rules, seen, clock).routes(),
        *DetectionConfigsApi(
            parts.detection, seen, parts.notify.groups, clock, settings.max_query_body_bytes
        ).routes(),
        *DetectionApi(parts.detection, seen, clock, settings.max_query_body_bytes).routes(),
        *AlertsApi(parts.alerts, seen, clock, settings.max_query_body_bytes).routes(),
        *ActionGroupsApi(
            parts.notify.groups,
            parts.notify.deliverer,
            seen,
            clock,
            public_url,
            settings.max_query_body_bytes,
        ).routes(),
        *ProcessingRulesApi(parts.notify.rules, seen, settings.max_query_body_bytes).routes(),
        *WebTestsApi(parts.availability.book, seen, settings.max_query_body_bytes).routes(),
        *AvailabilityApi(
            parts.availability,
            seen,
            queries,
            parts.queue,
            clock,
            settings.max_query_body_bytes,
        ).routes(),
        *SessionApi(
            parts.access,
            gate_of(parts, settings, public_url),
            cookie_of(public_url),
            settings.session_longest_s,
            parts.openid,
            urlsplit(settings.openid_issuer).hostname or "",
        ).routes(),
        *portal_routes(
            queries,
            parts.queue,
            seen,
            connection_string_for,
            clock,
            settings.max_query_body_bytes,
        ),
    ]
    description.describe(routes)
    narrow(routes, settings.role, public_url)
    return routes


def build_otlp(parts: Parts, settings: Settings, public_url: str) -> ASGIApp:
    """Return the application on the port that is OpenTelemetry's alone."""
    routes = otlp_routes(parts.otlp)
    application = Starlette(routes=routes, exception_handlers=exception_handlers())
    return Gateway(
        application,
        known_hosts(settings, public_url),
        frozenset(OTLP_PATHS),
        gate_of(parts, settings, public_url),
    )


def query_limits(settings: Settings) -> QueryLimits:
    """Return the bounds of queries that the settings name."""
    return QueryLimits(
        max_rows=settings.max_query_rows,
        max_cells=settings.max_query_cells,
        timeout_s=settings.query_timeout_s,
        max_timeout_s=settings.max_query_timeout_s,
        at_once=settings.queries_at_once,
        max_waiting=settings.max_waiting_queries,
        heavy_after_s=settings.heavy_query_s,
        heavy_at_once=settings.heavy_queries_at_once,
        compile=CompileLimits(
            characters=settings.max_query_characters,
            words=settings.max_query_words,
            operators=settings.max_query_operators,
            columns=settings.max_query_columns,
            tables=settings.max_query_tables,
            results=settings.max_query_results,
        ),
    )


def store_limits(settings: Settings) -> StoreLimits:
    """Return the bounds of the store that the settings name."""
    return StoreLimits(
        engine_memory_bytes=settings.engine_memory_bytes,
        engine_threads=settings.engine_threads,
        free_disk_floor_bytes=settings.min_free_disk_bytes,
        max_disk_bytes=settings.max_disk_bytes,
        result_bytes=settings.max_query_result_bytes,
    )


def keeping_limits(settings: Settings) -> KeepingLimits:
    """Return the bounds of what is kept that the settings name."""
    return KeepingLimits(
        default_days=settings.retention_days,
        max_disk_bytes=settings.max_disk_bytes,
        drops_days=settings.disk_cap_policy == "drop-oldest",
    )


def ingest_limits(settings: Settings) -> IngestLimits:
    """Return the bounds of ingestion that the settings name."""
    return IngestLimits(
        max_body_bytes=settings.max_track_body_bytes,
        max_unpacked_bytes=settings.max_track_unpacked_bytes,
        items_per_s=settings.max_items_per_s,
    )


def reader_count(settings: Settings) -> int:
    """Return how many processes may read telemetry: one processor is the server's own."""
    return max(0, min(settings.reader_processes, (os.cpu_count() or 1) - 1))


def usage_meter(kept: UsageStore, clock: Clock) -> UsageMeter:
    """Return what counts the telemetry of resources, as it stood when the server stopped."""
    first = clock.now_ticks() // TICKS_PER_HOUR - 2 * HOURS_PER_DAY
    return UsageMeter([HourOfUse(*row) for row in kept.since(first)], kept.add)


def known_hosts(settings: Settings, public_url: str) -> frozenset[str] | None:
    """Return the names under which the server answers; None when that is any name.

    Where nobody is served for being on this machine, a page under another name reaches nothing
    that it could not reach without this machine's browser.
    """
    if settings.host in _EVERY_ADDRESS and not settings.trusts_loopback:
        return None
    public = urlsplit(public_url).hostname or ""
    named = f"[{public}]" if ":" in public else public
    return frozenset((*LOOPBACK_NAMES, settings.host.lower(), named))


def serve(settings: Settings, data: Path, on_ready: Callable[[Ready], None]) -> None:
    """Run the server until SIGTERM or SIGINT, then stop it with nothing lost.

    Args:
        settings: where to listen, and bounds.
        data: the data folder.
        on_ready: told where the server answers, once it does.

    Raises:
        ServeError: the port is in use.
        TlsError, AuthorityError: there is no certificate to serve https with.
        DataFolderLocked: another process holds the data folder.
    """
    # the engine takes the interpreter's lock after each of its tasks; with the usual 5 ms a busy
    # decoding thread makes a commit several times longer
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    # what telemetry is made of has no cycles and lives shortly: looking for some costs a tenth
    gc.set_threshold(_GC_THRESHOLD, *gc.get_threshold()[1:])
    keep_freed(KEPT_BYTES)
    BoundedConnection.max_connections = most_connections()
    if settings.role == QUERY_ROLE:
        settings = replace(settings, otlp_http_port=0, otlp_grpc_port=0)
    clock = SystemClock()
    interrupt = _InterruptUntilReady()
    with ExitStack() as opened:
        listener = opened.enter_context(_listen_for(data, settings))
        folder = opened.enter_context(DataFolder(data))
        tls = tls_of(settings, data, datetime.datetime.now(datetime.timezone.utc))
        url = url_of(settings, listener, "http" if tls is None else "https")
        folder.announce(url)
        parts = open_parts(folder, settings, clock, opened)
        public_url = settings.public_url or url_for_others(settings, url)
        if not settings.trusts_loopback:
            folder.leave_secret(parts.access.owners_secret.new())
        parts = replace(with_openid(parts, settings, clock, public_url), tls=tls)
        application = build(parts, settings, clock, public_url)
        listeners = [listener]
        otlp_listener = listen_for_otlp(settings)
        if otlp_listener is not None:
            listeners.append(opened.enter_context(otlp_listener))
            on_port = build_otlp(parts, settings, public_url)
            application = ByPort(application, settings.otlp_http_port, on_port)

        def ready() -> None:
            interrupt.is_ready = True
            parts.availability.start(asyncio.get_running_loop())
            parts.fellows.start()
            if settings.alerts:
                parts.alerts.engine.start()
            if settings.detection:
                parts.detection.engine.start()
            give_back()  # what starting left behind
            give_back_files()
            on_ready(Ready(url, tls, first_link(parts.access, settings, public_url)))

        report = SelfReport(
            parts.meters.all,
            parts.resources,
            settings.public_url if settings.role == QUERY_ROLE else url,
            settings.self_telemetry_interval_s,
            None if tls is None else f"sha256:{fingerprint(tls.certificate)}",
        )
        opened.callback(parts.fellows.close)
        opened.callback(report.close)
        # a server that takes no telemetry reports through one that does, if it knows any
        if settings.self_telemetry and (settings.role != QUERY_ROLE or settings.public_url):
            report.start()

        def stopping() -> None:
            report.stop()
            parts.fellows.let_go()
            parts.availability.stop()
            parts.streams.close()

        parts.notify.deliverer.start(public_url)
        parts.keeper.start()
        parts.access.start()
        config = _uvicorn_config(application, settings, tls)
        grpc = GrpcPort(parts.otlp, settings, tls, _who_calls(parts, settings, public_url))
        _Server(config, ready, stopping, parts.pipeline.stop, grpc).run(sockets=listeners)


def _listen_for(data: Path, settings: Settings) -> socket.socket:
    """Return the listening socket, before the data folder is made: a busy port leaves no trace."""
    try:
        return listen(settings)
    except ServeError:
        if data.is_dir() and holder_of(data) is not None:
            DataFolder(data).release()  # who holds the folder is likely who has the port
        raise


def listen(settings: Settings) -> socket.socket:
    """Return the listening socket.

    Raises:
        ServeError: the port is in use, or the address is not this machine's.
    """
    if not settings.host.strip():  # the system would take it for every address there is
        raise ServeError(
            "cannot listen on no address: name one with --host, such as 127.0.0.1, or 0.0.0.0 for"
            " every address of this machine"
        )
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise ServeError(
            f"cannot listen on {settings.host}:{settings.port}: {_cause(error)}; stop"
            " the program that uses the port, or name another with --port"
        ) from error
    # connections inherit it. A reply is sent in two parts, and the second would wait for the
    # client to confirm the first, which it does 40 ms later
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _cause(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)


def url_of(settings: Settings, listener: socket.socket, scheme: str = "http") -> str:
    """Return the URL of a listening socket."""
    own = _EVERY_ADDRESS.get(settings.host, settings.host)
    host = f"[{own}]" if ":" in own else own
    return f"{scheme}://{host}:{listener.getsockname()[1]}/"


def url_for_others(settings: Settings, url: str) -> str:
    """Return the URL that connection strings name where the settings name none."""
    if settings.host not in _EVERY_ADDRESS:
        return url
    parts = urlsplit(url)
    return f"{parts.scheme}://{socket.gethostname().lower()}:{parts.port}/"


def first_link(access: Access, settings: Settings, public_url: str) -> str:
    """Return the link that makes the first administrator, "" when none is needed.

    The secret stands behind the #, which browsers keep to themselves: it comes into no log.
    """
    if settings.trusts_loopback or not access.sign_in.awaits_first_admin:
        return ""
    return f"{public_url}sign-in#first={access.first_link.new()}"


def _uvicorn_config(application: ASGIApp, settings: Settings, tls: Tls | None) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        ssl_certfile=None if tls is None else tls.certificate,
        ssl_keyfile=None if tls is None else tls.key,
        http=BoundedConnection,
        loop="openinsights.fair_loop:new_loop",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=max(1, round(settings.stop_timeout_s)),
    )


class _Server(uvicorn.Server):
    """Uvicorn's server, which tells when it answers and when it is about to stop."""

    def __init__(
        self,
        config: uvicorn.Config,
        on_ready: Callable[[], None],
        on_stop: Callable[[], None],
        on_stopped: Callable[[], None],
        grpc: GrpcPort,
    ) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._on_stop = on_stop
        self._on_stopped = on_stopped
        self._grpc = grpc

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await self._grpc.start()
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()
        await self._grpc.stop()
        await super().shutdown(sockets)
        self._on_stopped()


class _InterruptUntilReady:
    """Handles signals where uvicorn does not: before it runs, and once it has stopped.

    Until ready a signal interrupts the start. Afterwards uvicorn handles signals itself and raises
    them again when it has stopped; then the orderly stop is under way and must not be cut short.
    """

    def __init__(self) -> None:
        self.is_ready = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if not self.is_ready:
            raise KeyboardInterrupt
