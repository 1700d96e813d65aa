"""The OpenAPI document, and the server held against it: no fault, no status that it does not name."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack, contextmanager

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

from openinsights.access.rights import EVERYTHING, Role
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


@contextmanager
def described(sign_in, shown_by):
    """The server and its document, asked by somebody.

    Args:
        sign_in: the setting of that name.
        shown_by: returns the headers that somebody shows, given what the server holds.
    """
    clock, options = SystemClock(), resolve({"sign_in": sign_in})
    with ExitStack() as opened:
        parts = open_parts(None, options, clock, opened)
        parts.resources.create("shop")
        parts.resources.create("bank")
        application = build(parts, options, clock, PUBLIC_URL)
        shown = {b"host": b"127.0.0.1:5380", **shown_by(parts)}

        async def addressed(scope, receive, send):
            if scope["type"] == "http":
                headers = [each for each in scope["headers"] if each[0] not in shown]
                scope["headers"] = [*headers, *shown.items()]
                scope["client"] = ("127.0.0.1", 50_000)  # else nobody is on this machine
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


def broken(schema, examples, modes=modes_of):
    """Ask for everything in the document and return which replies are not as it says."""
    found, statuses = {}, set()
    for operation in (each.ok() for each in schema.get_all_operations()):
        for mode in modes(operation):

            @given(case=operation.as_strategy(generation_mode=mode))
            @settings(
                max_examples=examples,
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            def holds(case):
                statuses.add(case.call_and_validate(checks=CHECKS).status_code)

            try:
                holds()
            except FailureGroup as group:
                found[f"{operation.label} {mode}"] = [str(each) for each in group.exceptions]
            except Unsatisfiable:  # nothing of the mode can be made up
                continue
            except Exception as fault:
                found[f"{operation.label} {mode}"] = [repr(fault)]
    return found, statuses


@pytest.mark.slow
def test_replies_are_as_the_document_says():
    """Requests of every form that the document allows, and of forms that it does not."""
    with described("", lambda parts: {}) as schema:
        found, statuses = broken(schema, EXAMPLES)
    assert not found, found
    assert {200, 201, 204, 400, 404} <= statuses


def a_person(app, role):
    def shown(parts):
        app_id = app if app == EVERYTHING else parts.resources.named(app).app_id
        person = parts.access.people.create("ada", roles={app_id: role})
        session = parts.access.sessions.begin(person.id)
        return {
            b"cookie": f"openinsights={session}".encode(),
            b"origin": PUBLIC_URL.rstrip("/").encode(),
        }

    return shown


def a_key(*rights):
    def shown(parts):
        app_id = parts.resources.named("shop").app_id
        return {b"x-api-key": parts.access.keys.create(app_id, "k", rights)[1].encode()}

    return shown


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shown_by", "expected"),
    [
        (lambda parts: {b"x-api-key": b"of-nobody"}, {200, 401}),
        (a_person("bank", Role.VIEWER), {200, 403}),
        (a_person("shop", Role.ADMIN), {200, 204, 403}),
        (a_key("read"), {200, 403}),
    ],
    ids=["nobody", "a viewer of another", "an admin of one", "a key"],
)
def test_replies_to_everybody_are_as_the_document_says(shown_by, expected):
    """What is refused to whom, the document says too."""
    with described("always", shown_by) as schema:
        found, statuses = broken(schema, 2, modes=lambda _: [GenerationMode.POSITIVE])
    assert not found, found
    assert expected <= statuses
