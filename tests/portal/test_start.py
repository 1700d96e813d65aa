"""Getting started in a real browser: from an empty resource to its first event."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_an_empty_resource_leads_to_its_first_event(
    portal: Page,
    server: Any,
    new_resource: Callable[[str], Any],
    picture: Callable[[str], None],
) -> None:
    empty = new_resource("portal-newcomer")
    portal.goto(empty.at("overview"))
    expect(portal).to_have_url(re.compile(rf"/a/{empty.app_id}/start"))
    expect(portal.get_by_test_id("connection-string")).to_have_text(
        empty.facts["connection_string"]
    )
    expect(portal.get_by_text("Waiting for the first event")).to_be_visible()
    picture("start-waiting")
    key = re.search(r"InstrumentationKey=([^;]+)", empty.facts["connection_string"])
    assert key is not None
    server.post(
        "/v2.1/track",
        {
            "name": "Microsoft.ApplicationInsights.Message",
            "time": datetime.now(timezone.utc).isoformat(),
            "iKey": key[1],
            "tags": {"ai.cloud.role": "newcomer"},
            "data": {"baseType": "MessageData", "baseData": {"ver": 2, "message": "hello"}},
        },
    )
    expect(portal.get_by_text("Received traces from newcomer")).to_be_visible()
    picture("start-received")
    portal.get_by_role("link", name="Go to Overview").click()
    expect(portal).to_have_url(re.compile(rf"/a/{empty.app_id}/overview"))
    expect(portal.get_by_role("region", name="Ingestion")).to_contain_text("traces")


SNIPPETS = (
    ("Traces", "from opencensus.ext.azure.trace_exporter import AzureExporter"),
    ("Logs", "from opencensus.ext.azure.log_exporter import AzureLogHandler"),
    ("Metrics", "from opencensus.ext.azure import metrics_exporter"),
    ("Flask", "from opencensus.ext.flask.flask_middleware import FlaskMiddleware"),
    ("OpenTelemetry", "configure_azure_monitor("),
    (".NET", "AddApplicationInsightsTelemetry("),
    ("Node", "insights.setup("),
    ("Java", "-javaagent:"),
    ("JavaScript", "loadAppInsights()"),
    ("OTLP", "x-ms-instrumentation-key="),
    ("curl", "v2.1/track"),
)


def test_each_snippet_holds_the_connection_string(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("start"))
    key = re.search(r"InstrumentationKey=([^;]+)", shop.facts["connection_string"])
    assert key is not None
    code = portal.get_by_role("region", name="Instrument").locator("pre").last
    for tab, line in SNIPPETS:
        portal.get_by_role("tab", name=tab, exact=True).click()
        expect(code).to_contain_text(line)
        expect(code).to_contain_text(key[1])
