"""One ping or post over a real connection, and servers that misbehave. Rule L43."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from opencensus.ext.azure.common.options import resolve
from opencensus.ext.azure.live.attention import Heard
from opencensus.ext.azure.live.channel import Channel
from openinsights_wire.live.messages import MonitoringDataPoint

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "11111111-2222-3333-4444-555555555555"
POINT = MonitoringDataPoint(
    version="v",
    invariant_version=5,
    instance="web\r\n1",
    role_name="größe",
    machine_name="host",
    stream_id="s",
)
REDIRECT = "x-ms-qps-service-endpoint-redirect-v2"


@pytest.fixture
def open_channel() -> Iterator[Any]:
    opened: list[Channel] = []

    def make(endpoint: str, **options: Any) -> Channel:
        text = f"InstrumentationKey={KEY};LiveEndpoint={endpoint}"
        resolved = resolve({"connection_string": text, **options}, {})
        opened.append(Channel(resolved, {}, "tests/1", lambda: 1_795_248_000_000_000_000))
        return opened[-1]

    yield make
    for channel in opened:
        channel.close()


class Credential:
    def __init__(self) -> None:
        self.scopes: list[str] = []

    def get_token(self, *scopes: str) -> Any:
        self.scopes += scopes
        return type("Token", (), {"token": "secret"})


def test_ping_says_who_asks(server: Any, open_channel: Any) -> None:
    reply = open_channel(f"{server.url}/").ping(POINT, "7")
    ((path, headers, body),) = server.requests
    assert reply.heard is Heard.WATCHED
    assert urlsplit(path).path == "/QuickPulseService.svc/ping"
    assert parse_qs(urlsplit(path).query) == {"api-version": ["2024-04-01-preview"], "ikey": [KEY]}
    assert body["RoleName"] == "größe"
    assert headers["x-ms-qps-role-name"] == "gr??e"
    assert headers["x-ms-qps-instance-name"] == "web  1"
    assert headers["x-ms-qps-invariant-version"] == "5"
    assert headers["x-ms-qps-configuration-etag"] == "7"
    assert headers["x-ms-qps-transmission-time"] == "639308448000000000"
    assert "Authorization" not in headers


def test_post_brings_points_over_the_same_connection(server: Any, open_channel: Any) -> None:
    server.headers |= {
        "x-ms-qps-configuration-etag": "8",
        "x-ms-qps-service-polling-interval-hint": "2500",
    }
    server.body = b'{"ETag":"8"}'
    channel = open_channel(server.url)
    reply = channel.post([POINT, POINT], "7")
    ((path, _, body),) = server.requests
    assert urlsplit(path).path == "/QuickPulseService.svc/post"
    assert len(body) == 2
    assert (reply.etag, reply.body, reply.hint_s) == ("8", b'{"ETag":"8"}', 2.5)


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("true", Heard.WATCHED),
        ("True", Heard.WATCHED),
        ("false", Heard.UNWATCHED),
        ("", Heard.FAILED),
        ("maybe", Heard.FAILED),
    ],
)
def test_header_says_whether_somebody_watches(
    server: Any, open_channel: Any, text: str, heard: Heard
) -> None:
    server.headers = {"x-ms-qps-subscribed": text}
    assert open_channel(server.url).ping(POINT, "").heard is heard


@pytest.mark.parametrize("status", [204, 302, 400, 401, 404, 500])
def test_any_other_status_is_no_answer(server: Any, open_channel: Any, status: int) -> None:
    server.status = status
    reply = open_channel(server.url).ping(POINT, "")
    assert (reply.heard, reply.detail) == (Heard.FAILED, f"status {status} without an answer")


def test_page_of_another_program_is_no_answer(server: Any, open_channel: Any) -> None:
    server.headers = {"content-type": "text/html"}
    server.body = b"<html>" + b"x" * 3_000_000
    assert open_channel(server.url).ping(POINT, "").heard is Heard.FAILED


@pytest.mark.parametrize(
    "garbage", [b"SSH-2.0-x\r\n", b"\x00" * 100, b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"]
)
def test_garbage_is_no_answer(server: Any, open_channel: Any, garbage: bytes) -> None:
    server.garbage = garbage
    assert open_channel(server.url).ping(POINT, "").heard is Heard.FAILED


def test_nobody_there_is_no_answer(server: Any, open_channel: Any) -> None:
    server.close()
    channel = open_channel(server.url)
    assert channel.ping(POINT, "").heard is Heard.FAILED
    assert channel.post([POINT], "").heard is Heard.FAILED
    server.close = lambda: None


def test_token_goes_along(server: Any, open_channel: Any) -> None:
    credential = Credential()
    open_channel(server.url, credential=credential).ping(POINT, "")
    assert server.requests[0][1]["Authorization"] == "Bearer secret"
    assert credential.scopes == ["https://monitor.azure.com//.default"]


def test_credential_that_fails_is_no_answer(server: Any, open_channel: Any) -> None:
    class Broken:
        def get_token(self, *scopes: str) -> Any:
            raise RuntimeError("no network")

    reply = open_channel(server.url, credential=Broken()).ping(POINT, "")
    assert (reply.heard, reply.detail) == (Heard.FAILED, "cannot get a token: no network")
    assert server.requests == []


def test_server_sends_its_clients_elsewhere(server: Any, other: Any, open_channel: Any) -> None:
    server.headers[REDIRECT] = f"{other.url}/QuickPulseService.svc"
    channel = open_channel(server.url)
    assert channel.ping(POINT, "").heard is Heard.WATCHED
    assert channel.post([POINT], "").heard is Heard.WATCHED
    assert (len(server.requests), len(other.requests)) == (1, 1)


def test_place_that_does_not_answer_is_left_for_the_first_one(
    server: Any, other: Any, open_channel: Any
) -> None:
    server.headers[REDIRECT] = other.url
    other.status = 500
    channel = open_channel(server.url)
    heard = [channel.ping(POINT, "").heard for _ in range(3)]
    assert heard == [Heard.WATCHED, Heard.FAILED, Heard.WATCHED]
    assert (len(server.requests), len(other.requests)) == (2, 1)


def test_token_does_not_follow_to_another_host(server: Any, other: Any, open_channel: Any) -> None:
    server.headers[REDIRECT] = f"http://localhost:{other.port}"
    channel = open_channel(server.url, credential=Credential())
    channel.ping(POINT, "")
    channel.ping(POINT, "")
    assert (len(server.requests), other.requests) == (2, [])
