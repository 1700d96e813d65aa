"""From a test that somebody makes to rows that KQL finds, in the real server."""

from __future__ import annotations

import json


def test_url_test_on_its_schedule_becomes_rows(server, clock, peer):
    peer.page("/", "welcome")
    reply = server.put("front", Name="Front page", Frequency=60, Request={"RequestUrl": peer.url})
    assert reply.status_code == 201, reply.text
    server.parts.availability.watcher.run_due()
    assert server.rows("availabilityResults") == []
    clock.ahead_s = 60
    server.parts.availability.watcher.run_due()
    [row] = server.rows("availabilityResults")
    assert row["name"] == "Front page"
    assert row["success"] == "1"
    assert row["location"] == "local"
    assert row["message"] == "status 200"
    assert row["duration"] > 0
    assert row["operation_SyntheticSource"] == "Application Insights Availability Monitoring"
    [(verb, path, headers, _)] = peer.requests
    assert (verb, path) == ("GET", "/")
    assert headers["traceparent"] == f"00-{row['operation_Id']}-{row['id']}-01"
    assert headers["synthetictest-location"] == "local"
    assert headers["synthetictest-runid"]
    told = json.loads(row["customDimensions"])
    assert set(json.loads(told["timings"])) == {"dns", "connect", "firstByte", "whole"}
    assert told["WebtestArmResourceName"] == "front"


def test_failure_becomes_a_row_with_its_steps_and_counts_in_the_report(server, clock, peer):
    peer.page("/", "sorry", status=503)
    server.put("front", Frequency=60, RetryEnabled=False, Request={"RequestUrl": f"{peer.url}/"})
    clock.ahead_s = 60
    server.parts.availability.watcher.run_due()
    [row] = server.rows("availabilityResults")
    assert row["success"] == "0"
    assert row["message"] == "status 503 came, 200 is expected"
    told = json.loads(row["customDimensions"])
    [step] = json.loads(told["steps"])
    assert (step["name"], step["status"]) == (f"{peer.url}/", 503)
    reply = server.request("GET", "/portal/api/availability/shop/report?timespan=PT1H")
    [report] = reply.json()["tests"]
    assert (report["runs"], report["failed"], report["percent"]) == (1, 1, 0.0)
    assert report["isMet"] is False
    assert report["downtimeS"] == 300


def test_test_is_run_at_once_and_one_that_is_not_kept_is_tried(server, peer):
    peer.page("/", "welcome")
    server.put("front", Name="Front page", Request={"RequestUrl": f"{peer.url}/"})
    done = server.request("POST", "/portal/api/availability/shop/front/run").json()
    assert done["passed"]
    assert set(done["timings"]) == {"dns", "connect", "firstByte", "whole"}
    server.parts.availability.watcher.run_due()
    [row] = server.rows("availabilityResults")
    assert row["operation_Id"] == done["operationId"]
    tried = server.request(
        "POST", "/portal/api/availability/shop/try", {"Request": {"RequestUrl": f"{peer.url}/no"}}
    ).json()
    assert (tried["passed"], tried["message"]) == (False, "status 404 came, 200 is expected")
    server.parts.availability.watcher.run_due()
    assert len(server.rows("availabilityResults")) == 1


def test_location_is_probed_while_somebody_asks_for_its_tests(server, clock):
    server.put(
        "front",
        Enabled=True,
        Locations=[{"Id": "local"}, {"Id": "us-va-ash-azr"}],
        Request={"RequestUrl": "https://shop.example/"},
    )

    def probed():
        [test] = server.request("GET", "/portal/api/availability/shop").json()["tests"]
        return {each["id"]: (each["name"], each["isProbed"]) for each in test["locations"]}

    assert probed() == {"local": ("local", True), "us-va-ash-azr": ("East US", False)}
    path = "/api/probe/tests?location=us-va-ash-azr"
    [told] = server.request("GET", path).json()["tests"]
    assert told["properties"]["Request"] == {"RequestUrl": "https://shop.example/"}
    assert probed()["us-va-ash-azr"] == ("East US", True)
    assert server.request("GET", "/api/probe/tests?location=west").json()["tests"] == []
    clock.ahead_s = 600
    assert not probed()["us-va-ash-azr"][1]
    assert server.request("GET", "/api/probe/tests?location=local").status_code == 400
