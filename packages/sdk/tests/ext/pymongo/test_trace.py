from __future__ import annotations

from typing import Any

import database_peers
import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from opencensus.ext.pymongo import trace
from opencensus.trace.span import SpanKind

mongodb = database_peers.mongodb


@pytest.fixture
def client(mongodb: Any) -> Any:
    trace.trace_integration()
    trace.trace_integration()
    with MongoClient(f"mongodb://localhost:{mongodb.port}", retryWrites=False) as made:
        yield made


def test_each_command_is_a_client_span(client: Any, tracer: Any, span_list: Any) -> None:
    with tracer.span(name="work"):
        assert client.shop.orders.find_one({"customer": "ada"}) == {"customer": "ada"}

    span = span_list.named("pymongo.shop.orders.find")
    assert span.parent_span_id == span_list.named("work").span_id
    assert span.span_kind == SpanKind.CLIENT
    attributes = dict(span.attributes)
    assert attributes.pop("request_id")
    assert attributes.pop("connection_id")
    assert attributes.pop("db.server").startswith("localhost:")
    assert attributes == {
        "component": "mongodb",
        "db.type": "mongodb",
        "db.instance": "shop",
        "db.statement": "orders",
        "filter": "{'customer': '?'}",
        "limit": "1",
    }


def test_values_of_a_pipeline_are_hidden(client: Any, tracer: Any, span_list: Any) -> None:
    stages = [{"$match": {"name": {"$in": ["ada", "grace"]}}}, {"$limit": 5}]
    list(client.shop.orders.aggregate(stages))

    (span,) = span_list.spans
    assert span.attributes["pipeline"] == (
        "[{'$match': {'name': {'$in': ['?', '?']}}}, {'$limit': '?'}]"
    )


def test_values_are_recorded_where_the_program_says_so(
    client: Any, tracer: Any, span_list: Any
) -> None:
    trace.trace_integration(sql_parameters=True)
    client.shop.orders.find_one({"customer": "ada"})

    assert "ada" in span_list.spans[0].attributes["filter"]


def test_failed_command_ends_its_span(client: Any, tracer: Any, span_list: Any) -> None:
    with pytest.raises(OperationFailure):
        client.shop.orders.insert_one({"customer": "ada"})

    (span,) = span_list.spans
    assert span.name == "pymongo.shop.orders.insert"
    assert span.status.code == 2
    assert span.status.message == "MongoDB error"
    assert tracer.current_span() is None
