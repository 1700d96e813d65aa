"""Availability, in a real browser: a test is made, runs, fails, is looked into and goes again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def card(page: Page, title: str) -> Any:
    return page.get_by_role("region", name=title, exact=True)


def test_a_test_is_made_run_looked_into_and_deleted(
    portal: Page, new_resource: Any, server: Any, picture: Callable[[str], None]
) -> None:
    own = new_resource("portal-availability-walk")
    portal.goto(own.at("availability"))
    expect(portal.get_by_role("region", name="No availability tests")).to_be_visible()
    portal.get_by_role("button", name="Add the first test").click()
    form = portal.get_by_role("dialog", name="Add test")
    expect(form.get_by_role("button", name="Add the test")).to_be_disabled()
    form.get_by_label("URL").fill(f"{server.url}/health")
    form.get_by_label("Text", exact=True).fill("status")
    form.get_by_role("button", name="Try it").click()
    expect(form.get_by_text("Passed in")).to_be_visible()
    expect(form.get_by_role("row", name=re.compile("First byte"))).to_be_visible()
    picture("availability-form-light")
    form.get_by_label("Text", exact=True).fill("no such text")
    form.get_by_label("Another location").fill("west")
    form.get_by_label("Another location").press("Enter")
    form.get_by_label("Name", exact=True).fill("Front page")
    form.get_by_role("button", name="Add the test").click()
    tests = card(portal, "Tests")
    expect(tests.get_by_role("button", name="Front page", exact=True)).to_be_visible()
    tests.get_by_role("button", name="Run Front page now").click()
    done = portal.get_by_role("dialog", name="Run of Front page")
    expect(done).to_contain_text("does not hold 'no such text'")
    done.get_by_role("button", name="Close").click()
    dot = tests.get_by_role("group", name="Newest runs of Front page").get_by_role("button").last
    dot.press("Enter")
    run = portal.get_by_role("dialog", name="Run", exact=True)
    expect(run).to_contain_text("does not hold 'no such text'")
    expect(run.get_by_role("link", name="Server transaction")).to_have_attribute(
        "href", re.compile("/tx/")
    )
    expect(portal).to_have_url(re.compile("run="))
    portal.keyboard.press("Escape")
    expect(portal).not_to_have_url(re.compile("run="))
    tests.get_by_role("button", name="Locations of Front page").click()
    expect(tests).to_contain_text("Nobody probes there")
    expect(card(portal, "Error budgets")).to_contain_text("overdrawn")
    picture("availability-light")
    tests.get_by_role("button", name="More for Front page").click()
    portal.get_by_role("menuitem", name="Switch off").click()
    expect(tests).to_contain_text("· off")
    portal.goto(own.at("overview"))
    expect(card(portal, "Availability")).to_contain_text("1 of 1 failed")
    portal.goto(own.at("availability"))
    tests.get_by_role("button", name="More for Front page").click()
    portal.get_by_role("menuitem", name="Delete…").click()
    portal.get_by_role("button", name="Delete", exact=True).click()
    expect(portal.get_by_role("button", name="More for Front page")).to_have_count(0)
