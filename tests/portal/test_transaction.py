"""One operation from end to end, in a real browser."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
LARGE = "0af7651916cd43dd8448eb211c80319c"
STACK = [
    {"level": 0, "method": "charge", "fileName": "payments/app.py", "line": 42},
    {"level": 1, "method": "send", "fileName": "/v/lib/python3.11/site-packages/h.py", "line": 7},
]


@pytest.fixture(scope="session")
def checkout(sender: Any) -> Any:
    """One failed checkout over three services, and one operation of two thousand spans."""
    at = datetime.now(timezone.utc) - timedelta(minutes=5)
    make = Calls(sender.envelope, at)
    return sender.send("portal-tx", lambda key: [*make.failed(key), *make.many(key)])


class Calls:
    """Envelopes of spans, and of what happened in them."""

    def __init__(self, envelope: Callable[..., dict[str, Any]], at: datetime) -> None:
        self._envelope = envelope
        self._at = at

    def _made(
        self, key: str, kind: str, ms: float, role: str, parent: str, **data: Any
    ) -> dict[str, Any]:
        at = self._at + timedelta(milliseconds=ms)
        trace = LARGE if role == "batch" else TRACE
        return self._envelope(key, kind, at, role, "POST /checkout", trace, parent, **data)

    def _request(self, key: str, ms: float, role: str, parent: str, **data: Any) -> dict[str, Any]:
        return self._made(key, "RequestData", ms, role, parent, **data)

    def _call(self, key: str, ms: float, role: str, parent: str, **data: Any) -> dict[str, Any]:
        return self._made(key, "RemoteDependencyData", ms, role, parent, **data)

    def failed(self, key: str) -> list[dict[str, Any]]:
        charge = {"name": "POST /charge", "success": False}
        thrown = {
            "id": 1,
            "typeName": "PaymentDeclined",
            "message": "insufficient <b>funds</b>",
            "hasFullStack": True,
            "parsedStack": STACK,
        }
        return [
            self._request(
                key, 0, "web", "", id="aa00000000000001", name="POST /checkout", duration=900,
                responseCode="502", success=False, url="http://web/checkout",
                properties={"payment": "stripe"},
            ),
            self._call(
                key, 20, "web", "aa00000000000001", id="bb00000000000002", duration=860,
                type="HTTP", target="payments", resultCode="502", **charge,
            ),
            # A clock that is late: without care this bar would stand outside its caller.
            self._request(
                key, 1_400, "payments", "bb00000000000002", id="cc00000000000003", duration=800,
                responseCode="500", **charge,
            ),
            *(
                self._call(
                    key, 1_410 + n * 20, "payments", "cc00000000000003", id=f"dd{n:014x}",
                    name="SELECT cart", duration=15, type="SQL", target="orders.db",
                    resultCode="0", success=True, data="SELECT * FROM cart WHERE id = ?",
                )
                for n in range(12)
            ),
            self._call(
                key, 50, "mailer", "ffffffffffffffff", id="ee00000000000005", name="send receipt",
                duration=30, type="InProc", success=True,
            ),
            self._made(
                key, "ExceptionData", 480, "payments", "cc00000000000003",
                exceptions=[thrown], properties={},
            ),
            self._made(
                key, "MessageData", 450, "payments", "cc00000000000003",
                message="asking the bank", severityLevel=1,
            ),
        ]  # fmt: skip

    def many(self, key: str) -> list[dict[str, Any]]:
        first = self._request(
            key, 0, "batch", "", id="f000000000000000", name="run", duration=4_000,
            responseCode="200", success=True,
        )  # fmt: skip
        return [first] + [
            self._call(
                key, n, "batch", f"f{(n - 1) // 3:015x}", id=f"f{n:015x}", name=f"step {n}",
                duration=2_000 - n / 2, type="InProc", success=True,
            )
            for n in range(1, 2_000)
        ]  # fmt: skip


def timeline(page: Page) -> Any:
    return page.get_by_role("tree", name="Timeline")


def line(page: Page, name: str) -> Any:
    return timeline(page).get_by_role("treeitem", name=name)


def test_a_failed_checkout_from_end_to_end(
    portal: Page, checkout: Any, picture: Callable[[str], None]
) -> None:
    portal.goto(checkout.at(f"tx/{TRACE}"))
    head = portal.get_by_role("main")
    expect(head.get_by_role("heading", name="POST /checkout", level=1)).to_be_visible()
    expect(head).to_contain_text("Failed 502")
    expect(head).to_contain_text("16 spans · 3 components · 1 exception · 1 log line")
    expect(line(portal, "Request, POST /checkout, web, 900 ms, failed")).to_be_visible()
    expect(line(portal, "12 times SELECT cart")).to_have_attribute("aria-expanded", "false")
    expect(line(portal, "Parent ffffffffffffffff is not among the telemetry")).to_be_visible()
    expect(portal.get_by_label("Share of the time by component")).to_contain_text("orders.db")
    picture("transaction-light")


def test_arrow_keys_walk_the_tree_and_details_follow(portal: Page, checkout: Any) -> None:
    portal.goto(checkout.at(f"tx/{TRACE}"))
    details = portal.get_by_role("region", name="Details")
    expect(details).to_contain_text("payment")
    timeline(portal).focus()
    portal.keyboard.press("ArrowDown")
    expect(details).to_contain_text("Dependency · web")
    portal.keyboard.press("ArrowDown")
    expect(details).to_contain_text("Request · payments")
    expect(details).to_contain_text("differs: drawn")
    details.get_by_role("tab", name="Exception").click()
    expect(details).to_contain_text("insufficient <b>funds</b>")
    expect(details).to_contain_text("payments/app.py:42")
    expect(details).not_to_contain_text("site-packages")
    details.get_by_role("button", name="Show 1 frames of libraries").click()
    expect(details).to_contain_text("site-packages")
    details.get_by_role("tab", name="Logs (1)").click()
    expect(details).to_contain_text("asking the bank")
    timeline(portal).focus()
    portal.keyboard.press("ArrowDown")
    portal.keyboard.press("ArrowRight")
    expect(line(portal, "Dependency, SELECT cart")).to_have_count(12)
    portal.keyboard.press("ArrowLeft")
    expect(line(portal, "Dependency, SELECT cart")).to_have_count(0)


def test_the_address_holds_what_is_chosen(portal: Page, checkout: Any) -> None:
    portal.goto(checkout.at(f"tx/{TRACE}"))
    line(portal, "Request, POST /charge").click()
    portal.get_by_label("Logs inline").check()
    expect(line(portal, "Trace, asking the bank")).to_be_visible()
    portal.get_by_label("Critical path").check()
    expect(portal.locator(".tx-path").first).to_be_visible()
    portal.reload()
    expect(portal.get_by_role("region", name="Details")).to_contain_text("Request · payments")
    expect(line(portal, "Trace, asking the bank")).to_be_visible()
    portal.get_by_role("tab", name="All telemetry (18)").click()
    everything = portal.get_by_role("listbox", name="All telemetry")
    expect(everything.get_by_role("option")).to_have_count(18)
    everything.get_by_role("option", name=re.compile("PaymentDeclined")).click()
    expect(portal.get_by_role("region", name="Details")).to_contain_text("payments/app.py:42")


def test_two_thousand_spans_are_walked(portal: Page, checkout: Any) -> None:
    portal.goto(checkout.at(f"tx/{LARGE}"))
    expect(portal.get_by_role("main")).to_contain_text("2,000 spans")
    assert timeline(portal).get_by_role("treeitem").count() < 100
    timeline(portal).focus()
    portal.keyboard.press("End")
    expect(portal.get_by_role("region", name="Details")).to_contain_text("step")
    portal.keyboard.press("Home")
    portal.keyboard.press("ArrowLeft")
    expect(timeline(portal).get_by_role("treeitem")).to_have_count(1)


def test_an_operation_id_is_all_that_is_needed(portal: Page, checkout: Any) -> None:
    portal.goto(f"{checkout.url}/tx/{TRACE}")
    expect(portal).to_have_url(re.compile(rf"/a/{checkout.app_id}/tx/{TRACE}"))
    expect(portal.get_by_role("heading", name="POST /checkout", level=1)).to_be_visible()
    portal.keyboard.press("Control+k")
    portal.get_by_role("combobox").fill(LARGE)
    portal.keyboard.press("Enter")
    expect(portal.get_by_role("heading", name="run", level=1)).to_be_visible()


def test_an_unknown_operation_says_so(portal: Page, checkout: Any) -> None:
    portal.goto(checkout.at("tx/00000000000000000000000000000001"))
    expect(portal.get_by_role("main")).to_contain_text("No telemetry of this operation")
