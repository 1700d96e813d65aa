"""azure-monitor-query: Microsoft's client of the query API, in its two generations, unmodified."""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta, timezone

import pytest
from tests.readers.conftest import EVERY_TYPE, PROGRAMS, python_with


@pytest.fixture(scope="module", params=["1.4.1", "2.0.0"])
def client(request):
    version = request.param
    return python_with(
        f"azure-monitor-query-{version}", f"azure-monitor-query=={version}", "aiohttp"
    )


@pytest.fixture(params=["sync", "aio"])
def ask(request, client, https, shop, run):
    """Return the answers to some questions, each as the client gives it."""

    def asking(*questions, **environ):
        words = [client / "python", PROGRAMS / "azure_monitor_query.py", json.dumps(questions)]
        named = {
            "ENDPOINT": https.url,
            "HOW": request.param,
            "REQUESTS_CA_BUNDLE": str(https.authority),
            "SSL_CERT_FILE": str(https.authority),
        }
        printed = json.loads(run(words, **{**named, **environ}))
        asking.scopes = printed["scopes"]
        return printed["answers"]

    return asking


def test_every_way_of_asking_finds_its_rows(ask, https, shop) -> None:
    path = f"/subscriptions/{'0' * 8}-0000-0000-0000-{'0' * 12}/resourceGroups/default"
    component = f"{path}/providers/Microsoft.Insights/components/shop"
    now = datetime.now(timezone.utc)
    count, app_count = "requests | count", "AppRequests | count"
    workspace = shop["app_id"]
    between = [(now - timedelta(days=2)).isoformat(), (now - timedelta(hours=1)).isoformat()]
    more = {"include_statistics": True, "include_visualization": True, "server_timeout": 60}
    drawn = "AppRequests | summarize n = count() by Name | render piechart with (title='t')"
    answers = ask(
        {"workspace": workspace, "query": app_count, "seconds": 3600},
        {"workspace": workspace, "query": app_count},
        {"workspace": workspace, "query": app_count, "between": between},
        {"workspace": workspace, "query": app_count, "from": between[0]},
        {"resource": component, "query": count, "seconds": 3600},
        {"workspace": "bank", "query": app_count, "options": {"additional_workspaces": ["shop"]}},
        {"workspace": workspace, "query": drawn, "options": more},
        {"workspace": workspace, "query": "AppRequests | take 1; print x = 1"},
        {
            "batch": [
                {"workspace": workspace, "query": app_count, "seconds": 3600},
                {"workspace": workspace, "query": "AppRequests | wher"},
                {"workspace": "nobody", "query": "print 1"},
                {"workspace": workspace, "query": drawn, "options": more},
            ]
        },
    )
    assert [answer["tables"][0]["rows"] for answer in answers[:6]] == [
        *([[3]], [[4]], [[1]], [[1]]),
        *([[3]], [[4]]),
    ]
    assert {answer["status"] for answer in answers[:8]} == {"Success"}
    whole, several, batch = answers[6:]
    assert whole["visualization"]["visualization"] == "piechart"
    assert whole["visualization"]["title"] == "t"
    (dataset,) = whole["statistics"]["query"]["datasetStatistics"]
    assert dataset["tableRowCount"] == len(whole["tables"][0]["rows"]) == 4
    assert several["tables"][0]["name"] == "PrimaryResult"
    assert several["tables"][1]["rows"] == [[1]]
    assert [part["status"] for part in batch] == ["Success", "Failure", "Failure", "Success"]
    assert [part.get("code") for part in batch[1:3]] == ["BadArgumentError", "PathNotFoundError"]
    assert batch[3]["visualization"]["visualization"] == "piechart"
    assert set(ask.scopes) == {f"{https.url}/.default"}


def test_every_type_comes_through(ask) -> None:
    (answer,) = ask({"workspace": "shop", "query": EVERY_TYPE})
    (table,) = answer["tables"]
    row = dict(zip(table["columns"], table["rows"][0], strict=True))
    types = dict(zip(table["columns"], table["types"], strict=True))
    kinds = ("bool", "int", "long", "real", "decimal", "datetime", "timespan", "guid", "string")
    named = ("flag", "small", "big", "ratio", "exact", "at", "took", "id", "text")
    assert tuple(types[name] for name in named) == kinds
    assert types["bag"] == "dynamic"
    assert (row["flag"], row["small"], row["big"]) == (True, -(2**31), 2**63 - 1)
    assert row["ratio"] == 0.1
    assert math.isnan(float(row["nan"]))
    assert (row["up"], row["down"]) == ("Infinity", "-Infinity")
    assert row["exact"] == "12345678901234567890.5"
    # the client cuts the seventh digit; it is in what the server sent
    assert row["at"] == "2016-12-31T23:59:59.999999+00:00"
    assert row["took"] == "1.02:03:04.0000005"
    assert row["id"] == "8a7a8f2e-5b0a-4ed5-9f34-0a4e5c7b1b1e"
    assert (row["text"], row["empty"]) == ('김치 "crème" 🎉', "")
    assert json.loads(row["bag"]) == {"a": [1, None, {"b": "c"}]}
    assert row["word"] == "w"
    # of a null timespan and guid the client makes the text of None
    nulls = {name: row[name] for name in row if name.startswith("no_")}
    assert {value for name, value in nulls.items() if name not in ("no_took", "no_id")} == {None}
    assert (nulls["no_took"], nulls["no_id"]) == ("None", "None")


def test_mistakes_and_limits_arrive_as_the_client_tells_them(ask) -> None:
    long = "range x from 1 to 1000000000000 step 1 | summarize max(x)"
    wide = f"range x from 1 to 600000 step 1 | extend {', '.join(f'c{n} = x' for n in range(9))}"
    slow = "range x from 1 to 100000000 step 1 | project x, b = geo_point_to_geohash(x / 1e9, 1.0), c = strrep('c', 200)"
    statistics = {"server_timeout": 3, "include_statistics": True}
    syntax, semantic, unknown, late, cut, begun, parts = ask(
        {"workspace": "shop", "query": "AppRequests | wher"},
        {"workspace": "shop", "query": "AppRequests | where Nam == 'x'"},
        {"workspace": "nobody", "query": "print 1"},
        {"workspace": "shop", "query": long, "options": {"server_timeout": 1}},
        {"workspace": "shop", "query": wide},
        {"workspace": "shop", "query": slow, "options": statistics},
        {"batch": [{"workspace": "shop", "query": slow, "options": statistics}]},
    )
    assert (syntax["http"], syntax["code"], syntax["inner"]) == (
        *(400, "BadArgumentError"),
        "SyntaxError",
    )
    assert semantic["inner"] == "SemanticError"
    assert (unknown["http"], unknown["code"]) == (404, "PathNotFoundError")
    assert (late["http"], late["code"]) == (504, "GatewayTimeout")
    assert cut["status"] == "PartialError"
    assert cut["partial"]["code"] == "PartialError"
    assert len(cut["tables"][0]["rows"]) == 250_000
    for part in (begun, *parts):
        assert (part["status"], part["partial"]["code"]) == ("PartialError", "PartialError")
        numbers = [row[0] for row in part["tables"][0]["rows"]]
        assert numbers == list(range(1, len(numbers) + 1))
        (dataset,) = part["statistics"]["query"]["datasetStatistics"]
        assert dataset["tableRowCount"] == len(numbers) > 0


def test_the_endpoint_may_end_in_the_version(ask, https) -> None:
    (answer,) = ask(
        {"workspace": "shop", "query": "print 1"},
        ENDPOINT=f"{https.url}/v1",
        AUDIENCE="https://api.loganalytics.io",
    )
    assert answer["tables"][0]["rows"] == [[1]]
    assert set(ask.scopes) == {"https://api.loganalytics.io/.default"}
