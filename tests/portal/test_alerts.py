"""Alerts in a real browser: a rule and a group are made, it fires, is looked into, and ends."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from tests.portal.axe import violations
from tests.portal.watched import an_hour_with_failures, key_of, requests
from tests.portal.widths import breaks, narrowed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

FIRES_WITHIN_MS = 60_000
ENDS_WITHIN_MS = 90_000


@pytest.fixture
def hook() -> Iterator[Any]:
    """A webhook that keeps what it is sent, on an application that answers."""
    sent: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            sent.append(json.loads(body)["data"]["essentials"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    server.sent = sent  # type: ignore[attr-defined]
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_rule_fires_is_looked_into_and_ends(
    portal: Page,
    server: Any,
    sender: Any,
    new_resource: Any,
    hook: Any,
    picture: Callable[[str], None],
) -> None:
    resource = new_resource("portal-alerts")
    key = key_of(resource)
    sender.fill(resource, an_hour_with_failures(sender, key))
    url = f"http://127.0.0.1:{hook.server_address[1]}/"

    # a test, which brings its rule along
    portal.goto(resource.at("availability"))
    portal.get_by_role("button", name="Add the first test").click()
    form = portal.get_by_role("dialog", name="Add test")
    form.get_by_label("URL").fill(url)
    form.get_by_label("Name", exact=True).fill("portal front")
    form.get_by_role("button", name="Add the test").click()
    expect(portal.get_by_role("button", name="portal front", exact=True)).to_be_visible()
    portal.goto(resource.at("alerts"))
    expect(portal.get_by_text("No alert is fired")).to_be_visible()
    portal.get_by_role("tab", name="Rules", exact=True).click()
    expect(portal.get_by_role("row", name="portal-front-locations")).to_contain_text("Availability")

    # somebody to tell
    portal.get_by_role("tab", name="Action groups").click()
    portal.get_by_role("button", name="New action group").click()
    portal.get_by_label("Name of the group").fill("portal ops")
    portal.get_by_label("URL").fill(url)
    assert violations(portal) == []
    picture("alerts-group")
    portal.get_by_role("button", name="Save").click()
    row = portal.get_by_role("row", name="portal ops")
    expect(row).to_contain_text("webhook")
    portal.get_by_role("button", name="More for portal ops").click()
    portal.get_by_role("menuitem", name="Send a test").click()
    expect(portal.get_by_text("webhook has taken it")).to_be_visible()
    assert hook.sent.pop()["alertRule"] == "Trial of an action group"

    # a rule, with what it would have done
    portal.get_by_role("button", name="New alert rule").click()
    expect(portal.get_by_text("It would have fired once")).to_be_visible()
    expect(portal.locator(".preview canvas")).to_be_visible()
    picture("alerts-editor")
    portal.get_by_label("Looked at every").select_option("PT10S")
    portal.get_by_label("Over the last", exact=True).select_option("PT10S")
    portal.get_by_label("Waits for late telemetry").select_option("PT0S")
    portal.get_by_label("Severity").select_option("1")
    portal.get_by_label("Name of the rule").fill("portal failures")
    expect(
        portal.get_by_text("It would have fired twice").or_(
            portal.get_by_text("It would have fired 2 times")
        )
    ).to_be_visible()
    portal.get_by_role("checkbox", name="portal ops").check()
    # What is asked for anew stands dimmed until the answer comes.
    expect(portal.get_by_role("region", name="What it would have done")).to_have_attribute(
        "aria-busy", "false"
    )
    assert violations(portal) == []
    portal.get_by_role("button", name="Create the rule").click()
    rule = portal.get_by_role("row", name="portal failures")
    expect(rule).to_contain_text("Sev1 Error")

    # the application breaks
    server.post("/v2.1/track", requests(sender, key, 10, failed=True))
    expect(rule).to_contain_text("Fired", timeout=FIRES_WITHIN_MS)
    portal.get_by_role("tab", name="Fired").click()
    portal.get_by_role("button", name="portal failures").click()
    pane = portal.get_by_role("region", name="The alert")
    expect(pane).to_contain_text("10 > 5")
    expect(pane).to_contain_text("webhook of portal ops was told: Fired")
    pane.get_by_role("button", name="Acknowledge").click()
    expect(pane).to_contain_text("Acknowledged by this machine")
    assert violations(portal) == []
    picture("alerts-fired")

    # it is repaired while somebody looks at the evidence
    server.post("/v2.1/track", requests(sender, key, 10, failed=False))
    address = portal.url
    pane.get_by_role("button", name="Open evidence").click()
    expect(portal.locator(".cm-content")).to_contain_text("requests")
    with portal.expect_response("**/portal/api/query") as answered:
        portal.locator(".cm-content").click()
        portal.keyboard.press("Shift+Enter")
    assert answered.value.ok
    expect(portal.locator(".grid-row").first).to_be_visible()
    portal.goto(address)
    expect(portal.get_by_role("link", name="Alerts 1 fired")).to_be_visible()
    silence_by_keyboard(portal, picture)
    portal.goto(address)
    expect(pane).to_contain_text("was told: Resolved", timeout=ENDS_WITHIN_MS)
    expect(portal.get_by_text("No alert is fired")).to_be_visible()
    expect(portal.locator(".nav-count")).to_have_count(0)
    portal.get_by_role("tab", name="History").click()
    expect(portal.get_by_role("row", name="portal failures")).to_contain_text("Resolved")
    picture("alerts-history")
    assert [each["monitorCondition"] for each in hook.sent] == ["Fired", "Resolved"]


def silence_by_keyboard(portal: Page, picture: Callable[[str], None]) -> None:
    """Make a processing rule and delete it again."""
    portal.get_by_role("tab", name="Fired").focus()
    for _ in range(4):
        portal.keyboard.press("ArrowRight")
    expect(portal.get_by_role("tab", name="Processing rules")).to_be_focused()
    portal.get_by_role("button", name="New processing rule").press("Enter")
    portal.get_by_label("Name of the rule").fill("portal nights")
    portal.get_by_label("When").select_option("weekly")
    assert violations(portal) == []
    picture("alerts-silence")
    dialog = portal.get_by_role("dialog")
    portal.get_by_label("Time zone").fill("Europe/Paris")
    portal.get_by_role("button", name="Save").press("Enter")
    row = portal.get_by_role("row", name="portal nights")
    expect(row).to_contain_text("Saturday, Sunday 22:00–06:00 (Europe/Paris)")
    for width in narrowed(portal):
        for tab in range(5):
            portal.get_by_role("tab").nth(tab).click()
            assert breaks(portal) == [], (width, tab)
    portal.get_by_role("button", name="More for portal nights").press("Enter")
    portal.get_by_role("menuitem", name="Delete").press("Enter")
    dialog.get_by_role("button", name="Delete").press("Enter")
    expect(row).to_have_count(0)


def test_a_rule_begins_with_a_chart_or_a_query_and_its_mistake_is_shown(
    any_page: Page, new_resource: Any
) -> None:
    """On a page that may be told of a mistake: a query that is refused comes into its console."""
    portal = any_page
    resource = new_resource("portal-begins")
    portal.goto(resource.at("metrics"))
    portal.get_by_role("button", name="More for this tile").click()
    portal.get_by_role("menuitem", name="New alert rule").click()
    expect(portal.get_by_label("Metric", exact=True)).to_have_value("requests/count")
    expect(portal.get_by_label("Aggregation")).to_have_value("Total")
    portal.go_back()
    portal.keyboard.press("Control+k")
    portal.get_by_role("combobox", name="Search views").fill("new alert rule")
    portal.keyboard.press("Enter")
    expect(portal.get_by_role("heading", name="New alert rule")).to_be_visible()
    portal.get_by_label("Signal").select_option("log")
    editor = portal.locator(".rule-query .cm-content")
    editor.click()
    portal.keyboard.press("Control+a")
    portal.keyboard.insert_text("nowhere | where 1 == 1")
    expect(portal.locator(".preview").get_by_role("alert")).to_contain_text("nowhere")
    portal.get_by_label("Name of the rule").fill("mistaken")
    portal.get_by_role("button", name="Create the rule").click()
    expect(portal.get_by_role("alert").last).to_contain_text("nowhere")
