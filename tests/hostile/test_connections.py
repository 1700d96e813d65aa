"""What comes over a bare socket: no request, half a request, many at once, far too much of one."""

from __future__ import annotations

import json
import uuid

import pytest

HOST = b"Host: 127.0.0.1\r\n"
TRACK = b"POST /v2.1/track HTTP/1.1\r\n" + HOST


def post(body: bytes) -> bytes:
    return TRACK + b"Content-Length: %d\r\n\r\n" % len(body) + body


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /" + b"a" * 2_000_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        TRACK + b"Content-Length: -5\r\n\r\nabc",
        TRACK + b"Content-Length: 9999999999999999999999\r\n\r\nabc",
        TRACK + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        TRACK + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        TRACK + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nabc",
        b"OPTIONS /v2.1/track HTTP/1.1\r\n" + HOST + b"X: a\x01b\r\n\r\n",
    ],
    ids=[
        "noise", "tls", "http 2", "endless path", "negative length", "endless length",
        "two lengths", "length and chunks", "bad chunk", "control character",
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused_and_hung_up_on(target, sent):
    assert target.raw(sent)[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 431")


def test_requests_on_one_connection_are_answered_in_order(target):
    message = f"piped {uuid.uuid4()}"
    last = b"GET /health HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"

    answers = target.raw(post(json.dumps(target.trace(message)).encode()) + post(b"[]") + last)

    assert answers.count(b"HTTP/1.1 200 OK") == 3
    assert answers.index(b'"itemsAccepted":1') < answers.index(b'"itemsAccepted":0')
    assert target.count(message) == 1


def test_a_sender_that_leaves_in_the_middle_of_a_body_harms_nobody(target):
    message = f"after {uuid.uuid4()}"
    for _ in range(200):
        with target.connection() as one:
            one.sendall(TRACK + b"Content-Length: 100000\r\n\r\n[")

    assert target.track([target.trace(message)]).status == 200
    assert target.count(message) == 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/track", 405),
        ("PUT", "/v2.1/track", 405),
        ("POST", "//v2.1//track", 400),
        ("POST", "/v3/track", 404),
        ("TRACE", "/", 405),
        ("GET", "/assets/../../../../etc/passwd", 404),
        ("GET", "/assets/..%2f..%2f..%2f..%2fetc%2fpasswd", 404),
        ("GET", "/assets/..%5c..%5cspa.py", 404),
        ("GET", "/assets/%00", 404),
        ("GET", "/assets/a%00b", 404),
        ("GET", "/assets/" + "a" * 5_000, 404),
        ("GET", "/assets/%2e%2e/index.html", 404),
        ("GET", "/api/profiles/%00/appId", 404),
        ("GET", "/v1/apps/%00/query?query=print+1", 404),
        ("GET", "/v1/apps/%ff%fe/query?query=print+1", 404),
        ("GET", "/v1/apps/..%2f..%2f/query?query=print+1", 404),
        ("GET", "/v1/apps/a%0d%0aX-Evil:1/query?query=print+1", 404),
        ("GET", "/portal/api/tile/..%2f..%2fx", 404),
        ("GET", "/openapi.yaml", 404),
    ],
)
def test_paths_that_lead_nowhere_are_not_faults(target, method, path, status):
    reply = target.ask(method, path)

    assert reply.status == status, reply.text[:300]
    assert "x-evil" not in {name.lower() for name in reply.headers}


@pytest.mark.faults
@pytest.mark.parametrize("length", [b"16777216", b"16000000", b"1000"])
def test_a_body_that_never_comes_stops_nobody(lone_target, length):
    held = [lone_target.connection() for _ in range(40)]
    try:
        for each in held:
            each.__enter__().sendall(TRACK + b"Content-Length: " + length + b"\r\n\r\n[")
        reply = lone_target.track([lone_target.trace()])
        assert reply.status == 200, reply.text
    finally:
        for each in held:
            each.__exit__(None, None, None)


@pytest.mark.faults
def test_many_half_sent_requests_leave_the_server_answering(lone_target):
    held = [lone_target.connection() for _ in range(800)]
    try:
        for each in held:
            each.__enter__().sendall(TRACK + b"X-Slow: ")
        with lone_target.slowest_answer() as longest:
            assert lone_target.track([lone_target.trace()]).status == 200
        assert longest[0] < 2.0
        assert lone_target.resident_mib() < 300
    finally:
        for each in held:
            each.__exit__(None, None, None)
