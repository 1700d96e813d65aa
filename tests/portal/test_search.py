"""Transaction search, in a real browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def results(page: Page) -> Any:
    return page.get_by_role("region", name="Results", exact=True)


def found(page: Page) -> Any:
    return page.get_by_role("listbox", name="Items").get_by_role("option")


def test_words_fragments_and_fields_find_items(
    portal: Page, shop: Any, picture: Callable[[str], None]
) -> None:
    portal.goto(shop.at("search"))
    expect(results(portal)).to_contain_text(re.compile(r"The 200 newest of [\d,]+"))
    box = portal.get_by_role("textbox", name="Search the telemetry")
    box.fill('declined "insufficient fun" role:payments')
    box.press("Enter")
    expect(results(portal)).to_contain_text(re.compile(r"\d+ items"))
    expect(found(portal).first).to_contain_text("PaymentDeclined")
    expect(portal).to_have_url(re.compile("q=declined"))
    picture("search-light")
    portal.reload()
    expect(found(portal).first).to_contain_text("PaymentDeclined")
    box.fill("NOT declined role:payments -kind:request -kind:dependency -kind:trace")
    box.press("Enter")
    expect(results(portal)).to_contain_text("No items that match in the last 4 hours")
    portal.get_by_role("button", name="Clear").click()
    expect(results(portal)).to_contain_text("The 200 newest of")


def test_types_and_facets_narrow(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("search"))
    expect(found(portal).first).to_be_visible()
    for kind in ("Requests", "Dependencies", "Traces"):
        portal.get_by_label(kind, exact=True).uncheck()
    expect(results(portal)).to_contain_text(re.compile(r"^Results ?\d+ items"))
    expect(found(portal).first).to_contain_text("Exception")
    portal.get_by_label("Requests", exact=True).check()
    facets = portal.get_by_role("region", name="Facets", exact=True)
    facets.get_by_role("button", name="stripe", exact=True).click()
    expect(portal.get_by_role("group", name="Filters")).to_contain_text("payment = stripe")
    expect(found(portal).first).to_contain_text("Request 502")
    expect(facets).not_to_contain_text("card")


def test_the_keyboard_walks_previews_and_opens(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("search", q="kind:exception"))
    expect(found(portal).first).to_contain_text("Exception")
    portal.get_by_role("listbox", name="Items").focus()
    portal.keyboard.press("j")
    expect(found(portal).nth(1)).to_have_attribute("aria-selected", "true")
    portal.keyboard.press("Space")
    expect(portal.get_by_role("region", name="Preview")).to_contain_text("Operation id")
    portal.keyboard.press("Enter")
    expect(portal).to_have_url(re.compile("/tx/"))
    expect(portal.get_by_role("region", name="Details")).to_contain_text("Exception")
