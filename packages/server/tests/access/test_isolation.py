"""A key or session for one resource never reads, writes or manages another, on any route.

Each route of the table that needs a right has a row here: requests that try to reach the resource
`bank`, as somebody who may do everything with the resource `shop`. A route without a row fails.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest

from openinsights.access.rights import Right, Role
from openinsights.alerts.alert import Evidence, Fired, Signal
from openinsights.catalog.action_groups import ActionGroup, Receiver
from openinsights.catalog.availability_tests import KeptTest
from openinsights.catalog.findings import KeptFinding
from openinsights.catalog.processing_rules import ProcessingRule
from openinsights.catalog.saved_queries import SavedQuery
from openinsights.catalog.workbooks import Workbook

BANK_QUERY = {"query": "traces | project message"}
CROSS = [
    "app('bank').traces | project message",
    "workspace('bank').AppTraces | project Message",
    "union app('bank').traces, traces | project message",
    "union isfuzzy=true app('bank').traces, traces | project message",
    "let t = app('{app_id}').traces; t | project message",
    "app('{path}').traces | project message",
    "resource('{path}').traces | project message",
]

SUBSCRIPTION = "/subscriptions/{subscription}"
GROUP = f"{SUBSCRIPTION}/resourceGroups/{{group}}"
COMPONENT = f"{GROUP}/providers/Microsoft.Insights/components/{{name}}"
OWN = "/subscriptions/00000000-0000-0000-0000-000000000000"
DEFAULT = f"{OWN}/resourceGroups/default"
BOOK = f"{DEFAULT}/providers/microsoft.insights/workbooks/book-of-the-bank"

TESTS = f"{DEFAULT}/providers/microsoft.insights/webtests"
ACTIONS = f"{DEFAULT}/providers/microsoft.insights/actionGroups"
MUTES = f"{DEFAULT}/providers/microsoft.alertsmanagement/actionRules"
MUTED = {"actions": [{"actionType": "RemoveAllActionGroups"}]}
LINK = f"hidden-link:{DEFAULT}/providers/microsoft.insights/components"
ASKED = {"Request": {"RequestUrl": "http://127.0.0.1:9/"}}
PROBED = ASKED | {"Locations": [{"Id": "local"}, {"Id": "west"}]}

METRIC_RULES = "/providers/Microsoft.Insights/metricAlerts"
LOG_RULES = "/providers/Microsoft.Insights/scheduledQueryRules"
ALERTS = "/providers/Microsoft.AlertsManagement/alerts"
COMPARED = {"operator": "GreaterThan", "threshold": 1}
FAILURES = {"allOf": [{"metricName": "requests/failed", "timeAggregation": "Count", **COMPARED}]}


def rows_of(query):
    return {"allOf": [{"query": query, "timeAggregation": "Count", **COMPARED}]}


def rule_on(name, criteria):
    scope = f"{DEFAULT}/providers/Microsoft.Insights/components/{name}"
    return {"properties": {"scopes": [scope], "criteria": criteria}}


def trial_of(name, criteria):
    return {"rule": rule_on(name, criteria), "start": "2026-01-01", "end": "2026-01-02"}


ROWS = rows_of("traces")

OPERATION = "4bf92f3577b34da6a3ce929d0e0e4736"

# request bodies and paths by route; {app_id}, {path} and {purge} are the bank's
REQUESTS = {
    "/v1/apps/{id:path}/query": [
        ("POST", "/v1/apps/bank/query", BANK_QUERY),
        ("POST", "/v1/apps/{app_id}/query", BANK_QUERY),
        ("GET", "/v1/apps/bank/query?query=traces", None),
        ("POST", "/v1/apps/*/query", BANK_QUERY),
        ("POST", "/v1/apps/shop/query", BANK_QUERY | {"applications": ["bank"]}),
        ("POST", "/v1/apps/shop/query", BANK_QUERY | {"applications": ["*"]}),
        ("POST", "/v1/apps/shop/query", BANK_QUERY | {"workspaces": ["{app_id}"]}),
        ("POST", "/v1/apps/shop/query", BANK_QUERY | {"resources": ["{path}"]}),
        *(("POST", "/v1/apps/shop/query", {"query": text}) for text in CROSS),
    ],
    "/v1/workspaces/{id:path}/query": [
        ("POST", "/v1/workspaces/{app_id}/query", {"query": "AppTraces"}),
        ("GET", "/v1/workspaces/bank/query?query=AppTraces", None),
        ("POST", "/v1/workspaces/*/query", {"query": "AppTraces"}),
        ("POST", "/v1/workspaces/shop/query", {"query": CROSS[1]}),
    ],
    "/v1/subscriptions/{path:path}/query": [
        ("POST", "/v1{path}/query", {"query": "AppTraces"}),
        ("GET", "/v1{path}/query?query=traces", None),
    ],
    "/v1/subscriptions/{path:path}/metadata": [
        ("GET", "/v1{path}/metadata", None),
        ("POST", "/v1{path}/metadata", None),
    ],
    "/v1/$batch": [
        (
            "POST",
            "/v1/$batch",
            {
                "requests": [
                    {"id": str(n), "workspace": name, "body": {"query": query}}
                    for n, (name, query) in enumerate(
                        [
                            ("bank", "AppTraces"),
                            ("{app_id}", "AppTraces"),
                            ("{path}", "AppTraces"),
                            ("*", "AppTraces"),
                            ("shop", CROSS[1]),
                        ]
                    )
                ]
            },
        )
    ],
    "/v1/apps/{id:path}/metadata": [
        ("GET", "/v1/apps/bank/metadata", None),
        ("POST", "/v1/apps/{app_id}/metadata", None),
    ],
    "/v1/workspaces/{id:path}/metadata": [
        ("GET", "/v1/workspaces/{app_id}/metadata", None),
        ("POST", "/v1/workspaces/bank/metadata", None),
    ],
    "/v1/apps/{id:path}/query/schema": [("GET", "/v1/apps/bank/query/schema", None)],
    "/providers/Microsoft.ResourceGraph/resources": [
        ("POST", "/providers/Microsoft.ResourceGraph/resources", {"query": text})
        for text in ("resources", "union app('bank').traces, resources", "traces", "requests")
    ],
    "/tenants": [("GET", "/tenants", None)],
    "/subscriptions": [("GET", "/subscriptions", None)],
    SUBSCRIPTION: [("GET", "/subscriptions/s", None)],
    f"{SUBSCRIPTION}/locations": [("GET", "/subscriptions/s/locations", None)],
    f"{SUBSCRIPTION}/providers": [("GET", "/subscriptions/s/providers", None)],
    f"{SUBSCRIPTION}/providers/{{namespace}}": [
        ("GET", "/subscriptions/s/providers/microsoft.insights", None)
    ],
    f"{SUBSCRIPTION}/providers/{{namespace}}/register": [
        ("POST", "/subscriptions/s/providers/microsoft.insights/register", None)
    ],
    f"{SUBSCRIPTION}/resourceGroups": [("GET", f"{OWN}/resourceGroups", None)],
    GROUP: [
        ("GET", f"{OWN}/resourceGroups/vault", None),
        ("PUT", f"{OWN}/resourceGroups/mine", {}),
        ("DELETE", f"{OWN}/resourceGroups/vault", None),
    ],
    f"{SUBSCRIPTION}/resources": [
        ("GET", f"{OWN}/resources", None),
        ("GET", f"{OWN}/resources?$filter=name eq 'x' or location eq 'local'", None),
    ],
    f"{GROUP}/resources": [("GET", f"{OWN}/resourceGroups/default/resources", None)],
    "/providers/Microsoft.Insights/components": [
        ("GET", "/providers/microsoft.insights/components", None)
    ],
    f"{SUBSCRIPTION}/providers/Microsoft.Insights/components": [
        ("GET", f"{OWN}/providers/microsoft.insights/components", None)
    ],
    f"{GROUP}/providers/Microsoft.Insights/components": [
        ("GET", f"{OWN}/resourceGroups/default/providers/microsoft.insights/components", None)
    ],
    COMPONENT: [
        ("GET", "{path}", None),
        ("PUT", "{path}", {"tags": {"mine": "now"}}),
        ("PATCH", "{path}", {"tags": {"mine": "now"}}),
        ("DELETE", "{path}", None),
        (
            "PUT",
            "/subscriptions/s/resourceGroups/g/providers/microsoft.insights/components/new",
            {},
        ),
    ],
    f"{COMPONENT}/import": [
        ("POST", "{path}/import", {"records": [{"time": "2026-11-21", "Type": "AppTraces"}]})
    ],
    f"{COMPONENT}/purge": [("POST", "{path}/purge", {"table": "traces", "filters": []})],
    f"{COMPONENT}/operations/{{id}}": [("GET", "{path}/operations/{purge}", None)],
    f"{COMPONENT}/currentbillingfeatures": [
        ("GET", "{path}/currentbillingfeatures", None),
        ("PUT", "{path}/currentbillingfeatures", {"DataVolumeCap": {"Cap": 1}}),
    ],
    f"{COMPONENT}/quotastatus": [("GET", "{path}/quotastatus", None)],
    f"{COMPONENT}/usage": [("GET", "{path}/usage", None)],
    f"{COMPONENT}/rejecteditems": [("GET", "{path}/rejecteditems", None)],
    f"{COMPONENT}/ApiKeys": [
        ("GET", "{path}/ApiKeys", None),
        ("POST", "{path}/ApiKeys", {"name": "mine", "OpenInsights": {"rights": ["read"]}}),
    ],
    f"{COMPONENT}/ApiKeys/{{id}}": [
        ("GET", "{path}/ApiKeys/{key}", None),
        ("DELETE", "{path}/APIKeys/{key}", None),
    ],
    **{
        route: requests
        for items in ("analyticsItems", "myanalyticsItems")
        for route, requests in (
            (f"{COMPONENT}/{items}", [("GET", f"{{path}}/{items}?includeContent=true", None)]),
            (
                f"{COMPONENT}/{items}/item",
                [
                    ("GET", f"{{path}}/{items}/item?name=kept", None),
                    ("PUT", f"{{path}}/{items}/item", {"Name": "mine", "Content": "traces"}),
                    ("DELETE", f"{{path}}/{items}/item?name=kept", None),
                ],
            ),
        )
    },
    f"{SUBSCRIPTION}/providers/Microsoft.OperationalInsights/workspaces": [
        ("GET", f"{OWN}/providers/Microsoft.OperationalInsights/workspaces", None)
    ],
    f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces": [
        ("GET", f"{DEFAULT}/providers/Microsoft.OperationalInsights/workspaces", None)
    ],
    f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/{{name}}": [
        ("GET", f"{DEFAULT}/providers/Microsoft.OperationalInsights/workspaces/bank", None)
    ],
    "/providers/Microsoft.Insights/workbooks": [
        ("GET", "/providers/Microsoft.Insights/workbooks?canFetchContent=true", None)
    ],
    f"{SUBSCRIPTION}/providers/Microsoft.Insights/workbooks": [
        ("GET", f"{OWN}/providers/Microsoft.Insights/workbooks", None),
        ("GET", f"{OWN}/providers/Microsoft.Insights/workbooks?sourceId=bank", None),
    ],
    f"{GROUP}/providers/Microsoft.Insights/workbooks": [
        ("GET", f"{DEFAULT}/providers/Microsoft.Insights/workbooks", None)
    ],
    f"{GROUP}/providers/Microsoft.Insights/workbooks/{{name}}": [
        ("GET", BOOK, None),
        ("PUT", BOOK, {"properties": {"displayName": "mine"}}),
        ("PUT", BOOK, {"properties": {"displayName": "mine", "sourceId": "shop"}}),
        ("PUT", f"{BOOK}-new", {"properties": {"displayName": "mine", "sourceId": "bank"}}),
        ("PUT", f"{BOOK}-new", {"properties": {"displayName": "mine"}}),
        ("PATCH", BOOK, {"properties": {"displayName": "mine"}}),
        ("PATCH", BOOK, {"properties": {"sourceId": "shop"}}),
        ("DELETE", BOOK, None),
    ],
    f"{GROUP}/providers/Microsoft.Insights/workbooks/{{name}}/revisions": [
        ("GET", f"{BOOK}/revisions", None)
    ],
    f"{GROUP}/providers/Microsoft.Insights/workbooks/{{name}}/revisions/{{revision}}": [
        ("GET", f"{BOOK}/revisions/{{revision}}", None)
    ],
    "/providers/Microsoft.Insights/webtests": [
        ("GET", "/providers/Microsoft.Insights/webtests", None)
    ],
    f"{SUBSCRIPTION}/providers/Microsoft.Insights/webtests": [
        ("GET", f"{OWN}/providers/Microsoft.Insights/webtests", None)
    ],
    f"{GROUP}/providers/Microsoft.Insights/webtests": [("GET", TESTS, None)],
    f"{COMPONENT}/webtests": [("GET", "{path}/webtests", None)],
    f"{GROUP}/providers/Microsoft.Insights/webtests/{{name}}": [
        ("GET", f"{TESTS}/of-the-bank", None),
        (
            "PUT",
            f"{TESTS}/of-the-bank",
            {"tags": {f"{LINK}/shop": "Resource"}, "properties": ASKED},
        ),
        ("PUT", f"{TESTS}/bank-2", {"tags": {f"{LINK}/bank": "Resource"}, "properties": ASKED}),
        ("PATCH", f"{TESTS}/of-the-bank", {"properties": {"Enabled": True}}),
        ("DELETE", f"{TESTS}/of-the-bank", None),
    ],
    **{
        route: requests
        for provider, criteria in ((METRIC_RULES, FAILURES), (LOG_RULES, ROWS))
        for route, requests in (
            (provider, [("GET", provider, None)]),
            (f"{SUBSCRIPTION}{provider}", [("GET", f"{OWN}{provider}", None)]),
            (f"{GROUP}{provider}", [("GET", f"{DEFAULT}{provider}", None)]),
            (
                f"{GROUP}{provider}/{{name}}",
                [
                    ("GET", f"{DEFAULT}{provider}/of-the-bank", None),
                    ("PUT", f"{DEFAULT}{provider}/of-the-bank", rule_on("shop", criteria)),
                    ("PUT", f"{DEFAULT}{provider}/bank-2", rule_on("bank", criteria)),
                    ("PATCH", f"{DEFAULT}{provider}/of-the-bank", {"tags": {"mine": "now"}}),
                    ("DELETE", f"{DEFAULT}{provider}/of-the-bank", None),
                    # what a rule on the shop asks of the bank
                    ("PUT", f"{DEFAULT}{LOG_RULES}/bank-3", rule_on("shop", rows_of(CROSS[0]))),
                ],
            ),
        )
    },
    **{
        route: requests
        for within, head in (("", ""), (SUBSCRIPTION, OWN))
        for route, requests in (
            (f"{within}{ALERTS}", [("GET", f"{head}{ALERTS}?monitorCondition=Fired", None)]),
            (f"{within}{ALERTS}/{{id}}", [("GET", f"{head}{ALERTS}/{{alert}}", None)]),
            (
                f"{within}{ALERTS}/{{id}}/history",
                [("GET", f"{head}{ALERTS}/{{alert}}/history", None)],
            ),
            (
                f"{within}{ALERTS}/{{id}}/changestate",
                [("POST", f"{head}{ALERTS}/{{alert}}/changestate?newState=Closed", None)],
            ),
        )
    },
    "/portal/api/detection/{app}": [("GET", "/portal/api/detection/bank?state=all", None)],
    "/portal/api/detection/{app}/detectors": [
        ("GET", "/portal/api/detection/{app_id}/detectors", None)
    ],
    "/portal/api/detection/{app}/detectors/{detector}": [
        ("PATCH", "/portal/api/detection/bank/detectors/silence", {"enabled": False})
    ],
    "/portal/api/detection/{app}/mutes": [
        ("POST", "/portal/api/detection/bank/mutes", {"detector": "silence"})
    ],
    "/portal/api/detection/{app}/mutes/{mute}": [
        ("DELETE", "/portal/api/detection/bank/mutes/of-the-bank", None),
        ("DELETE", "/portal/api/detection/shop/mutes/of-the-bank", None),
    ],
    "/portal/api/detection/{app}/{finding}": [
        ("GET", "/portal/api/detection/bank/finding-of-the-bank", None),
        ("GET", "/portal/api/detection/shop/finding-of-the-bank", None),
    ],
    "/portal/api/detection/{app}/{finding}/not-useful": [
        ("POST", "/portal/api/detection/bank/finding-of-the-bank/not-useful", {}),
        ("POST", "/portal/api/detection/shop/finding-of-the-bank/not-useful", {}),
    ],
    f"{COMPONENT}/ProactiveDetectionConfigs": [("GET", "{path}/ProactiveDetectionConfigs", None)],
    f"{COMPONENT}/ProactiveDetectionConfigs/{{config}}": [
        ("GET", "{path}/ProactiveDetectionConfigs/slowpageloadtime", None),
        ("PUT", "{path}/ProactiveDetectionConfigs/slowpageloadtime", {"enabled": False}),
    ],
    "/portal/api/alerts/{app}": [("GET", "/portal/api/alerts/bank?state=all", None)],
    "/portal/api/alerts/{app}/rules": [("GET", "/portal/api/alerts/bank/rules", None)],
    "/portal/api/alerts/{app}/backtest": [
        ("POST", "/portal/api/alerts/bank/backtest", trial_of("bank", FAILURES)),
        ("POST", "/portal/api/alerts/bank/backtest", trial_of("shop", FAILURES)),
        ("POST", "/portal/api/alerts/shop/backtest", trial_of("bank", FAILURES)),
        ("POST", "/portal/api/alerts/shop/backtest", trial_of("shop", rows_of(CROSS[0]))),
    ],
    "/portal/api/alerts/{app}/{id}": [
        ("GET", "/portal/api/alerts/bank/{alert}", None),
        ("GET", "/portal/api/alerts/shop/{alert}", None),
    ],
    **{
        f"/portal/api/alerts/{{app}}/{{id}}/{deed}": [
            ("POST", f"/portal/api/alerts/bank/{{alert}}/{deed}", None),
            ("POST", f"/portal/api/alerts/shop/{{alert}}/{deed}", None),
        ]
        for deed in ("acknowledge", "close")
    },
    **{
        f"{within}/providers/{kind}": [("GET", f"{asked}/providers/{kind}", None)]
        for kind in ("Microsoft.Insights/actionGroups", "Microsoft.AlertsManagement/actionRules")
        for within, asked in (("", ""), (SUBSCRIPTION, OWN), (GROUP, DEFAULT))
    },
    f"{GROUP}/providers/Microsoft.Insights/actionGroups/{{name}}": [
        ("GET", f"{ACTIONS}/of-the-bank", None),
        ("PUT", f"{ACTIONS}/of-the-bank", {"properties": {"OpenInsights": {"scope": "shop"}}}),
        ("PUT", f"{ACTIONS}/bank-2", {"properties": {"OpenInsights": {"scope": "bank"}}}),
        ("PUT", f"{ACTIONS}/of-all-with-the-bank", {"properties": {}}),
        ("PATCH", f"{ACTIONS}/of-the-bank", {"properties": {"enabled": False}}),
        ("DELETE", f"{ACTIONS}/of-the-bank", None),
    ],
    f"{GROUP}/providers/Microsoft.Insights/actionGroups/{{name}}/newSecret": [
        ("POST", f"{ACTIONS}/of-the-bank/newSecret", None)
    ],
    f"{GROUP}/providers/Microsoft.Insights/actionGroups/{{name}}/createNotifications": [
        ("POST", f"{ACTIONS}/of-the-bank/createNotifications", {})
    ],
    f"{GROUP}/providers/Microsoft.AlertsManagement/actionRules/{{name}}": [
        ("GET", f"{MUTES}/of-the-bank", None),
        ("PUT", f"{MUTES}/of-the-bank", {"properties": MUTED | {"scopes": ["shop"]}}),
        ("PUT", f"{MUTES}/bank-2", {"properties": MUTED | {"scopes": ["{path}"]}}),
        ("PUT", f"{MUTES}/bank-3", {"properties": MUTED | {"scopes": [OWN]}}),
        ("PATCH", f"{MUTES}/of-the-bank", {"properties": {"enabled": False}}),
        ("DELETE", f"{MUTES}/of-the-bank", None),
    ],
    "/portal/api/availability/{app}": [("GET", "/portal/api/availability/bank", None)],
    "/portal/api/availability/{app}/report": [
        ("GET", "/portal/api/availability/bank/report", None)
    ],
    "/portal/api/availability/{app}/try": [("POST", "/portal/api/availability/bank/try", ASKED)],
    "/portal/api/availability/{app}/{test}/run": [
        ("POST", "/portal/api/availability/bank/of-the-bank/run", None),
        ("POST", "/portal/api/availability/{app_id}/of-the-bank/run", None),
    ],
    "/api/probe/tests": [("GET", "/api/probe/tests?location=west", None)],
    "/api/probe/retries": [
        ("PUT", "/api/probe/retries?location=west", {"suspended": {"{test}": True}})
    ],
    "/v1/apps/{id:path}/metrics": [
        (
            "POST",
            "/v1/apps/bank/metrics",
            [{"id": "1", "parameters": {"metricId": "traces/count", "timespan": "PT12H"}}],
        ),
    ],
    "/v1/apps/{id:path}/metrics/{metric:path}": [
        ("GET", "/v1/apps/{app_id}/metrics/traces/count", None)
    ],
    "/v1/apps/{id:path}/events/$metadata": [("GET", "/v1/apps/bank/events/$metadata", None)],
    "/v1/apps/{id:path}/events/{type}": [
        ("GET", "/v1/apps/bank/events/traces", None),
        ("GET", "/v1/apps/*/events/traces", None),
    ],
    "/v1/apps/{id:path}/events/{type}/{event}": [("GET", "/v1/apps/bank/events/traces/1", None)],
    "/v1/apps/{id:path}/metrics/metadata": [("GET", "/v1/apps/bank/metrics/metadata", None)],
    "/api/live/{app:path}": [("GET", "/api/live/bank", None)],
    "/api/live/{app:path}/latest": [("GET", "/api/live/{app_id}/latest", None)],
    "/portal/api/tile/{name}": [
        ("GET", "/portal/api/tile/overview.requests?app=bank", None),
        ("GET", "/portal/api/tile/map.nodes?app=shop&app=bank", None),
    ],
    "/portal/api/query": [
        ("POST", "/portal/api/query", {"app": "bank", "query": "traces"}),
        *(("POST", "/portal/api/query", {"app": "shop", "query": text}) for text in CROSS),
    ],
    "/portal/api/export": [
        ("POST", "/portal/api/export", {"app": "bank", "query": "traces"}),
        *(("POST", "/portal/api/export", {"app": "shop", "query": text}) for text in CROSS),
    ],
    "/portal/api/resolve": [("GET", "/portal/api/resolve?operation_Id=" + OPERATION, None)],
    "/portal/api/schema": [("GET", "/portal/api/schema?app=bank", None)],
    "/server": [("GET", "/server", None)],
    "/server/ca.pem": [("GET", "/server/ca.pem", None)],
    "/metrics": [("GET", "/metrics", None)],
    "/store/days": [("GET", "/store/days", None)],
    "/store/days/{day}": [("DELETE", "/store/days/oldest", None)],
    "/store/refused": [("GET", "/store/refused", None)],
    "/store/refused/{id}": [
        ("GET", "/store/refused/1", None),
        ("DELETE", "/store/refused/1", None),
    ],
    "/store/refused/{id}/store": [("POST", "/store/refused/1/store", None)],
    "/store/backup": [("POST", "/store/backup", None)],
    "/access/people": [
        ("GET", "/access/people", None),
        ("POST", "/access/people", {"name": "eve", "password": "p" * 12, "roles": {"*": "admin"}}),
    ],
    "/access/people/{name}": [
        ("PATCH", "/access/people/anna", {"roles": {"bank": "viewer"}}),
        ("DELETE", "/access/people/anna", None),
    ],
    "/access/people/{name}/sign-out": [("POST", "/access/people/anna/sign-out", None)],
    "/access/keys": [
        ("GET", "/access/keys", None),
        ("POST", "/access/keys", {"name": "k", "rights": ["read"]}),
    ],
    "/access/keys/{id}": [("DELETE", "/access/keys/{key}", None)],
    "/access/audit": [("GET", "/access/audit", None)],
}
SECRET = "the-banks-secret"


def test_every_route_that_needs_a_right_is_tried(table):
    needing = {
        (route.path, method)
        for route in table
        for method, right in route.rights.items()
        if right not in (Right.OPEN, Right.INGEST) and method != "HEAD"
    }
    tried = {(path, method) for path, requests in REQUESTS.items() for method, _, _ in requests}
    assert needing == tried & needing, sorted(needing - tried)
    assert {path for path, _ in tried} <= {path for path, _ in needing}


@pytest.fixture
def bank(server):
    resource = server.parts.resources.create("bank")
    now = datetime.now(timezone.utc).isoformat()
    item = {
        "name": "Microsoft.ApplicationInsights.Message",
        "time": now,
        "iKey": resource.instrumentation_key,
        "tags": {"ai.operation.id": OPERATION},
        "data": {"baseType": "MessageData", "baseData": {"ver": 2, "message": SECRET}},
    }
    assert server.client().post("/v2.1/track", json=[item]).status_code == 200
    return resource


@pytest.fixture
def shop(server):
    return server.parts.resources.create("shop")


def by_key(server, shop):
    return server.all_rights_client(shop.app_id)


def by_session(server, shop):
    access = server.parts.access
    person = access.people.create("anna", roles={shop.app_id: Role.ADMIN})
    session = access.sessions.begin(person.id)
    return server.client(cookie=f"openinsights={session}", origin="http://127.0.0.1:5380")


def by_nothing(server, shop):
    return server.client()


def filled(value, names):
    if isinstance(value, str):
        for name, text in names.items():
            value = value.replace("{" + name + "}", text)
        return value
    if isinstance(value, dict):
        return {key: filled(each, names) for key, each in value.items()}
    return [filled(each, names) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("who", [by_key, by_session, by_nothing])
def test_nobody_reaches_another_resource(server, bank, shop, who):
    client = who(server, shop)
    keys, purges = server.parts.access.keys, server.parts.purges
    key, _ = keys.create(bank.app_id, "of the bank", [Right.READ])
    purge = purges.create(bank.app_id, "requests", ())
    groups, queries, workbooks = (
        server.parts.groups,
        server.parts.saved_queries,
        server.parts.workbooks,
    )
    groups.put(OWN.rpartition("/")[2], "vault", "local", ())
    queries.put(SavedQuery(bank.app_id, "kept", SECRET), replaces=False)
    parts = (*BOOK.split("/")[2:5:2], BOOK.rpartition("/")[2])
    book, _ = workbooks.put(
        Workbook(*parts, SECRET, SECRET, app_id=bank.app_id), "banker", lambda _: None
    )
    tests = server.parts.availability.book
    test = KeptTest(*TESTS.split("/")[2:5:2], "of-the-bank", bank.app_id, SECRET, PROBED)
    probed, _ = tests.put(test, lambda _: None)
    alerts = server.parts.alerts
    rules = [
        alerts.keeper.put(
            f"{DEFAULT}{provider}/of-the-bank",
            rule_on("bank", criteria),
            "banker",
            server.parts.resources,
        )[0]
        for provider, criteria in ((METRIC_RULES, FAILURES), (LOG_RULES, ROWS))
    ]
    evidence = Evidence(SECRET, 0, 1)
    fired = Fired(bank.app_id, rules[0].rule_id, SECRET, Signal.METRIC, 1, 1, 1, evidence)
    alert = alerts.book.fire(fired)
    detection = server.parts.detection
    with alerts.book.writing() as connection:
        finding = KeptFinding(
            "finding-of-the-bank", bank.app_id, "silence", SECRET, "active", 1, 2, {}
        )
        detection.findings.put(connection, finding)
    notify = server.parts.notify
    group, _ = notify.groups.put(
        ActionGroup(
            *TESTS.split("/")[2:5:2],
            "of-the-bank",
            app_id=bank.app_id,
            receivers=(Receiver("webhook", SECRET, f"http://127.0.0.1:9/{SECRET}"),),
        )
    )
    muted, _ = notify.rules.put(
        ProcessingRule(
            *TESTS.split("/")[2:5:2],
            "of-the-bank",
            (bank.resource_id,),
            bank.app_id,
            suppresses=True,
            description=SECRET,
        )
    )
    names = {
        "alert": alert.alert_id,
        "app_id": bank.app_id,
        "path": bank.resource_id,
        "key": key.id,
        "purge": purge.id,
        "revision": book.revision,
        "test": probed.test_id,
    }
    told = (SECRET, bank.instrumentation_key, key.id, "of the bank")
    kept = server.parts.resources.get_by_app_id(bank.app_id)
    for path, requests in REQUESTS.items():
        for method, url, body in requests:
            reply = client.request(method, filled(url, names), json=filled(body, names))
            where = f"{method} {url} {body}: {reply.status_code} {reply.text[:300]}"
            if who is by_nothing:
                assert reply.status_code == 401, where
            assert reply.status_code in (200, 204, 400, 401, 403, 404, 415), where
            assert not any(each in reply.text for each in told), where
            if path not in ("/v1/$batch",) and "bank" in url:
                assert reply.status_code not in (200, 204), where
    assert server.parts.resources.get_by_app_id(bank.app_id) == kept
    assert {each.name for each in server.parts.resources.list()} == {"bank", "shop"}
    assert keys.list(bank.app_id)
    assert workbooks.every() == [replace(book, content="")]
    assert [(each.name, each.display_name, each.properties) for each in tests.every()] == [
        ("of-the-bank", SECRET, PROBED)
    ]
    assert tests.every() == [probed]
    assert {each.name for each in alerts.keeper.rules.every()} == {
        "of-the-bank",
        "of-the-bank-locations",
    }
    assert all(each in alerts.keeper.rules.every() for each in rules)
    assert alerts.book.list() == [alert]
    assert [each.state for each in detection.findings.of(bank.app_id)] == ["active"]
    assert detection.settings.of(bank.app_id) == {}
    assert notify.groups.every() == [group]
    assert notify.rules.every() == [muted]
    assert [each.name for each in queries.every(bank.app_id, "")] == ["kept"]
    assert [each.name for each in groups.every([])] == ["vault"]
    assert [each.id for each in purges.unfinished()] == [purge.id]
    assert {each.name for each in server.parts.access.people.list()} <= {"anna"}
    rows = server.key_client(bank.app_id, Right.READ).post("/v1/apps/bank/query", json=BANK_QUERY)
    assert rows.json()["tables"][0]["rows"] == [[SECRET]]


def test_the_bank_is_reached_by_whom_it_belongs_to(server, bank, shop):
    """The requests above are refused for who asks, not for what they ask."""
    client = server.all_rights_client(bank.app_id)
    names = {"app_id": bank.app_id, "path": bank.resource_id}
    answered = 0
    for text in CROSS[:3] + CROSS[4:6]:
        reply = client.post("/v1/apps/bank/query", json={"query": filled(text, names)})
        answered += reply.status_code == 200 and SECRET in reply.text
    assert answered == 5
    assert client.get(bank.resource_id).status_code == 200
    assert client.get(f"{bank.resource_id}/ApiKeys").status_code == 200
    assert SECRET in client.post("/v1/apps/*/query", json=BANK_QUERY).text


def test_everything_is_every_resource_that_the_caller_may_read(server, bank, shop):
    reply = server.all_rights_client(shop.app_id).post("/v1/apps/*/query", json=BANK_QUERY)
    assert reply.status_code == 200
    assert reply.json()["tables"][0]["rows"] == []


def test_seen_resources_hide_every_method_of_the_store():
    """A method of the store that is added later has to say what a caller sees of it."""
    from openinsights.access.resources import SeenResources
    from openinsights.catalog.resources import ResourceStore

    # these read the snapshot alone, which holds what the caller sees
    by_snapshot = {"list", "get_by_app_id", "get_by_key", "get_by_name", "find"}
    by_make = {"create"}
    public = {name for name in vars(ResourceStore) if not name.startswith("_")}
    assert public - by_snapshot - by_make <= set(vars(SeenResources))
