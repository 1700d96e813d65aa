"""Tiles of metrics: what they count, and their series by a dimension."""

from __future__ import annotations

from typing import Any

import pytest

from openinsights.portal.split import OTHERS

RANGE = {"start": "2026-11-21T08:00:00Z", "end": "2026-11-21T12:00:00Z"}


def test_requests_are_one_series_unless_they_are_split(server: Any, items: Any) -> None:
    shop = server.parts.resources.create("shop")
    server.send(shop, items.request(7, 100), items.request(7, 300, ok=False))
    (row,) = server.rows("metrics.requests", "shop", **RANGE)
    assert (row["series"], row["calls"], row["failed"], row["total_ms"]) == ("", 2, 1, 400)
    assert (row["least_ms"], row["most_ms"], row["p95_ms"]) == (100, 300, 300)
    split = server.rows("metrics.requests", "shop", **RANGE, **{"p.split": "code"})
    assert {each["series"]: each["calls"] for each in split} == {"200": 1, "500": 1}


def test_what_is_beyond_the_ten_is_one_series(server: Any, items: Any) -> None:
    shop = server.parts.resources.create("shop")
    sent = []
    for number in range(14):
        one = items.request(7, 10)
        one["data"]["baseData"]["properties"] = {"tenant": f"t{number:02}"}
        sent += [one] * (1 if number < 4 else 2)
    server.send(shop, *sent)
    rows = server.rows("metrics.requests", "shop", **RANGE, **{"p.split": "dim.tenant"})
    counts = {row["series"]: row["calls"] for row in rows}
    assert counts.pop(OTHERS) == 4
    assert set(counts.values()) == {2}
    assert len(counts) == 10


@pytest.mark.parametrize("dimension", ["duration", "word", 'x"] | take 1', "'"])
def test_only_dimensions_split(server: Any, dimension: str) -> None:
    server.parts.resources.create("shop")
    reply = server.ask(
        "GET",
        "/portal/api/tile/metrics.requests",
        params={"app": "shop", "p.split": dimension, **RANGE},
    )
    assert reply.status_code == 400
    assert "cannot split by" in reply.json()["error"]["message"]


def test_a_key_with_quotes_splits_and_changes_nothing_else(server: Any, items: Any) -> None:
    shop = server.parts.resources.create("shop")
    one = items.request(7, 10)
    one["data"]["baseData"]["properties"] = {'a"b': "x"}
    server.send(shop, one)
    (row,) = server.rows("metrics.requests", "shop", **RANGE, **{"p.split": 'dim.a"b'})
    assert row["series"] == "x"


def test_a_tile_that_has_one_series_only_is_not_split(server: Any) -> None:
    server.parts.resources.create("shop")
    reply = server.ask(
        "GET",
        "/portal/api/tile/overview.requests",
        params={"app": "shop", "p.split": "role", **RANGE},
    )
    assert reply.status_code == 400


def metric(minutes_ago: float, name: str, value: float, **more: Any) -> dict[str, Any]:
    return {
        "name": "Microsoft.ApplicationInsights.Metric",
        "time": f"2026-11-21T{11 - int(minutes_ago) // 60}:{59 - int(minutes_ago) % 60:02}:00Z",
        "tags": {"ai.cloud.role": "web"},
        "data": {
            "baseType": "MetricData",
            "baseData": {"ver": 2, "metrics": [{"name": name, "value": value}], **more},
        },
    }


def test_metrics_of_a_program_and_counters_are_found_by_name_and_split(server: Any) -> None:
    shop = server.parts.resources.create("shop")
    counter = r"\Process(??APP_WIN32_PROC??)\Private Bytes"
    server.send(
        shop,
        metric(3, "prompt view", 2, properties={"url": "a"}),
        metric(3, "prompt view", 5, properties={"url": "b"}),
        metric(3, counter, 1e6),
    )
    names = {row["name"]: row["namespace"] for row in server.rows("metrics.names", "shop", **RANGE)}
    assert names == {"prompt view": "custom", counter: "performanceCounters"}
    asked = {**RANGE, "p.metric": "prompt view"}
    (whole,) = server.rows("metrics.custom", "shop", **asked)
    assert (whole["total"], whole["samples"], whole["average"]) == (7, 2, 3.5)
    split = server.rows("metrics.custom", "shop", **asked, **{"p.split": "dim.url"})
    assert {row["series"]: row["total"] for row in split} == {"a": 2, "b": 5}
    keys = server.rows("metrics.dimensions", "shop", **asked)
    assert keys == [{"key": "url", "values_": 2}]
    (memory,) = server.rows("metrics.counters", "shop", **RANGE, **{"p.metric": counter})
    assert (memory["average"], memory["p95"], memory["samples"]) == (1e6, 1e6, 1)


def test_exceptions_of_browsers_are_told_from_those_of_servers(server: Any, items: Any) -> None:
    shop = server.parts.resources.create("shop")
    browser = items.exception(3, "TypeError", "x is undefined")
    browser["tags"]["ai.internal.sdkVersion"] = "javascript:2.8.0"
    server.send(shop, browser, items.exception(3, "KeyError", "'x'"))
    (row,) = server.rows("metrics.exceptions", "shop", **RANGE)
    assert (row["thrown"], row["browser"], row["server"]) == (2, 1, 1)


@pytest.mark.parametrize("tile", ["traces", "events", "items", "usage", "pages", "browser"])
def test_without_telemetry_a_metric_has_no_rows(server: Any, tile: str) -> None:
    server.parts.resources.create("shop")
    assert server.rows(f"metrics.{tile}", "shop", **RANGE) == []
