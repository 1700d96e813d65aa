"""Settings in a real browser, on a server that asks nobody, and on one that asks everybody."""

from __future__ import annotations

import json
import re
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

TABS = (
    "Connect",
    "API keys",
    "Retention and cap",
    "Usage",
    "Users and roles",
    "Senders",
    "TLS and endpoints",
    "About",
)
COMPONENTS = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/default"
    "/providers/Microsoft.Insights/components"
)
PASSWORD = "correct horse battery"


def region(page: Page, name: str) -> Any:
    return page.get_by_role("region", name=name, exact=True)


def choose(page: Page, tab: str) -> None:
    page.get_by_role("tab", name=tab, exact=True).click()


def key_of(shop: Any) -> str:
    found = re.search(r"InstrumentationKey=([^;]+)", shop.facts["connection_string"])
    assert found is not None
    return found[1]


def test_a_test_event_is_sent_and_arrives(portal: Page, new_resource: Callable[[str], Any]) -> None:
    shop = new_resource("portal-test-event")
    portal.goto(shop.at("settings"))
    expect(region(portal, "Addresses")).to_contain_text(shop.facts["connection_string"])
    expect(region(portal, "Addresses")).to_contain_text(f"/v1/apps/{shop.app_id}/query")
    region(portal, "Try it").get_by_role("button", name="Send a test event").click()
    expect(region(portal, "Try it")).to_contain_text("Arrived after")
    region(portal, "Try it").get_by_role("link", name="Show it").click()
    expect(portal.get_by_role("main")).to_contain_text("Test event of the portal")


def test_tabs_are_walked_with_the_keyboard_and_stand_in_the_address(
    portal: Page, shop: Any, picture: Callable[[str], None]
) -> None:
    portal.goto(shop.at("overview"))
    expect(portal.get_by_role("heading", name=shop.name, level=1)).to_be_visible()
    portal.keyboard.press("g")
    portal.keyboard.press("c")
    expect(portal).to_have_url(re.compile(rf"/a/{shop.app_id}/settings"))
    portal.get_by_role("tab", name="Connect").focus()
    for tab in TABS[1:]:
        portal.keyboard.press("ArrowRight")
        expect(portal.get_by_role("tab", name=tab, exact=True)).to_be_focused()
        expect(portal.get_by_role("tabpanel", name=tab)).to_be_visible()
    expect(portal).to_have_url(re.compile(r"/settings/about$"))
    portal.reload()
    expect(region(portal, "Health")).to_contain_text("The server takes telemetry")
    expect(region(portal, "Health")).to_contain_text("Store size on disk")
    portal.go_back()
    expect(region(portal, "Endpoints")).to_contain_text(f"{shop.url}/v2.1/track")
    expect(region(portal, "TLS")).to_contain_text("The server speaks plain HTTP")
    picture("settings-endpoints-light")


def test_a_key_is_shown_once_used_and_revoked(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("settings/keys"))
    form = region(portal, "Create a key")
    form.get_by_label("Name of the key").fill("reader")
    form.get_by_label("Days that it lasts").fill("7 days")
    expect(form.get_by_role("button")).to_be_disabled()
    form.get_by_label("Days that it lasts").fill("7")
    form.get_by_label("Days that it lasts").press("Enter")
    secret = portal.get_by_test_id("new-key").inner_text()
    request = urllib.request.Request(
        f"{shop.url}/v1/apps/{shop.app_id}/query?query=print%201", headers={"x-api-key": secret}
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        assert reply.status == 200
    portal.reload()
    row = region(portal, "Keys").get_by_role("row", name=re.compile("reader"))
    expect(row).to_contain_text("read")
    expect(row).not_to_contain_text(secret)
    expect(portal.get_by_test_id("new-key")).to_have_count(0)
    row.get_by_role("button", name="Revoke reader").click()
    question = portal.get_by_role("dialog", name="Revoke reader?")
    expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    portal.keyboard.press("Escape")
    expect(row).to_be_visible()
    row.get_by_role("button", name="Revoke reader").click()
    question.get_by_role("button", name="Revoke").click()
    expect(row).to_have_count(0)


def test_retention_and_cap_are_changed_through_the_management_api(
    portal: Page, server: Any, new_resource: Callable[[str], Any], picture: Callable[[str], None]
) -> None:
    kept = new_resource("portal-kept")
    portal.goto(kept.at("settings/retention"))
    save = portal.get_by_role("button", name="Save")
    expect(save).to_be_disabled()
    days = portal.get_by_label("Every table")
    days.fill("0")
    expect(days).to_have_accessible_description(re.compile("1 to 4,383"))
    expect(save).to_be_disabled()
    days.fill("30")
    portal.get_by_text("Tables with days of their own").click()
    portal.get_by_label("traces").fill("7")
    portal.get_by_label("Daily cap (GB)").fill("2.5")
    portal.get_by_label("Share of operations kept (%)").fill("50")
    picture("settings-retention-light")
    save.click()
    expect(save).to_be_disabled()
    portal.reload()
    expect(portal.get_by_label("traces")).to_have_value("7")
    expect(portal.get_by_label("Daily cap (GB)")).to_have_value("2.5")
    path = f"{server.url}{COMPONENTS}/portal-kept"
    with urllib.request.urlopen(path, timeout=30) as reply:
        set_ = json.load(reply)["properties"]
    assert (set_["RetentionInDays"], set_["RetentionInDaysByTable"]) == (30, {"traces": 7})
    assert set_["SamplingPercentage"] == 50
    assert set_["OpenInsights"]["daily_cap_bytes"] == 2_500_000_000


def test_settings_that_somebody_changed_meanwhile_are_not_overwritten(
    any_page: Page, server: Any, new_resource: Callable[[str], Any]
) -> None:
    shared = new_resource("portal-shared")
    page = any_page
    page.goto(shared.at("settings/retention"))
    page.get_by_label("Every table").fill("30")
    other = urllib.request.Request(
        f"{server.url}{COMPONENTS}/portal-shared",
        data=b'{"properties": {"RetentionInDays": 45}}',
        headers={"content-type": "application/json"},
        method="PATCH",
    )
    urllib.request.urlopen(other, timeout=30).close()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody has changed these settings")
    page.get_by_role("button", name="Load them again").click()
    expect(page.get_by_label("Every table")).to_have_value("45")


def test_usage_is_drawn_by_day_and_table(
    portal: Page, shop: Any, picture: Callable[[str], None]
) -> None:
    portal.goto(shop.at("settings/usage"))
    stored = region(portal, "Stored, last 30 days")
    expect(stored.get_by_role("row", name=re.compile("^requests"))).to_contain_text("1,200")
    expect(stored.get_by_role("img", name="Rows stored by day and table")).to_be_visible()
    stored.get_by_role("button", name="Items").click()
    expect(stored.get_by_role("img", name="Items stored by day and table")).to_be_visible()
    stored.get_by_role("button", name="Bytes").click()
    expect(stored.get_by_role("img", name="Bytes stored by day and table")).to_be_visible()
    expect(stored).to_contain_text("from the size of 200 rows of each table")
    expect(stored.get_by_role("row", name=re.compile("^requests"))).to_contain_text(
        re.compile(r"≈ [\d.]+ (k|M)B")
    )
    expect(region(portal, "Sent, last 30 days")).to_contain_text("as sent and unpacked")
    expect(portal.locator(".chart canvas")).to_have_count(2)
    picture("settings-usage-light")


def test_what_cannot_be_read_says_why_and_is_asked_again(any_page: Page, shop: Any) -> None:
    page = any_page
    page.route("**/usage?days=30", lambda route: route.abort())
    page.goto(shop.at("settings/usage"))
    sent = region(page, "Sent, last 30 days")
    expect(sent.get_by_role("alert")).to_contain_text("The server does not answer")
    expect(region(page, "Stored, last 30 days")).to_contain_text("All tables")
    page.unroute("**/usage?days=30")
    sent.get_by_role("button", name="Retry").click()
    expect(sent).to_contain_text("as sent and unpacked")


def test_senders_and_what_was_rejected_of_them(
    portal: Page, server: Any, new_resource: Callable[[str], Any], sender: Any
) -> None:
    late = new_resource("portal-late")
    portal.goto(late.at("settings/senders"))
    expect(region(portal, "Who sends")).to_contain_text("Nobody has sent in the last 24 hours")
    expect(region(portal, "Rejected items")).to_contain_text("Nothing was rejected")
    now = datetime.now(timezone.utc)
    items = [
        sender.envelope(key_of(late), "MessageData", at, "clockwork", "", "0" * 32, message="<b>")
        for at in (now, now - timedelta(days=30), now - timedelta(days=30))
    ]
    server.post("/v2.1/track", items)
    server.wait_for_rows(late.app_id, "traces")
    portal.reload()
    expect(region(portal, "Who sends")).to_contain_text("clockwork")
    rejected = region(portal, "Rejected items")
    expect(rejected).to_contain_text("2 in the last hour: 2 out of range")
    expect(rejected.get_by_role("row").nth(1)).to_contain_text("103: ")
    expect(rejected.get_by_role("row").nth(1)).to_contain_text("clockwork")


@pytest.fixture
def asking(stopped_server: Any) -> Iterator[Any]:
    stopped_server.options = ("--sign-in", "always", "--tls", "auto")
    stopped_server.start()
    yield stopped_server
    stopped_server.stop()


def test_people_are_made_changed_and_removed_and_a_viewer_sees_what_they_may(
    browser: Any, asking: Any, picture: Callable[[str], None]
) -> None:
    """On a server with a certificate of its own, which asks everybody."""
    log = (asking.folder.parent / f"{asking.folder.name}.log").read_text("utf-8")
    link = re.search(r"http\S+#first=\S+", log)
    assert link is not None
    context = browser.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(link[0])
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password, 12").fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Create your first resource")).to_be_visible()
    page.get_by_label("Name").fill("shop")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page).to_have_url(re.compile("/start"))
    page.goto(page.url.replace("/start", "/settings/users"))
    form = region(page, "Create a user")
    form.get_by_label("User name").fill("bo")
    form.get_by_label("Password").fill("short")
    expect(form.get_by_role("button", name="Create the user")).to_be_disabled()
    form.get_by_label("Password").fill(PASSWORD)
    expect(form.get_by_label("Role for shop")).to_have_value("viewer")
    form.get_by_role("button", name="Create the user").click()
    row = region(page, "Users").get_by_role("row", name=re.compile(r"^bo"))
    expect(row).to_contain_text("viewer of shop")
    row.get_by_role("button", name="Change roles: bo").click()
    page.get_by_role("dialog", name="Roles of bo").get_by_label("Role for shop").select_option(
        "editor"
    )
    page.get_by_role("dialog", name="Roles of bo").get_by_role("button", name="Save").click()
    expect(row).to_contain_text("editor of shop")
    row.get_by_role("button", name="Reset password: bo").click()
    page.get_by_label("New password", exact=True).fill(f"{PASSWORD} again")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    own = region(page, "Your password")
    own.get_by_label("Present password").fill(PASSWORD)
    own.get_by_label("Your new password", exact=True).fill(f"{PASSWORD} two")
    own.get_by_label("Your new password again").fill(f"{PASSWORD} two")
    own.get_by_role("button", name="Change the password").click()
    expect(own).to_contain_text("Changed.")

    choose(page, "TLS and endpoints")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the CA certificate").click()
    assert Path(download.value.path()).read_bytes() == asking.authority.read_bytes()

    viewer = browser.new_context(ignore_https_errors=True).new_page()
    viewer.goto(asking.url)
    viewer.get_by_label("Name").fill("bo")
    viewer.get_by_label("Password").fill(f"{PASSWORD} again")
    viewer.keyboard.press("Enter")
    expect(viewer.get_by_role("button", name="Signed in as bo")).to_be_visible()
    viewer.goto(page.url.replace("/endpoints", "/retention"))
    expect(viewer.get_by_role("status")).to_contain_text("needs the role of an administrator")
    expect(viewer.get_by_label("Every table")).to_have_value("90")
    expect(viewer.get_by_label("Every table")).to_be_disabled()
    expect(viewer.get_by_role("button", name="Save")).to_be_disabled()
    choose(viewer, "API keys")
    expect(viewer.get_by_role("button", name="Create the key")).to_be_disabled()
    choose(viewer, "Users and roles")
    expect(viewer.get_by_role("tabpanel")).to_contain_text("seen and changed by administrators")
    expect(region(viewer, "Users")).to_have_count(0)
    viewer.goto(f"{asking.url}/create")
    expect(viewer.get_by_role("status")).to_contain_text("needs the role of an administrator")
    expect(viewer.get_by_role("button", name="Create", exact=True)).to_be_disabled()

    choose(page, "Users and roles")
    row.get_by_role("button", name="Remove: bo").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(row).to_have_count(0)
    viewer.context.close()
    context.close()


def test_a_server_that_asks_nobody_says_how_to_change_that(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("settings/users"))
    expect(region(portal, "Sign-in")).to_contain_text("openinsights serve --sign-in always")
    expect(region(portal, "Users")).to_contain_text("There are no users yet")
