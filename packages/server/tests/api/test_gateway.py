from __future__ import annotations

import asyncio
import logging
import uuid

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from openinsights.api.gateway import Gateway, exception_handlers, versioned


def test_every_reply_has_a_request_id_of_its_own(server):
    ids = {server.client.get("/health").headers["x-ms-request-id"] for _ in range(3)}
    assert len(ids) == 3
    assert all(uuid.UUID(each) for each in ids)


def test_repeated_slashes_count_as_one(server):
    assert server.client.get("http://127.0.0.1:5380//health").status_code == 200
    reply = server.client.post("http://127.0.0.1:5380//v2.1//track", json=[])
    assert reply.json()["itemsReceived"] == 0


def test_a_slash_behind_a_track_path_costs_no_telemetry(server):
    reply = server.client.post("/v2/track/", json=[])
    assert (reply.status_code, reply.json()["itemsReceived"]) == (200, 0)


def test_unknown_path_is_not_found_as_json(server):
    for path in ("/nothing", "/v1/nothing", "/v1/apps/x/events", "/api/profiles/x/appId"):
        reply = server.client.get(path)
        assert reply.status_code == 404
        assert reply.json()["error"] == {
            "code": "PathNotFoundError",
            "message": "The requested path does not exist",
            "correlationId": reply.headers["x-ms-request-id"],
        }


def test_wrong_method_is_refused_as_json(server):
    reply = server.client.delete("/health")
    assert (reply.status_code, reply.json()["error"]["code"]) == (405, "MethodNotAllowed")


def test_host_of_somebody_else_is_refused(server):
    reply = server.client.get("/health", headers={"host": "evil.example:5380"})
    assert (reply.status_code, reply.json()["error"]["code"]) == (421, "MisdirectedRequest")
    assert "--public-url" in reply.json()["error"]["message"]
    for host in ("127.0.0.1:1", "LOCALHOST", "[::1]:5380"):
        assert server.client.get("/health", headers={"host": host}).status_code == 200


def test_page_of_another_origin_may_send_telemetry_and_read_but_change_nothing(server):
    def ask(method, path, origin):
        reply = server.client.request(method, path, headers={"origin": origin}, json=[])
        return reply.status_code

    for origin in ("http://evil.example", "null", "http://127.0.0.1.evil.example", "http://["):
        assert ask("POST", "/v1/apps/shop/query", origin) == 403
        assert ask("DELETE", "/subscriptions/s/nothing", origin) == 403
        assert ask("POST", "/v2/track", origin) == 200
        assert ask("GET", "/health", origin) == 200
    assert ask("DELETE", "/subscriptions/s/nothing", "http://localhost:5173") == 404
    assert ask("DELETE", "/subscriptions/s/nothing", "http://[::1]:5380") == 404


def test_fault_of_the_server_is_json_without_its_text(caplog):
    async def fail(request):
        raise ValueError("a secret")

    inner = Starlette(routes=[Route("/", fail)], exception_handlers=exception_handlers())
    transport = httpx.ASGITransport(Gateway(inner), raise_app_exceptions=False)

    async def ask():
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get("/")

    with caplog.at_level(logging.ERROR):
        reply = asyncio.run(ask())
    assert (reply.status_code, reply.json()["error"]["code"]) == (500, "InternalServerError")
    assert "secret" not in reply.text
    assert reply.headers["x-ms-request-id"] in caplog.text


def test_other_protocols_pass_through():
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    asyncio.run(Gateway(app)({"type": "lifespan"}, None, None))
    assert seen == ["lifespan"]


def test_key_tells_its_application(server):
    shop = server.create()
    reply = server.client.get(f"/api/profiles/{shop.instrumentation_key.upper()}/appId")
    assert reply.text == shop.app_id
    assert reply.headers["content-type"].startswith("text/plain")


def test_health_tells_whether_telemetry_is_accepted(server):
    healthy = server.client.get("/health")
    assert (healthy.status_code, healthy.json()["status"]) == (200, "ok")
    server.parts.store.close()
    closed = server.client.get("/health")
    assert (closed.status_code, closed.json()["status"]) == (503, "unavailable")
    assert closed.json()["reason"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/v1/workspaces/x/query", "/v1/workspaces/x/query"),
        ("/v1/v1/workspaces/x/query", "/v1/workspaces/x/query"),
        ("/workspaces/x/query", "/v1/workspaces/x/query"),
        ("/$batch", "/v1/$batch"),
        (
            "/subscriptions/s/resourceGroups/g/providers/p/components/n/query",
            "/v1/subscriptions/s/resourceGroups/g/providers/p/components/n/query",
        ),
        (
            "/subscriptions/s/resourceGroups/g/providers/p/components/query",
            "/subscriptions/s/resourceGroups/g/providers/p/components/query",
        ),
        ("/v1/traces", "/v1/traces"),
    ],
)
def test_the_version_of_a_path_may_be_left_out_or_twice(path, found):
    assert versioned(path) == found
