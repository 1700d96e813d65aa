"""Bodies and views of Live Metrics that nobody in their right mind sends, and a crowd of viewers."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
from urllib.parse import quote

import pytest
from tests.hostile.conftest import target_on

MIB = 1024 * 1024
PING, POST = "/QuickPulseService.svc/ping", "/QuickPulseService.svc/post"
VIEWERS = 1_000


def point(**more):
    return {
        "InvariantVersion": 5,
        "Instance": "web-1",
        "RoleName": "shop",
        "StreamId": "0af7651916cd43dd8448eb211c80319c",
        "Timestamp": "/Date(1795248000000)/",
        **more,
    }


def document(**more):
    return {"DocumentType": "Request", "DocumentStreamIds": ["samples"], "Name": "GET /", **more}


def nested(depth, opening="[", closing="]"):
    return (opening * depth + closing * depth).encode()


@pytest.fixture
def watched(target):
    """Somebody looks, so that what is posted is read and shown."""
    look(target)
    return target


def look(target):
    reply = target.ask("GET", f"/api/live/{target.name}/latest")
    assert reply.status == 200, reply.text[:300]
    return reply.json


def send(target, path, body, encoding=""):
    headers = {"Content-Type": "application/json"}
    if encoding:
        headers["Content-Encoding"] = encoding
    return target.ask("POST", f"{path}?ikey={target.key}", body, headers)


@pytest.mark.parametrize("path", [PING, POST])
@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (os.urandom(5_000), "", 400),
        (bytes(5_000), "", 400),
        (os.urandom(5_000), "gzip", 400),
        (gzip.compress(b"[]" * 5_000, mtime=0)[:-9], "gzip", 400),
        (gzip.compress(bytes(200 * MIB), mtime=0), "gzip", 413),
        (b" " * (3 * MIB), "", 413),
        (b"[]", "br", 415),
        (b"[]", "gzip, gzip", 415),
        (b'"text"', "", 400),
        (b"1", "", 400),
        (b"\xff\xfe[]", "", 400),
        (nested(100_000), "", 400),
        (nested(100_000, '{"Metrics":', "}"), "", 400),
    ],
    ids=[
        "noise", "zeros", "packed noise", "packed and cut", "bomb", "too long", "unknown packing",
        "packed twice", "text", "number", "no utf-8", "deep lists", "deep objects",
    ],
)  # fmt: skip
def test_a_body_that_is_no_list_of_points_is_refused_with_a_reason(
    watched, path, body, encoding, status
):
    reply = send(watched, path, body, encoding)
    if path == PING and status == 400 and not encoding:
        assert reply.status == 200, "what a ping says is not looked at"
    else:
        assert reply.status == status, reply.text[:300]
        assert b"cannot " in reply.body
    look(watched)


NUMBERS = '[1e999, -1e999, 1e308, -0.0, 0.1, 9007199254740993, 1, true, null, "NaN", []]'
STRANGE = [
    [],
    [point() for _ in range(2_000)],
    [point(Metrics=[{"Name": "a" * 100_000, "Value": 1, "Weight": 1}])],
    [point(Metrics=[{"Name": r"\ApplicationInsights\Requests/Sec", "Value": 1e308}] * 900)],
    [point(Metrics=[{"Name": f"m{n}", "Value": n} for n in range(5_000)])],
    [point(Metrics={"Name": "a"}, Documents="text", TopCpuProcesses=5)],
    [point(Metrics=[{"Name": r"\ApplicationInsights\Request Duration", "Weight": -5, "Value": 1}])],
    [point(StreamId=str(number), Instance="x" * 5_000) for number in range(500)],
    [point(Timestamp=one) for one in ("", "yesterday", "/Date(1e99)/", "9999-12-31T23:59:59Z", 5)],
    [point(Timestamp="/Date(-99999999999999999999)/"), point(Timestamp="0001-01-01T00:00:00Z")],
    [point(Documents=[document(Name="\ud800\udfff\x00\x1b[2J" * 1_000)])],
    [point(Documents=[document() for _ in range(3_000)])],
    [point(Documents=[document(Duration="P" + "9" * 4_000 + "D")])],
    [point(Documents=[document(Properties=[{"key": "k" * 9_000, "value": "v" * 200_000}])])],
    [point(Documents=[document(Properties=[{"key": str(n), "value": "v"} for n in range(2_000)])])],
    [point(Documents=[document(ResponseCode="٣٠٠", Success="maybe", OperationId=["a"])])],
    [point(Documents=[{"DocumentType": "__proto__"}, {"DocumentType": None}, None, 5, "x", []])],
    [point(CollectionConfigurationErrors=[{"Message": "e" * 50_000}] * 100)],
    [point(RoleName="<script>alert(1)</script>", MachineName="주문 🎉", Version="x" * 50_000)],
    [point(RoleName=5, Instance=None, StreamId={"a": 1}, IsWebApp="no")],
    [[point()], {"a": {}}, None, 5, "x", True],
]


@pytest.mark.parametrize("number", range(len(STRANGE)))
def test_points_of_any_kind_are_shown_or_refused_and_views_stay_readable(watched, number):
    reply = send(watched, POST, json.dumps(STRANGE[number]).encode())
    assert reply.status in (200, 400, 413), reply.text[:300]
    seen = look(watched)
    assert seen["sample"]["window_s"] == 60
    assert len(json.dumps(seen)) < 8 * MIB


@pytest.mark.parametrize("name", ["Value", "Weight"])
def test_numbers_of_any_kind_leave_views_readable(watched, name):
    for number in json.loads(NUMBERS.replace("1e999", "1e308")):
        metric = {"Name": r"\ApplicationInsights\Request Duration", "Value": 1, "Weight": 1}
        send(watched, POST, json.dumps([point(Metrics=[{**metric, name: number}])]).encode())
    body = '[{"StreamId":"s","Metrics":[{"Name":"n","%s":%s}]}]'
    for text in ("1e999", "-1e999", "NaN", "Infinity", "0x10", "01", "1" * 5_000):
        reply = send(watched, POST, (body % (name, text)).encode())
        assert reply.status in (200, 400), reply.text[:300]
    look(watched)


@pytest.mark.parametrize(
    "text",
    [
        "", "requests where", "requests where Url contains", "x" * 2_000, "\0", "\ud800",
        "requests where Url contains \"" + "\\" * 900, "((((((((((", "requests where a.b.c == 1",
        "avg(" * 200, "requests where Duration > 99999999999999999999999h", "'; drop table x; --",
        "requests where CustomDimensions." + "k" * 800 + " == 1",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["filter", "metric", "role", "since"])
def test_views_of_any_kind_are_opened_or_refused(target, name, text):
    value = quote(text.encode("utf-8", "surrogatepass"))
    reply = target.ask("GET", f"/api/live/{target.name}/latest?{name}={value}")
    assert reply.status in (200, 400), reply.text[:300]
    many = "&".join(f"filter={value}" for _ in range(30))
    assert target.ask("GET", f"/api/live/{target.name}/latest?{many}").status in (400, 431)


def test_many_posts_leave_the_server_small(watched):
    """More servers, samples and numbers than are held."""
    before = watched.resident_mib()
    heavy = document(Properties=[{"key": "k", "value": "v" * 30_000}])
    for number in range(200):
        points = [point(StreamId=f"{number}-{each}", Documents=[heavy] * 3) for each in range(10)]
        assert send(watched, POST, json.dumps(points).encode()).status == 200
    look(watched)
    assert watched.resident_mib() - before < 200


@pytest.mark.faults
def test_a_thousand_viewers_of_whom_half_read_nothing(stopped_server):
    stopped_server.folder.mkdir(parents=True, exist_ok=True)
    (stopped_server.folder / "settings.toml").write_text(f"max_live_viewers = {VIEWERS}\n")
    stopped_server.start()
    target = target_on(stopped_server)
    look(target)
    before = target.resident_mib()
    request = (
        f"GET /api/live/{target.name} HTTP/1.1\r\nHost: 127.0.0.1:{target.port}\r\n\r\n"
    ).encode()

    async def view():
        reader, writer = await asyncio.open_connection("127.0.0.1", target.port, limit=MIB)
        writer.write(request)
        await reader.readuntil(b"event: sample\n")
        return reader, writer

    async def seen(reader, count):
        for _ in range(count):
            await reader.readuntil(b"event: sample\n")

    async def crowd():
        views = []
        for _ in range(VIEWERS // 50):
            views += await asyncio.gather(*(view() for _ in range(50)))
        reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
        writer.write(request)
        assert b" 503 " in await reader.readline(), "one more is refused"
        writer.close()
        for stalled, _ in views[::2]:
            stalled._transport.pause_reading()
        await asyncio.gather(*(seen(reader, 5) for reader, _ in views[1::2]))
        used = target.resident_mib() - before
        for _, writer in views:
            writer.close()
        return used

    assert asyncio.run(crowd()) < 150
    assert target.ask("GET", "/health").status == 200
