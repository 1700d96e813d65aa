"""The path that the documents of Azure Monitor for OpenCensus walk, under their names.

Once with the mouse and once with the keys alone, on a shop that is running; and once on the
telemetry of the smallest program there is, which sends one span and no request.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
TABLES = (
    "requests",
    "dependencies",
    "customMetrics",
    "performanceCounters",
    "traces",
    "exceptions",
    "customEvents",
)
OPERATION = "POST /charge"
SMALLEST = """
import io, sys
from opencensus.ext.azure.trace_exporter import AzureExporter
from opencensus.trace.samplers import ProbabilitySampler
from opencensus.trace.tracer import Tracer

sys.stdin = io.StringIO("hello\\n")
tracer = Tracer(exporter=AzureExporter(), sampler=ProbabilitySampler(1.0))
with tracer.span(name="test") as span:
    print(input("Enter a value: "))
"""


class Mouse:
    """Does what is asked by clicking."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def press(self, target: Locator) -> None:
        target.click()

    def open_resources(self) -> None:
        self._page.get_by_role("button", name=re.compile("^Resource: ")).click()

    def choose_row(self, rows: Locator, text: str) -> None:
        rows.filter(has_text=text).first.click()

    def choose_option(self, listbox: Locator, text: str, details: Locator) -> None:
        listbox.get_by_role("option", name=re.compile(text)).first.click()
        expect(details).to_contain_text(f"{text} · ")

    def write(self, field: Locator, text: str) -> None:
        field.click()
        field.fill(text)

    def overview(self) -> None:
        self._page.get_by_role("navigation", name="Views").get_by_role(
            "link", name="Overview"
        ).click()


class Keyboard:
    """Does what is asked with keys alone: Tab until it is reached, then Enter."""

    MOST_TABS = 120

    def __init__(self, page: Page) -> None:
        self._page = page

    def _reach(self, target: Locator) -> None:
        expect(target).to_be_visible()
        handle = target.element_handle()
        for _ in range(self.MOST_TABS):
            if handle.evaluate("one => one === document.activeElement"):
                return
            self._page.keyboard.press("Tab")
        pytest.fail(f"{self.MOST_TABS} times Tab do not lead to {target}")

    def press(self, target: Locator) -> None:
        self._reach(target)
        self._page.keyboard.press("Enter")

    def open_resources(self) -> None:
        self.press(self._page.get_by_role("button", name=re.compile("^Resource: ")))

    def choose_row(self, rows: Locator, text: str) -> None:
        wanted = rows.filter(has_text=text).first
        expect(wanted).to_be_visible()
        start = rows.and_(self._page.locator('[tabindex="0"]')).first
        self._reach(start)
        handle = wanted.element_handle()
        for _ in range(rows.count()):
            if handle.evaluate("one => one === document.activeElement"):
                return
            self._page.keyboard.press("ArrowDown")
        pytest.fail(f"the arrow keys do not lead to {text}")

    def choose_option(self, listbox: Locator, text: str, details: Locator) -> None:
        expect(listbox.get_by_role("option", name=re.compile(text)).first).to_be_visible()
        self._reach(listbox)
        while self._chosen(listbox) != "all-0":
            self._step(listbox, "PageUp")
        for _ in range(self.MOST_TABS):
            if text in self._page.locator(f"#{self._chosen(listbox)}").inner_text():
                expect(details).to_contain_text(f"{text} · ")
                return
            self._step(listbox, "ArrowDown")
        pytest.fail(f"the arrow keys do not lead to {text}")

    def _chosen(self, listbox: Locator) -> str:
        return listbox.get_attribute("aria-activedescendant") or ""

    def _step(self, listbox: Locator, key: str) -> None:
        """Press a key that chooses another option, and wait until it is chosen."""
        before = self._chosen(listbox)
        self._page.keyboard.press(key)
        expect(listbox).not_to_have_attribute("aria-activedescendant", before)

    def write(self, field: Locator, text: str) -> None:
        self._reach(field)
        self._page.keyboard.press("Control+a")
        self._page.keyboard.insert_text(text)

    def overview(self) -> None:
        self._page.keyboard.press("g")
        self._page.keyboard.press("o")


class RunningShop:
    """The example's processes."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, connection_string: str) -> None:
        environment = {
            **os.environ,
            "APPLICATIONINSIGHTS_CONNECTION_STRING": connection_string,
            "SHOP_EXPORT_INTERVAL_S": "0.5",
            "SHOP_CUSTOMERS": "4",
            "SHOP_TROUBLE": "5",
        }
        self._running.append(
            subprocess.Popen(
                [sys.executable, str(ROOT / "examples/shop/run.py")],
                env=environment,
                stderr=subprocess.DEVNULL,
            )
        )

    def stop(self) -> None:
        for process in self._running:
            process.send_signal(signal.SIGINT)
        for process in self._running:
            process.wait(120)
        self._running.clear()


@pytest.fixture
def running_shop() -> Iterator[RunningShop]:
    shop = RunningShop()
    yield shop
    shop.stop()


def create(page: Page, hands: Any, server: Any, name: str) -> tuple[str, str]:
    """Create a resource from the picker; return its id and connection string."""
    page.goto(f"{server.url}/a/{server.create_resource(f'{name}-before')['app_id']}/start")
    hands.open_resources()
    hands.press(page.get_by_role("button", name="Create a resource"))
    hands.write(page.get_by_label("Name"), name)
    hands.write(page.get_by_label("Resource group"), "walk-group")
    hands.write(page.get_by_label("Location"), "West Europe")
    hands.press(page.get_by_role("button", name="Create", exact=True))
    expect(page).to_have_url(re.compile(r"/a/[0-9a-f-]{36}/start"))
    app = re.search(r"/a/([0-9a-f-]{36})/start", page.url)
    assert app is not None
    string = page.get_by_test_id("connection-string").inner_text()
    return app[1], string


def action(page: Page, name: str) -> Locator:
    return page.locator(".overview-head").get_by_role("link", name=name, exact=True)


@pytest.mark.parametrize("hands", [Mouse, Keyboard], ids=["mouse", "keyboard"])
def test_the_documents_path_on_a_running_shop(
    portal: Page, server: Any, running_shop: RunningShop, hands: Any
) -> None:
    """By mouse while the shop runs on; by keys on a shop that ends once it was seen live."""
    using = hands(portal)
    app, connection_string = create(portal, using, server, f"walk-{hands.__name__.lower()}")
    running_shop.start(connection_string)
    expect(portal.get_by_text(re.compile("^Received "))).to_be_visible()
    for table in TABLES:
        server.wait_for_rows(app, f"{table} | take 1")
    server.wait_for_rows(app, f"requests | where name == '{OPERATION}' and success == 'False'")
    using.press(portal.get_by_role("link", name="Go to Overview"))

    using.press(action(portal, "Live Metrics Stream"))
    expect(portal).to_have_url(re.compile(f"/a/{app}/live"))
    expect(portal.get_by_role("main")).to_contain_text("storefront")
    if hands is Keyboard:
        running_shop.stop()

    using.overview()
    using.press(action(portal, "Application Map"))
    expect(portal).to_have_url(re.compile(f"/a/{app}/map"))
    for role in ("storefront", "orders", "payments"):
        expect(
            portal.get_by_role("main").get_by_role("button", name=re.compile(rf"\b{role}\b")).first
        ).to_be_visible()
    expect(portal.get_by_role("main")).to_contain_text(re.compile(r"\d+(\.\d+)? m?s"))

    using.overview()
    using.press(action(portal, "Investigate Performance"))
    expect(portal).to_have_url(re.compile(f"/a/{app}/performance"))
    operations = portal.get_by_role("grid", name="Operations").get_by_role("row")
    using.choose_row(operations, OPERATION)
    expect(portal.get_by_role("region", name=f"Response time of {OPERATION}")).to_be_visible()
    using.press(portal.get_by_role("button", name=re.compile("^Samples ")))
    samples = portal.get_by_role("dialog", name="Samples")
    failed = samples.get_by_role("link").filter(has=portal.locator(".bad")).first
    using.press(failed)
    expect(portal).to_have_title(re.compile("End-to-end transaction details"))
    using.press(portal.get_by_role("tab", name=re.compile("^All telemetry")))
    everything = portal.get_by_role("listbox", name="All telemetry")
    expect(everything.get_by_role("option").first).to_be_visible()
    details = portal.get_by_role("region", name="Details")
    using.choose_option(everything, "Exception", details)
    expect(details).to_contain_text(re.compile(r"\.py:\d+"))
    expect(details).to_contain_text(re.compile("CardDeclined|IssuerUnavailable"))

    using.overview()
    using.press(action(portal, "Logs (Analytics)"))
    expect(portal.get_by_test_id("editor")).to_be_visible()
    for table in TABLES:
        ask(portal, f"{table} | where timestamp > ago(1h) | take 5")
        expect(
            portal.get_by_role("treegrid", name="Result").get_by_role("row").nth(1)
        ).to_be_visible()
    ask(
        portal,
        "traces | where isnotempty(customDimensions) | top 1 by timestamp | project customDimensions",
    )
    portal.get_by_role("treegrid", name="Result").get_by_role("row").nth(1).click()
    expect(portal.locator(".row-details")).to_contain_text("customDimensions")


def ask(page: Page, query: str) -> None:
    """Run a query, by keys: an editor is for nothing else."""
    page.locator(".cm-content").focus()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(query)
    page.keyboard.press("Escape")
    with page.expect_response("**/portal/api/query"):
        page.keyboard.press("Shift+Enter")


def test_one_span_of_the_smallest_program(
    portal: Page, server: Any, client_environment: dict[str, str], tmp_path: Path
) -> None:
    facts = server.create_resource("walk-smallest")
    program = tmp_path / "value_prompt.py"
    program.write_text(SMALLEST)
    subprocess.run(
        [sys.executable, str(program)],
        env={
            **client_environment,
            "APPLICATIONINSIGHTS_CONNECTION_STRING": facts["connection_string"],
        },
        check=True,
        timeout=180,
        capture_output=True,
    )
    (span,) = server.wait_for_rows(facts["app_id"], "dependencies")
    assert span["type"] == "INPROC"
    portal.goto(f"{server.url}/a/{facts['app_id']}/overview")
    action(portal, "Application Map").click()
    nodes = portal.get_by_role("main").get_by_role(
        "button", name=re.compile(re.escape(span["cloud_RoleName"]))
    )
    expect(nodes).to_have_count(1)
    portal.get_by_role("link", name="Overview").click()
    action(portal, "Investigate Performance").click()
    expect(portal.get_by_role("tab", name="Dependencies")).to_have_attribute(
        "aria-selected", "true"
    )
    rows = portal.get_by_role("grid", name="Dependencies").get_by_role("row")
    rows.filter(has_text="test").click()
    portal.get_by_role("button", name="Samples (1)").click()
    portal.get_by_role("dialog", name="Samples").get_by_role("link").click()
    expect(portal.get_by_role("heading", name="test", level=1)).to_be_visible()
    expect(portal.get_by_role("tree", name="Timeline").get_by_role("treeitem")).to_have_count(1)
