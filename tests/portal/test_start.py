"""Getting started in a real browser: from an empty resource to its first event."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.error
from datetime import datetime, timedelta, timezone
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
    steps = portal.get_by_role("region", name="First event")
    expect(steps).to_contain_text("The server takes telemetry")
    expect(steps).to_contain_text("The clocks of this browser and the server agree")
    picture("start-waiting")
    key = re.search(r"InstrumentationKey=([^;]+)", empty.facts["connection_string"])
    assert key is not None
    server.post(
        "/v2.1/track",
        {
            "name": "Microsoft.ApplicationInsights.Message",
            "time": datetime.now(timezone.utc).isoformat(),
            "iKey": key[1],
            "tags": {
                "ai.cloud.role": "newcomer",
                "ai.operation.id": "0af7651916cd43dd8448eb211c80319c",
            },
            "data": {"baseType": "MessageData", "baseData": {"ver": 2, "message": "hello"}},
        },
    )
    expect(portal.get_by_text("Received traces from newcomer")).to_be_visible()
    first = portal.get_by_role("region", name="First event")
    expect(first).to_contain_text("hello")
    expect(first.get_by_role("link", name="Open it")).to_have_attribute(
        "href", re.compile(rf"^/a/{empty.app_id}/tx/0af7651916cd43dd8448eb211c80319c")
    )
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


def test_what_is_pasted_and_run_arrives(portal: Page, new_resource: Callable[[str], Any]) -> None:
    pasted = new_resource("portal-pasted")
    portal.goto(pasted.at("start"))
    code = portal.get_by_role("region", name="Instrument").locator("pre").last
    for tab, command, row in (
        ("Traces", [sys.executable, "-"], "dependencies from"),
        ("Logs", [sys.executable, "-"], "traces from"),
        ("curl", ["sh"], "traces from curl"),
    ):
        portal.get_by_role("tab", name=tab, exact=True).click()
        expect(code).to_contain_text(dict(SNIPPETS)[tab])
        text = code.inner_text()
        run = subprocess.run(command, input=text, capture_output=True, text=True, timeout=180)
        assert run.returncode == 0, run.stderr
        expect(portal.locator(".arrivals")).to_contain_text(row)


def test_what_was_rejected_is_said_where_people_wait_and_on_the_overview(
    portal: Page, server: Any, new_resource: Callable[[str], Any], sender: Any
) -> None:
    late = new_resource("portal-refused")
    portal.goto(late.at("start"))
    steps = portal.get_by_role("region", name="First event")
    expect(steps).to_contain_text("It does not arrive?")
    key = re.search(r"InstrumentationKey=([^;]+)", late.facts["connection_string"])
    assert key is not None
    now = datetime.now(timezone.utc)
    messages = [
        sender.envelope(key[1], "MessageData", at, "web", "", "0" * 32, message="m")
        for at in (now - timedelta(days=30), now - timedelta(days=30), now)
    ]
    with pytest.raises(urllib.error.HTTPError, match="400"):
        server.post("/v2.1/track", messages[:2])
    expect(steps).to_contain_text("103: ")
    server.post("/v2.1/track", messages[2:])
    expect(portal.get_by_text("Received traces from web")).to_be_visible()
    portal.get_by_role("link", name="Go to Overview").click()
    bar = portal.get_by_role("status").filter(has_text="rejected")
    expect(bar).to_contain_text("2 items were rejected in the last hour: 2 out of range")
    bar.get_by_role("link", name="Senders").click()
    expect(portal.get_by_role("region", name="Rejected items")).to_contain_text("103: ")


def test_sample_data_comes_into_a_resource_of_its_own_which_can_be_deleted(
    portal: Page, shop: Any
) -> None:
    portal.goto(shop.at("start"))
    portal.get_by_role("button", name="Load sample data").click()
    expect(portal.get_by_role("heading", name="sample-shop", level=1)).to_be_visible()
    expect(portal).to_have_url(re.compile(r"/a/[0-9a-f-]+/overview\?from=now-1h"))
    ingestion = portal.get_by_role("region", name="Ingestion")
    expect(ingestion.locator("tbody tr")).to_have_count(9)
    expect(portal.get_by_role("region", name="Top exceptions")).to_contain_text("PaymentDeclined")
    sample = portal.url.partition("/overview")[0]
    portal.goto(f"{sample}/settings/about")
    portal.get_by_role("button", name="Delete this resource").click()
    question = portal.get_by_role("dialog", name="Delete sample-shop?")
    delete = question.get_by_role("button", name="Delete with all telemetry")
    expect(delete).to_be_disabled()
    question.get_by_label("Name of the resource").fill("sample-shop")
    delete.click()
    expect(portal).to_have_url(re.compile(r"/a/[0-9a-f-]+/"))
    portal.goto(f"{sample}/overview")
    expect(portal.get_by_role("main")).to_contain_text("There is no resource")
