"""Queries across resources: which tables are read of which resource, and what stays out of reach."""

from __future__ import annotations

import pytest
from engine import OPTIONS

from openinsights.kql.api import Database, OtherResource, ResourceUnavailable, compile
from openinsights.kql.errors import KqlError, KqlSemanticError
from openinsights.schema.catalog import ALL, APP, CLASSIC

KNOWN = {"shop": "id-1", "bank": "id-2", "/subscriptions/s": "id-3"}


def resource(call: str, name: str) -> OtherResource:
    if name not in KNOWN:
        raise ResourceUnavailable(f"cannot find resource '{name}'")
    return OtherResource(KNOWN[name], APP if call == "workspace" else ALL)


DATABASE = Database(ALL, resource=resource)


def _scans(text: str) -> list[tuple[str | None, str]]:
    (statement,) = compile(text, DATABASE, OPTIONS).statements
    return [(scan.resource, scan.table) for scan in statement.scans]


@pytest.mark.parametrize(
    ("text", "scans"),
    [
        ("app('shop').requests | count", [("id-1", "requests")]),
        ("app('shop').AppRequests | count", [("id-1", "AppRequests")]),
        ("workspace('bank').AppTraces | count", [("id-2", "AppTraces")]),
        ("resource('/subscriptions/s').traces | count", [("id-3", "traces")]),
        (
            "union requests, app('shop').requests, app('bank').requests | count",
            [(None, "requests"), ("id-1", "requests"), ("id-2", "requests")],
        ),
        ("union app('shop').tra*, traces | count", [("id-1", "traces"), (None, "traces")]),
        ("union workspace('shop').AppTr* | count", [("id-1", "AppTraces")]),
        ("union app('shop').*Events | count", [("id-1", "customEvents")]),
        ("search in (app('shop').traces, traces) 'x'", [("id-1", "traces"), (None, "traces")]),
        ("find in (app('shop').tra*) where 'x'", [("id-1", "traces")]),
        (
            "requests | join (app('bank').dependencies) on operation_Id | count",
            [(None, "requests"), ("id-2", "dependencies")],
        ),
        (
            "let f = (name:string) { app(name).requests }; union f('shop'), f('bank') | count",
            [("id-1", "requests"), ("id-2", "requests")],
        ),
        ("let a = 'shop'; requests | where name in ((app(a).requests | project name)) | count",
         [(None, "requests"), ("id-1", "requests")]),
        ("database('').requests | count", [(None, "requests")]),
        ("database('default').requests | count", [(None, "requests")]),
    ],
)  # fmt: skip
def test_each_scan_names_the_resource_that_it_reads(
    text: str, scans: list[tuple[str | None, str]]
) -> None:
    assert sorted(_scans(text), key=str) == sorted(scans, key=str)


def test_all_tables_of_a_resource_are_read_once() -> None:
    assert _scans("union app('shop').* | count") == [("id-1", table.name) for table in CLASSIC]
    assert _scans("union workspace('shop').* | count") == [("id-1", table.name) for table in APP]


def test_the_source_of_a_union_tells_resources_apart() -> None:
    text = "union withsource=from app('shop').requests, requests | take 1 | project from"
    (statement,) = compile(text, DATABASE, OPTIONS).statements
    assert statement.columns[0][0] == "from"
    values = [
        value.value
        for _, branch in statement.plan.inputs()[0].branches  # type: ignore[attr-defined]
        for value in branch
    ]
    assert values == ["app('shop').requests", "requests"]


@pytest.mark.parametrize(
    ("text", "message", "column", "end"),
    [
        ("app('shpo').requests", "cannot find resource 'shpo'", 1, 11),
        ("union requests, app('shpo').requests", "cannot find resource 'shpo'", 17, 27),
        ("union requests, app('shpo').req*", "cannot find resource 'shpo'", 17, 27),
        ("app('shop').requets", "unknown table 'requets'", 1, 19),
        ("workspace('shop').requests", "unknown table 'requests'", 1, 26),
        ("app('shop')", "app(…) names a resource; add a table", 1, 11),
        ("app('shop', 'x').requests", "app(…) takes one name", 1, 16),
        ("app().requests", "app(…) takes one name", 1, 5),
        ("app(strcat('s', tostring(rand()))).requests", "a resource's name must be", 5, 33),
        ("cluster('c').database('d').requests", "cluster(…) is not run", 1, 12),
        ("union app('shop').nothing* | count", "no table fits this", 7, 26),
        ("restrict access to (requests); app('shop').requests", "'restrict access to'", 32, 42),
        ("alias database d = cluster('c').database('d'); requests", "aliases of", 1, 14),
    ],
)
def test_mistakes_have_places(text: str, message: str, column: int, end: int) -> None:
    with pytest.raises(KqlError) as caught:
        compile(text, DATABASE, OPTIONS)
    assert caught.value.message.startswith(message)
    assert (caught.value.column, caught.value.end) == (column, end)
    assert len(caught.value.diagnostics) == 1


def test_isfuzzy_leaves_out_what_is_not_there() -> None:
    text = "union isfuzzy=true requests, app('nobody').requests | count"
    assert _scans(text) == [(None, "requests")]


def test_without_a_way_to_other_resources_there_are_none() -> None:
    with pytest.raises(KqlError, match="there are no other resources here"):
        compile("app('shop').requests", Database(ALL), OPTIONS)


def test_what_a_caller_may_not_read_is_not_there() -> None:
    def nothing(call: str, name: str) -> OtherResource:
        raise ResourceUnavailable(f"cannot find resource '{name}'")

    hidden = Database(ALL, resource=nothing)
    for text in ("app('shop').requests", "app('shpo').requests"):
        with pytest.raises(KqlSemanticError) as caught:
            compile(text, hidden, OPTIONS)
        assert caught.value.message == f"cannot find resource '{text[5:9]}'"
