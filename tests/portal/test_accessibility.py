"""Every view under the rules of WCAG 2 A and AA: each state of it in both colour schemes."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from tests.portal.axe import violations

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_the_overview_and_its_popups(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("overview"))
    expect(portal.locator(".chart canvas")).to_have_count(3)
    expect(portal.get_by_role("region", name="Ingestion").locator("tbody tr")).to_have_count(4)
    assert violations(portal) == []
    portal.get_by_role("button", name="Time range").click()
    expect(portal.get_by_role("button", name="Last 4 hours", exact=True)).to_be_focused()
    assert violations(portal) == []
    portal.keyboard.press("Escape")
    portal.keyboard.press("Control+k")
    expect(portal.get_by_role("combobox")).to_be_focused()
    assert violations(portal) == []


def test_logs_with_rows_a_picture_and_a_mistake(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("logs"))
    expect(portal.get_by_test_id("editor")).to_have_attribute(
        "data-language", "ready", timeout=30_000
    )
    assert violations(portal) == []
    for query, found in (
        ("requests | take 5", ".grid-row"),
        ("requests | summarize count() by name | render piechart", ".pie"),
        ("requests | wher x", ".error-box"),
    ):
        portal.locator(".cm-content").click()
        portal.keyboard.press("Control+a")
        portal.keyboard.insert_text(query)
        with portal.expect_response("**/portal/api/query"):
            portal.keyboard.press("Shift+Enter")
        expect(portal.locator(found).first).to_be_visible()
        expect(portal.locator(".results")).to_have_attribute("aria-busy", "false")
        assert violations(portal) == []
        if found == ".grid-row":
            portal.locator(".grid-row [data-column]").first.click(button="right")
            expect(portal.get_by_role("menuitem").first).to_be_focused()
            assert violations(portal) == []
            portal.keyboard.press("Escape")
    portal.get_by_role("button", name="Save query").click()
    assert violations(portal) == []
    portal.keyboard.press("Escape")
    portal.get_by_role("button", name="Saved", exact=True).click()
    assert violations(portal) == []


def test_the_picker_and_creating_a_resource(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("overview"))
    portal.get_by_role("button", name=f"Resource: {shop.name}").click()
    expect(portal.get_by_role("button", name="Create a resource")).to_be_visible()
    assert violations(portal) == []
    portal.get_by_role("button", name="Create a resource").click()
    portal.get_by_label("Name").fill(shop.name)
    expect(portal.get_by_text("There is a resource of this name")).to_be_visible()
    assert violations(portal) == []


def test_settings(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("settings"))
    for tab, shown in (
        ("Connect", "Does it arrive?"),
        ("API keys", "Create a key"),
        ("Retention and cap", "How much is taken"),
        ("Usage", "Sent, last 30 days"),
        ("Users and roles", "Create a user"),
        ("Senders", "Rejected items"),
        ("TLS and endpoints", "Endpoints"),
        ("About", "Health"),
    ):
        portal.get_by_role("tab", name=tab, exact=True).click()
        expect(portal.get_by_role("heading", name=shown)).to_be_visible()
        assert violations(portal) == []
    portal.get_by_role("tab", name="API keys").click()
    portal.get_by_label("Name of the key").fill("axe")
    portal.get_by_label("Name of the key").press("Enter")
    expect(portal.get_by_test_id("new-key")).to_be_visible()
    portal.get_by_role("button", name="Revoke axe").click()
    expect(portal.get_by_role("dialog")).to_be_visible()
    assert violations(portal) == []
    portal.keyboard.press("Escape")
    portal.get_by_role("tab", name="About").click()
    portal.get_by_role("button", name="Delete this resource").click()
    assert violations(portal) == []
    portal.keyboard.press("Escape")
    portal.get_by_role("tab", name="Users and roles").click()
    portal.get_by_label("User name").fill("axe")
    portal.get_by_label("Password").fill("correct horse battery")
    portal.get_by_label("Password").press("Enter")
    for action in ("Change roles", "Reset password", "Remove"):
        portal.get_by_role("button", name=f"{action}: axe").click()
        expect(portal.get_by_role("dialog")).to_be_visible()
        assert violations(portal) == []
        if action != "Remove":
            portal.keyboard.press("Escape")
    portal.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(portal.get_by_text("There are no users yet")).to_be_visible()


def test_rejected_items_wherever_they_are_told(
    portal: Page, sender: Any, server: Any, new_resource: Any
) -> None:
    late = new_resource("portal-axe-late")
    key = dict(part.split("=", 1) for part in late.facts["connection_string"].split(";"))
    now = datetime.now(timezone.utc)
    messages = [
        sender.envelope(
            key["InstrumentationKey"], "MessageData", at, "web", "", "0" * 32, message="m"
        )
        for at in (now - timedelta(hours=1), now - timedelta(days=30))
    ]
    server.post("/v2.1/track", messages)
    for view, told in (
        ("overview", "rejected in the last hour"),
        ("settings/senders", "103: "),
        ("start", "103: "),
    ):
        portal.goto(late.at(view))
        expect(portal.get_by_text(told).first).to_be_visible()
        assert violations(portal) == []


def test_getting_started(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("start"))
    expect(portal.get_by_role("tab", name="Traces")).to_be_visible()
    assert violations(portal) == []


def test_the_investigating_views(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("performance"))
    expect(portal.get_by_role("grid", name="Operations").get_by_role("row").nth(2)).to_be_visible()
    expect(portal.locator(".chart canvas")).to_have_count(2)
    assert violations(portal) == []
    portal.get_by_role("button", name="Add filter").click()
    assert violations(portal) == []
    portal.keyboard.press("Escape")
    portal.get_by_role("button", name="Samples").click()
    samples = portal.get_by_role("dialog", name="Samples").get_by_role("link")
    expect(samples.first).to_be_visible()
    assert violations(portal) == []
    samples.first.click()
    expect(
        portal.get_by_role("tree", name="Timeline").get_by_role("treeitem").first
    ).to_be_visible()
    expect(
        portal.get_by_role("navigation", name="Samples").get_by_role("link").first
    ).to_be_visible()
    assert violations(portal) == []
    portal.goto(shop.at("search"))
    expect(portal.get_by_role("listbox", name="Items").get_by_role("option").first).to_be_visible()
    portal.get_by_role("listbox", name="Items").press("Space")
    assert violations(portal) == []
    portal.goto(shop.at("failures", tab="exceptions"))
    portal.get_by_role("grid", name="Exceptions").get_by_role("row").nth(2).click()
    expect(portal.get_by_role("region", name="Versions").locator("tbody tr")).to_have_count(1)
    assert violations(portal) == []


def test_metrics_with_their_popups(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("metrics"))
    expect(portal.locator(".chart canvas")).to_have_count(1)
    portal.get_by_label("Split by").select_option("role")
    portal.get_by_role("button", name="Compare: previous period").click()
    expect(portal.get_by_role("button", name="payments")).to_be_visible()
    assert violations(portal) == []
    portal.get_by_role("button", name="Choose a metric").click()
    expect(portal.get_by_label("Find a metric by its name")).to_be_focused()
    assert violations(portal) == []
    portal.keyboard.press("Escape")
    portal.get_by_role("button", name="Add filter to this chart").click()
    assert violations(portal) == []
    portal.keyboard.press("Escape")
    portal.get_by_role("button", name="table", exact=True).click()
    expect(portal.get_by_role("columnheader", name="Time")).to_be_visible()
    assert violations(portal) == []


def test_live_metrics(portal: Page, new_resource: Any, sender: Any) -> None:
    live = new_resource("portal-axe-live")
    portal.goto(live.at("live"))
    waiting = portal.get_by_role("region", name="Waiting for a server")
    expect(waiting).to_be_visible()
    assert violations(portal) == []
    key = dict(pair.split("=", 1) for pair in live.facts["connection_string"].split(";"))
    at = datetime.now(timezone.utc) - timedelta(seconds=3)
    request = sender.envelope(
        key["InstrumentationKey"], "RequestData", at, "web", "GET /", "8b" * 16, duration=120,
        id="aa01", name="GET /", responseCode="500", success=False,
    )  # fmt: skip
    sender.server.post("/v2.1/track", [request])
    portal.get_by_role("listbox", name="Samples").get_by_role("option").first.click()
    expect(portal.get_by_role("region", name="Details of the sample")).to_be_visible()
    assert violations(portal) == []
    portal.get_by_role("button", name="Filter", exact=True).click()
    expect(portal.get_by_label("Role")).to_be_focused()
    assert violations(portal) == []


def test_the_application_map(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("map"))
    portal.locator('button[data-node][aria-label*=" payments,"]').click()
    slowest = portal.get_by_role("region", name="Slowest requests")
    expect(slowest).to_contain_text("POST /charge")
    assert violations(portal) == []
    portal.get_by_role("button", name="Resources of the map").click()
    choice = portal.get_by_role("group", name="Together with")
    expect(choice).not_to_contain_text("Looking")
    assert violations(portal) == []
    portal.goto(shop.at("map", mode="list"))
    expect(portal.get_by_role("grid").locator("tbody tr").first).to_be_visible()
    assert violations(portal) == []


def test_workbooks_read_and_edited(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("workbooks"))
    portal.get_by_role("button", name="New workbook").click()
    assert violations(portal) == []
    portal.get_by_label("Name", exact=True).fill("For all")
    portal.get_by_role("button", name="Create").click()
    expect(portal.get_by_label("Text in Markdown")).to_be_visible()
    portal.get_by_label("Text in Markdown").fill(
        "# A\n\n[b](https://b.example) `c`\n\n|x|\n|-|\n|1|"
    )
    portal.get_by_role("group", name="Item text").get_by_role("button", name="Add an item").click()
    portal.get_by_role("menuitem", name="Query").click()
    expect(portal.locator(".workbook canvas")).to_be_visible()
    expect(portal.locator(".workbook .cm-content")).to_be_visible()
    assert violations(portal) == []
    portal.get_by_role("button", name="Save", exact=True).click()
    expect(portal.get_by_role("button", name="Edit")).to_be_visible()
    assert violations(portal) == []
    portal.goto(shop.at("overview"))
    portal.get_by_role("region", name="Failed requests").get_by_role(
        "button", name="More for this tile"
    ).click()
    portal.get_by_role("menuitem", name="Pin…").click()
    expect(portal.get_by_role("dialog").get_by_label("To")).to_be_visible()
    assert violations(portal) == []
    portal.goto(shop.at("workbooks"))
    expect(portal.get_by_role("link", name="For all")).to_be_visible()
    assert violations(portal) == []


def test_availability_with_its_form_and_a_run(portal: Page, sender: Any, picture: Any) -> None:
    now = datetime.now(timezone.utc)

    def runs(key: str) -> list[dict[str, Any]]:
        return [
            sender.envelope(
                key,
                "AvailabilityData",
                now - timedelta(minutes=number),
                "",
                "",
                f"5bf92f3577b34da6a3ce929d0e0e47{number:02x}",
                id=f"run-{number}",
                name="checkout",
                duration=20 + number,
                success=number % 4 != 1,
                runLocation="west",
                message="said",
            )
            for number in range(1, 12)
        ]

    def pictures(name: str) -> None:
        for scheme in ("light", "dark"):
            portal.emulate_media(color_scheme=scheme)
            picture(f"availability-{name}-{scheme}")

    shown = sender.send("portal-availability", runs)
    portal.goto(shown.at("availability"))
    tests = portal.get_by_role("region", name="Tests", exact=True)
    expect(tests).to_contain_text("CUSTOM")
    dots = tests.get_by_role("group", name="Newest runs of checkout")
    expect(dots.get_by_role("button")).to_have_count(8)
    tests.get_by_role("button", name="Locations of checkout").click()
    assert violations(portal) == []
    dots.get_by_role("button").last.focus()
    portal.keyboard.press("ArrowLeft")
    portal.keyboard.press("Enter")
    expect(portal.get_by_role("dialog", name="Run")).to_contain_text("from west")
    assert violations(portal) == []
    pictures("run")
    portal.keyboard.press("Escape")
    portal.get_by_role("button", name="Add test").click()
    assert violations(portal) == []
    pictures("form")
