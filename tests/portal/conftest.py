"""A browser on a server with telemetry, and the rules that hold on every page.

The browser is Debian's Chromium, driven by pytest-playwright; nothing is downloaded.
"""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from tests.conftest import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

PATIENCE_MS = 45_000
"""A page on a busy machine is waited for; how quick it is, benchmarks tell."""
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))),
    None,
)
"""The shell is the same engine without a desktop's windows: half the work for the same pages."""
PICTURES = Path(__file__).parents[2] / "build/portal-pictures"  # the plugin empties test-results
DIST = Path(__file__).parents[2] / "packages/server/src/openinsights/portal/dist/index.html"

LONGEST = ("test_accessibility", "test_every_view", "test_logs", "test_seed_walk", "test_alerts")
"""Files that begin first, so that of two workers none waits for the other's long last one."""

ROLES = ("web-frontend", "orders-api", "payments")
OPERATIONS = (
    ("web-frontend", "GET /", 9.0, 0.0),
    ("web-frontend", "GET /products/{id}", 38.0, 0.002),
    ("web-frontend", "POST /checkout", 420.0, 0.03),
    ("orders-api", "POST /api/orders", 260.0, 0.02),
    ("payments", "POST /charge", 180.0, 0.05),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files; the others stay in their order."""
    here = Path(__file__).parent
    places = {here / f"{name}.py": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(LONGEST)))


@pytest.fixture(scope="session", autouse=True)
def patience() -> None:
    expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def base_url() -> None:
    """Addresses are whole here; the plugin's own fixture of this name warns on new pytest."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    if CHROMIUM is None:
        pytest.fail("chromium is missing: install Debian's package with apt-get install chromium")
    if not DIST.is_file():
        pytest.fail("the portal is not built: run make install")
    switches = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--font-render-hinting=none",
        "--force-color-profile=srgb",
    ]
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": switches}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {
        **browser_context_args,
        "viewport": {"width": 1280, "height": 800},
        "timezone_id": "Europe/Amsterdam",
        "locale": "en-GB",
        "reduced_motion": "reduce",
    }


@dataclass
class Shop:
    """A resource of the server, and its address in the portal."""

    url: str
    name: str
    facts: dict[str, str]

    @property
    def app_id(self) -> str:
        return self.facts["app_id"]

    def at(self, view: str, **parameters: str) -> str:
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        return f"{self.url}/a/{self.app_id}/{view}" + (f"?{query}" if query else "")


@pytest.fixture(scope="session")
def shop(sender: Sender) -> Iterator[Shop]:
    """A resource with a few hours of telemetry of three services, sent through the front door.

    Tests of several files read it: none sends anything to it.
    """
    now = datetime.now(timezone.utc)
    made = sender.send("portal-shop", lambda key: shop_telemetry(key, now))
    ONLY_READ.append((sender.server, made.app_id, stored(sender.server, made.app_id)))
    yield made
    ONLY_READ.clear()


ONLY_READ: list[tuple[Any, str, int]] = []


def stored(server: Any, app: str) -> int:
    """How many items a resource has."""
    rows = server.rows(app, "union * | where timestamp > ago(1d) | summarize n = count()")
    return int(rows[0]["n"])


@pytest.fixture(scope="module", autouse=True)
def what_is_shared_is_only_read() -> Iterator[None]:
    """A file that sends to the shared resource fails itself, and no file that comes after it."""
    yield
    for server, app, before in ONLY_READ:
        assert stored(server, app) == before, "the shop of all tests was sent something"


@dataclass(frozen=True)
class Sender:
    """Makes a resource and sends envelopes to it, as a client would."""

    server: Any

    def send(self, name: str, make: Callable[[str], list[dict[str, Any]]]) -> Shop:
        """Make a resource of the name and send what `make` returns for its key.

        It is there to be read when this returns: a page asks once, and shows what it finds.
        """
        facts = self.server.create_resource(name)
        place = Shop(self.server.url, name, facts)
        self.fill(place, make(part(facts["connection_string"], "InstrumentationKey")))
        return place

    def fill(self, place: Shop, envelopes: list[dict[str, Any]]) -> None:
        """Send a resource its first envelopes; they are there to be read when this returns."""
        for start in range(0, len(envelopes), 500):
            reply = self.server.post("/v2.1/track", envelopes[start : start + 500])
            assert reply["itemsAccepted"] == reply["itemsReceived"]
        wait_until(
            f"{len(envelopes)} items of {place.name}",
            lambda: stored(self.server, place.app_id) >= len(envelopes),
        )

    @staticmethod
    def envelope(
        key: str,
        kind: str,
        at: datetime,
        role: str,
        operation: str,
        trace: str,
        parent: str = "",
        **data: Any,
    ) -> dict[str, Any]:
        """Return an envelope; durations are numbers of milliseconds."""
        if "duration" in data:
            data["duration"] = duration_text(data["duration"])
        made = envelope(key, kind, at, role, operation, trace, data)
        if parent:
            made["tags"]["ai.operation.parentId"] = parent
        return made


@pytest.fixture(scope="session")
def sender(server: Any) -> Sender:
    """Sends telemetry of a test's own."""
    return Sender(server)


@pytest.fixture
def new_resource(server: Any) -> Callable[[str], Shop]:
    """Make a resource without telemetry."""

    def make(name: str) -> Shop:
        return Shop(server.url, name, server.create_resource(name))

    return make


def part(connection_string: str, name: str) -> str:
    """Return one value of a connection string."""
    return dict(pair.split("=", 1) for pair in connection_string.split(";"))[name]


def shop_telemetry(key: str, now: datetime, requests: int = 1_200) -> list[dict[str, Any]]:
    """Return envelopes of three services over the last three and a half hours."""
    rng = random.Random(20261121)
    envelopes: list[dict[str, Any]] = []
    for _ in range(requests):
        role, operation, typical_ms, share_failed = rng.choice(OPERATIONS)
        at = now - timedelta(seconds=rng.uniform(5, 3.5 * 3600))
        trace = f"{rng.getrandbits(128):032x}"
        duration_ms = typical_ms * rng.lognormvariate(0, 0.5)
        failed = rng.random() < share_failed
        envelopes += [
            request_envelope(key, at, role, operation, trace, duration_ms, failed),
            dependency_envelope(key, at, role, operation, trace, duration_ms * 0.6, failed),
        ]
        if failed:
            envelopes.append(exception_envelope(key, at, role, operation, trace))
        if rng.random() < 0.2:
            envelopes.append(message_envelope(key, at, role, operation, trace))
    return envelopes


def envelope(
    key: str, kind: str, at: datetime, role: str, operation: str, trace: str, data: dict[str, Any]
) -> dict[str, Any]:
    return {
        "name": f"Microsoft.ApplicationInsights.{kind.removesuffix('Data')}",
        "time": at.isoformat().replace("+00:00", "Z"),
        "iKey": key,
        "tags": {
            "ai.cloud.role": role,
            "ai.cloud.roleInstance": f"{role}-1",
            "ai.operation.id": trace,
            "ai.operation.name": operation,
            "ai.internal.sdkVersion": "py3.11:oc0.11:ext1.1",
        },
        "data": {"baseType": kind, "baseData": {"ver": 2, **data}},
    }


def duration_text(ms: float) -> str:
    seconds, rest = divmod(int(ms * 1000), 1_000_000)
    return f"0.00:00:{seconds:02d}.{rest:06d}"


def request_envelope(
    key: str,
    at: datetime,
    role: str,
    operation: str,
    trace: str,
    duration_ms: float,
    failed: bool,
) -> dict[str, Any]:
    data = {
        "id": trace[:16],
        "name": operation,
        "duration": duration_text(duration_ms),
        "responseCode": "502" if failed else "200",
        "success": not failed,
        "url": f"http://{role}.local{operation.split()[1]}",
        "properties": {"payment": "stripe" if failed else "card"},
    }
    return envelope(key, "RequestData", at, role, operation, trace, data)


def dependency_envelope(
    key: str,
    at: datetime,
    role: str,
    operation: str,
    trace: str,
    duration_ms: float,
    failed: bool,
) -> dict[str, Any]:
    data = {
        "id": trace[16:],
        "name": "POST /v1/charges" if role == "payments" else "SELECT orders",
        "type": "HTTP" if role == "payments" else "SQL",
        "target": "api.cards.example" if role == "payments" else "orders.db",
        "duration": duration_text(duration_ms),
        "resultCode": "502" if failed else "0",
        "success": not failed,
    }
    return envelope(key, "RemoteDependencyData", at, role, operation, trace, data)


def exception_envelope(
    key: str, at: datetime, role: str, operation: str, trace: str
) -> dict[str, Any]:
    detail = {
        "id": 1,
        "typeName": "PaymentDeclined" if role == "payments" else "UpstreamError",
        "message": f"{operation} was declined: insufficient funds",
        "hasFullStack": True,
        "parsedStack": [
            {"level": 0, "method": "charge", "fileName": f"{role}/app.py", "line": 42},
        ],
    }
    return envelope(
        key, "ExceptionData", at, role, operation, trace, {"exceptions": [detail], "properties": {}}
    )


def message_envelope(
    key: str, at: datetime, role: str, operation: str, trace: str
) -> dict[str, Any]:
    data = {
        "message": f"{operation} took longer than usual",
        "severityLevel": 2,
        "properties": {"role": role, "attempt": "1"},
    }
    return envelope(key, "MessageData", at, role, operation, trace, data)


@dataclass
class Watched:
    """What a page asked for and complained about."""

    origin: str
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"data", "blob"}:
            return
        if f"{parts.scheme}://{parts.netloc}" != self.origin:
            self.foreign.append(request.url)

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text}")


class KeptPage:
    """One page for the tests of a process: what was compiled for one is there for the next.

    A new page costs as much as what most tests do with it. Each test finds it blank, with nothing
    stored, granted, routed or listened to; one that a test failed on is thrown away.
    """

    def __init__(self, browser: Browser, arguments: dict[str, Any]) -> None:
        self._browser = browser
        self._arguments = arguments
        self._page: Page | None = None

    def blank(self, origin: str) -> Page:
        """Return the page as a new one would be."""
        if self._page is None:
            self._page = self._browser.new_context(**self._arguments).new_page()
            self._page.set_default_timeout(PATIENCE_MS)
            return self._page
        page = self._page
        for other in page.context.pages:
            if other is not page:
                other.close()
        page.unroute_all(behavior="ignoreErrors")
        page.goto("about:blank")
        page.context.clear_cookies()
        page.context.clear_permissions()
        devtools = page.context.new_cdp_session(page)
        devtools.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
        devtools.detach()
        page.set_viewport_size(self._arguments["viewport"])
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        return page

    def throw_away(self) -> None:
        """The next test gets a new one."""
        if self._page is not None:
            self._page.context.close()
            self._page = None


@pytest.fixture(scope="session")
def kept_page(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[KeptPage]:
    kept = KeptPage(browser, browser_context_args)
    yield kept
    kept.throw_away()


@pytest.fixture
def any_page(kept_page: KeptPage, server: Any, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page on which requests may fail: the browser complains of them in its console."""
    failed_before = request.session.testsfailed
    uncaught: list[str] = []
    page = kept_page.blank(server.url)

    def on_error(error: Any) -> None:
        uncaught.append(str(error))

    page.on("pageerror", on_error)
    yield page
    page.remove_listener("pageerror", on_error)
    if request.session.testsfailed > failed_before:
        kept_page.throw_away()
    assert uncaught == []


@pytest.fixture
def portal(any_page: Page, server: Any) -> Iterator[Page]:
    """A page on which nothing foreign may be asked for and nothing may be complained about."""
    watched = Watched(server.url)
    heard = {"request": watched.on_request, "console": watched.on_console}
    for event, listener in heard.items():
        any_page.on(event, listener)  # type: ignore[call-overload]
    yield any_page
    for event, listener in heard.items():
        any_page.remove_listener(event, listener)
    assert watched.foreign == []
    assert watched.complaints == []


@pytest.fixture
def picture(portal: Page) -> Callable[[str], None]:
    """Keep a picture of the page for people to look at."""

    def take(name: str) -> None:
        PICTURES.mkdir(parents=True, exist_ok=True)
        portal.screenshot(path=PICTURES / f"{name}.png")

    return take
