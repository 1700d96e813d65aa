from __future__ import annotations

from openinsights.schema.catalog import APP, CLASSIC


def test_application_metadata_lists_the_classic_tables(server):
    shop = server.create()
    for method in ("GET", "POST"):
        body = server.client.request(method, "/v1/apps/shop/metadata").json()
        assert [table["name"] for table in body["tables"]] == [table.name for table in CLASSIC]
    requests = body["tables"][0]
    assert (requests["id"], requests["timespanColumn"]) == ("t/requests", "timestamp")
    assert {"name": "duration", "type": "real"}.items() <= next(
        column for column in requests["columns"] if column["name"] == "duration"
    ).items()
    assert body["applications"][0]["id"] == shop.app_id
    assert body["applications"][0]["resourceId"] == shop.resource_id


def test_workspace_metadata_lists_the_workspace_tables(server):
    server.create()
    body = server.client.get("/v1/workspaces/shop/metadata").json()
    assert [table["name"] for table in body["tables"]] == [table.name for table in APP]
    assert body["tables"][0]["timespanColumn"] == "TimeGenerated"


def test_schema_has_one_row_for_each_column(server):
    server.create()
    table = server.client.get("/v1/apps/shop/query/schema").json()["Tables"][0]
    assert table["TableName"] == "Table_0"
    assert ["requests", "timestamp", "System.DateTime"] in table["Rows"]
    assert len(table["Rows"]) == sum(len(table.columns) for table in CLASSIC)


def test_unknown_application_is_not_found(server):
    for path in ("apps/nobody/metadata", "workspaces/nobody/metadata", "apps/x/query/schema"):
        reply = server.client.get(f"/v1/{path}")
        assert (reply.status_code, reply.json()["error"]["code"]) == (404, "PathNotFoundError")


def test_a_resource_id_is_described_as_what_it_names(server):
    shop = server.create()
    component = server.client.get(f"/v1{shop.resource_id}/metadata").json()
    assert component["applications"][0]["id"] == shop.app_id
    workspace_id = shop.resource_id.replace(
        "Microsoft.Insights/components", "Microsoft.OperationalInsights/workspaces"
    )
    workspace = server.client.get(f"/v1{workspace_id}/metadata").json()
    assert workspace["workspaces"][0]["id"] == shop.app_id
    assert {table["name"] for table in workspace["tables"]} >= {"AppRequests"}
    assert server.client.get("/v1/subscriptions/s/metadata").status_code == 404


def test_a_workspace_is_queried_by_its_resource_id(server):
    shop = server.create()
    server.send(shop, "a")
    workspace_id = shop.resource_id.replace(
        "Microsoft.Insights/components", "microsoft.operationalinsights/workspaces"
    )
    ask = {"query": "AppTraces | count"}
    reply = server.client.post(f"/v1{workspace_id}/query", json=ask)
    assert reply.json()["tables"][0]["rows"] == [[1]]
    classic = server.client.post(f"/v1{workspace_id}/query", json={"query": "traces"})
    assert classic.status_code == 400
