from __future__ import annotations

import asyncio
import json
import socket
import threading
import time

import pytest
import uvicorn

from openinsights.http_connection import MAX_AHEAD, MAX_HEAD_BYTES, BoundedConnection

REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


class Impatient(BoundedConnection):
    head_timeout_s = 0.3


class Crowded(BoundedConnection):
    max_connections = 4


class Application:
    """Answers "ok" once it is let, and counts what it was asked."""

    def __init__(self):
        self.asked = 0
        self.free = threading.Event()
        self.free.set()

    async def __call__(self, scope, receive, send):
        self.asked += 1
        while (await receive()).get("more_body"):
            continue
        assert await asyncio.to_thread(self.free.wait, 30)
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def application():
    return Application()


def served(application, connection):
    config = uvicorn.Config(
        application,
        http=connection,
        ws="none",
        lifespan="off",
        log_config=None,
        timeout_keep_alive=1,
    )
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield listener.getsockname()
    application.free.set()
    server.should_exit = True
    thread.join(30)
    listener.close()
    assert not thread.is_alive()


@pytest.fixture
def address(application):
    yield from served(application, BoundedConnection)


@pytest.fixture
def crowded(application):
    yield from served(application, Crowded)


@pytest.fixture
def impatient(application):
    yield from served(application, Impatient)


def exchange(address, *parts):
    """Send the parts; return everything that comes until the server closes."""
    with socket.create_connection(address, timeout=30) as connection:
        for part in parts:
            connection.sendall(part)
        return everything(connection)


def everything(connection):
    received = bytearray()
    while chunk := connection.recv(65_536):
        received += chunk
    return bytes(received)


def closed(connection):
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False


def head(size):
    return b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx: " + b"a" * size + b"\r\n\r\n"


@pytest.mark.parametrize("size", [0, 1000, MAX_HEAD_BYTES - 1000])
def test_head_within_the_bound_is_served(address, size):
    assert exchange(address, head(size)).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "request_head",
    [
        head(MAX_HEAD_BYTES),
        b"GET /" + b"a" * MAX_HEAD_BYTES + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 40_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nx: " + b"a" * 400_000,
    ],
    ids=["value", "url", "many", "endless"],
)
def test_longer_head_is_answered_431(address, application, request_head):
    reply, body = exchange(address, request_head).split(b"\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 431 ")
    assert json.loads(body)["error"]["code"] == "RequestHeaderFieldsTooLarge"
    assert application.asked == 0


def test_head_in_small_pieces_counts_as_a_whole(address):
    whole = head(MAX_HEAD_BYTES)
    pieces = [whole[at : at + 8000] for at in range(0, len(whole), 8000)]
    assert exchange(address, *pieces).startswith(b"HTTP/1.1 431 ")


def test_long_body_is_no_head(address):
    post = b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 3000000\r\n\r\n"
    assert exchange(address, post, b"a" * 3_000_000).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("sent", [b"", b"GET / HTT", REQUEST[:-2], REQUEST + REQUEST[:-2]])
def test_head_that_does_not_come_ends_the_connection(impatient, sent):
    received = exchange(impatient, sent)
    assert received.count(b"HTTP/1.1 200") == sent.count(REQUEST)


def test_head_that_trickles_in_ends_the_connection(impatient):
    with socket.create_connection(impatient, timeout=30) as connection:
        connection.settimeout(0.02)
        connection.sendall(REQUEST[:-2])
        give_up = time.monotonic() + 30
        while not closed(connection):
            assert time.monotonic() < give_up
            connection.sendall(b"x: y\r\n")


def test_reply_that_takes_long_is_waited_for(impatient, application):
    application.free.clear()
    threading.Timer(1.0, application.free.set).start()
    request = REQUEST.replace(b"host: x", b"host: x\r\nconnection: close")
    assert exchange(impatient, request).startswith(b"HTTP/1.1 200 ")


def test_requests_sent_ahead_are_answered_in_order(address, application):
    last = REQUEST.replace(b"host: x", b"host: x\r\nconnection: close")
    assert exchange(address, REQUEST * (MAX_AHEAD - 1) + last).count(b"HTTP/1.1 200") == MAX_AHEAD


def test_no_more_requests_are_read_than_may_be_sent_ahead(address, application):
    application.free.clear()
    with socket.create_connection(address, timeout=30) as connection:
        connection.sendall(REQUEST * 3000)
        application.free.set()
        received = everything(connection)
    assert received.count(b"HTTP/1.1 200") == MAX_AHEAD + 1 == application.asked
    assert received.count(b"connection: close") == 1


def test_idle_connections_make_room_for_new_ones(crowded):
    idle = [socket.create_connection(crowded, timeout=30) for _ in range(4)]
    for connection in idle[1:]:
        connection.sendall(b"GET / HT")
    assert exchange(crowded, head(0)).startswith(b"HTTP/1.1 200 ")
    assert idle[0].recv(1) == b"", "the one that has waited the longest is closed"
    for connection in idle:
        connection.close()


def test_each_new_connection_takes_the_place_of_one(crowded):
    held = [socket.create_connection(crowded, timeout=30) for _ in range(4)]
    new = [socket.create_connection(crowded, timeout=30) for _ in range(3)]
    assert [everything(connection) for connection in held[:3]] == [b""] * 3
    last = REQUEST.replace(b"host: x", b"host: x\r\nconnection: close")
    for connection in (held[3], *new):
        connection.sendall(last)
        assert everything(connection).endswith(b"ok")
    for connection in (*held, *new):
        connection.close()


def test_connections_that_are_served_are_not_closed_for_new_ones(crowded, application):
    application.free.clear()
    busy = [socket.create_connection(crowded, timeout=30) for _ in range(4)]
    for connection in busy:
        connection.sendall(head(0))
    give_up = time.monotonic() + 30
    while application.asked < 4 and time.monotonic() < give_up:
        time.sleep(0.01)
    refused = exchange(crowded)
    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 5" in refused
    application.free.set()
    for connection in busy:
        assert everything(connection).startswith(b"HTTP/1.1 200 ")
        connection.close()


class Echo(Application):
    """Answers with the body that came."""

    async def __call__(self, scope, receive, send):
        parts, more = [], True
        while more:
            message = await receive()
            assert type(message["body"]) is bytes
            parts.append(message["body"])
            more = message["more_body"]
        body = b"".join(parts)
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture
def echoing():
    yield from served(Echo(), BoundedConnection)


@pytest.mark.parametrize("piece", [1, 7, 5_000, 70_000])
def test_a_body_is_what_its_pieces_are(echoing, piece):
    body = bytes(range(256)) * 400
    pieces = [body[start : start + piece] for start in range(0, len(body), piece)]
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in pieces) + b"0\r\n\r\n"
    start = b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"

    for rest in (
        b"transfer-encoding: chunked\r\n\r\n" + chunks,
        b"content-length: %d\r\n\r\n" % len(body) + body,
    ):
        assert exchange(echoing, start + rest).partition(b"\r\n\r\n")[2] == body
