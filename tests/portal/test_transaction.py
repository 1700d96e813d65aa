"""One operation from end to end, in a real browser."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from conftest import Shop, duration_text, envelope, part
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
def checkout(server: Any) -> Shop:
    """One failed checkout over three services, and one operation of two thousand spans."""
    facts = server.create_resource("portal-tx")
    key = part(facts["connection_string"], "InstrumentationKey")
    at = datetime.now(timezone.utc) - timedelta(minutes=5)
    sent = [*failed_checkout(key, at), *many_calls(key, at)]
    for start in range(0, len(sent), 500):
        reply = server.post("/v2.1/track", sent[start : start + 500])
        assert reply["itemsAccepted"] == reply["itemsReceived"]
    return Shop(server.url, "portal-tx", facts)


def span(
    key: str,
    at: datetime,
    role: str,
    name: str,
    place: tuple[str, str],
    ms: float,
    trace: str = TRACE,
    **data: Any,
) -> dict[str, Any]:
    own, parent = place
    kind = "RequestData" if "responseCode" in data else "RemoteDependencyData"
    body = {"id": own, "name": name, "duration": duration_text(ms), "success": True, **data}
    made = envelope(key, kind, at, role, "POST /checkout", trace, body)
    if parent:
        made["tags"]["ai.operation.parentId"] = parent
    return made


def failed_checkout(key: str, at: datetime) -> list[dict[str, Any]]:
    def after(ms: float) -> datetime:
        return at + timedelta(milliseconds=ms)

    failed = {"success": False, "resultCode": "502"}
    thrown = envelope(
        key,
        "ExceptionData",
        after(480),
        "payments",
        "POST /checkout",
        TRACE,
        {
            "exceptions": [
                {
                    "id": 1,
                    "typeName": "PaymentDeclined",
                    "message": "insufficient <b>funds</b>",
                    "hasFullStack": True,
                    "parsedStack": STACK,
                }
            ],
            "properties": {},
        },
    )
    thrown["tags"]["ai.operation.parentId"] = "cc00000000000003"
    said = envelope(
        key,
        "MessageData",
        after(450),
        "payments",
        "POST /checkout",
        TRACE,
        {"message": "asking the bank", "severityLevel": 1},
    )
    said["tags"]["ai.operation.parentId"] = "cc00000000000003"
    return [
        span(
            key, at, "web", "POST /checkout", ("aa00000000000001", ""), 900,
            responseCode="502", success=False, url="http://web/checkout",
            properties={"payment": "stripe"},
        ),
        span(
            key, after(20), "web", "POST /charge", ("bb00000000000002", "aa00000000000001"), 860,
            type="HTTP", target="payments", **failed,
        ),
        # A clock that is a second late: without care this bar would stand outside its caller.
        span(
            key, after(1_400), "payments", "POST /charge", ("cc00000000000003", "bb00000000000002"),
            800, responseCode="500", success=False,
        ),
        *(
            span(
                key, after(1_410 + n * 20), "payments", "SELECT cart",
                (f"dd{n:014x}", "cc00000000000003"), 15, type="SQL", target="orders.db",
                resultCode="0", data="SELECT * FROM cart WHERE id = ?",
            )
            for n in range(12)
        ),
        span(
            key, after(50), "mailer", "send receipt", ("ee00000000000005", "ffffffffffffffff"), 30,
            type="InProc",
        ),
        thrown,
        said,
    ]  # fmt: skip


def many_calls(key: str, at: datetime) -> list[dict[str, Any]]:
    made = [
        span(key, at, "batch", "run", ("f000000000000000", ""), 4_000, LARGE, responseCode="200")
    ]
    for number in range(1, 2_000):
        parent = f"f{(number - 1) // 3:015x}"
        made.append(
            span(
                key,
                at + timedelta(milliseconds=number),
                "batch",
                f"step {number}",
                (f"f{number:015x}", parent),
                2_000 - number / 2,
                LARGE,
                type="InProc",
            )
        )
    return made


def timeline(page: Page) -> Any:
    return page.get_by_role("tree", name="Timeline")


def line(page: Page, name: str) -> Any:
    return timeline(page).get_by_role("treeitem", name=re.compile(name))


def test_a_failed_checkout_from_end_to_end(
    portal: Page, checkout: Shop, picture: Callable[[str], None]
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


def test_arrow_keys_walk_the_tree_and_details_follow(portal: Page, checkout: Shop) -> None:
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


def test_the_address_holds_what_is_chosen(portal: Page, checkout: Shop) -> None:
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


def test_two_thousand_spans_are_walked(portal: Page, checkout: Shop) -> None:
    portal.goto(checkout.at(f"tx/{LARGE}"))
    expect(portal.get_by_role("main")).to_contain_text("2,000 spans")
    assert timeline(portal).get_by_role("treeitem").count() < 100
    timeline(portal).focus()
    portal.keyboard.press("End")
    expect(portal.get_by_role("region", name="Details")).to_contain_text("step")
    portal.keyboard.press("Home")
    portal.keyboard.press("ArrowLeft")
    expect(timeline(portal).get_by_role("treeitem")).to_have_count(1)


def test_an_operation_id_is_all_that_is_needed(portal: Page, checkout: Shop) -> None:
    portal.goto(f"{checkout.url}/tx/{TRACE}")
    expect(portal).to_have_url(re.compile(rf"/a/portal-tx/tx/{TRACE}"))
    expect(portal.get_by_role("heading", name="POST /checkout", level=1)).to_be_visible()
    portal.keyboard.press("Control+k")
    portal.get_by_role("combobox").fill(LARGE)
    portal.keyboard.press("Enter")
    expect(portal.get_by_role("heading", name="run", level=1)).to_be_visible()


def test_an_unknown_operation_says_so(portal: Page, checkout: Shop) -> None:
    portal.goto(checkout.at("tx/00000000000000000000000000000001"))
    expect(portal.get_by_role("main")).to_contain_text("No telemetry of this operation")
