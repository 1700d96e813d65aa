from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from openinsights.portal import answers

START, END = "2026-11-21T08:00:00Z", "2026-11-21T12:00:00Z"
RANGE = {"start": START, "end": END}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_page_of_another_site_cannot_post(server: Any, kind: str) -> None:
    body = b'{"app": "shop", "query": "print 1"}'
    reply = server.ask("POST", "/portal/api/query", content=body, headers={"content-type": kind})
    assert reply.status_code == 415


def test_the_headline_compares_the_range_with_the_one_before(server: Any, items: Any) -> None:
    shop = server.parts.resources.create("shop")
    server.send(
        shop,
        items.request(10, 100),
        items.request(20, 300, ok=False),
        items.request(5 * 60, 50),
    )
    rows = {row["period"]: row for row in server.rows("overview.headline", "shop", **RANGE)}
    assert rows["current"]["total"] == 2
    assert rows["current"]["failed"] == 1
    assert rows["current"]["avg_ms"] == pytest.approx(200)
    assert rows["previous"]["total"] == 1


def test_counts_are_weighted_and_the_sampling_is_told(server: Any, items: Any) -> None:
    shop = server.parts.resources.create("shop")
    server.send(shop, items.request(10, 100, sample_rate=25.0), items.request(20, 300))
    answer = server.tile("overview.headline", "shop", **RANGE)
    assert answer["sampled"] == 2.5
    (row,) = server.rows("overview.headline", "shop", **RANGE)
    assert (row["stored"], row["total"]) == (2, 5)
    assert row["avg_ms"] == pytest.approx((4 * 100 + 300) / 5)


def test_buckets_are_whole_multiples_of_the_grain(server: Any, items: Any) -> None:
    shop = server.parts.resources.create("shop")
    server.send(shop, items.request(7, 100), items.request(8, 200, ok=False), items.request(61, 5))
    answer = server.tile("overview.requests", "shop", buckets="80", **RANGE)
    assert answer["grain_s"] == 300
    assert (answer["start"], answer["end"]) == (START, END)
    assert [row[:3] for row in answer["rows"]] == [
        ["2026-11-21T10:55:00Z", 1, 0],
        ["2026-11-21T11:50:00Z", 2, 1],
    ]


def test_operations_are_listed_slowest_first_and_bounded(server: Any, items: Any) -> None:
    shop = server.parts.resources.create("shop")
    server.send(
        shop, items.request(5, 20), items.request(6, 900, name="POST /pay"), items.request(7, 30)
    )
    names = [row["name"] for row in server.rows("overview.operations", "shop", **RANGE)]
    assert names == ["POST /pay", "GET /"]
    bounded = server.rows("overview.operations", "shop", **RANGE, **{"p.rows": "1"})
    assert [row["name"] for row in bounded] == ["POST /pay"]


def test_exceptions_are_counted_by_problem(server: Any, items: Any) -> None:
    shop = server.parts.resources.create("shop")
    server.send(
        shop,
        items.exception(9, "PaymentDeclined", "older"),
        items.exception(5, "PaymentDeclined", "newer"),
        items.exception(5, "KeyError", "'x'"),
    )
    first = server.rows("overview.exceptions", "shop", **RANGE)[0]
    assert first["type"] == "PaymentDeclined"
    assert first["total"] == 2
    assert first["outerMessage"] == "newer"
    assert first["last_seen"] == "2026-11-21T11:55:00Z"


def test_only_failed_dependencies_are_listed(server: Any, items: Any) -> None:
    shop = server.parts.resources.create("shop")
    server.send(
        shop,
        items.dependency(3, "stock", ok=True),
        items.dependency(3, "stock", ok=False),
        items.dependency(3, "mail", ok=True),
    )
    rows = server.rows("overview.dependencies", "shop", **RANGE)
    assert [(row["target"], row["failed"], row["total"]) for row in rows] == [("stock", 1, 2)]


def test_freshness_tells_the_newest_row_of_each_table(server: Any, items: Any) -> None:
    shop = server.parts.resources.create("shop")
    server.send(shop, items.request(5, 20), items.request(6, 20), items.message(1, "hello"))
    rows = server.rows("overview.freshness", "shop")
    assert [(row["table_name"], row["stored"], row["last_seen"]) for row in rows] == [
        ("requests", 2, "2026-11-21T11:55:00Z"),
        ("traces", 1, "2026-11-21T11:59:00Z"),
    ]
    latest = server.rows("overview.latest", "shop")
    assert [row["table_name"] for row in latest] == ["traces", "requests"]


def test_the_first_event_is_seen_at_once(server: Any, items: Any) -> None:
    shop = server.parts.resources.create("shop")
    assert server.rows("start.first", "shop") == []
    server.send(shop, items.message(0, "hello"))
    (row,) = server.rows("start.first", "shop")
    assert (row["table_name"], row["cloud_RoleName"], row["stored"]) == ("traces", "web", 1)


@pytest.mark.parametrize("tile", ["overview.latest", "overview.freshness", "start.first"])
def test_an_answer_without_rows_is_not_given_again_once_there_are_some(
    server: Any, items: Any, tile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would lead somebody who has just sent their first event back to where they came from."""
    kept = answers.Answers._kept  # as if each answer had cost much

    def costly(*asked: Any) -> Any:
        return replace(kept(*asked), fresh_s=1e9)

    monkeypatch.setattr(answers.Answers, "_kept", costly)
    shop = server.parts.resources.create("shop")
    assert server.tile(tile, app="shop")["rows"] == []
    server.send(shop, items.message(0, "hello"))
    assert len(server.tile(tile, app="shop")["rows"]) == 1


def test_a_tile_reads_its_own_resource_only(server: Any, items: Any) -> None:
    server.send(server.parts.resources.create("shop"), items.message(0, "hello"))
    server.parts.resources.create("other")
    assert server.rows("start.first", "other") == []


def test_a_tiles_reply_carries_the_query_that_ran(server: Any, items: Any) -> None:
    server.send(server.parts.resources.create("shop"), items.request(5, 20))
    answer = server.tile("overview.requests", "shop", **RANGE)
    again = server.ask("POST", "/portal/api/query", json={"app": "shop", "query": answer["kql"]})
    assert again.json()["tables"][0]["rows"] == answer["rows"]


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("tile/none.such?app=shop", 404, "cannot find the tile 'none.such'"),
        ("tile/start.first?app=other", 404, "cannot find resource 'other'"),
        ("tile/start.first", 404, "cannot find resource ''"),
        ("tile/overview.requests?app=shop&buckets=0", 400, "from 1 to 240 is expected"),
        ("tile/overview.requests?app=shop&buckets=many", 400, "cannot use 'many' for buckets"),
        ("tile/overview.requests?app=shop&p.x=1", 400, "has no such parameter"),
        ("tile/overview.requests?app=shop&start=x&end=y", 400, "timespan"),
        (
            f"tile/overview.requests?app=shop&start={END}&end={START}",
            400,
            "cannot",
        ),
        ("schema?app=other", 404, "cannot find resource 'other'"),
        ("none", 404, "does not exist"),
    ],
)
def test_a_request_that_cannot_be_met_says_why(
    server: Any, path: str, status: int, message: str
) -> None:
    server.parts.resources.create("shop")
    reply = server.ask("GET", f"/portal/api/{path}")
    assert reply.status_code == status
    assert message in reply.json()["error"]["message"]


def test_a_query_is_answered_with_rows_types_and_sql(server: Any) -> None:
    server.parts.resources.create("shop")
    text = "print n = 9007199254740993, at = datetime(2026-01-02), bag = dynamic({'k': 1})"
    answer = server.ask("POST", "/portal/api/query", json={"app": "shop", "query": text}).json()
    (table,) = answer["tables"]
    assert table["columns"] == [
        {"name": "n", "type": "long"},
        {"name": "at", "type": "datetime"},
        {"name": "bag", "type": "dynamic"},
    ]
    assert table["rows"] == [["9007199254740993", "2026-01-02T00:00:00Z", '{"k":1}']]
    assert "select" in answer["sql"].lower()
    assert answer["render"] is None
    assert answer["partial"] == ""


def test_a_render_clause_is_passed_on(server: Any) -> None:
    server.parts.resources.create("shop")
    text = "print a = 'x', b = 1 | render piechart with (title = 'Shares')"
    answer = server.ask("POST", "/portal/api/query", json={"app": "shop", "query": text}).json()
    assert answer["render"]["visualization"] == "piechart"
    assert answer["render"]["title"] == "Shares"


def test_the_range_applies_beside_the_querys_own(server: Any, items: Any) -> None:
    server.send(
        server.parts.resources.create("shop"), items.message(5, "a"), items.message(90, "b")
    )
    body = {"app": "shop", "query": "traces | count", "timespan": f"2026-11-21T11:00:00Z/{END}"}
    answer = server.ask("POST", "/portal/api/query", json=body).json()
    assert answer["tables"][0]["rows"] == [[1]]


def test_a_mistake_is_told_with_its_place_and_a_suggestion(server: Any) -> None:
    server.parts.resources.create("shop")
    body = {"app": "shop", "query": "requests\n| wher duration > 5"}
    reply = server.ask("POST", "/portal/api/query", json=body)
    assert reply.status_code == 200
    error = reply.json()["error"]
    assert (error["line"], error["column"], error["length"]) == (2, 3, 4)
    assert "where" in error["hint"]
    assert error["diagnostics"][0]["line"] == 2


def test_an_empty_query_is_refused(server: Any) -> None:
    server.parts.resources.create("shop")
    reply = server.ask("POST", "/portal/api/query", json={"app": "shop", "query": "  "})
    assert reply.status_code == 400


def test_the_editor_learns_the_tables_and_what_the_server_runs(server: Any) -> None:
    server.parts.resources.create("shop")
    schema = server.ask("GET", "/portal/api/schema", params={"app": "shop"}).json()
    tables = {table["name"]: table for table in schema["tables"]}
    assert tables["AppRequests"]["alias_of"] == "requests"
    assert {"name": "duration", "type": "real"}.items() <= next(
        column for column in tables["requests"]["columns"] if column["name"] == "duration"
    ).items()
    assert {"ago", "bin", "parse_json", "toscalar"} <= set(schema["functions"])
    assert {"count", "dcount", "arg_max", "percentiles"} <= set(schema["aggregates"])
    assert "geo_info_from_ip_address" not in schema["functions"]


def test_the_pages_stand_beside_the_api_and_hide_nothing(server: Any) -> None:
    page = server.ask("GET", "/a/shop/overview")
    assert page.headers["content-type"].startswith("text/html")
    assert server.ask("GET", "/v1/none").headers["content-type"].startswith("application/json")
