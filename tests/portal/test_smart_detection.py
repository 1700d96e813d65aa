"""Smart detection, in a real browser: what is found by itself is looked into, muted and set aside."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from tests.conftest import RunningServer, wait_until
from tests.portal.axe import violations
from tests.portal.conftest import Sender, request_envelope
from tests.portal.watched import arm
from tests.portal.widths import WIDTHS, breaks, narrowed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

STEP = timedelta(minutes=5)
STEPS = 60
PER_STEP = 20
FAILING = 5


@dataclass
class WithShop(RunningServer):
    """A server and the resource on it that was sent `traffic`."""

    shop: Any = None


def traffic(key: str) -> list[dict[str, Any]]:
    """Five hours of requests; in the newest steps that are over half of them fail."""
    now = datetime.now(timezone.utc) - timedelta(seconds=40)  # telemetry is awaited for a while
    end = now - timedelta(minutes=now.minute % 5, seconds=now.second, microseconds=now.microsecond)
    envelopes = []
    for step in range(STEPS):
        for number in range(PER_STEP):
            at = end - (STEPS - step) * STEP + number * STEP / PER_STEP
            failed = step >= STEPS - FAILING and number % 2 == 0
            trace = f"{step * PER_STEP + number + 1:032x}"
            role, name = "payments", "POST /charge"
            envelopes.append(request_envelope(key, at, role, name, trace[::-1], 120, failed))
    return envelopes


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WithShop]:
    """A server that has looked at what it has: Overview, once open, asks only now and then."""
    running = WithShop(tmp_path_factory.mktemp("smart") / "data")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OPENINSIGHTS_DETECTION", "false")
        running.start()
    running.shop = Sender(running).send("smart-shop", traffic)
    running.stop()
    running.start()
    active = f"/portal/api/detection/{running.shop.app_id}?state=active"
    wait_until("a finding", lambda: arm(running, "GET", active)["findings"])
    yield running
    running.stop()


def test_a_finding_is_on_overview_and_looked_into(portal: Page, server: Any, picture: Any) -> None:
    portal.goto(server.shop.at("overview"))
    tile = portal.get_by_role("region", name="Smart detection", exact=True)
    found = tile.get_by_role("link", name=re.compile("Abnormal rise in failed requests"))
    expect(found).to_be_visible()
    found.click()
    card = portal.get_by_role("region", name=re.compile("Abnormal rise in failed requests"))
    expect(card).to_contain_text(re.compile(r"5\d\.\d% \(\d+/\d+ requests\)"))
    expect(card).to_contain_text("< 0.1 % → 5")  # the baseline and what it became
    expect(card).to_contain_text(re.compile(r"\(\+[45]\d(\.\d)? pt\)"))
    expect(card).to_contain_text(re.compile("confidence (low|medium|high)"))
    worst = r"Worst from \d{4}-\d\d-\d\d \d\d:\d\d to \d{4}-\d\d-\d\d \d\d:\d\d; the figures"
    expect(card).to_contain_text(re.compile(worst))
    changed = card.get_by_role("region", name="What changed")
    expect(changed).to_contain_text("payment = stripe")
    expect(changed).to_contain_text("+100 pt")
    expect(card.locator(".chart canvas")).to_have_count(1)
    for scheme in ("light", "dark"):
        portal.emulate_media(color_scheme=scheme)
        picture(f"smart-{scheme}")
    card.get_by_text("View as table").click()
    assert violations(portal) == []
    for width in narrowed(portal):
        assert breaks(portal) == [], width
        picture(f"smart-{WIDTHS[width][0]}")


def test_keyboard_settings_mutes_and_what_is_not_useful(
    portal: Page, server: Any, picture: Any
) -> None:
    portal.goto(server.shop.at("overview"))
    expect(portal.get_by_role("link", name=re.compile("Abnormal rise"))).to_be_visible()
    portal.keyboard.press("g")
    portal.keyboard.press("d")
    expect(portal.get_by_role("heading", name="Smart detection", level=1)).to_be_visible()
    card = portal.get_by_role("region", name=re.compile("Abnormal rise in failed requests"))
    toggle = card.get_by_role("button", name=re.compile("Abnormal rise"))
    expect(toggle).to_have_attribute("aria-expanded", "true")
    toggle.press("Enter")
    expect(toggle).to_have_attribute("aria-expanded", "false")
    toggle.press("Enter")

    card.get_by_role("button", name="Open in Logs").click()
    expect(portal).to_have_url(re.compile(r"/logs\?.*q="))
    expect(portal.get_by_test_id("editor")).to_contain_text("failed_percent")
    portal.go_back()

    card.get_by_role("button", name="Mute like this").click()
    dialog = portal.get_by_role("dialog", name="Mute like this")
    dialog.get_by_label("resultCode = 502").check()
    assert violations(portal) == []
    picture("smart-mute-light")
    dialog.get_by_role("button", name="Mute", exact=True).click()
    expect(dialog).to_have_count(0)

    portal.get_by_role("tab", name="Settings").click()
    mutes = portal.get_by_role("list", name="Mutes of Abnormal rise in failed requests")
    expect(mutes).to_contain_text("resultCode = 502")
    assert violations(portal) == []
    picture("smart-settings-light")
    mutes.get_by_role("button", name=re.compile("End the mute")).click()
    expect(mutes).to_have_count(0)
    slow = portal.get_by_role("region", name="Slow page load time")
    slow.get_by_label("Sensitivity").select_option("high")
    slow.get_by_role("checkbox", name="On").click()
    expect(slow.get_by_role("checkbox", name="On")).not_to_be_checked()
    portal.reload()
    expect(slow.get_by_label("Sensitivity")).to_have_value("high")
    expect(slow.get_by_role("checkbox", name="On")).not_to_be_checked()

    portal.get_by_role("tab", name=re.compile("Active")).click()
    card.get_by_role("button", name="Not useful").click()
    portal.get_by_label("Why (optional)").fill("a drill")
    portal.get_by_role("button", name="End it").click()
    expect(card).to_have_count(0)
    portal.get_by_role("tab", name="All").click()
    expect(card).to_contain_text("found it not useful")


def test_nothing_found_and_an_error_say_so(any_page: Page, server: Any) -> None:
    page = any_page
    quiet = server.create_resource("smart-quiet")
    at = f"{server.url}/a/{quiet['app_id']}/smart"
    page.goto(at)
    expect(page.get_by_role("status")).to_contain_text("Nothing differs from what is usual")
    assert violations(page) == []
    page.route(
        "**/portal/api/detection/**",
        lambda route: route.fulfill(
            status=500, json={"error": {"code": "InternalError", "message": "It failed."}}
        ),
    )
    page.goto(at)
    expect(page.get_by_role("alert")).to_contain_text("It failed.")
    page.unroute("**/portal/api/detection/**")
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("status")).to_contain_text("Nothing differs")
