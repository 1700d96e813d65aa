"""The view of metrics in a real browser: any metric by its name, split, compared, on one page."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

COUNTERS = {
    r"\Memory\Available Bytes": ("Available memory", 3.5e9),
    r"\Processor(_Total)\% Processor Time": ("Processor time", 12.5),
    r"\Process(??APP_WIN32_PROC??)\% Processor Time": ("Process CPU", 7.5),
    r"\Process(??APP_WIN32_PROC??)\Private Bytes": ("Process private bytes", 2e8),
    r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Requests/Sec": ("HTTP request rate", 4.0),
    r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Request Execution Time": (
        "HTTP request execution time",
        81.0,
    ),
    r"\ApplicationInsights\Dependency Calls/Sec": ("Dependency call rate", 2.0),
}


@pytest.fixture(scope="module")
def measured(sender: Any) -> Any:
    """A resource with the metrics of the documents' program, in one hour and the hour before."""
    now = datetime.now(timezone.utc)

    def metric(key: str, minutes: float, name: str, value: float, **properties: str) -> Any:
        at = now - timedelta(minutes=minutes)
        metrics = [{"name": name, "value": value}]
        return sender.envelope(
            key, "MetricData", at, "prompts.py", "", "", metrics=metrics, properties=properties
        )

    def make(key: str) -> list[dict[str, Any]]:
        made = []
        for step in range(40):
            minutes = 1 + 3 * step
            for url, value in (("a.example", step), ("b.example", 3)):
                made.append(metric(key, minutes, "prompt view", value, url=url))
            for name, (_, usual) in COUNTERS.items():
                made.append(metric(key, minutes, name, usual, CustomPerfCounter="true"))
        return made

    return sender.send("portal-measured", make)


def choose(page: Page, name: str, nth: int = 0) -> Locator:
    """Choose a metric by typing its name; return the chart's card."""
    page.get_by_role("button", name="Choose a metric").nth(nth).click()
    page.get_by_label("Find a metric by its name").fill(name)
    expect(page.get_by_role("group", name="Metrics").get_by_role("button")).not_to_have_count(0)
    page.keyboard.press("Enter")
    return page.locator(".metric-charts > .card").nth(nth)


def series(card: Locator) -> Locator:
    return card.get_by_role("region", name="Series").locator("tbody tr")


def test_a_metric_is_split_isolated_and_kept_by_the_address(
    portal: Page, shop: Any, picture: Callable[[str], None]
) -> None:
    portal.goto(shop.at("metrics"))
    card = choose(portal, "response time")
    expect(card.get_by_role("heading")).to_have_text("Average of Server response time")
    expect(card.locator("canvas")).to_be_visible()
    card.get_by_label("Aggregation").select_option("p95")
    card.get_by_label("Split by").select_option("role")
    expect(card.get_by_role("heading")).to_have_text(
        "95th percentile of Server response time by role"
    )
    expect(series(card)).to_have_count(3)
    expect(series(card).first).to_contain_text(re.compile("payments|orders-api|web-frontend"))
    alone = series(card).nth(1).get_by_role("button")
    alone.click()
    expect(alone).to_have_attribute("aria-pressed", "true")
    expect(series(card).first).to_have_class("off")
    picture("metrics-light")
    portal.reload()
    expect(series(card)).to_have_count(3)
    expect(card.get_by_label("Aggregation")).to_have_value("p95")
    card.get_by_role("button", name="table", exact=True).click()
    expect(card.get_by_role("columnheader", name="payments")).to_be_visible()
    portal.go_back()
    expect(card.locator("canvas")).to_be_visible()
    card.get_by_role("button", name="More for this tile").click()
    portal.get_by_role("menuitem", name="Open in Logs").click()
    expect(portal.locator(".cm-content")).to_contain_text("extend series = cloud_RoleName")
    expect(portal.locator(".grid-row").first).to_be_visible()


def test_each_counter_of_the_documents_is_found_by_its_name(portal: Page, measured: Any) -> None:
    portal.goto(measured.at("metrics"))
    for counter, (title, _) in COUNTERS.items():
        card = choose(portal, counter)
        expect(card.get_by_role("heading")).to_have_text(f"Average of {title}")
        expect(series(card)).to_have_count(1)
        expect(card.locator("canvas")).to_be_visible()


def test_a_programs_own_metric_is_found_split_and_compared(
    portal: Page, measured: Any, picture: Callable[[str], None]
) -> None:
    portal.emulate_media(color_scheme="dark")
    portal.goto(measured.at("metrics", **{"from": "now-1h"}))
    card = choose(portal, "prompt")
    expect(card.get_by_role("heading")).to_have_text("Average of prompt view")
    card.get_by_label("Split by").select_option(label="url")
    expect(series(card)).to_have_count(2)
    card.get_by_role("button", name="Compare: previous period").click()
    expect(series(card)).to_have_count(4)
    expect(series(card).filter(has_text="previous period")).to_have_count(2)
    card.get_by_role("button", name="Add filter to this chart").click()
    portal.get_by_label("Dimension").select_option("dim")
    portal.get_by_label("Property", exact=True).fill("url")
    portal.get_by_label("Value").fill("b.example")
    portal.get_by_role("button", name="Filter", exact=True).click()
    expect(series(card)).to_have_count(2)
    expect(series(card).first).to_contain_text("b.example")
    picture("metrics-dark")


def test_charts_are_added_and_removed(portal: Page, measured: Any) -> None:
    portal.goto(measured.at("metrics"))
    expect(portal.get_by_text("No values of Server requests in the last 4 hours")).to_be_visible()
    portal.get_by_role("button", name="Add chart").click()
    card = choose(portal, "Private Bytes", nth=1)
    expect(series(card)).to_contain_text(["191 MiB"])
    card.get_by_role("button", name="More for this tile").click()
    portal.get_by_role("menuitem", name="Duplicate chart").click()
    expect(portal.locator(".metric-charts > .card")).to_have_count(3)
    portal.reload()
    expect(portal.locator(".metric-charts canvas")).to_have_count(2)
    portal.get_by_role("button", name="More for this tile").first.click()
    portal.get_by_role("menuitem", name="Remove chart").click()
    expect(portal.locator(".metric-charts > .card")).to_have_count(2)


def test_the_picker_is_used_without_a_mouse(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("overview"))
    expect(portal.get_by_role("link", name="Metrics", exact=True)).to_be_visible()
    portal.keyboard.press("g")
    portal.keyboard.press("m")
    button = portal.get_by_role("button", name="Choose a metric")
    button.focus()
    portal.keyboard.press("Enter")
    expect(portal.get_by_label("Find a metric by its name")).to_be_focused()
    portal.keyboard.press("ArrowDown")
    portal.keyboard.press("ArrowDown")
    expect(portal.get_by_role("button", name="Server response time")).to_be_focused()
    portal.keyboard.press("Enter")
    expect(portal.get_by_role("heading", name="Average of Server response time")).to_be_visible()
    expect(button).to_be_focused()
    button.press("Enter")
    portal.keyboard.type("nothing of the kind")
    expect(portal.get_by_text("No metric is called “nothing of the kind”")).to_be_visible()
    portal.keyboard.press("Escape")
    expect(button).to_be_focused()


def test_a_failing_tile_says_so_and_is_asked_again(any_page: Page, shop: Any) -> None:
    page = any_page
    page.route("**/portal/api/tile/metrics.requests*", lambda route: route.abort())
    page.goto(shop.at("metrics"))
    card = page.locator(".metric-charts > .card")
    expect(card.get_by_role("alert")).to_contain_text("The server does not answer")
    page.unroute("**/portal/api/tile/metrics.requests*")
    card.get_by_role("button", name="Retry").click()
    expect(series(card)).to_have_count(1)
