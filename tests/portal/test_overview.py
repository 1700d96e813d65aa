"""The overview and the shell around it, in a real browser."""

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


def card(page: Page, title: str) -> Any:
    return page.get_by_role("region", name=title, exact=True)


def test_the_overview_shows_what_is_slow_and_what_fails(
    portal: Page, shop: Any, picture: Callable[[str], None]
) -> None:
    portal.goto(shop.at("overview"))
    expect(card(portal, "Server requests").locator("strong")).to_have_text("1,200")
    expect(card(portal, "Failed requests").locator("strong")).to_have_text(re.compile(r"\d.* %"))
    expect(card(portal, "Server response time")).to_contain_text("p95")
    expect(card(portal, "Slowest operations").locator("tbody tr").first).to_contain_text(
        "POST /checkout"
    )
    expect(card(portal, "Top exceptions")).to_contain_text("PaymentDeclined")
    expect(card(portal, "Failed dependencies")).to_contain_text("api.cards.example")
    expect(card(portal, "Ingestion").locator("tbody tr")).to_have_count(4)
    expect(portal.locator(".chart canvas")).to_have_count(3)
    picture("overview-light")


def test_counts_of_sampled_telemetry_are_marked_as_estimates(portal: Page, sender: Any) -> None:
    now = datetime.now(timezone.utc)
    trace = "4bf92f3577b34da6a3ce929d0e0e47"

    def sampled(key: str) -> list[dict[str, Any]]:
        made = [
            sender.envelope(
                key,
                "RequestData",
                now - timedelta(minutes=index),
                "web",
                "GET /",
                f"{trace}{index:02d}",
                id=f"{index:016d}",
                name="GET /",
                duration=20.0,
                responseCode="500" if index == 1 else "200",
                success=index != 1,
            )
            for index in range(8)
        ]
        return [{**one, "sampleRate": 25.0} for one in made]

    shop = sender.send("portal-sampled", sampled)
    portal.goto(shop.at("overview"))
    requests = card(portal, "Server requests")
    expect(requests.locator("strong")).to_have_text("≈ 32")
    expect(requests).to_contain_text("sampled 1:4")
    expect(card(portal, "Failed requests")).to_contain_text("≈ 4 failed")
    expect(card(portal, "Slowest operations").locator("tbody tr")).to_contain_text("≈ 32")
    expect(portal.locator(".overview-head")).to_contain_text("≈ sampled requests 1:4")


def test_the_first_view_weighs_at_most_110_kilobytes(portal: Page, shop: Any) -> None:
    """What the page names itself: parts that come when the browser is idle are not the first view."""
    with portal.expect_response(shop.at("overview")) as page:
        portal.goto(shop.at("overview"))
    expect(portal.locator(".chart canvas")).to_have_count(3)
    named = set(re.findall(r'"(/assets/[^"]+)"', page.value.text()))
    sizes = portal.evaluate(
        """() => performance.getEntries()
            .filter(one => one.encodedBodySize)
            .map(one => [new URL(one.name).pathname, one.encodedBodySize])"""
    )
    weights = {path: size for path, size in sizes if path in named or path.startswith("/a/")}
    assert len(weights) == len(named) + 1
    assert sum(weights.values()) <= 110_000, weights


def test_root_leads_to_a_resource_and_back_does_not_trap(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("logs"))
    expect(portal.get_by_test_id("editor")).to_be_visible()
    portal.goto(f"{shop.url}/")
    expect(portal).to_have_url(re.compile(rf"/a/{shop.app_id}/overview"))
    portal.go_back()
    expect(portal).to_have_url(re.compile(r"/logs"))


def test_the_address_holds_the_whole_screen(portal: Page, shop: Any) -> None:
    portal.goto(
        shop.at(
            "overview",
            **{"from": "2026-01-02T03:00:00Z", "to": "2026-01-02T05:30:00Z", "tz": "utc"},
        )
    )
    picker = portal.get_by_role("button", name="Time range")
    expect(picker).to_contain_text("2026-01-02 03:00 – 05:30")
    expect(picker).to_contain_text("UTC")
    before = portal.url
    portal.reload()
    expect(picker).to_contain_text("2026-01-02 03:00 – 05:30")
    assert portal.url == before
    expect(portal.get_by_role("status")).to_contain_text("No telemetry in this range")
    portal.get_by_role("button", name="Go to the last data").click()
    expect(card(portal, "Server requests").locator("strong")).not_to_have_text("–")
    portal.go_back()
    expect(picker).to_contain_text("2026-01-02 03:00 – 05:30")


def test_a_range_is_chosen_in_the_picker_in_the_chosen_zone(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("overview"))
    picker = portal.get_by_role("button", name="Time range")
    picker.click()
    portal.get_by_role("button", name="Last 24 hours").click()
    expect(portal).to_have_url(re.compile(r"from=now-24h&to=now"))
    picker.click()
    portal.get_by_label("From").fill("2026-07-01 08:00")
    portal.get_by_label("To", exact=True).fill("2026-07-01 09:00")
    portal.get_by_role("button", name="Apply").click()
    expect(portal).to_have_url(re.compile(r"from=2026-07-01T06%3A00%3A00"))
    portal.get_by_role("button", name="Earlier").click()
    expect(picker).to_contain_text("2026-07-01 07:30 – 08:30")


def test_dragging_over_a_chart_zooms_to_that_window(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("overview"))
    plot = card(portal, "Server requests").locator(".u-over")
    expect(plot).to_be_visible()
    # What comes later moves it.
    expect(portal.locator(".skeleton")).to_have_count(0)
    box = plot.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    portal.mouse.move(box["x"] + box["width"] * 0.3, middle)
    portal.mouse.down()
    portal.mouse.move(box["x"] + box["width"] * 0.6, middle, steps=4)
    portal.mouse.up()
    expect(portal).to_have_url(re.compile(r"from=20\d\d-.*&to=20\d\d-"))
    expect(portal.get_by_role("button", name="Earlier")).to_be_visible()


def test_a_picture_has_its_numbers_and_its_question(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("overview"))
    requests = card(portal, "Server requests")
    requests.get_by_role("button", name="More for this tile").click()
    portal.get_by_role("menuitem", name="View as table").click()
    expect(requests.get_by_role("columnheader", name="bucket")).to_be_visible()
    requests.get_by_role("button", name="More for this tile").click()
    portal.get_by_role("menuitem", name="Open in Logs").click()
    expect(portal.get_by_test_id("editor")).to_contain_text("summarize total = sum(itemCount)")
    expect(portal.get_by_role("treegrid", name="Result").get_by_role("row").nth(1)).to_be_visible()


def test_dark_colours_follow_the_system_and_the_switch(
    portal: Page, shop: Any, picture: Callable[[str], None]
) -> None:
    portal.emulate_media(color_scheme="dark")
    portal.goto(shop.at("overview"))
    expect(portal.locator(".chart canvas")).to_have_count(3)
    body = portal.locator("body")
    expect(body).to_have_css("background-color", "rgb(15, 19, 24)")
    expect(card(portal, "Slowest operations")).to_contain_text("POST /checkout")
    picture("overview-dark")
    portal.get_by_role("button", name="Use light colours").click()
    expect(body).to_have_css("background-color", "rgb(243, 245, 248)")
    portal.reload()
    expect(portal.get_by_role("button", name="Use dark colours")).to_be_visible()
    expect(body).to_have_css("background-color", "rgb(243, 245, 248)")


def test_the_keyboard_reaches_everything(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("overview"))
    expect(card(portal, "Server requests")).to_be_visible()
    portal.keyboard.press("Tab")
    expect(portal.get_by_role("link", name="Skip to content")).to_be_focused()
    portal.keyboard.press("Control+k")
    search = portal.get_by_role("combobox")
    expect(search).to_be_focused()
    search.fill("24 hours")
    portal.keyboard.press("Enter")
    expect(portal).to_have_url(re.compile(r"from=now-24h"))
    portal.keyboard.press("g")
    portal.keyboard.press("l")
    expect(portal).to_have_url(re.compile(r"/logs\?.*from=now-24h"))
    portal.locator("body").press("g")
    portal.keyboard.press("s")
    expect(portal).to_have_url(re.compile(r"/start"))
    portal.keyboard.press("?")
    expect(portal.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    portal.keyboard.press("Escape")
    expect(portal.get_by_role("dialog", name="Keyboard shortcuts")).to_have_count(0)


def test_another_resource_is_two_keys_away(
    portal: Page, shop: Any, new_resource: Callable[[str], Any]
) -> None:
    other = new_resource("portal-other")
    portal.goto(shop.at("logs"))
    portal.get_by_role("button", name=f"Resource: {shop.name}").click()
    portal.get_by_role("button", name=other.name).click()
    expect(portal).to_have_url(re.compile(rf"/a/{other.app_id}/logs"))


def test_an_unknown_resource_says_which_there_are(portal: Page, shop: Any) -> None:
    portal.goto(f"{shop.url}/a/never-made/overview")
    expect(portal.get_by_role("main")).to_contain_text("There is no resource “never-made”")
    expect(portal.get_by_role("main").get_by_role("link", name=shop.name)).to_be_visible()


def test_a_failed_tile_says_why_and_offers_to_retry(any_page: Page, shop: Any) -> None:
    page = any_page
    page.route("**/portal/api/tile/overview.operations*", lambda route: route.abort())
    page.goto(shop.at("overview"))
    tile = card(page, "Slowest operations")
    expect(tile.get_by_role("alert")).to_contain_text("The server does not answer")
    expect(card(page, "Server requests").locator("strong")).to_have_text("1,200")
    page.unroute("**/portal/api/tile/overview.operations*")
    tile.get_by_role("button", name="Retry").click()
    expect(tile).to_contain_text("POST /checkout")
