"""Performance and Failures, in a real browser: from a slow operation to a sample of it."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
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


def two_versions(sender: Any) -> Any:
    """A role whose new version is slower and fails, of which every fourth request was kept; the
    script of its page fails too.
    """
    now = datetime.now(timezone.utc)

    def telemetry(key: str) -> list[dict[str, Any]]:
        made = []
        for n in range(80):
            is_new = n >= 40
            at = now - timedelta(minutes=100 - n)
            failed = is_new and n % 2 == 0
            one = sender.envelope(
                key, "RequestData", at, "web", "GET /cart", f"{n:032x}",
                duration=200 + n if is_new else 20 + n, id=f"{n:016x}", name="GET /cart",
                responseCode="500" if failed else "200", success=not failed,
                properties={"cache": "off" if is_new else "on"},
            )  # fmt: skip
            one["tags"]["ai.application.ver"] = "1.10" if is_new else "1.9"
            one["sampleRate"] = 25
            made.append(one)
        thrown = {"id": 1, "typeName": "TypeError", "message": "x is undefined"}
        for role, client in (("shop-page", "Browser"), ("web", "PC")):
            one = sender.envelope(
                key, "ExceptionData", now - timedelta(minutes=9), role, "GET /cart",
                f"{len(made):032x}", exceptions=[thrown | {"message": f"thrown in {role}"}],
            )  # fmt: skip
            one["tags"]["ai.device.type"] = client
            made.append(one)
        runs = [
            sender.envelope(
                key, "AvailabilityData", now - timedelta(minutes=n), "", "", f"{n:032x}",
                id=f"run-{n}", name="cart", duration=20, success=True, runLocation="west",
                message="said",
            )
            for n in (90, 50, 10)
        ]  # fmt: skip
        return [*made, *runs]

    return sender.send("portal-versions", telemetry)


@pytest.fixture(scope="module")
def versions(sender: Any) -> Any:
    return two_versions(sender)


def test_a_version_is_compared_with_the_one_before_it(portal: Page, versions: Any) -> None:
    portal.goto(versions.at("failures"))
    compared = card(portal, "This version against the last")
    lines = compared.locator("tbody tr")
    expect(lines.nth(0)).to_contain_text("Requests≈ 160≈ 160")
    expect(lines.nth(1)).to_contain_text("Failed50.0 %0.0 %certain")
    expect(lines.nth(2)).to_contain_text("certain")
    expect(compared).to_contain_text("Share among 1.10, ≈ 160, and among 1.9, ≈ 160")
    expect(compared.get_by_role("listitem").first).to_contain_text("cache = off")
    expect(compared.get_by_role("listitem").first).to_contain_text("160 vs 0 · certain")
    compared.get_by_role("button", name="Only cache = off").click()
    expect(portal.get_by_role("group", name="Filters")).to_contain_text("cache = off")
    expect(compared).to_have_count(0)
    portal.get_by_role("link", name="Performance", exact=True).click()
    portal.get_by_role("button", name="Remove the filter cache = off").click()
    expect(compared.locator("tbody tr").nth(2)).to_contain_text("Average260 ms39.5 mscertain")
    compared.get_by_role("button", name="1.9", exact=True).click()
    expect(portal.get_by_role("group", name="Filters")).to_contain_text("Version = 1.9")


BY_TIME = "requests | summarize count() by bin(timestamp, 5m) | render timechart"


@pytest.mark.parametrize(
    ("view", "charts", "parameters"),
    [
        ("overview", 4, {}),
        ("performance", 1, {}),
        ("failures", 1, {}),
        ("search", 1, {}),
        ("availability", 2, {}),
        ("metrics", 1, {}),
        ("logs", 1, {"q": urlsafe_b64encode(BY_TIME.encode()).decode().rstrip("=")}),
        ("settings/usage", 2, {}),
    ],
)
def test_a_deployment_is_marked_below_charts_over_time(
    portal: Page, versions: Any, view: str, charts: int, parameters: dict[str, str]
) -> None:
    portal.goto(versions.at(view, **parameters))
    lists = portal.get_by_role("list", name="Deployments")
    expect(lists).to_have_count(charts)
    for marks in lists.all():
        if view == "settings/usage":  # a chart of days, on which both came
            expect(marks.get_by_role("listitem")).to_have_text(["web: 2 versions ▲"])
            continue
        said = "" if view == "overview" else "web "  # its tiles are narrow
        expect(marks.get_by_role("listitem")).to_have_text([f"▲ {said}1.9", f"▲ {said}1.10"])
        newest = marks.get_by_role("listitem").last
        expect(newest).to_have_attribute("title", re.compile("^web 1.10, first seen "))


def test_sampled_telemetry_says_that_its_counts_are_estimates(portal: Page, versions: Any) -> None:
    portal.goto(versions.at("performance"))
    expect(portal.get_by_role("main")).to_contain_text("≈ sampled requests 1:4")
    expect(chosen_row(portal, "Operations", "GET /cart")).to_contain_text("≈ 320")
    expect(portal.get_by_role("button", name="Samples (≈ 320)")).to_be_visible()
    differs = card(portal, "What differs")
    expect(differs).to_contain_text(
        re.compile(r"Share among the slowest 5 % from \d+ ms on, ≈ \d+")
    )


def test_samples_of_the_browser_stay_those_of_the_browser(portal: Page, versions: Any) -> None:
    portal.goto(versions.at("failures", side="browser", tab="exceptions"))
    portal.get_by_role("button", name="Samples (1)").click()
    portal.get_by_role("dialog", name="Samples").get_by_role("link").click()
    docked = portal.get_by_role("navigation", name="Samples").get_by_role("link")
    expect(docked).to_have_count(1)
    expect(portal.get_by_role("main")).to_contain_text("thrown in shop-page")
