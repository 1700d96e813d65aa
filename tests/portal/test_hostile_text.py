"""Telemetry is written by anybody: whatever it says is shown as text and runs nowhere."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

MARK = "document.body.dataset.taken='yes'"
MARKUP = f'<img src=x onerror="{MARK}"><script>{MARK}</script>"\'`</td>'


def test_markup_in_telemetry_is_shown_and_not_run(
    portal: Page, new_resource: Callable[[str], Any], server: Any
) -> None:
    place = new_resource("portal-markup")
    key = dict(part.split("=", 1) for part in place.facts["connection_string"].split(";"))
    item = {
        "name": MARKUP,
        "time": datetime.now(timezone.utc).isoformat(),
        "iKey": key["InstrumentationKey"],
        "tags": {"ai.cloud.role": MARKUP, "ai.operation.name": MARKUP, "ai.operation.id": MARKUP},
        "data": {
            "baseType": "RequestData",
            "baseData": {
                "id": MARKUP,
                "name": MARKUP,
                "duration": "0.00:00:01",
                "responseCode": MARKUP,
                "success": False,
                "url": "javascript:" + MARK,
                "properties": {MARKUP: MARKUP},
            },
        },
    }
    assert server.post("/v2.1/track", [item])["itemsAccepted"] == 1

    server.wait_for_rows(place.app_id, "requests")
    portal.goto(place.at("logs"))
    portal.locator(".cm-content").click()
    portal.keyboard.press("Control+a")
    portal.keyboard.insert_text("requests | extend ['<b>bold'] = name")
    portal.keyboard.press("Escape")
    portal.keyboard.press("Shift+Enter")
    rows = portal.locator(".grid-row")
    expect(rows.first).to_contain_text("<img src=x onerror=")
    rows.first.click()
    expect(portal.locator(".row-details")).to_contain_text("<script>")
    assert portal.evaluate("document.body.dataset.taken") is None

    portal.goto(place.at("map"))
    portal.locator('button[data-node][aria-label^="Component"]').click()
    expect(portal.get_by_role("complementary")).to_contain_text("<img src=x")
    expect(portal.get_by_role("region", name="Slowest requests")).to_contain_text("<script>")
    assert portal.evaluate("document.body.dataset.taken") is None

    portal.goto(place.at("overview"))
    expect(portal.locator("main")).to_contain_text("<img src=x")
    assert portal.evaluate("document.body.dataset.taken") is None
    assert portal.locator("img[src='x'], a[href^='javascript:']").count() == 0

    portal.goto(place.at("metrics"))
    portal.get_by_label("Split by").select_option("code")
    series = portal.get_by_role("region", name="Series").locator("tbody tr")
    expect(series).to_contain_text(["<img src=x onerror="])
    assert portal.evaluate("document.body.dataset.taken") is None
