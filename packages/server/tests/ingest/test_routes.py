from __future__ import annotations

import asyncio
import gzip
import json
import zlib

import pytest

from openinsights.ingest.routes import TrackEndpoint


@pytest.mark.parametrize("path", ["/v2/track", "/v2.1/track"])
def test_both_paths_take_telemetry(ingest, path) -> None:
    reply = ingest.request([ingest.envelope()], path=path)
    assert reply.status_code == 200
    assert reply.json() == {
        "itemsReceived": 1,
        "itemsAccepted": 1,
        "errors": [],
        "appId": "app-web",
    }
    assert reply.headers["content-type"] == "application/json; charset=utf-8"


def forms(one: dict, two: dict) -> dict[str, bytes]:
    first, second = json.dumps(one).encode(), json.dumps(two).encode()
    return {
        "array": b"[" + first + b"," + second + b"]",
        "lines": first + b"\n" + second + b"\n",
        "lines with carriage returns": first + b"\r\n" + second,
        "byte order mark": b"\xef\xbb\xbf[" + first + b", " + second + b"]\n",
        "one after the other": first + second,
    }


@pytest.mark.parametrize("form", forms({}, {}))
@pytest.mark.parametrize(
    "media_type", ["application/json", "application/x-json-stream", "text/plain"]
)
def test_every_form_of_body_is_taken_whatever_its_media_type(ingest, form, media_type) -> None:
    body = forms(ingest.envelope(name="a"), ingest.envelope(name="b"))[form]
    reply = ingest.request(body, content_type=media_type)
    assert reply.json()["itemsAccepted"] == 2
    assert sorted(row["name"] for row in ingest.rows("customEvents")) == ["a", "b"]


def test_a_single_object_is_taken(ingest) -> None:
    assert ingest.request(ingest.envelope()).json()["itemsAccepted"] == 1


def test_an_empty_array_is_answered_with_nothing_received(ingest) -> None:
    reply = ingest.request([])
    assert (reply.status_code, reply.json()["itemsReceived"]) == (200, 0)


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("identity", bytes),
        ("gzip", lambda body: gzip.compress(body[:50]) + gzip.compress(body[50:])),
    ],
    ids=["gzip", "upper case", "x-gzip", "deflate", "raw deflate", "identity", "two members"],
)
def test_packed_bodies_are_unpacked(ingest, encoding, pack) -> None:
    body = json.dumps([ingest.envelope(name="packed")]).encode()
    assert ingest.request(pack(body), content_encoding=encoding).status_code == 200
    assert ingest.row("customEvents")["name"] == "packed"


def test_the_same_body_packed_and_plain_is_stored_once(ingest) -> None:
    body = json.dumps([ingest.envelope()]).encode()
    assert ingest.request(body).status_code == 200
    assert ingest.request(gzip.compress(body), content_encoding="gzip").status_code == 200
    assert ingest.count("customEvents") == 1


def test_a_browser_may_ask_from_another_origin(ingest) -> None:
    reply = ingest.request(
        b"",
        method="OPTIONS",
        origin="https://shop.example",
        access_control_request_method="POST",
        access_control_request_headers="content-type,sdk-context",
    )
    assert reply.status_code == 204
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "POST" in reply.headers["access-control-allow-methods"]
    assert reply.headers["access-control-allow-headers"] == "content-type,sdk-context"
    assert int(reply.headers["access-control-max-age"]) > 0
    sent = ingest.request([ingest.envelope()], origin="https://shop.example")
    assert sent.headers["access-control-allow-origin"] == "*"


def test_reading_the_track_address_is_no_method_of_it(ingest) -> None:
    assert ingest.request(b"", method="GET").status_code == 405


def test_a_refused_sender_may_finish_so_that_it_reads_the_reply(ingest) -> None:
    parts = [b"x" * 10] * 5
    sent: list[dict] = []

    async def receive() -> dict:
        body = parts.pop()
        return {"type": "http.request", "body": body, "more_body": bool(parts)}

    async def send(message: dict) -> None:
        assert not parts, "the reply comes after the last piece"
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "headers": [(b"content-length", str(10**9).encode())],
    }
    asyncio.run(TrackEndpoint(ingest.pipeline)(scope, receive, send))
    assert sent[0]["status"] == 413
