"""What the application map draws: roles of all tables, who calls whom, and who is called from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from openinsights.catalog.resource import Resource

MINUTES_AGO = "2026-11-21T11:58:00Z"
TRACE = "0af7651916cd43dd8448eb211c80319c"
RANGE = {"start": "2026-11-21T11:00:00Z", "end": "2026-11-21T12:00:00Z"}


def item(kind: str, role: str, parent: str = "", **data: Any) -> dict[str, Any]:
    return {
        "name": kind,
        "time": MINUTES_AGO,
        "tags": {
            "ai.cloud.role": role,
            "ai.cloud.roleInstance": f"{role}-1",
            "ai.operation.id": TRACE,
            "ai.operation.parentId": parent,
        },
        "data": {"baseType": kind, "baseData": {"ver": 2, **data}},
    }


def request(role: str, identity: str, parent: str = "", *, ok: bool = True) -> dict[str, Any]:
    return item(
        "RequestData", role, parent, id=identity, name="GET /", duration="0.00:00:00.100",
        responseCode="200" if ok else "500", success=ok,
    )  # fmt: skip


def call(role: str, identity: str, parent: str, **more: Any) -> dict[str, Any]:
    told = {"type": "HTTP", "target": "orders:80", "success": True, **more}
    return item(
        "RemoteDependencyData", role, parent, id=identity, name="call",
        duration="0.00:00:00.080", **told,
    )  # fmt: skip


@pytest.fixture
def two(server: Any) -> tuple[Resource, Resource]:
    """A web site of one resource that calls the orders of another."""
    web, orders = (server.parts.resources.create(name) for name in ("web", "orders"))
    server.send(
        web,
        request("web", "r1"),
        call("web", "d1", "r1", success=False),
        call("web", "d2", "r1", type="SQL", target="carts"),
        call("web", "d3", "r1", type="InProc", target=""),
        item("MessageData", "jobs", message="hello"),
    )
    server.send(orders, request("orders", "r2", "d1", ok=False), call("orders", "d4", "r2"))
    return web, orders


def rows(server: Any, tile: str, *apps: str, **parameters: str) -> list[dict[str, Any]]:
    asked = {"app": list(apps), **RANGE, **parameters}
    reply = server.ask("GET", f"/portal/api/tile/{tile}", params=asked)
    assert reply.status_code == 200, reply.text
    answer = reply.json()
    names = [column["name"] for column in answer["columns"]]
    return [dict(zip(names, row, strict=True)) for row in answer["rows"]]


def test_nodes_are_the_roles_of_every_table(server: Any, two: Any) -> None:
    nodes = {row["role"]: row for row in rows(server, "map.nodes", "web")}
    assert nodes.keys() == {"web", "jobs"}
    assert (nodes["web"]["calls"], nodes["web"]["failed"], nodes["web"]["avg_ms"]) == (1, 0, 100)
    assert (nodes["jobs"]["items"], nodes["jobs"]["calls"], nodes["jobs"]["avg_ms"]) == (1, 0, None)


def test_spans_inside_a_process_are_no_edges(server: Any, two: Any) -> None:
    edges = {row["node"]: row for row in rows(server, "map.edges", "web")}
    assert edges.keys() == {"HTTP|orders:80", "SQL|carts"}
    assert not edges["HTTP|orders:80"]["is_component"]


def test_edges_lead_over_resources(server: Any, two: Any) -> None:
    edges = {(row["caller"], row["node"]): row for row in rows(server, "map.edges", "web", "orders")}
    assert edges.keys() == {("web", "orders"), ("web", "SQL|carts"), ("orders", "HTTP|orders:80")}
    assert edges["web", "orders"]["is_component"]
    assert (edges["web", "orders"]["calls"], edges["web", "orders"]["failed"]) == (1, 1)
    together = rows(server, "map.nodes", "orders", two[0].app_id)
    of = {row["role"]: row["app"] for row in together}
    assert of == {"web": two[0].app_id, "jobs": two[0].app_id, "orders": two[1].app_id}
    (entry,) = rows(server, "map.entry", "web", "orders")
    assert (entry["role"], entry["calls"], entry["avg_ms"]) == ("web", 1, 100)
    assert {row["role"] for row in rows(server, "map.entry", "orders")} == {"orders"}


def test_what_is_shown_over_resources_is_what_logs_run(server: Any, two: Any) -> None:
    asked = {"app": ["web", "orders"], **RANGE}
    told = server.ask("GET", "/portal/api/tile/map.edges", params=asked).json()
    again = server.ask("POST", "/portal/api/query", json={"app": "web", "query": told["kql"]}).json()
    assert again["tables"][0]["rows"] == told["rows"]


def test_nodes_are_told_apart_by_instance(server: Any, two: Any) -> None:
    nodes = rows(server, "map.nodes", "web", "orders", **{"p.grouping": "instance"})
    assert ("orders", "orders-1") in {(row["role"], row["instance"]) for row in nodes}
    edges = rows(server, "map.edges", "web", "orders", **{"p.grouping": "instance"})
    told = {(row["caller_instance"], row["node"], row["node_instance"]) for row in edges}
    assert told == {
        ("web-1", "orders", "orders-1"),
        ("web-1", "SQL|carts", ""),
        ("orders-1", "HTTP|orders:80", ""),
    }
    (entry,) = rows(server, "map.entry", "web", "orders", **{"p.grouping": "instance"})
    assert (entry["role"], entry["instance"]) == ("web", "web-1")


def test_a_resource_that_is_not_there_is_said(server: Any, two: Any) -> None:
    reply = server.ask("GET", "/portal/api/tile/map.nodes", params={"app": ["web", "none"], **RANGE})
    assert reply.status_code == 404
    assert "none" in reply.json()["error"]["message"]
    reply = server.ask("GET", "/portal/api/tile/overview.latest", params={"app": ["web", "orders"]})
    assert reply.status_code == 400
    assert "several resources" in reply.json()["error"]["message"]
