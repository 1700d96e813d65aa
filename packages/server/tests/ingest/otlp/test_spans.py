"""Spans become requests and dependencies. Rules O20 to O50."""

from __future__ import annotations

import json

import pytest

SERVER, CLIENT, PRODUCER, CONSUMER, INTERNAL = 2, 3, 4, 5, 1


@pytest.fixture
def table_row(otlp):
    def send(kind, attributes, table, **options):
        request, spans = otlp.traces()
        one = otlp.span(spans, kind=kind, **options)
        for name, value in attributes.items():
            otlp.put(one.attributes, name, value)
        otlp.send(request)
        return otlp.row(table)

    return send


def test_server_span_with_its_resource_and_parent_is_a_request(otlp):
    request, spans = otlp.traces(
        service__name="checkout",
        service__namespace="shop",
        service__instance__id="pod-1",
        service__version="1.2",
        telemetry__sdk__language="python",
        telemetry__sdk__version="1.45",
    )
    one = otlp.span(spans, "GET /orders", SERVER, 118.25, tenant="north", vip=True, share=0.5)
    one.parent_span_id = otlp.parent_id
    otlp.send(request)
    row = otlp.row("requests")
    assert {name: row[name] for name in EXPECTED} == EXPECTED
    assert row["customDimensions"] == {"tenant": "north", "vip": "True", "share": "0.5"}


EXPECTED = {
    "id": "0001020304050607",
    "operation_Id": "000102030405060708090a0b0c0d0e0f",
    "operation_ParentId": "08090a0b0c0d0e0f",
    "operation_Name": "GET /orders",
    "name": "GET /orders",
    "duration": 118.25,
    "resultCode": "0",
    "success": "True",
    "performanceBucket": "<250ms",
    "cloud_RoleName": "shop.checkout",
    "cloud_RoleInstance": "pod-1",
    "application_Version": "1.2",
    "client_Type": "Other",
    "sdkVersion": "otlp_python:otel1.45",
    "itemCount": 1,
    "itemType": "request",
}


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (
            {
                "http.request.method": "GET",
                "http.route": "/orders/{number}",
                "url.scheme": "https",
                "server.address": "shop.example",
                "server.port": 8443,
                "url.path": "/orders/7",
                "url.query": "full=1",
                "http.response.status_code": 200,
            },
            {
                "url": "https://shop.example:8443/orders/7?full=1",
                "name": "GET /orders/{number}",
                "operation_Name": "GET /orders/{number}",
                "resultCode": "200",
                "success": "True",
            },
        ),
        (
            {
                "http.method": "POST",
                "http.scheme": "http",
                "http.host": "shop.example:8080",
                "http.target": "/pay?x=1",
                "http.status_code": 404,
            },
            {
                "url": "http://shop.example:8080/pay?x=1",
                "name": "POST /pay",
                "resultCode": "404",
                "success": "False",
            },
        ),
        (
            {"http.method": "GET", "http.url": "http://shop.example", "http.status_code": "503"},
            {"name": "GET /", "resultCode": "503", "success": "True"},
        ),
        ({"http.method": "GET"}, {"name": "work", "resultCode": "0", "success": "False"}),
    ],
)
def test_http_requests_by_old_and_new_names(table_row, attributes, expected):
    row = table_row(SERVER, attributes, "requests")
    assert {name: row.get(name) for name in expected} == expected
    assert "customDimensions" not in row


def test_consumed_message_names_its_source(table_row):
    row = table_row(
        CONSUMER,
        {
            "messaging.system": "kafka",
            "messaging.destination": "orders",
            "net.peer.name": "broker.example",
        },
        "requests",
    )
    assert row["source"] == "broker.example/orders"


@pytest.mark.parametrize(
    ("kind", "attributes", "expected"),
    [
        (
            CLIENT,
            {
                "http.request.method": "GET",
                "url.full": "https://bank.example:443/pay/1?q=2",
                "server.address": "bank.example",
                "server.port": 443,
                "url.scheme": "https",
                "http.response.status_code": 502,
            },
            {
                "type": "HTTP",
                "target": "bank.example",
                "data": "https://bank.example:443/pay/1?q=2",
                "name": "GET /pay/1",
                "resultCode": "502",
                "success": "True",
            },
        ),
        (
            CLIENT,
            {"http.method": "GET", "http.url": "http://bank.example:8080/"},
            {"type": "HTTP", "target": "bank.example:8080", "name": "GET /", "resultCode": "0"},
        ),
        (
            CLIENT,
            {"http.request.method": "GET", "server.address": "bank.example"},
            {"target": "bank.example"},
        ),
        (
            CLIENT,
            {
                "db.system.name": "postgresql",
                "db.query.text": "select 1",
                "db.namespace": "shop",
                "server.address": "db.example",
                "server.port": 5432,
            },
            {"type": "postgresql", "target": "db.example|shop", "data": "select 1"},
        ),
        (
            CLIENT,
            {
                "db.system": "mssql",
                "db.statement": "select 2",
                "db.name": "shop",
                "net.peer.name": "sql.example",
                "net.peer.port": 1500,
            },
            {"type": "SQL", "target": "sql.example:1500|shop", "data": "select 2"},
        ),
        (CLIENT, {"db.system": "redis", "db.operation": "GET"}, {"type": "redis", "data": "GET"}),
        (CLIENT, {"db.system": "cassandra"}, {"type": "cassandra", "target": "cassandra"}),
        (
            CLIENT,
            {"messaging.system": "kafka", "messaging.destination.name": "orders"},
            {"type": "kafka", "target": "orders"},
        ),
        (CLIENT, {"rpc.system": "grpc", "peer.service": "stock"}, {"target": "stock"}),
        (CLIENT, {"gen_ai.system": "openai"}, {"type": "GenAI | openai", "target": "openai"}),
        (CLIENT, {}, {"type": "N/A", "name": "work"}),
        (
            PRODUCER,
            {"messaging.system": "kafka", "messaging.destination": "orders"},
            {"type": "Queue Message | kafka", "target": "orders"},
        ),
        (
            PRODUCER,
            {
                "az.namespace": "Microsoft.EventHub",
                "server.address": "hub.example",
                "messaging.destination.name": "orders",
            },
            {"type": "Queue Message | Microsoft.EventHub", "target": "hub.example/orders"},
        ),
        (INTERNAL, {}, {"type": "InProc", "name": "work", "id": "0001020304050607"}),
        (0, {}, {"type": "InProc"}),
    ],
)
def test_calls_have_type_target_and_data(table_row, kind, attributes, expected):
    row = table_row(kind, attributes, "dependencies")
    assert {name: row.get(name) for name in expected} == expected


def test_error_status_is_a_failed_dependency(otlp):
    request, spans = otlp.traces()
    otlp.span(spans, kind=CLIENT).status.code = 2
    otlp.send(request)
    assert otlp.row("dependencies")["success"] == "False"


def test_events_become_exceptions_and_traces_of_their_span(otlp):
    request, spans = otlp.traces(service__name="shop")
    one = otlp.span(spans, session__id="s-1")
    failed = one.events.add(name="exception", time_unix_nano=otlp.now_ns + 1_000_000)
    otlp.add(
        failed.attributes,
        exception__type="ValueError",
        exception__message="bad",
        exception__stacktrace="Traceback …",
        note="kept",
    )
    one.events.add(name="exception")
    otlp.add(one.events.add(name="cache miss").attributes, size=3)
    otlp.send(request)
    trace = otlp.row("traces")
    assert (trace["message"], trace["customDimensions"]) == ("cache miss", {"size": "3"})
    assert trace["operation_ParentId"] == "0001020304050607"
    assert (trace["session_Id"], trace["cloud_RoleName"]) == ("s-1", "shop")
    full, bare = sorted(otlp.rows("exceptions"), key=lambda row: row["type"], reverse=True)
    assert (full["type"], full["outerMessage"]) == ("ValueError", "bad")
    assert full["customDimensions"] == {"note": "kept"}
    assert json.loads(full["details"])[0]["rawStack"] == "Traceback …"
    assert "rawStack" not in json.loads(bare["details"])[0]


def test_links_people_and_sampling(otlp):
    request, spans = otlp.traces()
    one = otlp.span(
        spans,
        enduser__id="ann",
        enduser__pseudo__id="u1",
        session__id="s1",
        _MS__sampleRate=25.0,
        user_agent__synthetic__type="bot",
        microsoft__custom_measurements='{"items": 3, "bad": "x"}',
    )
    for _ in range(200):
        one.links.add(trace_id=otlp.trace_id, span_id=otlp.parent_id)
    otlp.send(request)
    row = otlp.row("requests")
    links = json.loads(row["customDimensions"].pop("_MS.links"))
    assert row["customDimensions"] == {}
    assert links[0] == {
        "operation_Id": "000102030405060708090a0b0c0d0e0f",
        "id": "08090a0b0c0d0e0f",
    }
    assert 90 < len(links) < 103
    assert (row["user_AuthenticatedId"], row["user_Id"], row["session_Id"]) == ("ann", "u1", "s1")
    assert (row["itemCount"], row["operation_SyntheticSource"]) == (4, "True")
    assert row["customMeasurements"] == {"items": 3.0}


@pytest.mark.parametrize(
    ("state", "count"),
    [("ot=th:c", 4), ("a=b,ot=rv:1;th:8", 2), ("ot=th:0", 1), ("ot=th:zz", 1), ("x=th:c", 1)],
)
def test_threshold_of_consistent_sampling_is_the_item_count(otlp, state, count):
    request, spans = otlp.traces()
    otlp.span(spans).trace_state = state
    otlp.send(request)
    assert otlp.row("requests")["itemCount"] == count


def test_lists_maps_and_bytes_are_json(otlp):
    request, spans = otlp.traces()
    one = otlp.span(spans)
    for name, value in {
        "tags": ["a", 1, True, 0.5],
        "deep": {"a": {"b": [1]}},
        "raw": b"\x00\xff",
        "leer": "",
        "한국어 é 🚀": "값 ü 🌍",
        "k" * 151: "too long a name",
        "v": "v" * 9000,
    }.items():
        otlp.put(one.attributes, name, value)
    otlp.send(request)
    assert otlp.row("requests")["customDimensions"] == {
        "tags": '["a",1,true,0.5]',
        "deep": '{"a":{"b":[1]}}',
        "raw": "AP8=",
        "leer": "",
        "한국어 é 🚀": "값 ü 🌍",
        "v": "v" * 8192,
    }


@pytest.mark.parametrize(
    ("attributes", "role", "instance"),
    [
        ({"service.name": "a"}, "a", None),
        ({"service.name": "a", "host.name": "vm"}, "a", "vm"),
        ({"service.name": "unknown_service:x", "k8s.job.name": "j"}, "j", None),
        ({"service.name": "unknown_service"}, "unknown_service", None),
        ({"k8s.deployment.name": "d", "k8s.pod.name": "p", "service.instance.id": "i"}, "d", "p"),
        ({}, None, None),
    ],
)
def test_role_and_instance(otlp, attributes, role, instance):
    request, spans = otlp.traces()
    for name, value in attributes.items():
        otlp.put(request.resource_spans[0].resource.attributes, name, value)
    otlp.span(spans)
    otlp.send(request)
    row = otlp.row("requests")
    assert (row.get("cloud_RoleName"), row.get("cloud_RoleInstance")) == (role, instance)


def test_json_and_protobuf_bring_the_same_rows(make_otlp):
    def rows(as_json):
        otlp = make_otlp()
        request, spans = otlp.traces(service__name="shop")
        one = otlp.span(spans, "GET /x", a="b", n=2**40, f=1.5, ok=False)
        otlp.put(one.attributes, "list", ["x", {"y": b"z"}])
        one.parent_span_id = otlp.parent_id
        one.events.add(name="e", time_unix_nano=otlp.now_ns)
        one.links.add(trace_id=otlp.trace_id, span_id=otlp.span_id)
        one.status.code = 2
        otlp.span(spans, kind=CLIENT, db__system="mysql")
        otlp.send(request, as_json=as_json, packed=as_json)
        return [
            {name: value for name, value in row.items() if name != "itemId"}
            for table in ("requests", "dependencies", "traces")
            for row in otlp.rows(table)
        ]

    assert rows(as_json=True) == rows(as_json=False)
    assert len(rows(as_json=True)) == 3
