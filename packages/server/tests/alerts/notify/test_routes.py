"""Action groups and processing rules over the management API, as Azure's tools use it."""

import pytest

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/default"
OPS = f"{GROUP}/providers/microsoft.insights/actionGroups/ops"
MUTE = f"{GROUP}/providers/Microsoft.AlertsManagement/actionRules/mute"
SHOP = f"{GROUP}/providers/Microsoft.Insights/components/shop"
BANK = f"{GROUP}/providers/Microsoft.Insights/components/bank"

PROPERTIES = {
    "groupShortName": "ops",
    "enabled": True,
    "emailReceivers": [
        {"name": "duty", "emailAddress": "duty@shop.example", "useCommonAlertSchema": True}
    ],
    "webhookReceivers": [
        {
            "name": "pager",
            "serviceUri": "https://pager.example/alerts?code=hidden",
            "useCommonAlertSchema": True,
        }
    ],
    "smsReceivers": [{"name": "phone", "countryCode": "1", "phoneNumber": "5550100"}],
    "OpenInsights": {
        "slackReceivers": [{"name": "s", "serviceUri": "https://hooks.slack.example/T/hidden"}],
        "teamsReceivers": [{"name": "t", "serviceUri": "https://teams.example/hidden"}],
        "commandReceivers": [{"name": "c", "program": "/usr/local/bin/page"}],
    },
}


def put(ask, url, properties, **more):
    return ask("PUT", f"{url}?api-version=2023-01-01", {"properties": properties, **more})


def test_a_group_comes_back_as_it_was_put(served):
    made = put(served.ask, OPS, PROPERTIES, location="Global", tags={"team": "a"})
    assert made.status_code == 201
    body = made.json()
    assert body["id"] == OPS.replace("microsoft.insights", "Microsoft.Insights")
    assert (body["name"], body["type"]) == ("ops", "Microsoft.Insights/ActionGroups")
    assert (body["location"], body["tags"]) == ("Global", {"team": "a"})
    found = body["properties"]
    for name in ("groupShortName", "enabled", "smsReceivers"):
        assert found[name] == PROPERTIES[name]
    assert found["emailReceivers"] == [{**PROPERTIES["emailReceivers"][0], "status": "Enabled"}]
    assert found["webhookReceivers"] == [{**PROPERTIES["webhookReceivers"][0], "useAadAuth": False}]
    assert found["voiceReceivers"] == []
    own = found["OpenInsights"]
    assert own == PROPERTIES["OpenInsights"] | {"notDelivered": ["smsReceivers: phone"]}
    # what comes back can be put again
    again = put(served.ask, OPS.upper().replace("/OPS", "/ops"), found)
    assert again.status_code == 200
    assert again.json()["properties"] == found


def test_a_group_is_listed_changed_and_deleted(served):
    put(served.ask, OPS, PROPERTIES)
    for url in ("", GROUP.partition("/resourceGroups")[0], GROUP):
        listed = served.ask("GET", f"{url}/providers/Microsoft.Insights/actionGroups").json()
        assert [each["name"] for each in listed["value"]] == ["ops"]
    elsewhere = GROUP.replace("default", "other")
    assert served.ask("GET", f"{elsewhere}/providers/Microsoft.Insights/actionGroups").json() == {
        "value": []
    }
    changed = served.ask("PATCH", OPS, {"properties": {"enabled": False}, "tags": {"a": "b"}})
    assert changed.status_code == 200
    properties = changed.json()["properties"]
    assert properties["enabled"] is False
    assert len(properties["webhookReceivers"]) == 1
    assert len(properties["OpenInsights"]["slackReceivers"]) == 1
    assert changed.json()["tags"] == {"a": "b"}
    stale = served.ask("DELETE", OPS, headers={"if-match": '"stale"'})
    assert stale.status_code == 412
    assert served.ask("DELETE", OPS).status_code == 200
    assert served.ask("DELETE", OPS).status_code == 204
    assert served.ask("GET", OPS).status_code == 404


@pytest.mark.parametrize(
    ("properties", "why"),
    [
        ({"webhookReceivers": [{"name": "a", "serviceUri": "ftp://x/"}]}, "http:// or https://"),
        ({"webhookReceivers": [{"name": "a"}]}, "serviceUri"),
        ({"webhookReceivers": [{"name": "", "serviceUri": "http://x/"}]}, "its name"),
        (
            {"webhookReceivers": [{"name": "a", "serviceUri": "http://x/", "useAadAuth": True}]},
            "useAadAuth",
        ),
        ({"emailReceivers": [{"name": "a", "emailAddress": "a@b\r\nBcc: c@d"}]}, "do not print"),
        ({"emailReceivers": [{"name": "a", "emailAddress": "nobody"}]}, "no address"),
        (
            {
                "emailReceivers": [{"name": "A", "emailAddress": "a@b.example"}],
                "webhookReceivers": [{"name": "a", "serviceUri": "http://x/"}],
            },
            "two of its receivers",
        ),
        ({"OpenInsights": {"commandReceivers": [{"name": "a", "program": "sh"}]}}, "whole path"),
        ({"OpenInsights": {"signingSecret": "short"}}, "16 to 128"),
        ({"groupShortName": "x" * 41}, "groupShortName"),
        ({"enabled": "yes"}, "expected `bool`"),
        (
            {"webhookReceivers": [{"name": str(n), "serviceUri": "http://x/"} for n in range(101)]},
            "more than 100",
        ),
    ],
)
def test_a_group_that_cannot_be_is_refused(refusing, properties, why):
    reply = put(refusing.ask, OPS, properties)
    assert reply.status_code == 400
    assert why in reply.json()["error"]["message"]


def test_addresses_are_shown_to_who_may_change_the_group(served):
    put(served.ask, OPS, PROPERTIES)
    reader = served.as_(served.parts.resources.find("shop").app_id, "read")
    shown = reader("GET", OPS)
    assert shown.status_code == 200
    assert "hidden" not in shown.text
    assert "duty@" not in shown.text
    assert "5550100" not in shown.text
    properties = shown.json()["properties"]
    assert properties["emailReceivers"][0]["emailAddress"] == "***@shop.example"
    assert properties["webhookReceivers"][0]["serviceUri"] == "https://pager.example/***"
    editor = served.as_(served.parts.resources.find("shop").app_id, "read", "write")
    assert put(editor, OPS, PROPERTIES).status_code == 403
    assert editor("POST", f"{OPS}/newSecret").status_code == 403
    assert editor("DELETE", OPS).status_code == 403


def test_a_group_of_a_resource_belongs_to_who_may_change_that(served):
    own = PROPERTIES | {"OpenInsights": {"scope": SHOP}}
    shop = served.as_(served.parts.resources.find("shop").app_id, "read", "write")
    bank = served.as_(served.parts.resources.find("bank").app_id, "read", "write")
    assert put(shop, OPS, own).status_code == 201
    assert "hidden" in shop("GET", OPS).text
    assert bank("GET", OPS).status_code == 404
    assert bank("GET", "/providers/Microsoft.Insights/actionGroups").json() == {"value": []}
    assert put(bank, OPS, PROPERTIES | {"OpenInsights": {"scope": BANK}}).status_code == 403
    assert put(bank, f"{OPS}2", own).status_code in (403, 404)
    assert bank("DELETE", OPS).status_code == 403
    served.ask("DELETE", SHOP)
    assert served.ask("GET", OPS).status_code == 404


def test_a_secret_is_shown_once_and_only_when_it_is_made(served):
    put(served.ask, OPS, PROPERTIES | {"OpenInsights": {"signingSecret": "a secret of my own"}})
    assert served.parts.notify.groups.secret(OPS) == "a secret of my own"
    assert "a secret of my own" not in served.ask("GET", OPS).text
    put(served.ask, OPS, PROPERTIES)
    assert served.parts.notify.groups.secret(OPS) == "a secret of my own"
    made = served.ask("POST", f"{OPS}/newSecret")
    assert made.headers["cache-control"] == "no-store"
    assert made.json()["signingSecret"] == served.parts.notify.groups.secret(OPS)
    assert made.json()["signingSecret"] != "a secret of my own"
    assert served.ask("POST", f"{OPS}x/newSecret").status_code == 404


def test_a_group_is_tried_out(served, receiving):
    put(
        served.ask,
        OPS,
        {
            "webhookReceivers": [
                {"name": "good", "serviceUri": f"{receiving.url}/good"},
                {"name": "bad", "serviceUri": f"{receiving.url}/bad"},
            ],
            "smsReceivers": [{"name": "phone"}],
        },
    )
    receiving.answers["/bad"] = (500, {}, b"no")
    for kind in ("MetricStaticThreshold", "metricsdynamicthreshold", "logalertv2", "webtestalert"):
        reply = served.ask("POST", f"{OPS}/createNotifications", {"alertType": kind})
        assert reply.status_code == 200, reply.text
    reply = served.ask("POST", f"{OPS}/createNotifications", {"alertType": "smartalert"}).json()
    assert reply["state"] == "Completed"
    assert [(each["Name"], each["Status"], each["Detail"]) for each in reply["actionDetails"]] == [
        ("good", "Succeeded", ""),
        ("bad", "Failed", "it answered 500: no"),
        ("phone", "Failed", "not told by this server"),
    ]
    body = receiving.bodies("/good")[0]["data"]
    assert body["openInsights"]["isTest"] is True
    assert body["essentials"]["severity"] == "Sev4"
    bad = served.ask("POST", f"{OPS}/createNotifications", {"alertType": "budget"})
    assert bad.status_code == 400
    assert served.parts.notify.deliverer._store.waiting() == []


RULE = {
    "scopes": [SHOP],
    "conditions": [{"field": "Severity", "operator": "Equals", "values": ["Sev3", "Sev4"]}],
    "schedule": {
        "effectiveFrom": "2026-11-21T18:00:00",
        "timeZone": "Romance Standard Time",
        "recurrences": [
            {"recurrenceType": "Daily", "startTime": "22:00:00", "endTime": "06:00:00"},
            {"recurrenceType": "Weekly", "daysOfWeek": ["Saturday"]},
            {"recurrenceType": "Monthly", "daysOfMonth": [1, 31]},
        ],
    },
    "actions": [{"actionType": "RemoveAllActionGroups"}],
    "description": "nights",
    "enabled": True,
}


def test_a_processing_rule_comes_back_as_it_was_put(served):
    made = put(served.ask, MUTE, RULE, tags={"a": "b"})
    assert made.status_code == 201
    assert made.json() == {
        "id": MUTE,
        "name": "mute",
        "type": "Microsoft.AlertsManagement/actionRules",
        "location": "Global",
        "tags": {"a": "b"},
        "properties": RULE,
    }
    listed = served.ask("GET", f"{GROUP}/providers/Microsoft.AlertsManagement/actionRules")
    assert listed.json() == {"value": [made.json()]}
    adds = RULE | {"actions": [{"actionType": "AddActionGroups", "actionGroupIds": [OPS]}]}
    assert put(served.ask, MUTE, adds).json()["properties"]["actions"] == adds["actions"]
    off = served.ask("PATCH", MUTE, {"properties": {"enabled": False}})
    assert off.json()["properties"] == adds | {"enabled": False}
    assert served.ask("DELETE", MUTE).status_code == 200
    assert served.ask("GET", MUTE).status_code == 404


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"scopes": []}, "needs a scope"),
        ({"actions": []}, "either RemoveAllActionGroups"),
        ({"actions": [{"actionType": "Page"}]}, "action 'Page'"),
        ({"schedule": {"timeZone": "Nowhere"}}, "time zone 'Nowhere'"),
        ({"schedule": {"recurrences": [{"recurrenceType": "Hourly"}]}}, "recurrence 'Hourly'"),
        ({"conditions": [{"field": "x", "operator": "Equals", "values": ["y"]}]}, "field 'x'"),
        ({"conditions": [{"field": "Severity"}]}, "operator"),
    ],
)
def test_a_processing_rule_that_cannot_be_is_refused(refusing, changes, why):
    reply = put(refusing.ask, MUTE, RULE | changes)
    assert reply.status_code == 400
    assert why in reply.json()["error"]["message"]


def test_a_processing_rule_belongs_to_who_may_change_what_it_is_about(served):
    shop = served.as_(served.parts.resources.find("shop").app_id, "read", "write")
    bank = served.as_(served.parts.resources.find("bank").app_id, "read", "write")
    assert put(shop, MUTE, RULE).status_code == 201
    assert bank("GET", MUTE).status_code == 404
    assert bank("DELETE", MUTE).status_code == 403
    assert put(bank, MUTE, RULE | {"scopes": [BANK]}).status_code == 403
    assert put(bank, f"{MUTE}2", RULE | {"scopes": [GROUP]}).status_code == 403
    assert put(bank, f"{MUTE}2", RULE | {"scopes": [BANK, SHOP]}).status_code in (403, 404)
    assert put(served.ask, f"{MUTE}2", RULE | {"scopes": [GROUP]}).status_code == 201
    served.ask("DELETE", SHOP)
    assert served.ask("GET", MUTE).status_code == 404
