"""@microsoft/applicationinsights-web 3.x in a real browser, on a page of another origin."""

from __future__ import annotations

import json
import shutil
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from playwright.sync_api import sync_playwright
from tests.senders.conftest import node_modules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

PAGES = Path(__file__).parent / "pages"
SDK = "@microsoft/applicationinsights-web"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and writes no log."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a page that uses the SDK."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copytree(PAGES, folder, dirs_exist_ok=True)
    shutil.copytree(node_modules("web", f"{SDK}@3.4.4") / SDK / "dist" / "es5", folder / "sdk")
    pages = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    thread = Thread(target=pages.serve_forever)
    thread.start()
    yield f"http://localhost:{pages.server_port}/shop.html"
    pages.shutdown()
    thread.join()
    pages.server_close()


@pytest.fixture
def tab() -> Iterator[Page]:
    if CHROMIUM is None:
        pytest.fail("chromium is missing: install Debian's package with apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


def test_everything_it_sends_is_in_its_table(tab, shop, application) -> None:
    said: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(f"{shop}?to={quote(application.connection_string)}")

    view = application.row("pageViews")
    assert (view["name"], view["client_Type"]) == ("Shop · 가게", "Browser")
    assert view["url"].startswith(shop)
    assert json.loads(view["customDimensions"])["주문"] == "김치 · crème brûlée · 🎉"
    assert view["client_Browser"].startswith(("Chrome", "HeadlessChrome"))
    assert view["client_OS"] == "Linux"
    assert view["sdkVersion"].startswith("javascript:")
    event = application.row("customEvents")
    assert (event["name"], event["session_Id"], event["user_Id"]) == (
        "purchase",
        view["session_Id"],
        view["user_Id"],
    )
    log = application.row("traces")
    assert (log["message"], log["severityLevel"]) == ("재고 부족", 2)
    metric = application.row("customMetrics")
    assert [metric[name] for name in ("valueSum", "valueCount", "valueMin", "valueMax")] == [
        2.5,
        4,
        1,
        4,
    ]
    caught = application.row("exceptions")
    assert (caught["type"], caught["outerMessage"]) == ("RangeError", "RangeError: broken")
    call = application.row("dependencies")
    assert (call["type"], call["name"], call["resultCode"]) == ("Fetch", "GET stock.json", "200")
    assert application.row("browserTimings")["totalDuration"] > 0
    assert {each["operation_Id"] for each in (view, event, log, caught)} == {call["operation_Id"]}
    assert said == []


def test_what_is_recorded_when_the_page_is_left_arrives(tab, shop, application) -> None:
    tab.goto(f"{shop}?to={quote(application.connection_string)}")
    application.row("pageViews")
    tab.evaluate("addEventListener('pagehide', () => insights.trackEvent({name: 'left'}))")
    tab.goto("about:blank")
    names = application.rows("customEvents | order by name asc", 2)
    assert [each["name"] for each in names] == ["left", "purchase"]
