"""azure-mgmt-applicationinsights: Microsoft's client of the management API, unmodified, over https."""

from __future__ import annotations

import json

import pytest
from tests.readers.conftest import PROGRAMS, python_with

SHOP = (
    "/subscriptions/7e2a9d54-0000-4000-8000-000000000001/resourceGroups/web"
    "/providers/Microsoft.Insights/components/shop"
)


@pytest.fixture(scope="module")
def client():
    return python_with("azure-mgmt-applicationinsights", "azure-mgmt-applicationinsights==4.1.0")


def test_components_keys_caps_queries_and_workbooks_are_managed(client, https, run) -> None:
    words = [client / "python", PROGRAMS / "azure_mgmt_applicationinsights.py", https.url]
    told = json.loads(run(words, REQUESTS_CA_BUNDLE=str(https.authority)))
    made = told.pop("made")
    assert (made["id"], made["name"], made["location"]) == (SHOP, "shop", "local")
    properties = made["properties"]
    assert properties["provisioningState"] == "Succeeded"
    assert properties["RetentionInDays"] == 30
    assert (
        f"InstrumentationKey={properties['InstrumentationKey']};"
        in (properties["ConnectionString"])
    )
    assert told == {
        "same": True,
        "shown": "shop",
        "listed": ["shop"],
        "in group": ["shop"],
        "tags": {"team": "a"},
        "missing": [404, "ResourceNotFound"],
        "bad name": [400, "InvalidResourceName"],
        "purge": told["purge"],
        "key is told": True,
        "keys": [["grafana", None]],
        "key": [f"{SHOP}/api"],
        "no keys": [],
        "cap": 2.5,
        "throttled": False,
        "item": "requests | take 1",
        "items": ["slow"],
        "book": ["Failures", "Failures", True],
        "content": '{"version":"Notebook/1.0","items":[]}',
        "books": ["7e2a9d54-0000-4000-8000-00000000000b"],
        "books in group": ["Failures"],
        "revisions": 2,
        "no books": [],
        "none listed": [],
    }
    assert told["purge"] in ("pending", "completed")
