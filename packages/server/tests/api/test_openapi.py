"""The OpenAPI document, and the server held against it: no fault, no status that it does not name."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from openinsights.api.openapi import openapi, path_of
from openinsights.api.reference_page import reference_page
from openinsights.app import build, open_parts, route_table
from openinsights.clock import SystemClock
from openinsights.operation import operation_of
from openinsights.settings import resolve

PUBLIC_URL = "http://127.0.0.1:5380/"
KNOWN = {
    "id": "shop",
    "app": "shop",
    "subscription": "00000000-0000-0000-0000-000000000000",
    "group": "default",
    "name": "shop",
    "namespace": "Microsoft.Insights",
    "day": "oldest",
}
PAGES = {
    "/",
    "/a/{rest:path}",
    "/tx/{rest:path}",
    "/favicon.svg",
    "/assets/{name:path}",
    "/sign-in",
    "/create",
    "/sign-in/provider",
    "/sign-in/callback",
}
ENDLESS = "/api/live/{app}"
EXAMPLES = 6
CHECKS = (
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)


@pytest.fixture(scope="module")
def table():
    clock, options = SystemClock(), resolve()
    with ExitStack() as opened:
        yield route_table(open_parts(None, options, clock, opened), options, clock, PUBLIC_URL)


def test_every_route_but_the_pages_is_described(table):
    """A new route needs a promise: what it takes, what it answers, with which statuses."""
    silent = {each.path for each in table if operation_of(each) is None}
    assert silent == PAGES


def test_document_names_every_method_of_every_described_route(table):
    paths = openapi(table, "1")["paths"]
    shown = {(path, method) for path, methods in paths.items() for method in methods}
    served = {
        (path_of(route), method.lower())
        for route in table
        if operation_of(route) is not None
        for method in route.methods - {"HEAD", "OPTIONS"}
    }
    assert shown == served


def test_references_of_the_document_lead_somewhere(table):
    document = openapi(table, "1")
    text = json.dumps(document)
    names = set(re.findall(r"#/components/schemas/([^\"]+)", text))
    assert names == set(document["components"]["schemas"])
    ids = re.findall(r'"operationId": "([^"]+)"', text)
    assert len(ids) == len(set(ids))


def test_page_shows_every_operation_and_schema_and_asks_nobody_else(table):
    document = openapi(table, "1")
    page = reference_page(document)
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    operations = {
        each["operationId"] for path in document["paths"].values() for each in path.values()
    }
    assert operations | {f"schema-{name}" for name in document["components"]["schemas"]} <= set(ids)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    assert set(re.findall(r'(?:src|href|url\()="?(?!#)([^"]+)"', page)) == {"/openapi.json"}
    assert "<script" not in page


@pytest.fixture(scope="module")
def described():
    clock, options = SystemClock(), resolve()
    with ExitStack() as opened:
        parts = open_parts(None, options, clock, opened)
        parts.resources.create("shop")
        application = build(parts, options, clock, PUBLIC_URL)

        async def addressed(scope, receive, send):
            if scope["type"] == "http":
                headers = [each for each in scope["headers"] if each[0] != b"host"]
                scope["headers"] = [*headers, (b"host", b"127.0.0.1:5380")]
            await application(scope, receive, send)

        schema = schemathesis.openapi.from_asgi("/openapi.json", addressed)

        @schema.hook
        def map_path_parameters(context, path_parameters):
            """Name what is there, unless what was made up is odd enough to be of use itself."""
            return {
                name: KNOWN.get(name, value) if str(value).isalnum() else value
                for name, value in (path_parameters or {}).items()
            }

        yield schema.exclude(path=ENDLESS)


def modes_of(operation):
    """Yield what is sent: what fits, and for bodies with a form what does not."""
    yield GenerationMode.POSITIVE
    content = operation.definition.raw.get("requestBody", {}).get("content", {})
    if any("schema" in each for each in content.values()):
        yield GenerationMode.NEGATIVE


@pytest.mark.slow
def test_replies_are_as_the_document_says(described):
    """Requests of every form that the document allows, and of forms that it does not."""
    broken = {}
    for operation in (each.ok() for each in described.get_all_operations()):
        for mode in modes_of(operation):

            @given(case=operation.as_strategy(generation_mode=mode))
            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            def holds(case):
                case.call_and_validate(checks=CHECKS)

            try:
                holds()
            except FailureGroup as group:
                broken[f"{operation.label} {mode}"] = [str(each) for each in group.exceptions]
            except Unsatisfiable:  # nothing of the mode can be made up
                continue
    assert not broken, broken
