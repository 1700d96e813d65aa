"""Old and new names of attributes give the same requests and dependencies."""

from __future__ import annotations

from typing import Any

import pytest

from opencensus.ext.azure.span_envelopes import envelopes_of


def sent(bridge: Any, span_list: Any, kind: str, name: str, attributes: dict[str, Any]) -> Any:
    """Return the data of the one envelope that a span becomes."""
    with bridge.tracer.start_as_current_span(
        name, kind=getattr(bridge.kind, kind), attributes=attributes
    ):
        pass
    (envelope,) = envelopes_of(span_list.spans[-1], "key", {})
    return envelope.data.baseData


OLD_CALL = {
    "http.method": "GET",
    "http.url": "http://shop:8080/orders/7?x=1",
    "http.status_code": 404,
    "net.peer.name": "shop",
    "net.peer.port": 8080,
}
NEW_CALL = {
    "http.request.method": "GET",
    "url.full": "http://shop:8080/orders/7?x=1",
    "http.response.status_code": 404,
    "server.address": "shop",
    "server.port": 8080,
    "http.request.header.accept": ["text/plain"],
}


@pytest.mark.parametrize("attributes", [OLD_CALL, NEW_CALL])
def test_http_calls(bridge: Any, span_list: Any, attributes: dict[str, Any]) -> None:
    data = sent(bridge, span_list, "CLIENT", "GET", attributes)
    assert (data.name, data.type, data.target) == ("GET /orders/7", "HTTP", "shop:8080")
    assert (data.data, data.resultCode, data.success) == (OLD_CALL["http.url"], "404", False)
    headers = {"request.header.accept": '["text/plain"]'} if attributes is NEW_CALL else {}
    assert data.properties == {"component": "HTTP", **headers}


OLD_REQUEST = {
    "http.method": "POST",
    "http.scheme": "http",
    "http.host": "shop:8080",
    "net.host.port": 8080,
    "http.target": "/orders/7?x=1",
    "http.route": "/orders/{id}",
    "http.status_code": 201,
}
NEW_REQUEST = {
    "http.request.method": "POST",
    "url.scheme": "http",
    "server.address": "shop",
    "server.port": 8080,
    "url.path": "/orders/7",
    "url.query": "x=1",
    "http.route": "/orders/{id}",
    "http.response.status_code": 201,
}


@pytest.mark.parametrize("attributes", [OLD_REQUEST, NEW_REQUEST])
def test_http_requests(bridge: Any, span_list: Any, attributes: dict[str, Any]) -> None:
    data = sent(bridge, span_list, "SERVER", "POST /orders/{id}", attributes)
    assert (data.name, data.url) == ("POST /orders/{id}", "http://shop:8080/orders/7?x=1")
    assert (data.responseCode, data.success) == ("201", True)


@pytest.mark.parametrize(
    ("said", "url"),
    [
        ({"server.address": "shop", "server.port": 443}, "https://shop/a"),
        ({"server.address": "shop"}, "https://shop/a"),
        ({"server.address": "::1", "server.port": 8443}, "https://[::1]:8443/a"),
        ({"server.address": "shop:1234", "server.port": 8443}, "https://shop:1234/a"),
        ({}, None),
    ],
)
def test_addresses_of_requests(
    bridge: Any, span_list: Any, said: dict[str, Any], url: str | None
) -> None:
    known = {"http.request.method": "GET", "url.scheme": "https", "url.path": "/a"}
    data = sent(bridge, span_list, "SERVER", "GET", {**known, **said})
    assert data.url == url
    assert data.properties["request.name"] == "GET /a"


def test_methods_that_a_client_made_up(bridge: Any, span_list: Any) -> None:
    said = {
        "http.request.method": "_OTHER",
        "http.request.method_original": "BREW",
        "url.full": "http://pot/",
    }
    assert sent(bridge, span_list, "CLIENT", "HTTP", said).name == "BREW /"


@pytest.mark.parametrize(
    "said",
    [
        {
            "db.system": "postgresql",
            "db.statement": "select * from orders where name = 'Ann'",
            "db.name": "shop",
            "net.peer.name": "db",
            "net.peer.port": 5432,
            "db.user": "sa",
        },
        {
            "db.system.name": "postgresql",
            "db.query.text": "select * from orders where name = 'Ann'",
            "db.namespace": "shop",
            "server.address": "db",
            "server.port": 5432,
            "db.user": "sa",
        },
    ],
)
def test_statements_have_no_values(bridge: Any, span_list: Any, said: dict[str, Any]) -> None:
    data = sent(bridge, span_list, "CLIENT", "SELECT shop.orders", said)
    assert (data.name, data.type) == ("SELECT shop.orders", "postgresql")
    assert data.data == "select * from orders where name = ?"
    assert (data.target, data.resultCode, data.success) == ("db:5432 | shop", "0", True)
    assert data.properties["db.user"] == "sa"
    assert "Ann" not in str(data.properties)


@pytest.mark.parametrize(
    ("said", "kind", "text", "target"),
    [
        (
            {"db.system": "redis", "db.statement": "SET ? ?", "db.redis.database_index": 2},
            "Redis",
            "SET ? ?",
            "2",
        ),
        (
            {"db.system": "mongodb", "db.operation": "find", "db.mongodb.collection": "orders"},
            "MongoDB",
            "find orders",
            None,
        ),
        (
            {"db.system.name": "microsoft.sql_server", "db.query.text": "select 1"},
            "mssql",
            "select ?",
            None,
        ),
        (
            {
                "messaging.system": "rabbitmq",
                "messaging.destination.name": "orders",
                "server.address": "mq",
            },
            "rabbitmq",
            "orders",
            "mq | orders",
        ),
        ({"peer.service": "billing"}, None, None, "billing"),
    ],
)
def test_other_calls(
    bridge: Any,
    span_list: Any,
    said: dict[str, Any],
    kind: str | None,
    text: str | None,
    target: str | None,
) -> None:
    data = sent(bridge, span_list, "PRODUCER", "call", said)
    assert (data.type, data.data, data.target) == (kind, text, target)


@pytest.mark.parametrize(
    "status", [{"rpc.grpc.status_code": 5}, {"rpc.response.status_code": "NOT_FOUND"}]
)
def test_remote_procedures(bridge: Any, span_list: Any, status: dict[str, Any]) -> None:
    span = bridge.tracer.start_span("shop.Orders/Bill", kind=bridge.kind.CLIENT)
    span.set_attributes(
        {"rpc.system": "grpc", "server.address": "shop", "server.port": 1, **status}
    )
    span.set_status(bridge.trace.StatusCode.ERROR, "no such order")
    span.end()
    (envelope,) = envelopes_of(span_list.spans[-1], "key", {})
    data = envelope.data.baseData
    assert (data.name, data.type, data.target) == ("shop.Orders/Bill", "gRPC", "shop:1")
    assert (data.data, data.resultCode, data.success) == ("shop.Orders/Bill", "5", False)
    assert data.properties["status.message"] == "no such order"


def test_work_inside_the_process_keeps_its_attributes(bridge: Any, span_list: Any) -> None:
    said = {"db.system": "none", "code.function": "price"}
    data = sent(bridge, span_list, "INTERNAL", "price", said)
    assert (data.type, data.properties) == ("INPROC", said)


def test_messages_that_are_received_are_requests(bridge: Any, span_list: Any) -> None:
    said = {"messaging.system": "rabbitmq", "messaging.destination.name": "orders"}
    data = sent(bridge, span_list, "CONSUMER", "orders process", said)
    assert (data.name, data.responseCode, data.properties) == ("orders process", "0", said)


@pytest.mark.parametrize("kind", ["SERVER", "CLIENT"])
@pytest.mark.parametrize(
    ("status", "code", "answered"),
    [(200, "2", "200"), (503, "503", None), ("?", "?", None), (float("inf"), "inf", None)],
)
def test_what_fails_after_its_answer_is_no_success(
    bridge: Any, span_list: Any, kind: str, status: Any, code: str, answered: str | None
) -> None:
    span = bridge.tracer.start_span("GET /", kind=getattr(bridge.kind, kind))
    span.set_attributes({"http.request.method": "GET", "http.response.status_code": status})
    span.set_status(bridge.trace.StatusCode.ERROR, "the connection broke")
    span.end()
    (envelope,) = envelopes_of(span_list.spans[-1], "key", {})
    data = envelope.data.baseData
    found = data.responseCode if kind == "SERVER" else data.resultCode
    assert (found, data.success) == (code, False)
    assert data.properties.get("response.status_code") == answered
