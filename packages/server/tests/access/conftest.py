from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from openinsights.access.rights import KEY_RIGHTS
from openinsights.app import Parts, build, open_parts, route_table
from openinsights.clock import SystemClock
from openinsights.settings import resolve

PUBLIC_URL = "http://127.0.0.1:5380/"


@pytest.fixture(scope="session")
def table():
    """Every route of the server, as it is served."""
    clock, settings = SystemClock(), resolve()
    with ExitStack() as opened:
        parts = open_parts(None, settings, clock, opened)
        yield route_table(parts, settings, clock, PUBLIC_URL)


@dataclass
class Server:
    """A server in this process that asks everybody who they are."""

    parts: Parts
    application: Any
    portal: Any

    def client(self, **headers):
        """Somebody who sends the headers with each request."""
        transport = httpx.ASGITransport(self.application, raise_app_exceptions=False)
        return Client(
            httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers=headers),
            self.portal,
        )

    def key_client(self, app_id, *rights):
        """Somebody with a new API key."""
        _, secret = self.parts.access.keys.create(app_id, f"k{len(rights)}{app_id[:6]}", rights)
        return self.client(**{"x-api-key": secret})

    def all_rights_client(self, app_id):
        return self.key_client(app_id, *KEY_RIGHTS)


class Client:
    def __init__(self, client, portal):
        self.inner = client
        self._portal = portal

    def request(self, method, url, **more):
        return self._portal.call(partial(self.inner.request, method, url, **more))

    def __getattr__(self, method):
        return partial(self.request, method.upper())


@pytest.fixture
def portal():
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture
def clock():
    return SystemClock()


@pytest.fixture(params=["memory", pytest.param("postgresql", marks=pytest.mark.databases)])
def settings(request):
    shared = request.param == "postgresql"
    url = request.getfixturevalue("empty_postgresql") if shared else None
    return resolve({"sign_in": "always", "catalog": url})


@pytest.fixture
def server(settings, clock, portal):
    with ExitStack() as opened:
        parts = open_parts(None, settings, clock, opened)
        yield Server(parts, build(parts, settings, clock, PUBLIC_URL), portal)
