"""How quick the portal is in a real browser, on telemetry that is hard on it.

    python benchmarks/portal_browser.py [--turns 5]

Starts a server on a new folder and Debian's chromium. A resource gets one transaction of 2,000 spans
and 30,000 requests over four hours, another one roles and targets that make a map of 60 nodes. Measured:
from the navigation to an Overview that can be used (every figure and list there), to a transaction of
which the first screen is drawn, how long the worker of the map took to lay it out and the longest task
of the page's own thread meanwhile, frames while the transaction folds and unfolds, and frames while
30,000 rows of a result scroll: by a notch of the wheel in each frame, and by the bar, dragged through
all of them in two seconds, so that every frame has other rows. A frame rate is what `requestAnimationFrame` saw between the first and
the last step; a step waits for its frame.

Exit status 1 when a bar is missed: Overview and transaction within 1 s, the map's layout within 300 ms,
folding at 50 frames a second, scrolling at 50. Elapsed times need a machine that is not busy with something else; the script's own
share of the page's main thread is printed beside them.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from kql import machine
from playwright.sync_api import expect, sync_playwright
from portal import Serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import CDPSession, Page

SPANS, ROWS = 2_000, 30_000
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/default"
TRACE = "0af7651916cd43dd8448eb211c80319c"
MAX_USABLE_MS = 1_000.0
MAX_LAYOUT_MS = 300.0
ROLES, TARGETS = 19, 40
"""With the clients that call the first role, 60 nodes: the most that are drawn unfolded."""
MIN_FRAMES_PER_S = 50.0
FOLDS, SCROLLS = 40, 120
PATIENCE_MS = 60_000
FRAMES = """([selector, steps, kind]) => new Promise(done => {
    const element = document.querySelector(selector);
    const began = performance.now();
    const frames = [];
    let last = began;
    const step = now => {
        frames.push(now - last);
        last = now;
        if (frames.length > steps) {
            done({seconds: (performance.now() - began) / 1000, worst: Math.max(...frames.slice(1)), frames: frames.length});
            return;
        }
        if (kind === 'wheel') element.scrollTop += 120;
        else if (kind === 'scroll') element.scrollTop += element.scrollHeight / steps;
        else element.dispatchEvent(new KeyboardEvent('keydown',
            {key: frames.length % 2 ? 'ArrowLeft' : 'ArrowRight', bubbles: true}));
        requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
})"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("cannot measure: chromium is not on PATH; install Debian's package")
    print(machine())
    with tempfile.TemporaryDirectory() as folder, Serving(Path(folder) / "data") as (url, _):
        app = filled(url, "hard", envelopes)
        mapped = filled(url, "map", calls)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
            )
            good = measured(browser, url, app, options.turns)
            good = laid_out(browser, f"{url}/a/{mapped}/map", options.turns) and good
            browser.close()
    return 0 if good else 1


def filled(url: str, name: str, make: Callable[[str], Iterator[dict[str, Any]]]) -> str:
    """Make a resource with the telemetry that `make` returns for its key; return its id."""
    with httpx.Client(base_url=url, timeout=60) as client:
        made = client.put(
            f"{GROUP}/providers/Microsoft.Insights/components/{name}", json={"location": "local"}
        ).json()["properties"]
        key = dict(part.split("=", 1) for part in made["ConnectionString"].split(";") if part)
        bodies = list(make(key["InstrumentationKey"]))
        for start in range(0, len(bodies), 1_000):
            reply = client.post("/v2.1/track", json=bodies[start : start + 1_000]).json()
            assert reply["itemsAccepted"] == reply["itemsReceived"], reply["errors"][:1]
        return str(made["AppId"])


def envelopes(key: str) -> Iterator[dict[str, Any]]:
    now = datetime.now(timezone.utc)
    at = now - timedelta(minutes=5)
    for n in range(SPANS):
        data = {
            "id": f"f{n:015x}",
            "name": f"step {n}",
            "duration": text_of(4_000 - 1.5 * n),
            "success": n % 97 != 0,
        }
        kind = "RemoteDependencyData" if n else "RequestData"
        data |= {"type": "InProc"} if n else {"responseCode": "200"}
        parent = f"f{(n - 1) // 3:015x}" if n else ""
        yield envelope(key, kind, at + timedelta(milliseconds=n / 2), TRACE, data, parent)
    for n in range(ROWS):
        data = {
            "id": f"a{n:015x}",
            "name": f"GET /{n % 40}",
            "duration": text_of(5 + n % 700),
            "responseCode": "500" if n % 50 == 0 else "200",
            "success": n % 50 != 0,
            "properties": {"tenant": f"t{n % 9}", "attempt": str(n % 3)},
        }
        when = now - timedelta(seconds=n * 14_000 / ROWS)
        yield envelope(key, "RequestData", when, f"{n:032x}", data)


def calls(key: str) -> Iterator[dict[str, Any]]:
    """Roles that call each other as a tree, and each some of the targets beyond them."""
    at = datetime.now(timezone.utc) - timedelta(minutes=5)
    for role in range(ROLES):
        above = f"b{(role - 1) // 2:07x}{role:08x}" if role else ""
        served = {"id": f"c{role:015x}", "name": "GET /", "duration": text_of(90)}
        served |= {"responseCode": "200", "success": True}
        yield envelope(key, "RequestData", at, TRACE, served, above, f"role{role}")
        callees = [one for one in (2 * role + 1, 2 * role + 2) if one < ROLES]
        hosts = {(role * 7 + step * 11) % TARGETS for step in range(5)}
        for called, target in [(f"{one:08x}", f"role{one}") for one in callees] + [
            (f"f{host:07x}", f"host{host}") for host in sorted(hosts)
        ]:
            data = {"id": f"b{role:07x}{called}", "name": "GET /", "duration": text_of(40)}
            data |= {"type": "HTTP", "target": target, "success": True}
            yield envelope(
                key, "RemoteDependencyData", at, TRACE, data, served["id"], f"role{role}"
            )


def text_of(ms: float) -> str:
    """Return a duration below a minute as it travels."""
    return f"0.00:00:{int(ms // 1000):02d}.{int(ms % 1000 * 1000):06d}"


def envelope(
    key: str,
    kind: str,
    at: datetime,
    trace: str,
    data: dict[str, Any],
    parent: str = "",
    role: str = "web",
) -> dict[str, Any]:
    tags = {"ai.cloud.role": role, "ai.operation.id": trace, "ai.operation.name": "run"}
    return {
        "name": "Microsoft.ApplicationInsights.Item",
        "time": at.isoformat(),
        "iKey": key,
        "tags": tags | ({"ai.operation.parentId": parent} if parent else {}),
        "data": {"baseType": kind, "baseData": {"ver": 2, **data}},
    }


def measured(browser: Any, url: str, app: str, turns: int) -> bool:
    """Print what was measured; return whether every bar is held."""
    pages = {
        "overview usable": (f"{url}/a/{app}/overview", overview_stands),
        f"transaction of {SPANS:,} spans": (f"{url}/a/{app}/tx/{TRACE}", transaction_stands),
    }
    good = True
    for name, (address, stands) in pages.items():
        took, worked = zip(*(opened(browser, address, stands) for _ in range(turns)), strict=True)
        middle = statistics.median(took)
        good = good and middle <= MAX_USABLE_MS
        print(
            f"{name}: median {middle:.0f} ms, best {min(took):.0f}, worst {max(took):.0f}"
            f" (bar {MAX_USABLE_MS:.0f}); scripts {statistics.median(worked):.0f} ms"
            f"{'' if middle <= MAX_USABLE_MS else '  MISSED'}"
        )
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{url}/a/{app}/tx/{TRACE}")
    transaction_stands(page)
    page.get_by_role("tree", name="Timeline").focus()
    page.keyboard.press("Home")
    good = told("folding", page, '[role="tree"]', FOLDS, "fold") and good
    page.goto(f"{url}/a/{app}/logs")
    expect(page.get_by_test_id("editor")).to_be_visible(timeout=PATIENCE_MS)
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(f"requests | take {ROWS}")
    page.keyboard.press("Escape")
    with page.expect_response("**/portal/api/query"):
        page.keyboard.press("Shift+Enter")
    expect(page.locator(".grid-row").nth(5)).to_be_visible(timeout=PATIENCE_MS)
    for name, kind in {"the wheel": "wheel", "the bar": "scroll"}.items():
        what = f"scrolling {ROWS:,} rows by {name}"
        good = told(what, page, '[role="treegrid"]', SCROLLS, kind) and good
    return good


LONGEST_TASK = """() => {
    window.longest = 0;
    new PerformanceObserver(list => list.getEntries().forEach(
        one => { window.longest = Math.max(window.longest, one.duration); },
    )).observe({type: 'longtask', buffered: true});
}"""


def laid_out(browser: Any, address: str, turns: int) -> bool:
    """Print how long the map's worker took for its nodes; return whether the bar is held."""
    took, longest, nodes = [], [], 0
    for _ in range(turns):
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(PATIENCE_MS)
        page.goto(address)
        page.evaluate(LONGEST_TASK)
        box = page.locator(".map-box[data-layout-ms]")
        box.wait_for()
        took.append(float(box.get_attribute("data-layout-ms")))
        nodes = page.locator("button[data-node]").count()
        longest.append(float(page.evaluate("window.longest")))
        page.close()
    middle = statistics.median(took)
    held = middle <= MAX_LAYOUT_MS and nodes == ROLES + TARGETS + 1
    print(
        f"map of {nodes} nodes laid out in its worker: median {middle:.0f} ms, best {min(took):.0f},"
        f" worst {max(took):.0f} (bar {MAX_LAYOUT_MS:.0f}); longest task of the page's thread"
        f" {statistics.median(longest):.0f} ms{'' if held else '  MISSED'}"
    )
    return held


def told(name: str, page: Page, selector: str, steps: int, kind: str) -> bool:
    """Print the frames a second of so many steps; return whether there were enough."""
    expect(page.locator(selector).first).to_be_visible(timeout=PATIENCE_MS)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    before = script_ms(session)
    seen = page.evaluate(FRAMES, [selector, steps, kind])
    worked = script_ms(session) - before
    rate = seen["frames"] / seen["seconds"]
    held = rate >= MIN_FRAMES_PER_S
    print(
        f"{name}: {rate:.0f} frames a second over {seen['frames']}, worst {seen['worst']:.0f} ms"
        f" (bar {MIN_FRAMES_PER_S:.0f}); main thread {worked / seen['frames']:.1f} ms a frame"
        f"{'' if held else '  MISSED'}"
    )
    return held


def opened(browser: Any, address: str, stands: Callable[[Page], None]) -> tuple[float, float]:
    """Open an address in a browser that knows nothing of it; return elapsed and script ms."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE_MS)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    started = time.perf_counter()
    page.goto(address, wait_until="commit")
    stands(page)
    took = (time.perf_counter() - started) * 1_000
    worked = script_ms(session)
    page.close()
    return took, worked


def script_ms(session: CDPSession) -> float:
    """Return what the page's main thread worked so far."""
    found = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return float(found["TaskDuration"]) * 1_000


def overview_stands(page: Page) -> None:
    page.wait_for_function(
        """() => document.querySelectorAll('.chart canvas').length >= 3
            && document.querySelectorAll('main tbody tr').length >= 3
            && !document.querySelector('main .skeleton')"""
    )


def transaction_stands(page: Page) -> None:
    page.wait_for_function("() => document.querySelectorAll('[role=\"treeitem\"]').length > 15")


if __name__ == "__main__":
    raise SystemExit(main())
