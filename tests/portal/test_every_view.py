"""What holds on every view there is, by the list that the sidebar is made of; and its pictures."""

from __future__ import annotations

import base64
import json
import re
import urllib.request
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from tests.portal.conftest import part, request_envelope, shop_telemetry
from tests.portal.widths import WIDTHS, breaks, narrowed

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Route

pytestmark = pytest.mark.browser

SOURCE = Path(__file__).parents[2] / "portal/src/shell/views.ts"
VIEWS = re.findall(r'name: "(\w+)",\n    title: "([^"]+)"', SOURCE.read_text("utf-8"))
HIDDEN = {"tx"}
"""Reached from others, about one thing: asked for by that thing's id."""
ASKED = re.compile(r"/portal/api/(?!session)|/subscriptions/|/api/live|/health|Insights/workbooks")
"""What views ask; who is here and which resources there are, the shell asks before."""
MESSAGE = "The query took longer than 30 s and was stopped."
FAILURE = {"error": {"code": "QueryTimeout", "message": MESSAGE, "hint": "ask for less time"}}
CHART = """requests
| where timestamp > ago(4h)
| summarize requests = count() by bin(timestamp, 5m), cloud_RoleName
| render timechart"""
NEWEST = "exceptions | top 1 by timestamp desc | project operation_Id, operation_Name"


TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def settled(page: Page, title: str) -> None:
    """Wait until the view stands there and nothing of it is still asked for.

    Twice: what a click or an answer changes may ask for more, which begins a frame later.
    """
    main = page.get_by_role("main")
    for _ in range(2):
        expect(main.get_by_role("heading").first).to_be_visible()
        expect(main.locator(".skeleton")).to_have_count(0)
        expect(main.locator('[aria-busy="true"]')).to_have_count(0)
        page.evaluate(TWO_FRAMES)
    if title:
        expect(page).to_have_title(re.compile(re.escape(title)))


def test_the_sidebar_lists_what_is_looked_at_here(portal: Page, shop: Any) -> None:
    portal.goto(shop.at("overview"))
    links = portal.get_by_role("navigation", name="Views").get_by_role("link")
    expect(links.first).to_be_visible()
    shown = [title for name, title in VIEWS if name not in HIDDEN]
    expect(links).to_have_count(len(shown))
    assert sorted(links.all_inner_texts()) == sorted(shown)


def click(role: Any, name: str, **more: Any) -> Callable[[Page], None]:
    return lambda page: page.get_by_role("main").get_by_role(role, name=name, **more).first.click()


def row(text: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_role("row").filter(has_text=text).first.click()


def search_for(page: Page) -> None:
    page.get_by_label("Search the telemetry").fill("declined")
    page.keyboard.press("Enter")


def walk(page: Page) -> None:
    page.get_by_role("tree", name="Timeline").focus()
    page.keyboard.press("ArrowDown")


@dataclass(frozen=True)
class Facts:
    """What is particular to a view.

    Attributes:
        shows: a selector of what telemetry puts there.
        change: does something that the address then holds.
        empty: what it says of a resource that was sent nothing.
        onward: the link or button that leads on from there.
        path: beneath the view's name.
        parameters: of its address, for a resource with telemetry.
    """

    shows: str
    change: Callable[[Page], None]
    empty: str
    onward: str
    path: str = ""
    parameters: dict[str, str] = field(default_factory=dict)


NEVER = "Nothing was ever sent to this resource."
FACTS = {
    "overview": Facts(
        "text=POST /checkout",
        lambda page: page.keyboard.press("["),
        "Waiting for the first event",
        "Load sample data",
    ),
    "map": Facts(
        "button[data-node]",
        lambda page: page.locator('button[data-node][aria-label*=" payments,"]').click(),
        NEVER,
        "Getting started",
    ),
    "live": Facts(
        "text=from stored telemetry",
        lambda page: page.get_by_label("Order of the samples").select_option("Failed only"),
        "Waiting for a server",
        "Copy",
    ),
    "performance": Facts("text=POST /checkout", row("POST /checkout"), NEVER, "Getting started"),
    "failures": Facts("text=POST /charge", row("POST /charge"), NEVER, "Getting started"),
    "search": Facts("[role=option]", search_for, NEVER, "Getting started"),
    "availability": Facts(
        "text=front page",
        click("button", "front page", exact=True),
        "Nobody asks from outside yet",
        "Add the first test",
    ),
    "smart": Facts(
        "text=Abnormal rise in failed requests",
        click("tab", "All"),
        "Nothing differs from what is usual",
        "See what is looked for",
        parameters={"tab": "settings"},
    ),
    "logs": Facts(
        ".legend >> text=web-frontend",
        lambda page: (
            page.get_by_role("button", name="Examples").click(),
            page.locator(".side-query").nth(2).click(),
        ),  # type: ignore[func-returns-value]
        NEVER,
        "Getting started",
        parameters={"q": base64.urlsafe_b64encode(CHART.encode()).decode().rstrip("=")},
    ),
    "metrics": Facts(
        ".chart canvas",
        lambda page: page.get_by_label("Split by").select_option("role"),
        NEVER,
        "Getting started",
    ),
    "alerts": Facts(
        "text=many failures",
        click("tab", "Action groups"),
        "No alert is fired",
        "See the rules",
        parameters={"tab": "rules"},
    ),
    "workbooks": Facts(
        "text=Of every view", click("link", "Of every view"), "No workbooks yet", "New"
    ),
    "tx": Facts("[role=treeitem]", walk, "No telemetry of this operation", "Back"),
    "settings": Facts(".chart canvas", click("tab", "About"), NEVER, "Getting started", "/usage"),
    "start": Facts(
        "text=Received ",
        click("tab", "curl"),
        "Waiting for the first event",
        "Load sample data",
    ),
}


def put(server: Any, path: str, body: dict[str, Any]) -> None:
    request = urllib.request.Request(
        server.url + path,
        data=json.dumps(body).encode(),
        headers={"content-type": "application/json"},
        method="PUT",
    )
    with urllib.request.urlopen(request, timeout=60) as reply:
        assert reply.status in (200, 201)


@pytest.fixture(scope="module")
def filled(sender: Any, server: Any) -> Any:
    """A resource with telemetry and with one of everything that people make."""
    now = datetime.now(timezone.utc)

    def telemetry(key: str) -> list[dict[str, Any]]:
        runs = [
            sender.envelope(
                key, "AvailabilityData", now - timedelta(minutes=9 * n), "", "", f"{n + 1:032x}",
                id=f"run-{n}", name="front page", duration=20 + n, success=n not in {5, 6},
                runLocation="west", message="said",
            )
            for n in range(24)
        ]  # fmt: skip
        return [*shop_telemetry(key, now, 400), *runs]

    made = sender.send("storefront-prod", telemetry)
    scope = made.facts["resource_id"]
    group = scope.partition("/providers/")[0]
    text = {"type": 1, "content": {"json": "# Every view"}, "name": "text"}
    workbook = {
        "displayName": "Of every view", "category": "workbook", "sourceId": scope,
        "serializedData": json.dumps({"version": "Notebook/1.0", "items": [text]}),
    }  # fmt: skip
    put(server, f"{group}/providers/Microsoft.Insights/workbooks/5bd0f5f2-0000-4000-8000-0e7e2a11f1e5",
        {"location": "local", "kind": "shared", "properties": workbook})  # fmt: skip
    check = {
        "name": "one", "metricName": "requests/failed", "timeAggregation": "Count",
        "operator": "GreaterThan", "threshold": 1_000_000,
    }  # fmt: skip
    criteria = {
        "odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
        "allOf": [check],
    }
    rule = {"scopes": [scope], "criteria": criteria, "severity": 3}
    put(server, f"{group}/providers/Microsoft.Insights/metricAlerts/many%20failures",
        {"location": "global", "properties": rule})  # fmt: skip
    return made


@pytest.fixture(scope="module")
def nothing_sent(sender: Any) -> Any:
    return sender.send("portal-every-view-empty", lambda key: [])


@pytest.fixture
def something_comes(filled: Any, server: Any) -> Callable[[str], None]:
    """Send a request now, for views that show only what is new."""

    def send(view: str) -> None:
        if view not in {"live", "start"}:
            return
        key = part(filled.facts["connection_string"], "InstrumentationKey")
        at = datetime.now(timezone.utc) - timedelta(seconds=3)
        new = request_envelope(key, at, "payments", "POST /charge", "7c" * 16, 120, True)
        server.post("/v2.1/track", [new])

    return send


@pytest.fixture
def address(filled: Any, server: Any) -> Callable[..., str]:
    """Where a view is."""

    def of(view: str, resource: Any) -> str:
        facts, path = FACTS[view], view
        if view == "tx":
            path = f"tx/{server.rows(filled.app_id, NEWEST)[0]['operation_Id']}"
        is_filled = resource is filled or view == "logs"
        return str(resource.at(path + facts.path, **(facts.parameters if is_filled else {})))

    return of


EVERY_VIEW = pytest.mark.parametrize(("view", "title"), VIEWS, ids=[name for name, _ in VIEWS])
STANDS = """() => JSON.stringify(
    [...document.querySelectorAll(
        'h1, h2, [aria-selected=true], [aria-pressed=true], [aria-expanded=true], select, input, '
        + '.cm-content, [aria-label="Time range"]')]
    .filter(one => !one.closest('aside'))
    .map(one => one.type === 'checkbox' ? one.checked
        : one.value ?? (one.querySelector('td, [role=gridcell]') ?? one).innerText), null, 1)"""
"""What is chosen on a page, and what its parts are about; numbers of a chosen row go with time."""


@EVERY_VIEW
def test_a_view_is_whole_at_every_width_and_its_address_holds_it(
    portal: Page,
    filled: Any,
    nothing_sent: Any,
    address: Callable[..., str],
    something_comes: Callable[[str], None],
    view: str,
    title: str,
    picture: Callable[[str], None],
) -> None:
    """The page of each test may ask no other origin for anything and complain about nothing."""
    facts = FACTS[view]
    main = portal.get_by_role("main")
    portal.goto(address(view, filled))
    settled(portal, "" if view == "tx" else title)
    something_comes(view)
    expect(main.locator(facts.shows).first).to_be_visible()
    picture(f"{view}-light")
    portal.emulate_media(color_scheme="dark")
    expect(portal.locator("body")).to_have_css("background-color", "rgb(15, 19, 24)")
    settled(portal, "")
    picture(f"{view}-dark")
    for width in narrowed(portal):
        expect(main).to_be_visible()
        assert breaks(portal) == [], width
        picture(f"{view}-{WIDTHS[width][0]}")
    portal.emulate_media(color_scheme="light")

    before = portal.url
    facts.change(portal)
    expect(portal).not_to_have_url(before)
    settled(portal, "")
    there, stood = portal.url, portal.evaluate(STANDS)
    portal.reload()
    settled(portal, "")
    try:
        portal.wait_for_function(f"stood => ({STANDS})() === stood", arg=stood)
    finally:
        assert portal.evaluate(STANDS) == stood
    assert portal.url == there

    portal.goto(address(view, nothing_sent))
    settled(portal, "")
    expect(main).to_contain_text(facts.empty)
    onward = main.get_by_role("button", name=facts.onward).or_(
        main.get_by_role("link", name=facts.onward)
    )
    expect(onward.first).to_be_enabled()


class Answers:
    """The server's answers, held back until they are let go as failures or as they are."""

    def __init__(self, page: Page) -> None:
        self._held: list[Route] | None = []
        self._fails = True
        page.route(ASKED, self._take)

    def _take(self, route: Route) -> None:
        if self._held is not None:
            self._held.append(route)
        elif self._fails:
            route.fulfill(status=504, json=FAILURE)
        else:
            route.continue_()

    def fail(self) -> None:
        held, self._held = self._held or [], None
        for route in held:
            route.fulfill(status=504, json=FAILURE)

    def come(self) -> None:
        self._fails = False


LOADING = '.skeleton, [aria-busy="true"], [data-on="true"], .status, .live-status'


def retried(page: Page) -> None:
    """Ask again for each part that failed; one question may stand behind several."""
    failed = page.get_by_role("main").get_by_role("alert")
    while number := failed.count():
        failed.get_by_role("button", name="Retry").first.dispatch_event("click")
        page.wait_for_function(
            "number => document.querySelectorAll('main [role=alert]').length < number", arg=number
        )


@EVERY_VIEW
def test_a_view_waits_says_what_failed_and_asks_again(
    any_page: Page,
    filled: Any,
    address: Callable[..., str],
    something_comes: Callable[[str], None],
    view: str,
    title: str,
) -> None:
    facts = FACTS[view]
    main = any_page.get_by_role("main")
    answers = Answers(any_page)
    any_page.goto(address(view, filled))
    expect(main.locator(LOADING).first).to_be_visible()
    expect(main.locator(facts.shows)).to_have_count(0)
    answers.fail()
    expect(main.get_by_role("alert").first).to_contain_text(MESSAGE)
    expect(main.get_by_role("alert").first).to_contain_text("Ask for less time")
    expect(main.locator(".skeleton")).to_have_count(0)
    expect(main.get_by_role("heading", level=1)).to_be_visible()
    answers.come()
    retried(any_page)
    settled(any_page, "")
    something_comes(view)
    expect(main.locator(facts.shows).first).to_be_visible()
    expect(main.get_by_role("alert")).to_have_count(0)
