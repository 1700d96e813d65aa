"""Parents are found by equality of ids, whichever SDK wrote them."""

from __future__ import annotations

import json

import pytest

from openinsights.ingest.span_ids import span_id

TRACE = "8f2b6f0d1c3e4a5b9c7d0e1f2a3b4c5d"
SPAN = "3e1f0a9b8c7d6e5f"


def event_with_parent(ingest, parent: str) -> dict:
    envelope = ingest.envelope(properties={"kept": "as it is"})
    envelope["tags"] = {"ai.operation.id": TRACE, "ai.operation.parentId": parent}
    return envelope


def row_of(ingest, envelope, table: str) -> tuple[dict, dict]:
    reply = ingest.request([envelope])
    assert reply.status_code == 200, reply.text
    row = ingest.row(table)
    return row, json.loads(row.get("customDimensions", "{}"))


def test_a_hierarchical_parent_becomes_the_span_id_and_is_kept_beside(ingest) -> None:
    raw = f"|{TRACE}.{SPAN}."
    row, dimensions = row_of(ingest, event_with_parent(ingest, raw), "customEvents")
    assert row["operation_ParentId"] == SPAN
    assert dimensions == {"kept": "as it is", "_MS.rawParentId": raw}


def test_a_dependency_and_the_request_that_it_called_have_one_id(ingest) -> None:
    called = ingest.envelope(
        "RequestData", id="aaaaaaaaaaaaaaaa", duration="00:00:01", responseCode="200"
    )
    called["tags"] = {"ai.operation.id": TRACE, "ai.operation.parentId": SPAN}
    calling = ingest.envelope(
        "RemoteDependencyData", id=f"|{TRACE}.{SPAN}.", name="GET /", duration="00:00:01"
    )
    assert ingest.request([called, calling]).status_code == 200
    dependency = ingest.row("dependencies")
    assert dependency["id"] == ingest.row("requests")["operation_ParentId"] == SPAN
    assert json.loads(dependency["customDimensions"]) == {"_MS.rawId": f"|{TRACE}.{SPAN}."}


@pytest.mark.parametrize(
    "parent",
    [
        SPAN,
        f"|{'0' * 32}.{'0' * 16}.",
        f"|{TRACE}.{SPAN}",
        f"|{TRACE}.{SPAN}.1.",
        "|root.1_2.",
        "|",
        f"{TRACE}.{SPAN}.",
    ],
)
def test_parents_of_another_form_are_kept_as_they_are(ingest, parent) -> None:
    row, dimensions = row_of(ingest, event_with_parent(ingest, parent), "customEvents")
    assert row["operation_ParentId"] == parent
    assert "_MS.rawParentId" not in dimensions


def test_span_ids_are_lower_case() -> None:
    assert span_id(f"|{TRACE.upper()}.{SPAN.upper()}.") == SPAN
