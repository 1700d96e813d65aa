"""Manages a component, its key and its workbook with Microsoft's management client.

Prints as JSON what the client made of the answers. The server is named by its URL; the client has
no address of its own anywhere.
"""

import json
import sys
import time

from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.mgmt.applicationinsights import ApplicationInsightsManagementClient
from azure.mgmt.applicationinsights.v2020_02_02.models import (
    ApplicationInsightsComponent,
    ComponentPurgeBody,
    ComponentPurgeBodyFilters,
    TagsResource,
)
from azure.mgmt.applicationinsights.v2023_06_01.models import Workbook

SUBSCRIPTION = "7e2a9d54-0000-4000-8000-000000000001"
GROUP, BOOK = "web", "7e2a9d54-0000-4000-8000-00000000000b"


class StaticToken:
    def get_token(self, *_scopes, **_options):
        return AccessToken("a token", int(time.time()) + 3600)


def client(url, version):
    return ApplicationInsightsManagementClient(
        StaticToken(),
        SUBSCRIPTION,
        api_version=version,
        base_url=url.rstrip("/"),
        credential_scopes=[f"{url.rstrip('/')}/.default"],
    )


def code_of(call):
    try:
        call()
    except HttpResponseError as error:
        return [error.status_code, error.error.code if error.error else None]
    return None


def main(url):
    told = {}
    components = client(url, "2020-02-02").components
    made = components.create_or_update(
        GROUP,
        "shop",
        ApplicationInsightsComponent(
            location="local", kind="web", application_type="web", retention_in_days=30
        ),
    )
    told["made"] = made.serialize(keep_readonly=True)
    again = components.create_or_update(
        GROUP, "shop", ApplicationInsightsComponent(location="local", kind="web")
    )
    told["same"] = again.app_id == made.app_id
    told["shown"] = components.get(GROUP, "shop").name
    told["listed"] = [each.name for each in components.list()]
    told["in group"] = [each.name for each in components.list_by_resource_group(GROUP)]
    tagged = components.update_tags(GROUP, "shop", TagsResource(tags={"team": "a"}))
    told["tags"] = tagged.tags
    told["missing"] = code_of(lambda: components.get(GROUP, "nobody"))
    told["bad name"] = code_of(
        lambda: components.create_or_update(
            GROUP, "end.", ApplicationInsightsComponent(location="local", kind="web")
        )
    )
    purge = components.purge(
        GROUP,
        "shop",
        ComponentPurgeBody(
            table="traces",
            filters=[ComponentPurgeBodyFilters(column="message", operator="==", value="x")],
        ),
    )
    told["purge"] = components.get_purge_status(GROUP, "shop", purge.operation_id).status

    old = client(url, "2015-05-01")
    key = old.api_keys.create(
        GROUP, "shop", {"name": "grafana", "linked_read_properties": [f"{made.id}/api"]}
    )
    told["key is told"] = bool(key.api_key)
    listed = list(old.api_keys.list(GROUP, "shop"))
    told["keys"] = [[each.name, each.api_key] for each in listed]
    key_id = key.id.rpartition("/")[2]
    told["key"] = old.api_keys.get(GROUP, "shop", key_id).linked_read_properties
    old.api_keys.delete(GROUP, "shop", key_id)
    told["no keys"] = list(old.api_keys.list(GROUP, "shop"))

    features = old.component_current_billing_features
    features.update(
        GROUP,
        "shop",
        {"current_billing_features": ["Basic"], "data_volume_cap": {"cap": 2.5}},
    )
    told["cap"] = features.get(GROUP, "shop").data_volume_cap.cap
    told["throttled"] = old.component_quota_status.get(GROUP, "shop").should_be_throttled

    item = {"name": "slow", "content": "requests | take 1", "type": "query", "scope": "shared"}
    saved = old.analytics_items.put(GROUP, "shop", "analyticsItems", item)
    told["item"] = old.analytics_items.get(GROUP, "shop", "analyticsItems", id=saved.id).content
    told["items"] = [
        each.name for each in old.analytics_items.list(GROUP, "shop", "analyticsItems")
    ]
    old.analytics_items.delete(GROUP, "shop", "analyticsItems", id=saved.id)

    workbooks = client(url, "2023-06-01").workbooks
    book = Workbook(
        location="local",
        kind="shared",
        display_name="Failures",
        serialized_data='{"version":"Notebook/1.0","items":[]}',
        category="workbook",
        source_id=made.id,
    )
    first = workbooks.create_or_update(GROUP, BOOK, book, source_id=made.id)
    changed = workbooks.update(GROUP, BOOK, workbook_update_parameters=None, source_id=None)
    told["book"] = [first.display_name, changed.display_name, first.source_id == made.id]
    told["content"] = workbooks.get(GROUP, BOOK, can_fetch_content=True).serialized_data
    told["books"] = [each.name for each in workbooks.list_by_subscription("workbook")]
    told["books in group"] = [
        each.display_name for each in workbooks.list_by_resource_group(GROUP, "workbook")
    ]
    told["revisions"] = len(list(workbooks.revisions_list(GROUP, BOOK)))
    workbooks.delete(GROUP, BOOK)
    told["no books"] = [each.name for each in workbooks.list_by_subscription("workbook")]

    components.delete(GROUP, "shop")
    components.delete(GROUP, "shop")
    told["none listed"] = list(components.list())
    print(json.dumps(told, default=str))


main(sys.argv[1])
