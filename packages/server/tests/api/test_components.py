from __future__ import annotations

import pytest

GROUP = "/subscriptions/sub/resourceGroups/web"
SHOP = f"{GROUP}/providers/Microsoft.Insights/components/shop"
KEY = "2f1d3c5e-7a9b-4c1d-8e2f-3a4b5c6d7e8f"


def test_put_makes_a_resource_that_get_shows(server):
    body = {"location": "westeurope", "kind": "web", "tags": {"team": "a"}}
    made = server.client.put(SHOP, params={"api-version": "2020-02-02"}, json=body)
    assert made.status_code == 200
    component = made.json()
    assert component == server.client.get(SHOP.lower()).json()
    assert (component["id"], component["name"]) == (SHOP, "shop")
    assert (component["location"], component["tags"]) == ("westeurope", {"team": "a"})
    properties = component["properties"]
    assert properties["provisioningState"] == "Succeeded"
    parts = dict(part.split("=") for part in properties["ConnectionString"].split(";"))
    assert parts == {
        "InstrumentationKey": properties["InstrumentationKey"],
        "IngestionEndpoint": "http://127.0.0.1:5380/",
        "LiveEndpoint": "http://127.0.0.1:5380/",
        "ApplicationId": properties["AppId"],
    }


def test_put_again_keeps_the_key_and_changes_tags(server):
    first = server.client.put(SHOP, json={"properties": {"InstrumentationKey": KEY}}).json()
    again = server.client.put(SHOP, json={"tags": {"team": "b"}}).json()
    assert first["properties"] == again["properties"]
    assert again["tags"] == {"team": "b"}
    assert server.client.patch(SHOP, json={"tags": {}}).json()["tags"] == {}
    other = {"properties": {"InstrumentationKey": KEY.replace("2", "3")}}
    assert server.client.put(SHOP, json=other).status_code == 409


def test_put_of_a_new_one_only_refuses_an_existing_one(server):
    only_new = {"if-none-match": "*"}
    assert server.client.put(SHOP, json={}, headers=only_new).status_code == 200
    reply = server.client.put(SHOP, json={}, headers=only_new)
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "Conflict")


def test_lists_hold_what_their_path_names(server):
    server.client.put(SHOP, json={})
    server.client.put(SHOP.replace("/web/", "/other/"), json={})
    server.create("elsewhere")
    provider = "/providers/microsoft.insights/components"

    def groups(path):
        return [each["id"].split("/")[4] for each in server.client.get(path).json()["value"]]

    assert groups(f"{GROUP}{provider}") == ["web"]
    assert groups(f"/subscriptions/SUB{provider}") == ["web", "other"]
    assert groups(provider) == ["web", "other", "default"]


def test_delete_takes_the_telemetry_with_it(server):
    shop = server.create()
    server.send(shop, "a", "b")
    assert server.client.delete(shop.resource_id).json() == {"deletedRows": 2}
    assert server.query("*", "traces | count").json()["tables"][0]["rows"] == [[0]]
    assert server.client.delete(shop.resource_id).status_code == 204
    assert server.client.get(shop.resource_id).status_code == 404


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"properties": {"SamplingPercentage": 0}}, "cannot set sampling_percentage to 0"),
        ({"properties": {"OpenInsights": 1}}, "'OpenInsights': an object is needed"),
        ({"properties": {"OpenInsights": {"scrubs": "email"}}}, "did you mean 'scrub'?"),
        ({"properties": {"ImmediatePurgeDataOn30Days": True}}, "cannot set ImmediatePurgeData"),
        ({"properties": {"InstrumentationKey": "nope"}}, "a guid is needed"),
        ({"properties": {"InstrumentationKey": 5}}, "a text is needed"),
        ({"properties": "x"}, "'properties': a JSON object is needed"),
        ({"tags": {"a": 1}}, "'tags': an object of texts is needed"),
        ({"location": 3}, "'location': a text is needed"),
    ],
)
def test_what_cannot_be_done_is_refused(server, body, says):
    reply = server.client.put(SHOP, json=body)
    assert (reply.status_code, says in reply.json()["error"]["message"]) == (400, True)


def test_name_that_cannot_be_used_is_refused(server):
    reply = server.client.put(SHOP.replace("shop", "a%3Bb"), json={})
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "InvalidResourceName")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/subscriptions/x/nothing"),
        ("GET", "/providers/other"),
        ("GET", "/providers/Microsoft.Insights/components/x"),
    ],
)
def test_other_paths_are_not_found(server, method, path):
    assert server.client.request(method, path).json()["error"]["code"] == "PathNotFoundError"


def test_list_is_read_only(server):
    reply = server.client.put(f"{GROUP}/providers/Microsoft.Insights/components", json={})
    assert (reply.status_code, reply.json()["error"]["code"]) == (405, "MethodNotAllowed")


def test_settings_are_known_by_azures_names_and_by_ours(server):
    sent = {"SamplingPercentage": 25, "OpenInsights": {"scrub": ["email"], "cap_reset_hour": 3}}
    made = server.client.put(SHOP, json={"properties": sent}).json()["properties"]
    assert made["SamplingPercentage"] == 25
    assert made["DisableIpMasking"] is False
    assert made["OpenInsights"] == {
        "sampling_percentage": 25,
        "scrub": ["email"],
        "cap_reset_hour": 3,
    }
    changes = {"DisableIpMasking": True, "OpenInsights": {"scrub": None}}
    server.client.patch(SHOP, json={"properties": changes})
    shown = server.client.get(SHOP).json()["properties"]
    assert (shown["SamplingPercentage"], shown["DisableIpMasking"]) == (25, True)
    assert "scrub" not in shown["OpenInsights"]
