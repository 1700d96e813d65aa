"""The application map in a real browser: seen, walked with keys, narrowed, and read as a table."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def node(page: Page, name: str) -> Any:
    """A node of the map, by the name in its sentence."""
    return page.locator(f'button[data-node][aria-label*=" {name}"]')


def chain(sender: Any, key: str, caller: str, callee: str, *, ok: bool = True) -> list[Any]:
    """A request of one role that calls another; the callee's own part is a request of the second."""
    at = datetime.now(timezone.utc) - timedelta(minutes=1)
    trace = f"{sum(map(ord, caller + callee)):032x}"
    common = {"key": key, "at": at, "operation": "GET /", "trace": trace}
    return [
        sender.envelope(
            kind="RequestData", role=caller, duration=90, id=f"{caller}1", name="GET /",
            responseCode="200", success=True, **common,
        ),
        sender.envelope(
            kind="RemoteDependencyData", role=caller, duration=60, parent=f"{caller}1",
            id=f"{caller}2", name="GET /", type="HTTP", target=callee, success=ok, **common,
        ),
        sender.envelope(
            kind="RequestData", role=callee, duration=50, parent=f"{caller}2", id=f"{callee}1",
            name="GET /", responseCode="200" if ok else "500", success=ok, **common,
        ),
    ]  # fmt: skip


def test_the_map_leads_from_a_red_node_to_its_failures(
    portal: Page, shop: Any, picture: Callable[[str], None]
) -> None:
    portal.goto(shop.at("map"))
    expect(portal.locator("button[data-node]")).to_have_count(6)
    expect(portal.locator(".map-box")).to_have_attribute("data-layout-ms", re.compile(r"\d+"))
    payments = node(portal, "payments,")
    expect(payments).to_have_accessible_name(
        re.compile(r"Component payments, failing: .* calls per minute, .* on average, .* % failed")
    )
    left = {
        name: node(portal, name).bounding_box()["x"]
        for name in ("Clients", "web-frontend", "orders.db")
    }
    assert left["Clients"] < left["web-frontend"] < left["orders.db"]
    payments.click()
    expect(portal).to_have_url(re.compile("sel="))
    side = portal.get_by_role("complementary", name="Details of payments")
    expect(side.get_by_role("region", name="Top failing requests")).to_contain_text("POST /charge")
    expect(side.get_by_role("region", name="Top failing dependencies")).to_contain_text("charges")
    expect(side.get_by_role("region", name="Slowest requests")).to_contain_text("POST /charge")
    expect(side.get_by_role("region", name="Instances")).to_contain_text("payments-1")
    picture("map-light")
    portal.reload()
    expect(side.get_by_role("region", name="Top failing requests")).to_contain_text("POST /charge")
    side.get_by_role("link", name="Investigate failures").click()
    expect(portal.get_by_role("group", name="Filters")).to_contain_text("Role = payments")
    expect(portal.get_by_role("grid", name="Operations")).to_contain_text("POST /charge")


def test_the_map_is_walked_with_the_keyboard(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("map"))
    clients = node(portal, "Clients")
    expect(clients).to_be_visible()
    clients.focus()
    portal.keyboard.press("ArrowRight")
    focused = portal.locator("button[data-node]:focus")
    expect(focused).to_have_accessible_name(re.compile("^Component "))
    portal.keyboard.press("ArrowRight")
    expect(focused).to_have_accessible_name(re.compile("dependency"))
    portal.keyboard.press("ArrowLeft")
    before = portal.locator(".map-plane").get_attribute("style")
    portal.keyboard.press("=")
    expect(portal.locator(".map-plane")).not_to_have_attribute("style", before or "")
    portal.keyboard.press("0")
    expect(portal.locator(".map-plane")).to_have_attribute("style", before or "")
    portal.keyboard.press("Enter")
    expect(portal.get_by_role("complementary")).to_be_visible()
    portal.keyboard.press("Escape")
    expect(portal.get_by_role("complementary")).to_have_count(0)
    expect(portal).to_have_url(re.compile(r"/map$"))


def test_the_map_is_narrowed_and_the_address_keeps_it(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("map"))
    nodes = portal.locator("button[data-node]")
    expect(nodes).to_have_count(6)
    portal.get_by_label("Find nodes by name").fill("cards")
    expect(nodes).to_have_count(2)
    portal.get_by_label("Find nodes by name").fill("")
    portal.get_by_label("Average at least (ms)").fill("100000")
    portal.keyboard.press("Enter")
    expect(portal.get_by_text("Nothing passes the filters")).to_be_visible()
    portal.get_by_role("button", name="Remove them").click()
    expect(nodes).to_have_count(6)
    for label, least, held, left in (
        ("Failed at least (%)", "4", "err=4", ("Clients", "payments", "api.cards.example")),
        ("Calls at least", "500", "calls=500", ("Clients", "web-frontend", "orders.db")),
    ):
        portal.get_by_label(label).fill(least)
        portal.keyboard.press("Enter")
        expect(portal).to_have_url(re.compile(held))
        expect(nodes).to_have_count(3)
        for name in left:
            expect(node(portal, name)).to_be_visible()
        portal.reload()
        expect(portal.get_by_label(label)).to_have_value(least)
        expect(nodes).to_have_count(3)
        portal.get_by_role("button", name="Show everything").first.click()
        expect(nodes).to_have_count(6)
    portal.get_by_role("checkbox", name="Hide healthy").check()
    expect(node(portal, "payments,")).to_be_visible()
    portal.goto(shop.at("map"))
    node(portal, "payments,").dblclick(delay=150)  # as slowly as people do
    expect(nodes).to_have_count(3)
    portal.reload()
    expect(nodes).to_have_count(3)
    portal.get_by_role("button", name="Show everything").first.click()
    expect(nodes).to_have_count(6)
    portal.goto(shop.at("map", f="role:payments"))
    expect(nodes).to_have_count(3)


def test_the_list_has_the_same_edges_and_the_query_behind_them(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("map", mode="list"))
    rows = portal.get_by_role("grid", name="Calls between components").locator("tbody tr")
    expect(rows).to_have_count(6)
    portal.get_by_role("button", name="Average", exact=True).click()
    averages = portal.locator("tbody tr td:nth-child(5)").all_inner_texts()
    assert len(averages) == 6
    portal.get_by_label("Group by").select_option("role and instance")
    expect(rows.filter(has_text="payments · payments-1")).to_have_count(2)
    rows.first.focus()
    portal.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_have_attribute("aria-selected", "true")
    portal.get_by_role("button", name="More for the map").click()
    portal.get_by_role("menuitem", name="Open edges in Logs").click()
    expect(portal.locator(".cm-content")).to_contain_text("join kind = leftouter called")


def test_resources_are_joined(portal: Page, sender: Any) -> None:
    web = sender.send("portal-map-web", lambda key: chain(sender, key, "web", "orders")[:2])
    sender.send("portal-map-orders", lambda key: chain(sender, key, "web", "orders")[2:])
    portal.goto(web.at("map"))
    expect(portal.locator("button[data-node]")).to_have_count(3)
    expect(node(portal, "orders")).to_have_accessible_name(re.compile("HTTP dependency orders"))
    portal.get_by_role("button", name="Resources of the map").click()
    portal.get_by_role("checkbox", name="portal-map-orders").check()
    expect(node(portal, "orders")).to_have_accessible_name(re.compile("Component orders"))
    expect(portal).to_have_url(re.compile("with="))
    portal.keyboard.press("Escape")
    node(portal, "orders").click()
    side = portal.get_by_role("complementary")
    expect(side.get_by_role("region", name="Slowest requests")).to_contain_text("GET /")
    side.get_by_role("link", name="Investigate performance").click()
    expect(portal.get_by_role("button", name="Resource: portal-map-orders")).to_be_visible()
    expect(portal.get_by_role("grid", name="Operations")).to_contain_text("GET /")


def test_spans_inside_a_process_alone_are_one_node(portal: Page, sender: Any) -> None:
    at = datetime.now(timezone.utc) - timedelta(minutes=1)
    lonely = sender.send(
        "portal-map-inproc",
        lambda key: [
            sender.envelope(
                key, "RemoteDependencyData", at, "hello.py", "", "9c" * 16, duration=12,
                id="aa01", name="hello", type="INPROC", success=True,
            )
        ],
    )  # fmt: skip
    portal.goto(lonely.at("map"))
    only = portal.locator("button[data-node]")
    expect(only).to_have_accessible_name("Component hello.py: no calls")
    portal.goto(lonely.at("map", mode="list"))
    expect(portal.get_by_role("grid")).to_contain_text("calls nothing, called by nobody")


def test_many_nodes_are_folded(portal: Page, sender: Any) -> None:
    at = datetime.now(timezone.utc) - timedelta(minutes=1)
    many = sender.send(
        "portal-map-many",
        lambda key: [
            sender.envelope(
                key, "RemoteDependencyData", at, "crawler", "", f"{n:032x}", duration=12,
                id=f"{n:016x}", name="GET /", type="HTTP", target=f"host{n}", success=True,
            )
            for n in range(80)
        ],
    )  # fmt: skip
    portal.goto(many.at("map"))
    expect(portal.locator("button[data-node]")).to_have_count(2)
    node(portal, "HTTP × 80").click()
    expect(portal.get_by_role("region", name="What is folded")).to_contain_text("host79")
    expect(portal.get_by_text("81 nodes are 2 here")).to_be_visible()


def test_nothing_in_range_and_an_answer_that_fails(any_page: Page, new_resource: Any) -> None:
    page = any_page
    empty = new_resource("portal-map-empty")
    page.goto(empty.at("map"))
    expect(page.get_by_text("No telemetry in the last 4 hours")).to_be_visible()
    page.route("**/portal/api/tile/map.edges*", lambda route: route.fulfill(status=503))
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("503")
    page.unroute("**/portal/api/tile/map.edges*")
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("No telemetry in the last 4 hours")).to_be_visible()
