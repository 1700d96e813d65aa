"""Web tests in the management API: in and out unchanged, linked to their component."""

from __future__ import annotations

import pytest

PROVIDER = "/providers/Microsoft.Insights/webtests"


def test_document_comes_back_as_it_went_in(server):
    properties = {
        "SyntheticMonitorId": "front",
        "Name": "Front page",
        "Enabled": False,
        "Frequency": 900,
        "Timeout": 120,
        "Kind": "standard",
        "Locations": [{"Id": "us-va-ash-azr"}],
        "Request": {"RequestUrl": "https://shop.example/", "HttpVerb": "GET"},
        "ValidationRules": {"SSLCheck": True},
        "WhateverElse": {"a": [1]},
    }
    made = server.put("front", **properties)
    assert made.status_code == 201, made.text
    shown = server.request("GET", f"{server.tests}/FRONT").json()
    assert shown == made.json()
    assert shown["type"] == "microsoft.insights/webtests"
    assert shown["properties"] == {**properties, "provisioningState": "Succeeded"}
    assert shown["tags"] == {f"hidden-link:{server.component}": "Resource"}
    again = server.put("front", **properties)
    assert again.status_code == 200
    assert again.json() == shown


def test_tests_are_listed_by_everything_that_holds_them(server):
    server.put("front", Enabled=False, Request={"RequestUrl": "https://shop.example/"})
    group = server.tests.removesuffix(PROVIDER)
    subscription = group.partition("/resourceGroups")[0]
    for path in (
        PROVIDER,
        f"{subscription}{PROVIDER}",
        server.tests,
        f"{server.component}/webtests",
    ):
        listed = server.request("GET", path).json()["value"]
        assert [each["name"] for each in listed] == ["front"], path
    asked = f"{subscription}/resources?$filter=resourceType eq 'Microsoft.Insights/webtests'"
    [one] = server.request("GET", asked).json()["value"]
    assert one["name"] == "front"
    graph = "/providers/Microsoft.ResourceGraph/resources"
    query = "resources | where type == 'microsoft.insights/webtests' | project name"
    assert server.request("POST", graph, {"query": query}).json()["data"] == [{"name": "front"}]
    assert server.request("GET", f"{subscription}/resourceGroups/other{PROVIDER}").json() == {
        "value": []
    }


def test_patch_changes_what_it_names(server):
    server.put("front", Enabled=False, Frequency=300, Request={"RequestUrl": "https://a.example/"})
    path = f"{server.tests}/front"
    changed = server.request("PATCH", path, {"properties": {"Frequency": 600}}).json()
    assert changed["properties"]["Frequency"] == 600
    assert changed["properties"]["Request"] == {"RequestUrl": "https://a.example/"}
    stale = server.request(
        "PATCH", path, {"properties": {"Frequency": 900}}, headers={"if-match": '"other"'}
    )
    assert stale.status_code == 412
    assert server.request("PATCH", f"{path}-2", {}).status_code == 404


def test_delete_is_done_once(server):
    server.put("front", Enabled=False, Request={"RequestUrl": "https://a.example/"})
    path = f"{server.tests}/front"
    assert server.request("DELETE", path).status_code == 200
    assert server.request("DELETE", path).status_code == 204
    assert server.request("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ({}, "it needs one tag"),
        ({"hidden-link:/subscriptions/s/nothing": "Resource"}, "names no component"),
    ],
)
def test_test_needs_the_tag_of_its_component(server, tags, message):
    body = {"tags": tags, "properties": {"Request": {"RequestUrl": "https://a.example/"}}}
    reply = server.request("PUT", f"{server.tests}/front", body)
    assert reply.status_code == 400
    assert message in reply.json()["error"]["message"]


def test_names_of_results_are_told_apart(server):
    request = {"RequestUrl": "https://a.example/"}
    server.put("one", Name="Front", Enabled=False, Request=request)
    reply = server.put("two", Name="front", Enabled=False, Request=request)
    assert reply.status_code == 400
    assert "'one' under the name 'front'" in reply.json()["error"]["message"]


def test_what_cannot_be_run_is_refused_before_it_is_kept(server):
    reply = server.put("front", Request={"RequestUrl": "ftp://a.example/"})
    assert reply.status_code == 400
    assert reply.json()["error"]["code"] == "InvalidAvailabilityTest"
    assert server.request("GET", server.tests).json() == {"value": []}


def test_tests_go_with_their_component(server):
    server.put("front", Enabled=False, Request={"RequestUrl": "https://a.example/"})
    assert server.request("DELETE", server.component).status_code == 200
    assert server.request("GET", server.tests).json() == {"value": []}


def test_test_has_its_alert_rule_unless_it_says_otherwise(server):
    def rules():
        listed = server.request("GET", "/providers/Microsoft.Insights/metricAlerts").json()["value"]
        return {
            each["name"]: each["properties"]["criteria"]["failedLocationCount"] for each in listed
        }

    request = {"RequestUrl": "https://a.example/"}
    places = [{"Id": f"place-{n}"} for n in range(5)]
    server.put("five", Enabled=False, Request=request, Locations=places)
    server.put("one", Enabled=False, Request=request)
    server.put("quiet", Enabled=False, Request=request, AlertEnabled=False)
    assert rules() == {"five-locations": 3, "one-locations": 1}
    path = f"{server.tests}/one"
    server.request("PATCH", path, {"properties": {"AlertEnabled": False}})
    assert rules() == {"five-locations": 3}
    assert server.request("DELETE", f"{server.tests}/five").status_code == 200
    assert rules() == {}
