"""Creating a resource, and what its overview says about it, in a real browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

ACTIONS = {
    "Live Metrics Stream": "live",
    "Application Map": "map",
    "Investigate Performance": "performance",
    "Logs (Analytics)": "logs",
}


def test_a_resource_is_created_from_the_picker(
    portal: Page, shop: Any, picture: Callable[[str], None]
) -> None:
    portal.goto(shop.at("overview"))
    portal.get_by_role("button", name=f"Resource: {shop.name}").click()
    portal.get_by_role("button", name="Create a resource").click()
    expect(portal).to_have_url(f"{shop.url}/create")
    expect(portal.get_by_label("Name")).to_be_focused()
    expect(portal.get_by_role("button", name="Create", exact=True)).to_be_disabled()
    portal.get_by_label("Name").fill("portal-made-here")
    portal.get_by_label("Resource group").fill("portal-group")
    portal.get_by_label("Location").fill("East US 2")
    picture("create-light")
    portal.get_by_role("button", name="Create", exact=True).click()
    expect(portal).to_have_url(re.compile(r"/a/[0-9a-f-]{36}/start"))
    expect(portal.get_by_test_id("connection-string")).to_contain_text("InstrumentationKey=")
    expect(portal.get_by_role("button", name="Resource: portal-made-here")).to_be_visible()
    portal.reload()
    expect(portal.get_by_role("button", name="Resource: portal-made-here")).to_be_visible()


def test_what_cannot_be_used_is_said_as_it_is_typed(portal: Page, shop: Any) -> None:
    portal.goto(f"{shop.url}/create")
    create = portal.get_by_role("button", name="Create", exact=True)
    for label, text, problem in (
        ("Name", "a/b", "letters, digits"),
        ("Name", "ends.", "must not end with a period"),
        ("Name", "5e1f0c3a-0000-4000-8000-000000000000", "looks like an id"),
        ("Resource group", "a group", "letters, digits"),
        ("Location", "a/b", "letters, digits, spaces"),
    ):
        field = portal.get_by_label(label)
        usual = field.input_value()
        portal.get_by_label("Name").fill("portal-free-name")
        expect(create).to_be_enabled()
        field.fill(text)
        expect(field).to_have_accessible_description(re.compile(problem))
        expect(create).to_be_disabled()
        field.fill(usual)


def test_a_taken_name_says_so_while_typing_and_when_somebody_was_quicker(
    any_page: Page, shop: Any, new_resource: Callable[[str], Any]
) -> None:
    page = any_page
    page.goto(f"{shop.url}/create")
    name, create = page.get_by_label("Name"), page.get_by_role("button", name="Create", exact=True)
    name.fill(shop.name.upper())
    expect(name).to_have_accessible_description(re.compile("There is a resource of this name"))
    expect(create).to_be_disabled()
    page.get_by_label("Resource group").fill("another-group")
    expect(create).to_be_enabled()
    page.get_by_label("Resource group").fill("default")
    new_resource("portal-quicker")
    name.fill("portal-quicker")
    expect(create).to_be_enabled()
    name.press("Enter")
    expect(name).to_have_accessible_description(re.compile("There is a resource of this name"))
    expect(create).to_be_disabled()
    name.fill("portal-quicker-2")
    create.click()
    expect(page).to_have_url(re.compile(r"/a/[0-9a-f-]{36}/start"))


def test_the_overview_says_which_resource_it_is_and_where_to_go(portal: Page, shop: Any) -> None:
    portal.context.grant_permissions(["clipboard-read", "clipboard-write"])
    portal.goto(shop.at("overview"))
    head = portal.locator(".overview-head")
    key = re.search(r"InstrumentationKey=([^;]+)", shop.facts["connection_string"])
    assert key is not None
    facts = {
        "Name": shop.name,
        "Resource group": "default",
        "Location": "local",
        "Instrumentation key": key[1],
        "Connection string": shop.facts["connection_string"],
    }
    for label, value in facts.items():
        expect(head).to_contain_text(value)
        head.get_by_role("button", name=f"Copy: {label}").click()
        portal.wait_for_function(
            "value => navigator.clipboard.readText().then(text => text === value)", arg=value
        )
    expect(head.get_by_role("button", name="Copied").last).to_be_visible()
    for label, view in ACTIONS.items():
        link = head.get_by_role("link", name=label, exact=True)
        expect(link).to_have_attribute("href", re.compile(rf"^/a/{shop.app_id}/{view}"))


def test_the_palette_finds_what_documents_name(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("search"))
    expect(portal.get_by_role("heading", name="Transaction search")).to_be_visible()
    portal.keyboard.press("Control+k")
    search = portal.get_by_role("combobox")
    first = portal.get_by_role("listbox", name="Commands").get_by_role("option").first
    for name in (*ACTIONS, "Create a resource", "Getting started", "Failures", "Users and roles"):
        search.fill(name)
        expect(first).to_contain_text(name, ignore_case=True)
        expect(first).to_have_attribute("aria-selected", "true")
    search.fill("metrics")
    expect(first).to_contain_text(re.compile("^Metrics"))
    search.fill("Investigate Performance")
    portal.keyboard.press("Enter")
    expect(portal).to_have_url(re.compile(rf"/a/{shop.app_id}/performance"))


def test_a_name_in_the_address_becomes_the_id(portal: Page, shop: Any) -> None:
    portal.goto(f"{shop.url}/a/{shop.name.upper()}/overview?from=now-24h&to=now")
    expect(portal).to_have_url(f"{shop.url}/a/{shop.app_id}/overview?from=now-24h&to=now")
    views = portal.get_by_role("navigation", name="Views").get_by_role("link")
    expect(views.first).to_have_attribute("href", re.compile(rf"^/a/{shop.app_id}/overview"))
