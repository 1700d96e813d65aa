"""A stream that is open ends when its key or session does."""

from __future__ import annotations

import anyio
import pytest

from openinsights.access.rights import Right, Role


@pytest.fixture
def shop(server):
    return server.parts.resources.create("shop")


def watched(server, headers, after_first):
    """Open a live stream, do something after its first piece, and return what came."""
    pieces = []

    async def watch():
        done = anyio.Event()

        async def receive():
            await done.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            pieces.append(message)
            if message["type"] == "http.response.body" and message.get("more_body"):
                after_first()

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/api/live/shop",
            "raw_path": b"/api/live/shop",
            "query_string": b"",
            "client": ("127.0.0.1", 1),
            "headers": [(b"host", b"127.0.0.1:5380"), *headers],
        }
        with anyio.fail_after(30):
            await server.application(scope, receive, send)

    server.portal.call(watch)
    return pieces


def test_a_revoked_key_ends_its_stream(server, shop):
    keys = server.parts.access.keys
    key, secret = keys.create(shop.app_id, "k", [Right.READ])
    pieces = watched(
        server,
        [(b"x-api-key", secret.encode())],
        lambda: key.id in {each.id for each in keys.list()} and keys.revoke(shop.app_id, key.id),
    )
    assert pieces[0]["status"] == 200
    assert [each.get("more_body") for each in pieces[1:]] == [True, False]


def test_signing_out_ends_the_stream(server, shop):
    access = server.parts.access
    person = access.people.create("anna", roles={shop.app_id: Role.VIEWER})
    session = access.sessions.begin(person.id)
    pieces = watched(
        server,
        [(b"cookie", f"openinsights={session}".encode())],
        lambda: access.sessions.end_all(person.id),
    )
    assert [each.get("more_body") for each in pieces[1:]] == [True, False]
