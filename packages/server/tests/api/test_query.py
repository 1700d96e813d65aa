from __future__ import annotations

import json
import time
import uuid
from datetime import datetime, timedelta, timezone

import pytest

from openinsights.catalog.unknown_names import resource_not_found
from openinsights.clock import SystemClock
from openinsights.kql.errors import KqlError
from openinsights.query.service import QueryRequest, QueryService
from openinsights.settings import resolve


def test_sent_telemetry_is_found_by_id_name_and_resource_id(server):
    shop = server.create()
    server.send(shop, "a", "b")
    for name in (shop.app_id, shop.app_id.upper(), "shop", "default%2Fshop"):
        reply = server.query(name, "traces | count")
        assert reply.json()["tables"][0]["rows"] == [[2]], name
    path = f"/v1{shop.resource_id}/query"
    assert server.client.get(path, params={"query": "traces | count"}).json() == {
        "tables": [
            {
                "name": "PrimaryResult",
                "columns": [{"name": "Count", "type": "long"}],
                "rows": [[2]],
            }
        ]
    }


def test_get_and_post_say_the_same(server):
    shop = server.create()
    server.send(shop, "a")
    text = "traces | project timestamp, message, customDimensions, itemCount"
    posted = server.query("shop", text)
    got = server.client.get("/v1/apps/shop/query", params={"query": text})
    assert posted.json() == got.json()
    assert posted.headers["content-type"] == "application/json"


def test_workspace_names_answer_the_same_rows(server):
    shop = server.create()
    server.send(shop, "a", "b")
    reply = server.client.post(
        f"/v1/workspaces/{shop.app_id}/query",
        json={"query": "AppTraces | project Message | order by Message asc"},
    )
    assert reply.json()["tables"][0]["rows"] == [["a"], ["b"]]
    classic = server.client.post(f"/v1/workspaces/{shop.app_id}/query", json={"query": "traces"})
    assert "AppTraces" in classic.text


def test_values_are_written_as_clients_read_them(server):
    server.create()
    reply = server.query(
        "shop",
        "print d=dynamic({'a':1}), t=datetime(2016-12-31T23:59:59.9999999Z),"
        " s=timespan(1.02:03:04.0000005), b=true, r=real(nan), n=int(null), l=5, x='q'",
    )
    table = reply.json()["tables"][0]
    assert [column["type"] for column in table["columns"]] == [
        "dynamic",
        "datetime",
        "timespan",
        "bool",
        "real",
        "int",
        "long",
        "string",
    ]
    row = table["rows"][0]
    assert json.loads(row[0]) == {"a": 1}
    assert row[1:] == [
        "2016-12-31T23:59:59.9999999Z",
        "1.02:03:04.0000005",
        True,
        "NaN",
        None,
        5,
        "q",
    ]


def test_every_table_at_once_counts_each_row_once(server):
    shop = server.create()
    server.send(shop, "a")
    for text in (
        "union * | count",
        "search 'a' | count",
        "union App* | count",
        "AppTraces | count",
    ):
        assert server.query("shop", text).json()["tables"][0]["rows"] == [[1]], text
    workspace = "/v1/workspaces/shop/query"
    reply = server.client.post(workspace, json={"query": "union * | count"})
    assert reply.json()["tables"][0]["rows"] == [[1]]


def test_a_resource_sees_its_own_rows_and_those_it_names(server):
    shop, other = server.create("shop"), server.create("other")
    server.send(shop, "mine")
    server.send(other, "theirs")
    count = "traces | count"
    assert server.query("shop", count).json()["tables"][0]["rows"] == [[1]]
    both = {"query": count, "applications": ["other"]}
    reply = server.client.post("/v1/apps/shop/query", json=both)
    assert reply.json()["tables"][0]["rows"] == [[2]]
    assert server.query("*", count).json()["tables"][0]["rows"] == [[2]]
    for reference in ("other", other.app_id, other.resource_id):
        text = f"app('{reference}').traces | project message"
        assert server.query("shop", text).json()["tables"][0]["rows"] == [["theirs"]]


def test_unknown_resource_of_the_query_is_an_error(server):
    server.create()
    error = server.query("shop", "app('nobody').traces | count").json()["error"]
    assert error["code"] == "BadArgumentError"
    inner = innermost(error)
    assert "'nobody'" in inner["message"]
    assert (inner["line"], inner["pos"], inner["token"]) == (1, 1, "app('nobody')")


def innermost(error):
    while "innererror" in error:
        error = error["innererror"]
    return error


def test_several_queries_and_fork_are_several_tables(server):
    shop = server.create()
    server.send(shop, "a", "b")
    text = "traces | count; traces | fork (project message | order by message asc) n=(count)"
    tables = server.query("shop", text).json()["tables"]
    assert [(table["name"], table["rows"]) for table in tables] == [
        ("PrimaryResult", [[2]]),
        ("Table_1", [["a"], ["b"]]),
        ("n", [[2]]),
    ]


def test_values_of_query_parameters_come_with_the_body(server):
    shop = server.create()
    server.send(shop, "a", "b")
    text = "declare query_parameters(m:string, n:long = 5); traces | where message == m | project n"
    ask = {"query": text, "parameters": {"m": "b' or true", "n": "7"}}
    url = "/v1/apps/shop/query"
    assert server.client.post(url, json=ask).json()["tables"][0]["rows"] == []
    ask["parameters"]["m"] = "b"
    assert server.client.post(url, json=ask).json()["tables"][0]["rows"] == [[7]]
    wrong = server.client.post(url, json={"query": text, "parameters": ["b"]})
    assert wrong.status_code == 400
    assert "'parameters'" in wrong.json()["error"]["message"]


def test_a_query_reads_the_resources_that_it_names(server):
    shop, bank = server.create("shop"), server.create("bank")
    server.send(shop, "mine", "both")
    server.send(bank, "theirs", "both")

    def rows(text):
        reply = server.query("shop", text).json()
        return reply["tables"][0]["rows"] if "tables" in reply else reply

    assert rows(
        "union withsource=from traces, app('bank').traces"
        " | summarize n = count(), m = make_set(message) by from | project from, n | order by from asc"
    ) == [["app('bank').traces", 2], ["traces", 2]]
    assert rows("union app('shop').tra*, workspace('bank').AppTr* | count") == [[4]]
    assert rows("union app('bank').* | count") == [[2]]
    assert rows(
        f"resource('{bank.resource_id}').traces | project message | order by message asc"
    ) == [
        ["both"],
        ["theirs"],
    ]
    assert rows("traces | join kind=inner (app('bank').traces) on message | project message") == [
        ["both"]
    ]
    assert rows("app('bank').traces | where message in ((traces | project message)) | count") == [
        [1]
    ]
    assert rows("search in (app('bank').traces, traces) 'theirs' | count") == [[1]]
    assert rows("find in (app('bank').traces) where 'both' project message") == [
        ["app('bank').traces", "both"]
    ]
    assert rows("traces | count") == [[2]]


def test_a_query_reaches_only_what_its_caller_may_read(server):
    shop, bank = server.create("shop"), server.create("bank")
    server.send(bank, "secret")
    queries = QueryService(server.parts.store, server.parts.resources.named, SystemClock())

    def only_shop(name):
        if name != "shop":
            raise resource_not_found(name, ["shop"])
        return shop

    def ask(text):
        request = QueryRequest(text, (shop.app_id,), resource_named=only_shop)
        return queries.run(request).rows

    assert ask("app('shop').traces | count") == [(0,)]
    for name in ("bank", bank.app_id, bank.resource_id, "nobody"):
        for text in (
            f"app('{name}').traces",
            f"union traces, workspace('{name}').App*",
            f"print toscalar(resource('{name}').traces | count)",
            f"find in (app('{name}').traces) where 'secret'",
            f"let f = (n:string) {{ app(n).traces }}; f('{name}')",
            f"traces | where message in (app('{name}').traces)",
        ):
            with pytest.raises(KqlError, match="cannot find resource") as caught:
                ask(text)
            assert "bank" not in str(caught.value).replace(name, "")


def test_timespans_of_url_and_body_both_hold(server):
    shop = server.create()
    server.send(shop, "now")
    count = "traces | count"

    def rows(url, body):
        parameters = {} if url is None else {"timespan": url}
        reply = server.client.post(
            "/v1/apps/shop/query", params=parameters, json={"query": count, "timespan": body}
        )
        return reply.json()["tables"][0]["rows"]

    assert rows(None, None) == [[1]]
    assert rows("PT3600.0S", "P1D") == [[1]]
    assert rows("PT1H", "2001-01-01/2001-01-02") == [[0]]
    assert rows("2001-01-01/2001-01-02", None) == [[0]]


def test_prefer_header_adds_statistics_and_render(server):
    server.create()
    text = "print x=1 | render piechart with (title='t')"
    assert set(server.query("shop", text, headers={"prefer": ""}).json()) == {"tables"}
    wanted = {"prefer": "wait=30, include-statistics=true, include-render=true"}
    reply = server.query("shop", text, headers=wanted).json()
    assert reply["render"]["visualization"] == "piechart"
    assert reply["render"]["title"] == "t"
    assert reply["statistics"]["query"]["datasetStatistics"][0]["tableRowCount"] == 1
    assert reply["statistics"]["query"]["executionTime"] > 0


def test_syntax_error_names_line_column_token_and_suggestion(server):
    server.create()
    reply = server.query("shop", "traces\n| wher message == 'x'")
    assert reply.status_code == 400
    error = reply.json()["error"]
    assert error["code"] == "BadArgumentError"
    assert error["message"] == "The request had some invalid properties"
    assert error["correlationId"] == reply.headers["x-ms-request-id"]
    inner = error["innererror"]["innererror"]
    assert (inner["line"], inner["pos"], inner["token"]) == (2, 3, "wher")
    assert "where" in inner["suggestion"]
    assert inner["code"].startswith("SYN")


def test_semantic_error_names_the_near_miss(server):
    server.create()
    error = server.query("shop", "traces | where mesage == 'x'").json()["error"]
    assert error["innererror"]["code"] == "SemanticError"
    inner = error["innererror"]["innererror"]
    assert (inner["line"], inner["pos"], inner["token"]) == (1, 16, "mesage")
    assert "message" in inner["suggestion"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "without text"),
        (b"{}", "without text"),
        (b"[]", "a JSON object is needed"),
        (b'{"query": 1}', "'query': a text is needed"),
        (b'{"query": "print 1", "applications": "x"}', "a list of texts is needed"),
        (b'{"query": "print 1", "timespan": "soon"}', "cannot use timespan 'soon'"),
        (b"{", "cannot read the body as JSON"),
        (b"\xff", "cannot read the body as JSON"),
        (b"[" * 100_000, "cannot read the body as JSON"),
    ],
)
def test_bad_request_is_told_what_is_wrong(server, body, says):
    server.create()
    reply = server.client.post("/v1/apps/shop/query", content=body)
    assert reply.status_code == 400
    assert says in reply.json()["error"]["message"]


def test_too_long_a_body_is_refused(server):
    server.create()
    reply = server.client.post("/v1/apps/shop/query", content=b"x" * 2_000_000)
    assert (reply.status_code, reply.json()["error"]["code"]) == (413, "RequestTooLarge")


def test_unknown_application_is_not_found(server):
    for name in (str(uuid.uuid4()), "nobody", "%00", "a%2Fb"):
        reply = server.query(name, "print 1")
        assert (
            reply.status_code,
            reply.json()["error"]["code"],
        ) == (404, "PathNotFoundError")


LONG = "range x from 1 to 1000000000000 step 1 | summarize max(x)"


def test_query_that_takes_longer_than_granted_is_given_up(server):
    server.create()
    started = time.monotonic()
    reply = server.query("shop", LONG, headers={"prefer": "wait=1"})
    assert time.monotonic() - started < 20
    assert (reply.status_code, reply.json()["error"]["code"]) == (504, "GatewayTimeout")


SLOW_ROWS = "range x from 1 to 100000000 step 1 | project x, b = geo_point_to_geohash(x / 1e9, 1.0), c = strrep('c', 200)"
"""Rows come, and never the last one in the time of a test."""
WAITS = {"headers": {"prefer": "wait=2, include-statistics=true"}}


def test_rows_that_were_there_in_time_are_a_partial_answer(server):
    server.create()
    reply = server.query("shop", SLOW_ROWS, **WAITS)
    assert reply.status_code == 200, reply.text
    (table,) = reply.json()["tables"]
    numbers = [row[0] for row in table["rows"]]
    assert numbers == list(range(1, len(numbers) + 1))
    (statistics,) = reply.json()["statistics"]["query"]["datasetStatistics"]
    assert statistics["tableRowCount"] == len(numbers) > 0
    error = reply.json()["error"]
    assert error["code"] == "PartialError"
    (detail,) = error["details"]
    assert detail["code"] == detail["innererror"]["code"] == "QueryTimeout"
    assert f"{len(numbers)} rows" in detail["message"]


def test_tables_that_were_there_in_time_come_with_those_that_were_not(server):
    server.create()
    reply = server.query("shop", f"print a = 1; {LONG}; print b = 2", **WAITS)
    assert reply.status_code == 200, reply.text
    tables = reply.json()["tables"]
    assert [[column["name"] for column in table["columns"]] for table in tables] == [
        *(["a"], ["max_x"], ["b"])
    ]
    assert [table["rows"] for table in tables[:2]] == [[[1]], []]
    assert reply.json()["error"]["details"][0]["code"] == "QueryTimeout"


def test_a_part_of_an_answer_is_not_kept_for_others(server):
    server.create()
    body = {"query": f"print a = now(); {LONG}"}
    headers = {"prefer": "wait=1", "cache-control": "max-age=60"}
    seen = [
        server.client.post("/v1/apps/shop/query", json=body, headers=headers).json()["tables"][0]
        for _ in range(2)
    ]
    assert seen[0]["rows"] != seen[1]["rows"]


def test_query_of_a_caller_who_left_is_cancelled(server):
    server.create()
    started = time.monotonic()
    body = json.dumps({"query": LONG}).encode()
    status = server.client.ask_and_leave("/v1/apps/shop/query", body, after_s=0.5)
    assert time.monotonic() - started < 20
    assert status == 499


class TestFewRows:
    @pytest.fixture
    def settings(self):
        return resolve({"max_query_rows": 3, "max_query_cells": 4})

    def test_cut_answer_says_that_it_is_partial(self, server):
        server.create()
        reply = server.query("shop", "range x from 1 to 10 step 1")
        assert reply.status_code == 200
        assert len(reply.json()["tables"][0]["rows"]) == 3
        assert reply.json()["error"]["code"] == "PartialError"
        assert reply.json()["error"]["details"][0]["code"] == "ResultTruncated"

    def test_wide_answer_is_cut_earlier(self, server):
        server.create()
        text = "range x from 1 to 10 step 1 | extend y = x"
        assert len(server.query("shop", text).json()["tables"][0]["rows"]) == 2

    def test_whole_answer_does_not(self, server):
        server.create()
        assert "error" not in server.query("shop", "range x from 1 to 3 step 1").json()


def test_batch_answers_each_part_by_itself(server):
    shop = server.create()
    server.send(shop, "a")

    def part(id_, text, workspace=shop.app_id, **more):
        body = {"query": text, **more}
        return {"id": id_, "headers": {}, "body": body, "workspace": workspace, "path": "/query"}

    requests = [
        part("1", "AppTraces | count", timespan="PT1H"),
        part("2", "AppTraces | wher"),
        part("3", "print 1", workspace="nobody"),
        {"id": "4"},
        part("5", "print x=1") | {"headers": {"Prefer": "include-statistics=true"}},
    ]
    reply = server.client.post("/v1/$batch", json={"requests": requests})
    answers = {answer["id"]: answer for answer in reply.json()["responses"]}
    assert [answers[str(n)]["status"] for n in range(1, 6)] == [200, 400, 404, 400, 200]
    assert answers["1"]["body"]["tables"][0]["rows"] == [[1]]
    assert answers["2"]["body"]["error"]["innererror"]["code"] == "SyntaxError"
    assert "statistics" in answers["5"]["body"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"requests": {}},
        {"requests": [1]},
        {"requests": [{"id": "1"}, {"id": "1"}]},
        {"requests": [{}]},
        {"requests": [{"id": str(n)} for n in range(101)]},
    ],
)
def test_batch_that_cannot_be_told_apart_is_refused_whole(server, body):
    assert server.client.post("/v1/$batch", json=body).status_code == 400


def test_bag_is_unpacked_by_the_rows_of_the_resource_and_time_that_are_asked_for(server):
    now = datetime.now(timezone.utc)
    shop, bank = server.create("shop"), server.create("bank")
    for resource, key, age in ((shop, "new", 0), (shop, "old", 20), (bank, "foreign", 0)):
        server.send_with(resource, {key: "1"}, now - timedelta(hours=age))
    text = "traces | project customDimensions | evaluate bag_unpack(customDimensions)"

    def names(timespan):
        reply = server.client.post(
            "/v1/apps/shop/query", json={"query": text, "timespan": timespan}
        ).json()
        return [column["name"] for column in reply["tables"][0]["columns"]]

    assert names("PT1H") == ["new"]
    assert names("P1D") == ["new", "old"]


def test_pivot_has_a_column_for_each_value(server):
    server.create()
    text = "datatable(k:string, v:string)['a','x', 'b','x', 'a','y'] | evaluate pivot(v)"
    table = server.query("shop", f"{text} | order by k asc").json()["tables"][0]
    assert [column["name"] for column in table["columns"]] == ["k", "x", "y"]
    assert table["rows"] == [["a", 1, 1], ["b", 1, 0]]


def test_misspelt_resource_is_answered_with_the_one_that_was_meant(server):
    server.create("shop"), server.create("bank")
    says = "cannot find resource 'shpo'; did you mean 'shop'? there is bank, shop"
    asked = server.query("shpo", "print 1")
    assert asked.json()["error"]["message"] == says
    inside = server.query("shop", "app('shpo').traces")
    assert inside.status_code == 400
    assert innermost(inside.json()["error"])["message"] == f"line 1, column 1: {says}"
    path = "/subscriptions/s/resourceGroups/default/providers/Microsoft.Insights/components/shpo"
    managed = server.client.get(path).json()["error"]
    assert managed["code"] == "ResourceNotFound"
    assert managed["message"].endswith("did you mean 'shop'? there is bank, shop")


def test_parameters_with_types_need_no_declaration(server):
    body = {"query": "print n + 1", "parameters": {"n": 4}, "parameterTypes": {"n": "long"}}
    reply = server.client.post("/v1/apps/*/query", json=body).json()
    assert reply["tables"][0]["rows"] == [[5]]


def test_parameter_of_no_type_is_a_bad_argument(server):
    body = {"query": "print n", "parameters": {"n": 1}, "parameterTypes": {"n": "row"}}
    reply = server.client.post("/v1/apps/*/query", json=body)
    assert reply.status_code == 400
    assert "query parameter 'n'" in reply.json()["error"]["message"]
