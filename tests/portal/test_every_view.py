"""What holds on every view there is, by the list that the sidebar is made of; and its pictures."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SOURCE = Path(__file__).parents[2] / "portal/src/shell/views.ts"
VIEWS = re.findall(r'name: "(\w+)",\n    title: "([^"]+)"', SOURCE.read_text("utf-8"))
HIDDEN = {"tx"}
"""Reached from others, about one thing: asked for by that thing's id."""
CHART = """requests
| where timestamp > ago(4h)
| summarize requests = count() by bin(timestamp, 5m), cloud_RoleName
| render timechart"""
NEWEST = "exceptions | top 1 by timestamp desc | project operation_Id"
WIDTHS = {"1,024 px": (1024, 768), "1,280 px at 200 %": (640, 400)}


def settled(page: Page, title: str) -> None:
    """Wait until the view stands there and nothing of it is still asked for."""
    main = page.get_by_role("main")
    expect(main.get_by_role("heading").first).to_be_visible()
    expect(main.locator(".skeleton")).to_have_count(0)
    expect(main.locator('[aria-busy="true"]')).to_have_count(0)
    if title:
        expect(page).to_have_title(re.compile(re.escape(title)))


def breaks(page: Page) -> list[str]:
    """What stands out of the page at the right, though the page does not scroll sideways."""
    return page.evaluate(
        """() => {
            const wide = document.documentElement.clientWidth;
            if (document.scrollingElement.scrollWidth <= wide) return [];
            return [...document.querySelectorAll('main *')]
                .filter(one => one.getBoundingClientRect().right > wide + 1)
                .slice(0, 5)
                .map(one => one.outerHTML.slice(0, 120));
        }"""
    ) or ([] if page.evaluate("document.scrollingElement.scrollWidth <= innerWidth") else ["?"])


def test_the_sidebar_lists_what_is_looked_at_here(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("overview"))
    links = portal.get_by_role("navigation", name="Views").get_by_role("link")
    expect(links.first).to_be_visible()
    shown = [title for name, title in VIEWS if name not in HIDDEN]
    assert sorted(links.all_inner_texts()) == sorted(shown)


@pytest.mark.parametrize(("view", "title"), VIEWS, ids=[name for name, _ in VIEWS])
def test_a_view_is_whole_in_both_schemes_and_at_every_width(
    portal: Page,
    shop: Any,
    server: Any,
    view: str,
    title: str,
    picture: Callable[[str], None],
) -> None:
    """The page of each test may ask no other origin for anything and complain about nothing."""
    path, parameters = view, {}
    if view == "tx":
        path = f"tx/{server.rows(shop.app_id, NEWEST)[0]['operation_Id']}"
    if view == "logs":
        parameters["q"] = base64.urlsafe_b64encode(CHART.encode()).decode().rstrip("=")
    portal.emulate_media(color_scheme="light")
    portal.goto(shop.at(path, **parameters))
    settled(portal, "" if view == "tx" else title)
    if view == "logs":
        with portal.expect_response("**/portal/api/query"):
            portal.get_by_role("button", name=re.compile("^Run")).click()
        settled(portal, title)
    picture(f"{view}-light")
    portal.emulate_media(color_scheme="dark")
    expect(portal.locator("body")).to_have_css("background-color", "rgb(15, 19, 24)")
    settled(portal, "")
    picture(f"{view}-dark")
    for name, (width, height) in WIDTHS.items():
        portal.set_viewport_size({"width": width, "height": height})
        expect(portal.get_by_role("main")).to_be_visible()
        assert breaks(portal) == [], name
