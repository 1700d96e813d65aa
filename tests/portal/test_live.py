"""Live metrics in a real browser: what a program does shows within seconds, and nothing is asked in vain."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PROGRAM = Path(__file__).parents[1] / "live/programs/busy.py"
HIDE = """hidden => {
    Object.defineProperty(document, 'hidden', {configurable: true, get: () => hidden});
    document.dispatchEvent(new Event('visibilitychange'));
}"""


@pytest.fixture
def run(client_environment: dict[str, str]) -> Iterator[Callable[[str], None]]:
    """Start a program that serves requests until the test is over."""
    started: list[subprocess.Popen[bytes]] = []

    def start(connection_string: str) -> None:
        named = {
            "APPLICATIONINSIGHTS_CONNECTION_STRING": connection_string,
            "OTEL_SERVICE_NAME": "busy",
        }
        started.append(
            subprocess.Popen(
                [sys.executable, str(PROGRAM)],
                env={**client_environment, **named},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
            )
        )

    yield start
    for program in started:
        program.communicate(timeout=120)


def card(page: Page, title: str) -> Any:
    return page.get_by_role("region", name=title, exact=True)


def is_watched(shop: Any) -> bool:
    """Whether the server tells a client of the resource that somebody looks."""
    key = dict(pair.split("=", 1) for pair in shop.facts["connection_string"].split(";"))
    ping = urllib.request.Request(
        f"{shop.url}/QuickPulseService.svc/ping?ikey={key['InstrumentationKey']}", data=b""
    )
    with urllib.request.urlopen(ping, timeout=20) as reply:
        return bool(reply.headers["x-ms-qps-subscribed"] == "true")


def test_a_program_shows_within_seconds(
    portal: Page,
    new_resource: Callable[[str], Any],
    run: Callable[[str], None],
    picture: Callable[[str], None],
) -> None:
    shop = new_resource("portal-live")
    portal.goto(shop.at("live"))
    waiting = card(portal, "Waiting for a server")
    expect(waiting).to_contain_text(shop.facts["connection_string"])
    run(shop.facts["connection_string"])
    expect(portal.locator(".live-status")).to_have_text("live · 1 server · 1 s")
    incoming = card(portal, "Incoming requests")
    expect(incoming.locator(".pulse-number").first).to_have_text(re.compile(r"^[\d.]+ /s$"))
    expect(portal.locator(".pulse-figure")).to_have_count(9)
    expect(card(portal, "Overall health").locator(".pulse-number").first).to_contain_text("MB")
    expect(portal.get_by_role("grid", name="Servers").get_by_role("row")).to_have_count(2)
    feed = portal.get_by_role("listbox", name="Samples")
    portal.get_by_label("Order of the samples").select_option("Failed only")
    expect(portal).to_have_url(re.compile("feed=failed"))
    failed = feed.get_by_role("option").filter(has_text="GET /order").first
    expect(failed).to_contain_text("Request 500")
    picture("live-light")
    failed.click()
    details = card(portal, "Details of the sample")
    expect(details).to_contain_text("http://shop/cart?number=")
    with portal.expect_response("**/portal/api/tile/tx.items?*"):
        details.get_by_role("link", name="Open the transaction").click()
    expect(portal).to_have_url(re.compile("/tx/"))


def test_the_feed_and_the_page_stand_still(
    portal: Page, new_resource: Callable[[str], Any], run: Callable[[str], None]
) -> None:
    shop = new_resource("portal-live-pause")
    run(shop.facts["connection_string"])
    portal.goto(shop.at("live"))
    feed = portal.get_by_role("listbox", name="Samples")
    first = feed.get_by_role("option").first
    expect(first).to_have_text(re.compile(r"\d\d:\d\d:\d\d"))
    feed.hover()
    expect(portal.get_by_role("button", name=re.compile("newer"))).to_be_visible()
    feed.focus()
    portal.keyboard.press("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "true")
    before = first.inner_text()
    portal.mouse.move(0, 0)
    expect(card(portal, "Details of the sample")).to_be_visible()
    assert first.inner_text() == before
    portal.keyboard.press("Escape")
    expect(first).not_to_have_text(before, use_inner_text=True)
    portal.get_by_role("button", name="Pause", exact=True).click()
    expect(portal.get_by_text("paused", exact=True)).to_be_visible()
    frozen = portal.locator(".pulses").first.inner_html()
    assert is_watched(shop)
    assert portal.locator(".pulses").first.inner_html() == frozen
    portal.get_by_role("button", name="Resume").click()
    expect(portal.locator(".live-status")).to_have_text("live · 1 server · 1 s")


def test_filters_are_in_the_address_and_reach_the_program(
    portal: Page, new_resource: Callable[[str], Any], run: Callable[[str], None]
) -> None:
    shop = new_resource("portal-live-filter")
    run(shop.facts["connection_string"])
    portal.goto(shop.at("live"))
    rows = portal.get_by_role("grid", name="Servers").get_by_role("row")
    expect(rows).to_have_count(2)
    portal.get_by_role("button", name="Filter", exact=True).click()
    portal.get_by_label("Kind").select_option("Dependencies")
    portal.get_by_label("Value").fill("SELECT cart")
    portal.get_by_role("button", name="Apply").click()
    expect(portal).to_have_url(re.compile(r"filter=dependency"))
    feed = portal.get_by_role("listbox", name="Samples").get_by_role("option")
    expect(feed.first).to_contain_text("Dependency")
    expect(feed.filter(has_not_text="Dependency")).to_have_count(0)
    portal.get_by_role("button", name="Filter", exact=True).click()
    portal.get_by_label("Show").select_option("a chart of how many")
    portal.get_by_role("button", name="Apply").click()
    own = card(portal, "Own charts")
    expect(own).to_contain_text("count() of request")
    expect(own.locator(".pulse-number")).to_have_text(re.compile(r"^\d"))
    portal.reload()
    expect(own.locator(".pulse-number")).to_have_text(re.compile(r"^\d"))
    rows.nth(1).click()
    expect(portal).to_have_url(re.compile(r"f=role%3Abusy|f=role:busy"))
    expect(portal.locator(".live-status")).to_have_text("live · 1 server · 1 s")
    portal.goto(shop.at("live", f="role:somebody-else"))
    expect(card(portal, "Waiting for a server")).to_contain_text("No server passes the filter")
    portal.get_by_role("button", name=re.compile("Remove the filter role")).click()
    expect(rows).to_have_count(2)


def test_programs_without_live_metrics_show_from_what_they_store(
    portal: Page, new_resource: Callable[[str], Any], sender: Any
) -> None:
    shop = new_resource("portal-live-stored")
    portal.goto(shop.at("live"))
    expect(card(portal, "Waiting for a server")).to_be_visible()
    key = dict(pair.split("=", 1) for pair in shop.facts["connection_string"].split(";"))
    at = datetime.now(timezone.utc) - timedelta(seconds=3)
    request = sender.envelope(
        key["InstrumentationKey"], "RequestData", at, "old-app", "GET /", "7b" * 16, duration=120,
        id="aa01", name="GET /", responseCode="500", success=False,
    )  # fmt: skip
    counter = sender.envelope(
        key["InstrumentationKey"], "MetricData", at, "old-app", "", "",
        metrics=[{"name": r"\Process(??APP_WIN32_PROC??)\Private Bytes", "value": 52428800.0}],
    )  # fmt: skip
    sender.server.post("/v2.1/track", [request, counter])
    expect(portal.locator(".live-status")).to_have_text(
        "from stored telemetry, 5–20 s behind · 1 server"
    )
    expect(portal.get_by_role("grid", name="Servers")).to_contain_text("behind")
    incoming = card(portal, "Incoming requests").locator(".pulse-number")
    expect(incoming).to_have_text(["1 /s", "120 ms", "1 /s"])
    expect(card(portal, "Overall health").locator(".pulse-number").first).to_have_text("50 MB")
    feed = portal.get_by_role("listbox", name="Samples").get_by_role("option")
    expect(feed.first).to_contain_text("Request 500")
    card(portal, "Incoming requests").get_by_role("button", name="More").click()
    portal.get_by_role("menuitem", name="Open in Logs").click()
    expect(portal.locator(".cm-content")).to_contain_text("timestamp > ago(90s)")


def test_nobody_is_watched_while_the_page_is_hidden(
    portal: Page, new_resource: Callable[[str], Any]
) -> None:
    shop = new_resource("portal-live-hidden")
    portal.goto(shop.at("live"))
    expect(portal.get_by_text("connected · waiting for a server")).to_be_visible()
    assert is_watched(shop)
    portal.evaluate(HIDE, True)
    portal.wait_for_function(
        "async url => (await fetch(url, {method: 'POST'})).headers.get('x-ms-qps-subscribed') === 'false'",
        arg=ping_url(shop),
    )
    portal.evaluate(HIDE, False)
    portal.wait_for_function(
        "async url => (await fetch(url, {method: 'POST'})).headers.get('x-ms-qps-subscribed') === 'true'",
        arg=ping_url(shop),
    )


def ping_url(shop: Any) -> str:
    key = dict(pair.split("=", 1) for pair in shop.facts["connection_string"].split(";"))
    return f"/QuickPulseService.svc/ping?ikey={key['InstrumentationKey']}"


def test_a_filter_that_is_not_understood_says_why(
    any_page: Page, new_resource: Callable[[str], Any]
) -> None:
    page = any_page
    shop = new_resource("portal-live-wrong")
    page.goto(shop.at("live", filter="requestt"))
    error = page.locator(".error-box")
    expect(error).to_contain_text("'requestt' is none of request, dependency")
    page.get_by_role("button", name="Remove the filter samples: requestt").click()
    expect(page.get_by_text("connected · waiting for a server")).to_be_visible()
    expect(error).to_have_count(0)


def test_a_server_that_stalls_or_goes_away_is_said_and_found_again(
    any_page: Page, stopped_server: Any
) -> None:
    page = any_page
    stopped_server.start()
    stopped_server.create_resource("shop")
    page.goto(f"{stopped_server.url}/a/shop/live")
    connected = page.get_by_text("connected · waiting for a server")
    expect(connected).to_be_visible()
    os.kill(stopped_server.process.pid, signal.SIGSTOP)
    expect(page.get_by_text("stale: nothing came for 5 s")).to_be_visible()
    os.kill(stopped_server.process.pid, signal.SIGCONT)
    expect(connected).to_be_visible()
    stopped_server.stop()
    expect(page.get_by_text("the server does not answer; connecting again…")).to_be_visible()
    stopped_server.start()
    expect(connected).to_be_visible()
