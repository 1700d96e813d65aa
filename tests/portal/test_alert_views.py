"""What stands around alert rules, in a real browser: who is told, what is fired, what tests say.

One server for all: its rule fires, and another one fails, while the first tests make groups.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import expect
from tests.conftest import RunningServer
from tests.portal.axe import violations
from tests.portal.conftest import Sender, Shop
from tests.portal.watched import arm, enter, path_of, requests
from tests.portal.widths import breaks, narrowed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

LOG_RULES = "Microsoft.Insights/scheduledQueryRules"
GROUPS = "Microsoft.Insights/actionGroups"
TRUE = shutil.which("true") or "/bin/true"
EVALUATED_WITHIN_MS = 90_000
RUNS = 20


@dataclass
class WithShop(RunningServer):
    """A server and the resource on it that is watched."""

    shop: Any = None


def telemetry(key: str) -> list[dict[str, Any]]:
    """Failed requests of now, and runs of a test of which two of west failed."""
    now = datetime.now(timezone.utc)
    runs = [
        Sender.envelope(
            key, "AvailabilityData", now - timedelta(minutes=2 * n), "", "", f"{n + 1:032x}",
            id=f"{place}-{n}", name="front page", duration=20 + n, runLocation=place,
            success=place == "local" or n not in {3, 4}, message="said",
        )
        for n in range(RUNS)
        for place in ("local", "west")
    ]  # fmt: skip
    return [*requests(Sender, key, 12, failed=True), *runs]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WithShop]:
    """A server with a rule that fires soon, one that cannot be evaluated, and a test."""
    running = WithShop(tmp_path_factory.mktemp("watched") / "data")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OPENINSIGHTS_ALERT_PROGRAMS", TRUE)
        running.start()
    running.shop = Sender(running).send("watched-shop", telemetry)
    scope = running.shop.facts["resource_id"]
    soon = {
        "scopes": [scope], "severity": 1, "evaluationFrequency": "PT10S", "windowSize": "PT30M",
        "OpenInsights": {"windowClosesAfter": "PT0S"},
    }  # fmt: skip
    for name, query in (
        ("many failures", "requests | where success == false"),
        ("of no table", "nowhere | where 1 == 1"),
    ):
        check = {"query": query, "operator": "GreaterThan", "threshold": 5}
        rule = {**soon, "criteria": {"allOf": [check]}, "skipQueryValidation": True}
        body = {"location": "local", "properties": rule}
        arm(running, "PUT", path_of(running.shop, LOG_RULES, name), body)
    yield running
    running.stop()


@pytest.fixture
def watched(server: WithShop) -> Shop:
    made = server.shop
    assert isinstance(made, Shop)
    return made


def fits(page: Page) -> None:
    for width in narrowed(page):
        assert breaks(page) == [], width


RECEIVERS = (
    ("webhook", "URL", "http://127.0.0.1:9/hook"),
    ("email", "Address", "ops@shop.example"),
    ("slack", "URL of the incoming webhook", "http://127.0.0.1:9/slack"),
    ("teams", "URL of the workflow's webhook", "http://127.0.0.1:9/teams"),
    ("command", "Program, by its whole path", TRUE),
)


def test_a_group_tells_by_every_kind_of_receiver(
    portal: Page, server: Any, watched: Shop, picture: Callable[[str], None]
) -> None:
    portal.goto(watched.at("alerts", tab="groups"))
    expect(portal.get_by_text("There are no action groups yet")).to_be_visible()
    enter(portal.get_by_role("button", name="New action group"))
    dialog = portal.get_by_role("dialog", name="New action group")
    dialog.get_by_label("Name of the group").fill("everybody")
    for at, (kind, label, target) in enumerate(RECEIVERS):
        if at:
            enter(dialog.get_by_role("button", name="Add a receiver"))
        receiver = dialog.get_by_role("group", name=f"Receiver {at + 1}")
        receiver.get_by_label("Kind").select_option(kind)
        expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
        receiver.get_by_label(label, exact=True).fill(target)
    assert violations(portal) == []
    fits(portal)
    picture("alerts-receivers")
    enter(dialog.get_by_role("button", name="Save"))
    row = portal.get_by_role("row", name="everybody")
    for _, _, target in RECEIVERS:
        expect(row).to_contain_text(target)

    # whom it reaches, and why not
    enter(portal.get_by_role("button", name="More for everybody"))
    enter(portal.get_by_role("menuitem", name="Send a test"))
    outcome = portal.get_by_role("status").filter(has_text="What came of the test of everybody")
    expect(outcome).to_contain_text("command has taken it")
    expect(outcome.get_by_role("listitem").filter(has_text="email")).to_contain_text("smtp_host")
    expect(outcome.get_by_role("listitem").filter(has_text="slack:")).to_be_visible()
    assert violations(portal) == []
    picture("alerts-tried")
    outcome.get_by_role("button", name="Done").click()

    # a new secret is shown once
    enter(portal.get_by_role("button", name="More for everybody"))
    assert violations(portal) == []
    enter(portal.get_by_role("menuitem", name="New signing secret"))
    expect(portal.get_by_test_id("new-secret")).to_have_text(re.compile(r"\S{20,}"))
    portal.get_by_role("button", name="Done").click()

    # what the dialog has no field for stays
    path = path_of(watched, GROUPS, "everybody")
    kept = arm(server, "GET", path)["properties"]
    kept["webhookReceivers"][0]["useCommonAlertSchema"] = False
    kept["smsReceivers"] = [{"name": "sms", "countryCode": "31", "phoneNumber": "612345678"}]
    arm(server, "PUT", path, {"location": "Global", "properties": kept})
    portal.reload()
    expect(row).to_contain_text("is not told by this server")
    enter(portal.get_by_role("button", name="More for everybody"))
    enter(portal.get_by_role("menuitem", name="Edit"))
    dialog = portal.get_by_role("dialog", name="Change everybody")
    enter(dialog.get_by_role("button", name="Remove receiver 5"))
    enter(dialog.get_by_role("button", name="Save"))
    expect(dialog).to_have_count(0)
    after = arm(server, "GET", path)["properties"]
    assert after["webhookReceivers"] == kept["webhookReceivers"]
    assert after["smsReceivers"] == kept["smsReceivers"]
    assert not after["OpenInsights"].get("commandReceivers")
    enter(portal.get_by_role("button", name="More for everybody"))
    enter(portal.get_by_role("menuitem", name="Disable"))
    expect(row).to_contain_text("Disabled")


def test_a_program_that_the_server_may_not_start_is_told_of_by_the_trial(
    portal: Page, watched: Shop
) -> None:
    portal.goto(watched.at("alerts", tab="groups"))
    portal.get_by_role("button", name="New action group").click()
    dialog = portal.get_by_role("dialog")
    dialog.get_by_label("Name of the group").fill("programs")
    dialog.get_by_label("Kind").select_option("command")
    dialog.get_by_label("Program, by its whole path").fill("/bin/none")
    dialog.get_by_role("button", name="Save").click()
    portal.get_by_role("button", name="More for programs").click()
    portal.get_by_role("menuitem", name="Send a test").click()
    outcome = portal.get_by_role("status").filter(has_text="What came of the test of programs")
    expect(outcome).to_contain_text("/bin/none is not among those that the setting alert_programs")


def test_locations_budget_and_the_alert_of_a_test(
    portal: Page, server: Any, watched: Shop, picture: Callable[[str], None]
) -> None:
    portal.goto(watched.at("availability"))
    enter(portal.get_by_role("button", name="Add test").first)
    form = portal.get_by_role("dialog", name="Add test")
    form.get_by_label("URL").fill(f"{server.url}/health")
    form.get_by_label("Name", exact=True).fill("front page")
    form.get_by_label("Another location").fill("west")
    enter(form.get_by_label("Another location"))
    form.get_by_label("The test runs").uncheck()
    assert violations(portal) == []
    enter(form.get_by_role("button", name="Add the test"))
    expect(form).to_have_count(0)
    tests = portal.get_by_role("region", name="Tests", exact=True)
    expect(tests).to_contain_text("95.0 %")
    enter(tests.get_by_role("button", name="Locations of front page"))
    expect(tests.get_by_role("row", name=re.compile("^local"))).to_contain_text("100.0 %")
    expect(tests.get_by_role("row", name=re.compile("^west"))).to_contain_text("90.0 %")
    budgets = portal.get_by_role("region", name="Error budgets")
    line = budgets.get_by_role("row", name="front page")
    expect(line).to_contain_text("95.000 %")
    expect(line).to_contain_text("2 of 40")
    expect(line).to_contain_text("0.04 may fail")
    expect(line).to_contain_text("overdrawn")
    assert violations(portal) == []
    fits(portal)
    picture("availability-locations")

    def rules() -> list[str]:
        found = arm(server, "GET", f"/portal/api/alerts/{watched.app_id}/rules")
        return [unquote(each["name"]) for each in found if each["kind"] == "availability"]

    assert rules() == ["front-page-locations"]
    for alerts, left in ((False, []), (True, ["front-page-locations"])):
        enter(tests.get_by_role("button", name="More for front page"))
        enter(portal.get_by_role("menuitem", name="Edit"))
        form = portal.get_by_role("dialog", name=re.compile("front page"))
        form.get_by_label("Alert when all locations but two fail").set_checked(alerts)
        enter(form.get_by_role("button", name="Save"))
        expect(form).to_have_count(0)
        assert rules() == left


def test_a_rule_that_cannot_be_evaluated_says_why_on_its_row(
    portal: Page, watched: Shop, picture: Callable[[str], None]
) -> None:
    portal.goto(watched.at("alerts", tab="rules"))
    row = portal.get_by_role("row", name="of no table")
    expect(row).to_contain_text("Cannot be evaluated", timeout=EVALUATED_WITHIN_MS)
    expect(row).to_contain_text("nowhere")
    enter(portal.get_by_role("button", name="More for of no table"))
    assert violations(portal) == []
    picture("alerts-failing")
    portal.keyboard.press("Escape")
    fits(portal)


def test_an_alert_is_acknowledged_muted_for_an_hour_and_closed(
    portal: Page, server: Any, watched: Shop, picture: Callable[[str], None]
) -> None:
    portal.goto(watched.at("alerts"))
    row = portal.get_by_role("row", name="many failures")
    expect(row).to_be_visible(timeout=EVALUATED_WITHIN_MS)
    enter(row.get_by_role("button", name="many failures"))
    pane = portal.get_by_role("region", name="The alert")
    expect(pane).to_contain_text("12 > 5")
    enter(pane.get_by_role("button", name="Acknowledge"))
    history = pane.get_by_role("list")
    expect(history).to_contain_text("Acknowledged by this machine")
    enter(pane.get_by_role("button", name="Mute 1 h"))
    expect(pane.get_by_role("status")).to_have_text(
        "Nobody is told of this rule for the next hour."
    )
    expect(pane.get_by_role("button", name="Mute 1 h")).to_be_disabled()
    assert violations(portal) == []
    fits(portal)
    picture("alerts-muted")
    enter(pane.get_by_role("button", name="Close alert"))
    expect(history).to_contain_text("Closed by this machine")

    portal.get_by_role("tab", name="Processing rules").click()
    mute = portal.get_by_role("row", name="mute many failures")
    expect(mute).to_contain_text("Nobody is told")
    expect(mute).to_contain_text("AlertRuleId is")
    assert violations(portal) == []
    fits(portal)
    picture("alerts-processing")
    enter(mute.get_by_role("button", name="More for mute many failures"))
    enter(portal.get_by_role("menuitem", name="Disable"))
    expect(mute).to_contain_text("Disabled")
    enter(mute.get_by_role("button", name="More for mute many failures"))
    enter(portal.get_by_role("menuitem", name="Delete"))
    enter(portal.get_by_role("dialog").get_by_role("button", name="Delete"))
    expect(mute).to_have_count(0)

    portal.get_by_role("tab", name="History").click()
    expect(portal.get_by_role("row", name="many failures")).to_contain_text("Closed")
    assert violations(portal) == []
    fits(portal)
