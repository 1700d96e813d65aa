"""The management API beside components: groups, lists of pickers, caps, workbooks, saved queries."""

from __future__ import annotations

import pytest

SUBSCRIPTION = "/subscriptions/7e2a9d54-0000-4000-8000-000000000001"
GROUP = f"{SUBSCRIPTION}/resourceGroups/web"
SHOP = f"{GROUP}/providers/Microsoft.Insights/components/shop"
BOOK = f"{GROUP}/providers/microsoft.insights/workbooks/7e2a9d54-0000-4000-8000-00000000000b"
CONTENT = '{"version":"Notebook/1.0","items":[]}'


@pytest.fixture
def shop(server):
    return server.client.put(SHOP, json={"location": "local"}).json()


def names(reply):
    assert reply.status_code == 200, reply.text
    return [each["name"] for each in reply.json()["value"]]


def code(reply):
    return reply.status_code, reply.json()["error"]["code"]


def test_servers_subscription_is_listed_beside_those_of_resources(server, shop):
    listed = server.client.get("/subscriptions", params={"api-version": "2020-01-01"}).json()
    own = "00000000-0000-0000-0000-000000000000"
    assert [each["subscriptionId"] for each in listed["value"]] == [own, SUBSCRIPTION[15:]]
    assert {each["tenantId"] for each in listed["value"]} == {own}
    assert server.client.get("/subscriptions/any").json()["subscriptionId"] == "any"
    assert server.client.get("/tenants").json()["value"][0]["tenantId"] == own
    assert names(server.client.get(f"{SUBSCRIPTION}/locations")) == ["local"]


def test_providers_are_registered(server):
    one = server.client.get("/subscriptions/s/providers/microsoft.insights").json()
    assert (one["namespace"], one["registrationState"]) == ("Microsoft.Insights", "Registered")
    assert (
        server.client.post("/subscriptions/s/providers/Microsoft.Insights/register").json() == one
    )
    lost = server.client.get("/subscriptions/s/providers/Microsoft.Storage")
    assert code(lost) == (404, "InvalidResourceNamespace")


def test_groups_are_there_with_their_resources_or_alone(server, shop):
    assert names(server.client.get(f"{SUBSCRIPTION}/resourcegroups")) == ["web"]
    empty = f"{SUBSCRIPTION}/resourceGroups/empty"
    assert server.client.head(empty).status_code == 404
    made = server.client.put(empty, json={"location": "west", "tags": {"a": "b"}})
    assert (made.status_code, made.json()["location"]) == (201, "west")
    assert server.client.put(empty, json={"location": "west"}).status_code == 200
    assert names(server.client.get(f"{SUBSCRIPTION}/resourceGroups")) == ["empty", "web"]
    assert server.client.delete(empty.upper()).status_code == 200
    assert code(server.client.get(empty)) == (404, "ResourceGroupNotFound")
    assert code(server.client.delete(GROUP)) == (409, "ResourceGroupNotEmpty")
    assert code(server.client.put(f"{SUBSCRIPTION}/resourceGroups/end.", json={})) == (
        400,
        "InvalidResourceGroup",
    )


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["shop", "7e2a9d54-0000-4000-8000-00000000000b", "shop"]),
        ("resourceType eq 'Microsoft.Insights/components'", ["shop"]),
        ("resourcetype EQ 'microsoft.operationalinsights/workspaces'", ["shop"]),
        ("resourceType ne 'microsoft.insights/workbooks' and name eq 'SHOP'", ["shop", "shop"]),
        ("substringof('ho', name) and resourceGroup eq 'web'", ["shop", "shop"]),
        ("tagName eq 'team' and tagValue eq 'a'", ["shop", "shop"]),
        ("tagName eq 'team' and tagValue eq 'b'", []),
        (
            "name eq 'x' or location eq 'local'",
            ["shop", "7e2a9d54-0000-4000-8000-00000000000b", "shop"],
        ),
        ("name eq 'it''s'", []),
    ],
)
def test_resources_are_filtered_as_pickers_ask(server, shop, asked, found):
    server.client.patch(SHOP, json={"tags": {"team": "a"}})
    server.client.put(BOOK, json={"properties": {"displayName": "b"}})
    listed = server.client.get(f"{SUBSCRIPTION}/resources", params={"$filter": asked})
    assert names(listed) == found
    assert names(server.client.get(f"{GROUP}/resources", params={"$filter": asked})) == found


def test_what_watches_is_listed_among_all_resources(server, shop):
    insights = f"{GROUP}/providers/Microsoft.Insights"
    check = {"metricName": "requests/failed", "timeAggregation": "Count"}
    check |= {"operator": "GreaterThan", "threshold": 5}
    rule = {"scopes": [SHOP], "evaluationFrequency": "PT1M", "windowSize": "PT5M"}
    rule["criteria"] = {"allOf": [check]}
    quiet = {"scopes": [SHOP], "actions": [{"actionType": "RemoveAllActionGroups"}]}
    for path, properties in (
        (f"{insights}/metricAlerts/fails", rule),
        (f"{insights}/actionGroups/duty", {"groupShortName": "duty"}),
        (f"{GROUP}/providers/Microsoft.AlertsManagement/actionRules/nights", quiet),
    ):
        made = server.client.put(path, json={"location": "Global", "properties": properties})
        assert made.status_code in (200, 201), made.text
    listed = server.client.get(f"{GROUP}/resources").json()["value"]
    kinds = {each["name"]: each["type"].lower() for each in listed}
    assert kinds["fails"] == "microsoft.insights/metricalerts"
    assert kinds["duty"] == "microsoft.insights/actiongroups"
    assert kinds["nights"] == "microsoft.alertsmanagement/actionrules"
    health = server.client.get("/health").json()["watching"]
    assert (health["rules"], health["failingRules"], health["waitingNotifications"]) == (1, 0, 0)


@pytest.mark.parametrize("asked", ["name", "size eq 'x'", "name eq x", "name eq 'a' b", "x" * 5000])
def test_filter_that_is_not_understood_is_refused(server, asked):
    reply = server.client.get(f"{SUBSCRIPTION}/resources", params={"$filter": asked})
    assert code(reply) == (400, "InvalidFilterInQueryString")


def test_long_lists_come_in_pages_that_stand_changes(server):
    parent = SHOP.removesuffix("/shop")
    for name in "abcde":
        server.client.put(f"{parent}/{name}", json={})
    page = server.client.get(parent, params={"$top": "2", "api-version": "x"}).json()
    seen = [each["name"] for each in page["value"]]
    server.client.delete(f"{parent}/b")
    while "nextLink" in page:
        assert page["nextLink"].startswith("http://127.0.0.1:5380/subscriptions/")
        page = server.client.get(page["nextLink"]).json()
        seen += [each["name"] for each in page["value"]]
    assert seen == list("abcde")
    assert code(server.client.get(parent, params={"$top": "0"})) == (400, "BadArgumentError")


def test_component_is_changed_only_as_it_was_read(server, shop):
    first = server.client.get(SHOP)
    assert first.headers["etag"] == first.json()["etag"]
    matching = {"if-match": first.headers["etag"]}
    changed = server.client.patch(SHOP, json={"tags": {"a": "1"}}, headers=matching)
    assert changed.status_code == 200
    assert changed.json()["etag"] != first.json()["etag"]
    again = server.client.patch(SHOP, json={"tags": {"a": "2"}}, headers=matching)
    assert code(again) == (412, "PreconditionFailed")
    assert server.client.get(SHOP).json()["tags"] == {"a": "1"}
    assert server.client.delete(SHOP, headers=matching).status_code == 412
    assert server.client.put(SHOP, json={}, headers={"if-match": "*"}).status_code == 200
    nobody = SHOP.replace("shop", "nobody")
    assert server.client.put(nobody, json={}, headers={"if-match": "*"}).status_code == 412


def test_what_tools_set_is_read_back(server):
    sent = {
        "Application_Type": "other",
        "Flow_Type": "Redfield",
        "WorkspaceResourceId": f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/w",
        "IngestionMode": "LogAnalytics",
    }
    made = server.client.put(SHOP, json={"kind": "java", "properties": sent}).json()
    assert made["kind"] == "java"
    assert {name: made["properties"][name] for name in sent} == sent
    kept = server.client.patch(SHOP, json={"tags": {"a": "b"}}).json()
    assert kept["properties"] == made["properties"]
    moved = server.client.put(SHOP, json={"location": "elsewhere"})
    assert code(moved) == (409, "InvalidResourceLocation")


def test_component_is_a_workspace_too(server, shop):
    listed = f"{SUBSCRIPTION}/providers/microsoft.operationalinsights/workspaces"
    assert names(server.client.get(listed)) == ["shop"]
    one = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/shop"
    properties = server.client.get(one).json()["properties"]
    assert properties["customerId"] == shop["properties"]["AppId"]
    assert (properties["retentionInDays"], properties["workspaceCapping"]) == (
        90,
        {"dailyQuotaGb": -1},
    )
    query = {"query": "AppTraces | count"}
    reply = server.client.post(f"/v1/workspaces/{properties['customerId']}/query", json=query)
    assert reply.json()["tables"][0]["rows"] == [[0]]


def test_daily_cap_is_the_resources_own(server, shop):
    path = f"{SHOP}/CurrentBillingFeatures"
    before = server.client.get(path).json()
    assert before["CurrentBillingFeatures"] == ["Basic"]
    assert (before["DataVolumeCap"]["Cap"], before["DataVolumeCap"]["ResetTime"]) == (None, 0)
    cap = {"Cap": 0.000001, "ResetTime": 3, "StopSendNotificationWhenHitCap": True}
    body = {"CurrentBillingFeatures": ["Basic"], "DataVolumeCap": cap}
    after = server.client.put(path, json=body).json()["DataVolumeCap"]
    assert (after["Cap"], after["ResetTime"]) == (0.000001, 3)
    settings = server.client.get(SHOP).json()["properties"]["OpenInsights"]
    assert settings == {"daily_cap_bytes": 1000, "cap_reset_hour": 3}
    quota = f"{SHOP}/quotastatus"
    assert server.client.get(quota).json()["ShouldBeThrottled"] is False
    server.send(server.parts.resources.named(shop["properties"]["AppId"]), "x" * 2000)
    reached = server.client.get(quota).json()
    assert reached["ShouldBeThrottled"] is True
    assert reached["ExpirationTime"].endswith("Z")
    kept = server.client.put(path, json={}).json()["DataVolumeCap"]
    assert kept["Cap"] == 0.000001
    free = server.client.put(path, json={"DataVolumeCap": {"Cap": None}}).json()["DataVolumeCap"]
    assert free["Cap"] is None


@pytest.mark.parametrize(
    "body",
    [
        {"DataVolumeCap": {"Cap": -1}},
        {"DataVolumeCap": {"Cap": "much"}},
        {"DataVolumeCap": {"ResetTime": 24}},
        {"DataVolumeCap": {"WarningThreshold": 50}},
        {"DataVolumeCap": {"StopSendNotificationWhenHitCap": False}},
        {"CurrentBillingFeatures": ["Application Insights Enterprise"]},
    ],
)
def test_cap_that_cannot_be_is_refused(server, shop, body):
    reply = server.client.put(f"{SHOP}/currentbillingfeatures", json=body)
    assert reply.status_code == 400, reply.text
    assert server.client.get(SHOP).json()["properties"]["OpenInsights"] == {}


def workbook(**properties):
    return {
        "location": "local",
        "kind": "shared",
        "tags": {"a": "b"},
        "properties": {"displayName": "Failures", "serializedData": CONTENT, **properties},
    }


def test_workbook_is_kept_with_what_it_was(server, shop):
    made = server.client.put(BOOK, json=workbook(sourceId=SHOP, category="workbook"))
    assert made.status_code == 201
    again = server.client.put(BOOK.lower(), json=workbook(sourceId=SHOP, displayName="Faults"))
    assert again.status_code == 200
    shown = server.client.get(BOOK, params={"canFetchContent": "true"}).json()
    assert shown["properties"]["displayName"] == "Faults"
    assert shown["properties"]["serializedData"] == CONTENT
    assert shown["properties"]["sourceId"] == SHOP
    revisions = server.client.get(f"{BOOK}/revisions").json()["value"]
    assert [each["properties"]["displayName"] for each in revisions] == ["Faults", "Failures"]
    old = server.client.get(f"{BOOK}/revisions/{made.json()['properties']['revision']}").json()
    assert old["properties"]["displayName"] == "Failures"
    assert server.client.delete(BOOK).status_code == 200
    assert server.client.delete(BOOK).status_code == 204
    assert code(server.client.get(BOOK)) == (404, "ResourceNotFound")
    assert server.client.get(f"{BOOK}/revisions").status_code == 404


def test_workbook_is_changed_only_as_it_was_read(server):
    first = server.client.put(BOOK, json=workbook()).json()
    matching = {"if-match": first["etag"]}
    change = {"properties": {"description": "new"}}
    changed = server.client.patch(BOOK, json=change, headers=matching)
    assert changed.json()["properties"]["description"] == "new"
    assert changed.json()["properties"]["displayName"] == "Failures"
    assert server.client.patch(BOOK, json=change, headers=matching).status_code == 412
    assert server.client.put(BOOK, json={**workbook(), "etag": first["etag"]}).status_code == 412
    only_new = {"if-none-match": "*"}
    assert server.client.put(BOOK, json=workbook(), headers=only_new).status_code == 409
    assert server.client.delete(BOOK, headers=matching).status_code == 412


def test_workbooks_are_listed_by_source_and_category(server, shop):
    parent = f"{SUBSCRIPTION}/providers/Microsoft.Insights/workbooks"
    server.client.put(BOOK, json=workbook(sourceId=SHOP, category="workbook"))
    server.client.put(BOOK[:-1] + "c", json=workbook(category="tsg", displayName="Other"))

    def shown(**asked):
        value = server.client.get(parent, params=asked).json()["value"]
        return [each["properties"]["displayName"] for each in value]

    assert shown() == ["Failures", "Other"]
    assert shown(category="TSG") == ["Other"]
    assert shown(sourceId="shop") == ["Failures"]
    (one,) = server.client.get(parent, params={"sourceId": SHOP}).json()["value"]
    assert "serializedData" not in one["properties"]
    whole = server.client.get(parent, params={"sourceId": SHOP, "canFetchContent": "true"}).json()
    assert whole["value"][0]["properties"]["serializedData"] == CONTENT
    assert server.client.get(parent, params={"sourceId": "nobody"}).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"properties": {"displayName": " "}},
        {"properties": {"displayName": "x" * 5000}},
        {"properties": {"displayName": "x", "storageUri": "/somewhere"}},
        {"properties": {"displayName": "x", "serializedData": {}}},
        {"kind": "other", "properties": {"displayName": "x"}},
    ],
)
def test_workbook_that_cannot_be_kept_is_refused(server, body):
    assert server.client.put(BOOK, json=body).status_code == 400
    assert server.client.get(BOOK).status_code == 404


def test_saved_query_is_kept_under_its_name_and_id(server, shop):
    item = f"{SHOP}/analyticsItems/item"
    body = {"Name": "slow", "Content": "requests | take 1", "Type": "query", "Scope": "shared"}
    made = server.client.put(item, json=body).json()
    assert (made["Version"], made["Content"]) == ("1.0", "requests | take 1")
    assert code(server.client.put(item, json=body)) == (409, "Conflict")
    assert (
        server.client.put(item, json=body, params={"overrideItem": "true"}).json()["Id"]
        == (made["Id"])
    )
    renamed = server.client.put(item, json={**body, "Id": made["Id"], "Name": "slower"}).json()
    assert (renamed["Id"], renamed["Version"]) == (made["Id"], "3.0")
    assert server.client.get(item, params={"name": "SLOWER"}).json() == renamed
    assert server.client.get(item, params={"id": made["Id"]}).json() == renamed
    assert code(server.client.get(item, params={"name": "slow"})) == (404, "SavedQueryNotFound")
    listed = server.client.get(f"{SHOP}/analyticsItems").json()
    assert [each["Name"] for each in listed] == ["slower"]
    assert "Content" not in listed[0]
    assert server.client.get(f"{SHOP}/analyticsItems", params={"type": "function"}).json() == []
    assert server.client.get(f"{SHOP}/myanalyticsItems").json() == []
    assert server.client.delete(item, params={"id": made["Id"]}).status_code == 200
    assert server.client.delete(item, params={"id": made["Id"]}).status_code == 404


def test_saved_queries_of_one_caller_and_of_all_do_not_mix(server, shop):
    body = {"Name": "f", "Content": "1", "Type": "function", "Properties": {"functionAlias": "g"}}
    mine = server.client.put(f"{SHOP}/myanalyticsItems/item", json=body).json()
    assert (mine["Scope"], mine["Properties"]) == ("user", {"functionAlias": "g"})
    assert server.client.get(f"{SHOP}/analyticsItems").json() == []
    shared = {**body, "Scope": "shared"}
    assert server.client.put(f"{SHOP}/myanalyticsItems/item", json=shared).status_code == 400
    assert server.client.put(f"{SHOP}/analyticsItems/item", json=shared).status_code == 200
    server.client.delete(SHOP)
    server.client.put(SHOP, json={})
    assert server.client.get(f"{SHOP}/analyticsItems").json() == []


@pytest.mark.parametrize(
    "change", [{"Name": ""}, {"Type": "picture"}, {"Id": "1"}, {"Name": "x" * 256}, {"Name": 5}]
)
def test_query_that_cannot_be_saved_is_refused(server, shop, change):
    body = {"Name": "slow", "Content": "requests", **change}
    assert server.client.put(f"{SHOP}/analyticsItems/item", json=body).status_code == 400
    assert server.client.get(f"{SHOP}/analyticsItems/item").status_code == 400


def test_path_tells_every_method_that_it_takes(server, shop):
    reply = server.client.post(SHOP)
    assert reply.status_code == 405
    assert reply.headers["allow"] == "DELETE, GET, HEAD, PATCH, PUT"


GRAPH = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"


def graph(server, query, **more):
    reply = server.client.post(GRAPH, json={"query": query, **more})
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_pickers_find_resources_by_kql(server, shop):
    server.client.patch(SHOP, json={"tags": {"team": "a b"}})
    server.create("other")
    query = """Resources
        | where type in~ ('microsoft.insights/components')
        | project id, name, location, tags, team = tostring(tags.team)
        | order by tolower(name) desc"""
    found = graph(server, query)
    assert (found["totalRecords"], found["count"], found["resultTruncated"]) == (2, 2, "false")
    assert found["data"][0] == {
        "id": SHOP,
        "name": "shop",
        "location": "local",
        "tags": {"team": "a b"},
        "team": "a b",
    }
    below = graph(server, query, subscriptions=[SUBSCRIPTION[15:]])
    assert [each["name"] for each in below["data"]] == ["shop"]
    containers = """resourcecontainers
        | where type == 'microsoft.resources/subscriptions'
        | join kind=inner (resources | summarize n = count() by subscriptionId) on subscriptionId
        | project subscriptionName = name, n | order by n asc, subscriptionName asc"""
    table = graph(server, containers, options={"resultFormat": "table"})["data"]
    assert [each["name"] for each in table["columns"]] == ["subscriptionName", "n"]
    assert len(table["rows"]) == 2
    first = graph(server, "resources | order by id asc", options={"$top": 1})
    second = graph(
        server, "resources | order by id asc", options={"$skipToken": first["$skipToken"]}
    )
    assert (first["count"], second["count"]) == (1, 3)


def test_mistakes_in_questions_about_resources_have_their_places(server):
    reply = server.client.post(GRAPH, json={"query": "resources\n| where nothing == 1"})
    place = reply.json()["error"]["innererror"]["innererror"]
    assert (reply.status_code, place["line"], place["pos"]) == (400, 2, 9)
    empty = server.client.post(GRAPH, json={"query": "resources | count"}).json()
    assert empty["data"] == [{"Count": 0}]
    assert server.client.post(GRAPH, json={"query": "traces | count"}).json()["data"] == [
        {"Count": 0}
    ]
    assert server.client.post(GRAPH, json={"query": " "}).status_code == 400
