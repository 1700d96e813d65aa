"""The first administrator, signing in and out, in a real browser on a server that asks everybody."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from tests.portal.axe import violations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery"


@pytest.fixture
def asking(stopped_server: Any) -> Iterator[Any]:
    stopped_server.options = ("--sign-in", "always")
    stopped_server.start()
    yield stopped_server
    stopped_server.stop()


def log_of(server: Any) -> str:
    return (server.folder.parent / f"{server.folder.name}.log").read_text("utf-8")


def test_from_the_first_link_to_signing_out(any_page: Page, asking: Any) -> None:
    page = any_page
    foreign: list[str] = []
    page.on("request", lambda r: foreign.append(r.url) if asking.url not in r.url else None)
    page.goto(asking.url)
    expect(page.get_by_role("heading", name="Sign in to OpenInsights")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/sign-in\?to=%2F$"))
    expect(page.get_by_text("There is no administrator yet")).to_be_visible()
    assert violations(page) == []

    link = re.search(r"http\S+#first=\S+", log_of(asking))
    assert link is not None
    secret = link[0].partition("=")[2]
    page.goto("about:blank")
    page.goto(link[0])
    expect(page.get_by_role("heading", name="Make the first administrator")).to_be_visible()
    expect(page).not_to_have_url(re.compile(re.escape(secret)))
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password, 12").fill(PASSWORD)
    page.get_by_label("Password again").fill("something else")
    expect(page.get_by_text("The two passwords differ.")).to_be_visible()
    assert violations(page) == []
    expect(page.get_by_role("button", name="Make the administrator")).to_be_disabled()
    page.get_by_label("Password again").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Create your first resource")).to_be_visible()

    page.get_by_role("button", name="Signed in as ada").click()
    page.get_by_role("menuitem", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in to OpenInsights")).to_be_visible()
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("wrong password!")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("the name or the password is wrong")
    assert violations(page) == []
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Signed in as ada")).to_be_visible()

    page.goto("about:blank")  # what is still asked for would lead to signing in by itself
    page.context.clear_cookies()
    page.goto(f"{asking.url}/a/nothing/logs?q=1")
    expect(page).to_have_url(re.compile(r"/sign-in\?to=%2Fa%2Fnothing%2Flogs%3Fq%3D1"))
    assert foreign == []
    assert PASSWORD not in log_of(asking)
    assert not (asking.folder / "owner.secret").stat().st_mode & 0o077


def test_a_destination_elsewhere_is_not_gone_to(any_page: Page, asking: Any) -> None:
    page = any_page
    link = re.search(r"http\S+#first=\S+", log_of(asking))
    assert link is not None
    page.goto(link[0].replace("sign-in#", "sign-in?to=//evil.example/#"))
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password, 12").fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Create your first resource")).to_be_visible()
    assert page.url.startswith(asking.url)
