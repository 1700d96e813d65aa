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
