"""What each role serves, where the rest is sent, and when a server is ready."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import partial

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from openinsights.app import build, open_parts, route_table
from openinsights.catalog.errors import CatalogUnavailable
from openinsights.catalog.turns import WORK
from openinsights.clock import SystemClock
from openinsights.fellow_servers import FellowServers
from openinsights.settings import SettingsError, resolve

URL = "http://127.0.0.1:5380/"
TELEMETRY = ("/v2/track", "/v2.1/track", "/v1/traces", "/QuickPulseService.svc/ping")
BESIDE = ("/health", "/ready", "/live", "/metrics", "/server")


@pytest.fixture(scope="module")
def portal():
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture
def server(portal):
    """Opens a server of a role in this process."""

    @contextmanager
    def of(role):
        settings, clock = resolve({"role": role}), SystemClock()
        with ExitStack() as opened:
            parts = open_parts(None, settings, clock, opened)
            application = build(parts, settings, clock, URL)
            transport = httpx.ASGITransport(application, raise_app_exceptions=False)
            client = httpx.AsyncClient(transport=transport, base_url=URL)

            def ask(method, path, **more):
                return portal.call(partial(client.request, method, path, **more))

            yield parts, ask

    return of


def test_a_server_that_takes_telemetry_answers_nothing_else(server):
    with server("ingest") as (parts, ask):
        for path in BESIDE:
            assert ask("GET", path).status_code == 200, path
        reply = ask("GET", "/portal/api/session")
        assert reply.status_code == 421
        assert reply.json()["error"]["code"] == "ServedElsewhere"
        assert URL in reply.json()["error"]["message"]
        assert ask("GET", "/").status_code == 421
        key = parts.resources.create("shop").instrumentation_key
        assert ask("GET", f"/api/profiles/{key}/appId").status_code == 200
        assert ask("POST", "/v2.1/track", json=[]).status_code != 421
        assert not any(parts.fellows.turn(work).is_ours for work in WORK)


def test_a_server_that_answers_asks_senders_to_try_again_elsewhere(server):
    with server("query") as (parts, ask):
        for path in BESIDE:
            assert ask("GET", path).status_code == 200, path
        for path in TELEMETRY:
            reply = ask("POST", path, json=[])
            assert reply.status_code == 503, path
            assert reply.headers["retry-after"] == "5"
        assert ask("GET", "/portal/api/session").status_code == 200
        assert all(parts.fellows.turn(work).is_ours for work in WORK)


def test_every_route_is_served_by_some_role(server):
    clock = SystemClock()
    refused = {}
    for role in ("all", "ingest", "query"):
        with server(role) as (parts, _):
            table = route_table(parts, resolve({"role": role}), clock, URL)
            refused[role] = {route.path for route in table if route.elsewhere is not None}
    assert refused["all"] == set()
    assert refused["ingest"] & refused["query"] == set()
    assert set(TELEMETRY) <= refused["query"]


def test_readiness_follows_the_catalog_and_life_does_not(server, monkeypatch):
    is_away = []

    def ask_catalog(_):
        if is_away:
            raise CatalogUnavailable("cannot reach postgresql://secret")

    monkeypatch.setattr(FellowServers, "ask_catalog", ask_catalog)
    with server("all") as (_, ask):
        assert ask("GET", "/ready").json()["status"] == "ready"
        is_away.append(True)
        reply = ask("GET", "/ready")
        assert reply.status_code == 503
        assert reply.json()["reason"] == "the catalog does not answer"
        assert "secret" not in reply.text
        assert ask("GET", "/live").status_code == 200


def test_a_role_that_is_none_is_refused():
    with pytest.raises(SettingsError, match="all, ingest, query"):
        resolve({"role": "both"})
