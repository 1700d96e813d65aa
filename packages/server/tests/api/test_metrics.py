"""`/metrics` as Prometheus' own parser reads it, and what the numbers count."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from openinsights.api.metrics import exposition
from openinsights.meters import Counter, Histogram, Meters, Reading

GUIDE = Path(__file__).parents[4] / "docs" / "guide" / "keeping.md"


def scraped(server):
    reply = server.client.get("/metrics")
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = {}
    for family in text_string_to_metric_families(reply.text):
        assert family.documentation
        for sample in family.samples:
            found[(sample.name, *sample.labels.values())] = sample.value
    return found


def grown(before, after):
    return {
        name: after[name] - before.get(name, 0)
        for name in after
        if after[name] != before.get(name, 0)
    }


def item(key, time=None, **data):
    return {
        "time": time or datetime.now(timezone.utc).isoformat(),
        "iKey": key,
        "data": {"baseType": "EventData", "baseData": {"name": "e", **data}},
    }


def test_items_bodies_commits_and_queries_are_counted(server):
    key = server.create().instrumentation_key
    before = scraped(server)
    body = [item(key), item(key), item("unknown"), item(key, "2001-01-01T00:00:00Z"), {}]
    assert server.client.post("/v2.1/track", json=body).status_code == 206
    assert server.client.post("/v2.1/track", content=b"no telemetry").status_code == 400
    ask = {"query": "customEvents | count"}
    assert server.client.post("/v1/apps/*/query", json=ask).status_code == 200
    assert server.client.post("/v1/apps/*/query", json={"query": "nothing"}).status_code == 400
    change = grown(before, scraped(server))
    assert change["openinsights_items_received_total",] == 5
    assert change["openinsights_items_accepted_total",] == 2
    rejected = {
        name[1]: value
        for name, value in change.items()
        if name[0] == "openinsights_items_rejected_total"
    }
    assert sum(rejected.values()) == 3
    assert rejected["unknown key"] == 1
    assert rejected["out of range"] == 1
    assert change["openinsights_bodies_refused_total", "400"] == 1
    assert change["openinsights_rows_stored_total",] == 2
    assert change["openinsights_commit_seconds_count",] >= 1
    assert change["openinsights_query_seconds_count",] == 2
    assert [name for name in change if name[0] == "openinsights_queries_failed_total"]
    assert scraped(server)["openinsights_store_accepting",] == 1


def test_every_name_is_documented_and_every_documented_name_is_there(server):
    text = server.client.get("/metrics").text
    names = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    assert names == set(re.findall(r"^\| `(openinsights_\w+)", GUIDE.read_text(), re.MULTILINE))


def test_what_is_hard_to_write_is_read_back():
    meters = Meters()
    counter = meters.add(Counter("a_total", "A back\\slash\nand a line.", "reason"))
    counter.add(2.5, 'quoted "text" \\ \n')
    counter.add(3, "plain")
    histogram = meters.add(Histogram("b_seconds", "B.", (0.5, 1)))
    for value in (0.1, 0.5, 0.7, 5):
        histogram.observe(value)
    meters.add(Reading("c", "C.", lambda: None))
    meters.add(Reading("d", "D.", lambda: True))
    families = {f.name: f for f in text_string_to_metric_families(exposition(meters.families()))}
    assert families["a"].documentation == "A back\\slash\nand a line."
    assert {s.labels["reason"]: s.value for s in families["a"].samples} == {
        'quoted "text" \\ \n': 2.5,
        "plain": 3,
    }
    samples = {(s.name, s.labels.get("le")): s.value for s in families["b_seconds"].samples}
    assert samples == {
        ("b_seconds_bucket", "0.5"): 2,
        ("b_seconds_bucket", "1"): 3,
        ("b_seconds_bucket", "+Inf"): 4,
        ("b_seconds_sum", None): pytest.approx(6.3),
        ("b_seconds_count", None): 4,
    }
    assert families["c"].samples == []
    assert families["d"].samples[0].value == 1
