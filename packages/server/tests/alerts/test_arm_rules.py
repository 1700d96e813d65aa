"""Rules as Azure's tools write and read them: what is sent comes back, and defaults stand beside it."""

from __future__ import annotations

import pytest
from served import GROUP, LOG_RULES, METRIC_RULES
from watched_telemetry import check, criteria

FAILED = criteria(check("requests/failed", "Count", "GreaterThan", 5))
ROWS = {"allOf": [{"query": "traces", "operator": "GreaterThan", "threshold": 0}]}


@pytest.mark.parametrize(
    ("kind", "properties", "type_"),
    [
        ("metric", {"criteria": FAILED}, "Microsoft.Insights/metricAlerts"),
        ("log", {"criteria": ROWS}, "Microsoft.Insights/scheduledQueryRules"),
    ],
)
def test_what_is_sent_comes_back_with_defaults_and_what_is_not_known(
    served, kind, properties, type_
):
    sent = properties | {
        "severity": 1,
        "futureProperty": {"a": [1, None]},
        "targetResourceRegion": "westeurope",
    }
    made = served.put_rule("one", sent, kind, tags={"team": "shop"}, location="westeurope")
    assert (made["name"], made["type"], made["location"]) == ("one", type_, "westeurope")
    assert made["tags"] == {"team": "shop"}
    scopes = {"scopes": [served.create().resource_id]}
    assert made["properties"].items() >= (sent | scopes).items()
    assert made["properties"]["autoMitigate"] is True
    assert made["systemData"]["createdBy"] == "this machine"
    assert served.get(made["id"]) == made
    assert (
        served.get(made["id"].upper().replace("/ONE", "/one") + "/?api-version=2099-01-01") == made
    )
    head = made["id"].rpartition("/")[0]
    for listing in (head, head.replace("/resourceGroups/default", ""), f"/providers/{type_}"):
        assert [each["id"] for each in served.get(listing)["value"]] == [made["id"]]
    other = f"/providers/{type_}".replace(*_OTHER[kind])
    assert served.get(f"{GROUP}{other}")["value"] == []


_OTHER = {
    "metric": ("metricAlerts", "scheduledQueryRules"),
    "log": ("scheduledQueryRules", "metricAlerts"),
}


def test_a_patch_changes_what_it_names(served):
    made = served.put_rule("one", {"criteria": FAILED, "severity": 1}, tags={"a": "b"})
    reply = served.ask("PATCH", made["id"], {"properties": {"enabled": False, "severity": 4}})
    assert reply.status_code == 200
    changed = reply.json()["properties"]
    assert (changed["enabled"], changed["severity"]) == (False, 4)
    assert changed["criteria"] == FAILED
    assert reply.json()["tags"] == {"a": "b"}
    assert served.rules()["one"]["state"] == "disabled"
    assert served.ask("PATCH", f"{METRIC_RULES}/none", {}).status_code == 404
    refused = served.ask("PATCH", made["id"], {"properties": {"severity": 9}})
    assert refused.status_code == 400
    assert served.get(made["id"])["properties"]["severity"] == 4


@pytest.mark.parametrize("name", ["muteActionsDuration", "muteactionsduration"])
def test_a_log_rule_that_mutes_is_shown_as_it_is_understood_and_can_be_put_back(served, name):
    made = served.put_rule("one", {"criteria": ROWS, name: "PT30M"}, "log")
    assert made["properties"]["autoMitigate"] is False
    again = {"properties": made["properties"]}
    assert served.ask("PUT", made["id"], again).status_code == 200
    assert served.get(made["id"])["properties"] == made["properties"]


def test_conditions_of_changes_are_kept(served):
    made = served.put_rule("one", {"criteria": FAILED})
    body = {"properties": made["properties"]}
    new = served.ask("PUT", made["id"], body, headers={"If-None-Match": "*"})
    assert new.status_code == 409
    stale = served.ask("PUT", made["id"], body, headers={"If-Match": '"other"'})
    assert stale.status_code == 412
    assert (
        served.ask("PUT", made["id"], body, headers={"If-Match": made["etag"]}).status_code == 200
    )
    assert served.ask("DELETE", made["id"], headers={"If-Match": '"x"'}).status_code == 412


def test_the_second_put_is_no_new_rule(served):
    body = {"properties": {"scopes": [served.create().resource_id], "criteria": FAILED}}
    assert served.ask("PUT", f"{METRIC_RULES}/one", body).status_code == 201
    assert served.ask("PUT", f"{METRIC_RULES}/one", body).status_code == 200
    assert len(served.rules()) == 1


@pytest.mark.parametrize(
    ("path", "properties", "status", "told"),
    [
        (METRIC_RULES, {"criteria": FAILED, "scopes": []}, 400, "properties.scopes: 1 to 20"),
        (METRIC_RULES, {"criteria": FAILED, "scopes": ["/nope"]}, 404, "/nope"),
        (METRIC_RULES, {"criteria": {}}, 400, "1 to 5 criteria are needed"),
        (LOG_RULES, {"criteria": {"allOf": [ROWS["allOf"][0] | {"query": "nope | count"}]}}, 400, "nope"),
        (
            LOG_RULES,
            {"criteria": {"allOf": [ROWS["allOf"][0] | {"query": "app('other').traces"}]}},
            400,
            "add it to its scopes",
        ),
        (
            LOG_RULES,
            {"criteria": {"allOf": [ROWS["allOf"][0] | {"dimensions": [{"name": "nope"}]}]}},
            400,
            "nope",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_a_rule_is_refused_in_azures_shape(served, path, properties, status, told):
    served.create("other")
    body = {"properties": {"scopes": [served.create().resource_id]} | properties}
    reply = served.ask("PUT", f"{path}/one", body)
    assert reply.status_code == status, reply.text
    assert told in reply.json()["error"]["message"]
    assert served.rules() == {}


def test_a_query_that_is_not_checked_may_be_wrong(served):
    wrong = {"criteria": {"allOf": [ROWS["allOf"][0] | {"query": "nope"}]}}
    served.put_rule("one", wrong | {"skipQueryValidation": True}, "log")
    assert served.rules()["one"]["state"] == "waiting"


def test_a_rule_on_a_workspace_reads_its_tables(served):
    shop = served.create()
    scope = shop.resource_id.replace(
        "Microsoft.Insights/components", "Microsoft.OperationalInsights/workspaces"
    )
    for query, status in (("AppRequests", 201), ("requests", 400)):
        rule = {"allOf": [ROWS["allOf"][0] | {"query": query}]}
        body = {"properties": {"scopes": [scope], "criteria": rule}}
        assert served.ask("PUT", f"{LOG_RULES}/{query}", body).status_code == status


def test_rules_and_alerts_go_with_their_resource(served):
    shop = served.create()
    served.put_rule("one", {"criteria": FAILED})
    assert served.ask("DELETE", shop.resource_id).status_code == 200
    assert served.get(METRIC_RULES)["value"] == []
    assert served.parts.alerts.engine.watched() == []
