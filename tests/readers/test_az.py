"""azure-cli: `az rest` against a cloud that it was told of, over https with the private authority."""

from __future__ import annotations

import json

import pytest
from tests.readers.conftest import EVERY_TYPE, python_with


@pytest.fixture(scope="module")
def az(https, shop, run, tmp_path_factory):
    """Run az and return what it printed, as JSON."""
    home = tmp_path_factory.mktemp("az")
    environ = {
        "HOME": str(home),
        "AZURE_CONFIG_DIR": str(home / ".azure"),
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "REQUESTS_CA_BUNDLE": str(https.authority),
    }
    command = python_with("azure-cli", "azure-cli==2.91.0") / "az"

    def calling(*words: str):
        printed = run([command, *words, "--output", "json"], **environ)
        return json.loads(printed) if printed.strip() else None

    calling("cloud", "register", "--name", "here", "--endpoint-resource-manager", https.url)
    calling("cloud", "set", "--name", "here")
    return calling


@pytest.fixture(scope="module")
def rest(az):
    return lambda *words: az("rest", "--skip-authorization-header", *words)


def test_the_server_tells_az_where_its_services_are(az, https) -> None:
    cloud = az("cloud", "show", "--name", "here")
    assert cloud["endpoints"]["resourceManager"] == https.url
    assert cloud["endpoints"]["appInsightsResourceId"] == https.url
    assert cloud["endpoints"]["logAnalyticsResourceId"] == https.url
    elsewhere = [url for url in cloud["endpoints"].values() if url and https.url not in url]
    assert elsewhere == []


def test_rows_come_from_install_to_query(rest, https, shop) -> None:
    url = f"{https.url}/v1/apps/{shop['app_id']}/query"
    body = json.dumps({"query": "requests | count", "timespan": "PT1H"})
    posted = rest("--method", "post", "--url", url, "--body", body)
    assert posted["tables"][0]["rows"] == [[3]]
    got = rest("--url", url, "--url-parameters", "query=requests | count")
    assert got["tables"][0]["rows"] == [[4]]
    shown = rest("--url", f"{url}?query=requests | count", "--query", "tables[0].rows[0][0]")
    assert shown == 4


def test_every_type_comes_through(rest) -> None:
    body = json.dumps({"query": EVERY_TYPE})
    (table,) = rest("--method", "post", "--url", "/v1/apps/shop/query", "--body", body)["tables"]
    row = dict(zip([each["name"] for each in table["columns"]], table["rows"][0], strict=True))
    assert (row["at"], row["took"]) == ("2016-12-31T23:59:59.9999999Z", "1.02:03:04.0000005")
    assert (row["nan"], row["up"], row["down"]) == ("NaN", "Infinity", "-Infinity")
    assert (row["big"], row["exact"]) == (2**63 - 1, "12345678901234567890.5")
    assert {value for name, value in row.items() if name.startswith("no_")} == {None}


def test_a_path_goes_to_the_registered_cloud(rest, shop) -> None:
    path = "/subscriptions/{}/resourceGroups/default/providers/Microsoft.Insights/components/shop"
    version = "?api-version=2020-02-02"
    found = rest("--url", path.format("0" * 8 + "-0000-0000-0000-" + "0" * 12) + version)
    assert found["properties"]["AppId"] == shop["app_id"]
