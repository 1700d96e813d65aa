"""Performance and Failures, in a real browser: from a slow operation to a sample of it."""

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


def chosen_row(page: Page, label: str, name: str) -> Any:
    return page.get_by_role("grid", name=label).get_by_role("row").filter(has_text=name)


def test_from_performance_to_a_sample(
    portal: Page, shop: Any, picture: Callable[[str], None]
) -> None:
    portal.goto(shop.at("performance"))
    expect(card(portal, "Operations").get_by_role("row").nth(2)).to_contain_text("POST /checkout")
    chosen_row(portal, "Operations", "POST /checkout").click()
    expect(card(portal, "Response time of POST /checkout").locator("canvas").first).to_be_visible()
    expect(card(portal, "Top 3 dependencies")).to_contain_text("SELECT orders")
    expect(card(portal, "Distribution of durations")).to_contain_text("p95")
    picture("performance-light")
    portal.get_by_role("button", name=re.compile(r"Samples \(\d+")).click()
    samples = portal.get_by_role("dialog", name="Samples")
    expect(samples.get_by_text("suggested")).to_have_count(5)
    samples.get_by_role("link").first.click()
    expect(portal).to_have_url(re.compile("/tx/"))
    expect(portal.get_by_role("heading", name="POST /checkout", level=1)).to_be_visible()
    docked = portal.get_by_role("navigation", name="Samples")
    expect(docked.get_by_role("link").first).to_be_visible()
    portal.go_back()
    expect(card(portal, "Response time of POST /checkout")).to_be_visible()


def test_durations_are_chosen_and_what_differs_filters(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("performance"))
    spread = card(portal, "Distribution of durations")
    expect(spread).to_contain_text("p95")
    spread.get_by_label("From").fill("200")
    spread.get_by_label("From").press("Enter")
    expect(portal).to_have_url(re.compile(r"lo=200"))
    expect(spread).to_contain_text("200 ms –")
    portal.reload()
    expect(spread).to_contain_text("200 ms –")
    spread.get_by_role("button", name="All durations").click()
    portal.goto(shop.at("failures"))
    differs = card(portal, "What differs")
    expect(differs).to_contain_text("payment = stripe")
    differs.get_by_role("button", name="Only payment = stripe").click()
    expect(portal.get_by_role("group", name="Filters")).to_contain_text("payment = stripe")
    expect(portal).to_have_url(re.compile(r"f=dim\.payment%3Astripe"))
    portal.get_by_role("button", name="Remove the filter payment = stripe").click()
    expect(portal).not_to_have_url(re.compile("f="))


def test_a_filter_is_added_and_stays_from_view_to_view(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("performance"))
    expect(chosen_row(portal, "Operations", "GET /")).not_to_have_count(0)
    portal.get_by_role("button", name="Add filter").click()
    portal.get_by_label("Value").fill("payments")
    portal.get_by_role("button", name="Filter", exact=True).click()
    expect(chosen_row(portal, "Operations", "POST /charge")).to_have_count(1)
    expect(chosen_row(portal, "Operations", "GET /")).to_have_count(0)
    portal.get_by_role("link", name="Failures").click()
    expect(portal.get_by_role("group", name="Filters")).to_contain_text("Role = payments")
    expect(chosen_row(portal, "Operations", "POST /charge")).to_have_count(1)
    expect(chosen_row(portal, "Operations", "POST /checkout")).to_have_count(0)


def test_a_problem_shows_its_code_and_its_newest_transaction(
    portal: Page, shop: Any, picture: Callable[[str], None]
) -> None:
    portal.goto(shop.at("failures", tab="exceptions"))
    chosen_row(portal, "Exceptions", "PaymentDeclined").click()
    problem = card(portal, "PaymentDeclined at charge")
    expect(problem).to_contain_text("payments/app.py:42")
    expect(problem).to_contain_text("First seen")
    picture("failures-light")
    portal.get_by_role("link", name="Open the newest in its transaction").click()
    expect(portal.get_by_role("region", name="Details")).to_contain_text("payments/app.py:42")


def test_the_list_of_operations_is_walked_with_the_keyboard(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("failures"))
    rows = card(portal, "Operations").get_by_role("row")
    expect(rows.nth(2)).to_be_visible()
    rows.nth(1).focus()
    portal.keyboard.press("ArrowDown")
    expect(rows.nth(2)).to_have_attribute("aria-selected", "true")
    expect(rows.nth(2)).to_be_focused()
    expect(portal).to_have_url(re.compile("sel="))


@pytest.mark.parametrize("view", ["performance", "failures"])
def test_choosing_a_role_shows_its_operations_alone(portal: Page, shop: Any, view: str) -> None:
    portal.goto(shop.at(view))
    portal.get_by_role("tab", name="Roles").click()
    chosen_row(portal, "Roles", "payments-1").click()
    filters = portal.get_by_role("group", name="Filters")
    expect(filters).to_contain_text("Role = payments")
    expect(filters).to_contain_text("Instance = payments-1")
    expect(chosen_row(portal, "Operations", "POST /charge")).to_have_count(1)
    expect(chosen_row(portal, "Operations", "POST /checkout")).to_have_count(0)


def test_without_requests_performance_opens_on_dependencies(portal: Page, sender: Any) -> None:
    """As the documents' first program sends it: one in-process span and no request."""
    at = datetime.now(timezone.utc) - timedelta(minutes=1)

    def one_span(key: str) -> list[dict[str, Any]]:
        data = {"id": "aa00000000000001", "name": "hello", "type": "INPROC", "success": True}
        trace = "5bf92f3577b34da6a3ce929d0e0e4736"
        return [
            sender.envelope(
                key, "RemoteDependencyData", at, "hello.py", "", trace, duration=12, **data
            )
        ]

    lonely = sender.send("portal-inproc", one_span)
    portal.goto(lonely.at("performance"))
    expect(portal.get_by_role("tab", name="Dependencies")).to_have_attribute(
        "aria-selected", "true"
    )
    chosen_row(portal, "Dependencies", "hello").click()
    portal.get_by_role("button", name="Samples (1)").click()
    portal.get_by_role("dialog", name="Samples").get_by_role("link").click()
    expect(portal.get_by_role("heading", name="hello", level=1)).to_be_visible()


def test_nothing_failed_is_good_news(portal: Page, sender: Any) -> None:
    at = datetime.now(timezone.utc) - timedelta(minutes=1)
    trace = "6bf92f3577b34da6a3ce929d0e0e4736"
    fine = sender.send(
        "portal-fine",
        lambda key: [
            sender.envelope(
                key, "RequestData", at, "web", "GET /", trace, duration=5,
                id="aa01", name="GET /", responseCode="200", success=True,
            )
        ],
    )  # fmt: skip
    portal.goto(fine.at("failures"))
    expect(card(portal, "Operations")).to_contain_text("No failed requests in the last 4 hours")
