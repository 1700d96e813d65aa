"""What probes find of real peers: good ones, broken ones and hostile ones."""

from __future__ import annotations

import asyncio
import gzip
import zlib

import pytest

from openinsights.availability.connection import Dialing
from openinsights.availability.prober import Prober, retry_after_s
from openinsights.availability.test import (
    AvailabilityTest,
    ContentMatch,
    HttpProbe,
    Step,
)
from openinsights.availability.web import MOST_BYTES
from openinsights.outside.addresses import AddressPolicy


def a_test(probe, **more):
    named = {"test_id": "t", "app_id": "a", "name": "n", "resource_name": "n", "target": "target"}
    return AvailabilityTest(**named, probe=probe, **more)


def run(dialing, clock, probe, attempts=1, waits=None, **more):
    async def sleep(seconds):
        waits.append(seconds)

    async def runs():
        prober = Prober(dialing, None, clock, sleep)
        return await prober.run(a_test(probe, **more), "local", attempts)

    return asyncio.run(runs())


@pytest.fixture
def ask(dialing, clock, peer):
    """Ask the peer for one path."""

    def ask(path="/", attempts=1, waits=None, timeout_s=20.0, with_dialing=dialing, **step):
        probe = HttpProbe((Step(f"{peer.url}{path}", **step),))
        return run(with_dialing, clock, probe, attempts, waits, timeout_s=timeout_s)

    return ask


def test_passes_when_status_and_content_are_as_expected(ask, peer):
    peer.page("/", "Welcome to the shop")
    found = ask(
        content=(ContentMatch("welcome", ignores_case=True), ContentMatch("404", False, False))
    )
    assert found.outcome.passed
    assert found.outcome.message == "status 200"
    assert found.outcome.size_bytes == 19
    assert found.outcome.address == "127.0.0.1"
    [step] = found.outcome.steps
    assert step.status == 200
    assert found.duration_ms >= found.outcome.timings.whole > 0


@pytest.mark.parametrize(
    ("expected", "came", "message"),
    [
        (200, 503, "status 503 came, 200 is expected"),
        (0, 404, "status 404 came, one below 400 is expected"),
        (0, 204, ""),
        (None, 500, ""),
        (401, 401, ""),
    ],
)
def test_status_is_held_against_what_is_expected(ask, peer, expected, came, message):
    peer.page("/", "", status=came)
    outcome = ask(status=expected).outcome
    assert outcome.passed is not bool(message)
    assert message in outcome.message


@pytest.mark.parametrize(
    ("match", "message"),
    [
        (ContentMatch("Basket"), "the answer does not hold 'Basket'"),
        (ContentMatch("SHOP"), "the answer does not hold 'SHOP'"),
        (ContentMatch("SHOP", True), ""),
        (ContentMatch("shop", False, False), "the answer holds 'shop', which it must not"),
        (ContentMatch("Shop", False, False), ""),
    ],
)
def test_content_is_looked_for_by_the_rule_of_case(ask, peer, match, message):
    peer.page("/", "the shop is open")
    outcome = ask(content=(match,)).outcome
    assert outcome.passed is not bool(message)
    assert message in outcome.message


def test_request_is_sent_as_its_author_wrote_it(ask, peer):
    peer.page("/pay", "paid")
    ask("/pay", verb="POST", body=b'{"a":1}', headers=(("content-type", "application/json"),))
    [(verb, path, headers, body)] = peer.requests
    assert (verb, path, body) == ("POST", "/pay", b'{"a":1}')
    assert headers["content-type"] == "application/json"
    assert headers["host"] == peer.url.removeprefix("http://")


def test_redirects_are_followed_with_cookies_and_not_beyond_ten(ask, peer):
    peer.page("/", status=302, headers=[("location", "/in"), ("set-cookie", "id=7; Path=/")])
    peer.page("/in", "in")
    assert ask(content=(ContentMatch("in"),)).outcome.passed
    assert peer.requests[-1][2]["cookie"] == "id=7"
    peer.page("/loop", status=301, headers=[("location", "/loop")])
    peer.requests.clear()
    outcome = ask("/loop").outcome
    assert not outcome.passed
    assert "more than 10 redirects" in outcome.message
    assert len(peer.requests) == 11


def test_redirect_is_an_answer_where_none_are_followed(ask, peer):
    peer.page("/", status=302, headers=[("location", "/in")])
    assert ask(status=302, follows_redirects=False).outcome.passed
    assert len(peer.requests) == 1


def test_secrets_stay_with_the_host_they_are_for(ask, peer, peer_with):
    with peer_with() as other:
        other.page("/", "other")
        peer.page("/", status=307, headers=[("location", f"{other.url}/")])
        assert ask(headers=(("Authorization", "Bearer s"), ("x-kept", "1"))).outcome.passed
        [(_, _, headers, _)] = other.requests
    assert "authorization" not in headers
    assert headers["x-kept"] == "1"
    assert peer.requests[0][2]["authorization"] == "Bearer s"


def test_dependents_have_to_load_and_are_named_when_they_do_not(ask, peer):
    page = '<img src=a.png><script src="/b.js"></script><link rel=stylesheet href=c.css>'
    peer.page("/", page, kind="text/html; charset=utf-8")
    peer.page("/a.png")
    peer.page("/b.js")
    outcome = ask(loads_dependents=True).outcome
    assert not outcome.passed
    assert f"{peer.url}/c.css, which the page loads, answered with status 404" in outcome.message
    peer.page("/c.css")
    assert ask(loads_dependents=True).outcome.passed
    parents = {headers["traceparent"] for _, _, headers, _ in peer.requests[-4:]}
    assert len(parents) == 1


def test_no_more_than_fifteen_dependents_load(ask, peer):
    peer.page("/", "".join(f"<img src=/{n}.png>" for n in range(40)), kind="text/html")
    for n in range(15):
        peer.page(f"/{n}.png")
    assert ask(loads_dependents=True).outcome.passed
    assert len(peer.requests) == 16


def test_steps_run_in_order_until_one_fails(dialing, clock, peer):
    peer.page("/1")
    steps = tuple(Step(f"{peer.url}/{n}", name=f"step {n}") for n in (1, 2, 3))
    outcome = run(dialing, clock, HttpProbe(steps)).outcome
    assert not outcome.passed
    assert outcome.message == "step 2 of 3, step 2: status 404 came, 200 is expected"
    assert [each.name for each in outcome.steps] == ["step 1", "step 2"]
    assert [path for _, path, _, _ in peer.requests] == ["/1", "/2"]


async def hang(reader, writer):
    await reader.read()


async def drip(reader, writer):
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("behaviour", [hang, drip])
def test_whoever_takes_too_long_fails_and_is_left(ask, peer, behaviour):
    peer.answers["/"] = behaviour
    found = ask(timeout_s=0.2)
    assert not found.outcome.passed
    assert found.outcome.message == "no whole answer came within 0.2 s"
    assert found.outcome.steps[0].name == f"{peer.url}/"


def test_endless_body_is_read_to_a_bound_and_looked_at(ask, peer):
    async def endless(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nwelcome")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    peer.answers["/"] = endless
    found = ask(content=(ContentMatch("welcome"),))
    assert found.outcome.passed
    assert found.outcome.size_bytes == MOST_BYTES
    missing = ask(content=(ContentMatch("goodbye"),)).outcome
    assert "the rest was not read" in missing.message


def test_packed_answer_is_unpacked_and_a_bomb_is_not(ask, peer):
    packed = [("content-encoding", "gzip")]
    peer.page("/", gzip.compress(b"the shop"), headers=packed)
    assert ask(content=(ContentMatch("the shop"),)).outcome.passed
    bomb = zlib.compressobj(1, wbits=31)
    content = b"".join(bomb.compress(bytes(1 << 20)) for _ in range(30)) + bomb.flush()
    peer.page("/bomb", content, headers=packed)
    outcome = ask("/bomb").outcome
    assert outcome.passed
    assert outcome.size_bytes == MOST_BYTES
    peer.page("/broken", b"no gzip at all", headers=packed)
    assert "broke off" in ask("/broken").outcome.message


def test_answer_that_breaks_off_fails_with_what_happened(ask, peer):
    peer.answers["/"] = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort"
    assert "broke off" in ask().outcome.message
    peer.answers["/"] = b"this is no http\r\n\r\n"
    assert "broke off" in ask().outcome.message


def test_nobody_there_is_told_as_such(dialing, clock):
    outcome = run(dialing, clock, HttpProbe((Step("http://127.0.0.1:1/"),))).outcome
    assert outcome.message == "cannot connect to 127.0.0.1:1 at 127.0.0.1: Connection refused"


@pytest.mark.parametrize("private", [True, False])
def test_metadata_addresses_are_never_called(clock, peer, ask, private):
    """Directly, behind a name, behind a redirect, and as what a page loads."""
    asked = []

    async def resolve(host, port):
        asked.append(host)
        return {"harmless.test": ["169.254.169.254"], "peer.test": ["127.0.0.1"]}[host]

    dialing = Dialing(AddressPolicy(private), resolve=resolve)
    outcome = run(dialing, clock, HttpProbe((Step("http://harmless.test/"),))).outcome
    assert "never called" in outcome.message
    if not private:
        return
    port = peer.url.rpartition(":")[2]
    peer.page("/", status=302, headers=[("location", "http://harmless.test/latest/meta-data")])
    peer.page("/page", "<img src=http://harmless.test/a.png>", kind="text/html")
    for step in (
        Step(f"http://peer.test:{port}/"),
        Step(f"http://peer.test:{port}/page", loads_dependents=True),
    ):
        outcome = run(dialing, clock, HttpProbe((step,))).outcome
        assert not outcome.passed
        assert "never called" in outcome.message


def test_private_addresses_are_refused_where_the_operator_says_so(clock, peer):
    peer.page("/")
    dialing = Dialing(AddressPolicy(private=False))
    outcome = run(dialing, clock, HttpProbe((Step(peer.url),))).outcome
    assert "the setting private_addresses allows those" in outcome.message
    assert peer.requests == []


def test_failure_counts_after_three_attempts_in_a_row(ask, peer):
    waits = []
    found = ask(attempts=3, waits=waits)
    assert not found.outcome.passed
    assert found.attempts == 3
    assert len(peer.requests) == 3
    assert waits == [20.0, 20.0]
    ids = [headers["traceparent"] for _, _, headers, _ in peer.requests]
    assert len(set(ids)) == 3
    assert found.trace_id in ids[-1]


def test_attempt_that_passes_ends_the_retries(ask, peer):
    async def second_time(reader, writer):
        status = 200 if len(peer.requests) == 2 else 500
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n".encode())
        await writer.drain()

    peer.answers["/"] = second_time
    found = ask(attempts=3, waits=[])
    assert found.outcome.passed
    assert found.attempts == 2


def test_attempts_stand_closer_where_the_frequency_is_high():
    assert [retry_after_s(each) for each in (300, 60, 10)] == [20.0, 10.0, 10 / 6]
