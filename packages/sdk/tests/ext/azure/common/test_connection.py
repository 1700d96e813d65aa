from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import ssl
import subprocess
import threading
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.azure.common.connection import Connection, parse_retry_after
from opencensus.ext.azure.common.link import proxy_for
from opencensus.ext.azure.common.reply import Verdict

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 21, 10, 0, 0, tzinfo=timezone.utc)
ITEMS = [b'{"n":1}', b'{"n":2}']


def open_connection(endpoint: str, **options: Any) -> Connection:
    given: dict[str, Any] = {
        "timeout_s": 10.0,
        "proxies": {},
        "credential": None,
        "compress": True,
        "environ": {},
        "user_agent": "tests/1",
        **options,
    }
    return Connection(endpoint, **given)


def answer(status: int = 200, **fields: Any) -> Any:
    import track_server

    return track_server.Answer(status, **fields)


def test_items_are_posted_as_a_json_array(track_server: Any) -> None:
    connection = open_connection(track_server.endpoint + "/")
    outcome = connection.post(ITEMS)
    connection.close()

    (post,) = track_server.posts
    assert outcome.verdict is Verdict.ACCEPTED
    assert post.path == "/v2.1/track"
    assert post.items == [{"n": 1}, {"n": 2}]
    assert post.headers["Content-Type"] == "application/json; charset=utf-8"
    assert post.headers["Accept"] == "application/json"
    assert post.headers["User-Agent"] == "tests/1"


def test_a_server_below_a_path_is_reached(track_server: Any) -> None:
    connection = open_connection(track_server.endpoint + "/below/the gate/")
    outcomes = [connection.post(ITEMS).verdict for _ in range(2)]
    connection.close()

    assert outcomes == [Verdict.ACCEPTED] * 2
    assert [post.path for post in track_server.posts] == ["/below/the%20gate/v2.1/track"] * 2


LARGE = [b'{"n":"%s"}' % (b"x" * 100)] * 100


def test_bodies_are_compressed(track_server: Any) -> None:
    """The retired package sends them as they are."""
    connection = open_connection(track_server.endpoint)
    connection.post(LARGE)
    connection.post(ITEMS)
    connection.close()

    large, small = track_server.posts
    assert large.headers["Content-Encoding"] == "gzip"
    assert len(large.items) == 100
    assert int(large.headers["Content-Length"]) < 1000
    assert "Content-Encoding" not in small.headers


def test_bodies_stay_as_they_are_when_that_is_wanted(track_server: Any) -> None:
    connection = open_connection(track_server.endpoint, compress=False)
    connection.post(LARGE)
    connection.close()

    assert "Content-Encoding" not in track_server.posts[0].headers


def test_server_that_takes_no_compressed_bodies_gets_others(track_server: Any) -> None:
    track_server.answers.append(answer(415))
    connection = open_connection(track_server.endpoint)
    outcomes = [connection.post(LARGE).verdict for _ in range(2)]
    connection.close()

    assert outcomes == [Verdict.ACCEPTED] * 2
    encodings = [post.headers.get("Content-Encoding") for post in track_server.posts]
    assert encodings == ["gzip", None, None]


def test_server_that_takes_neither_refuses(track_server: Any) -> None:
    track_server.answers.extend([answer(415)] * 2)
    connection = open_connection(track_server.endpoint)

    assert connection.post(LARGE).verdict is Verdict.REFUSED
    connection.close()


def test_compressed_reply_is_read(track_server: Any) -> None:
    body = json.dumps(
        {
            "itemsReceived": 2,
            "itemsAccepted": 1,
            "errors": [{"index": 1, "statusCode": 500, "message": "busy"}],
        }
    ).encode()
    track_server.answers.append(
        answer(206, headers={"Content-Encoding": "gzip"}, body=gzip.compress(body))
    )
    connection = open_connection(track_server.endpoint)
    outcome = connection.post(ITEMS)
    connection.close()

    assert outcome.again == (1,)


def test_no_server_means_later() -> None:
    connection = open_connection("http://127.0.0.1:1")
    outcome = connection.post(ITEMS)

    assert outcome.verdict is Verdict.RETRY
    assert "refused" in outcome.detail


def test_name_that_nobody_knows_means_later() -> None:
    connection = open_connection("http://does-not-exist.invalid")

    assert connection.post(ITEMS).verdict is Verdict.RETRY


def test_server_that_hangs_up_means_later_and_the_next_post_works(track_server: Any) -> None:
    track_server.answers.append(answer(hang_up=True))
    connection = open_connection(track_server.endpoint)

    assert connection.post(ITEMS).verdict is Verdict.RETRY
    assert connection.post(ITEMS).verdict is Verdict.ACCEPTED
    connection.close()


def test_connection_that_the_server_closed_meanwhile_is_opened_again(track_server: Any) -> None:
    track_server.answers.append(answer(headers={"Connection": "close"}))
    connection = open_connection(track_server.endpoint)

    assert connection.post(ITEMS).verdict is Verdict.ACCEPTED
    assert connection.post(ITEMS).verdict is Verdict.ACCEPTED
    connection.close()


def test_server_that_does_not_answer_means_later(track_server: Any) -> None:
    go_on = threading.Event()
    track_server.answers.append(answer(wait=go_on))
    connection = open_connection(track_server.endpoint)
    outcome = connection.post(ITEMS, timeout_s=0.2)
    go_on.set()
    connection.close()

    assert outcome.verdict is Verdict.RETRY
    assert "timed out" in outcome.detail.lower()


def test_redirect_is_followed_and_remembered(track_server: Any) -> None:
    import track_server as module

    other = module.TrackServer()
    track_server.answers.append(answer(308, headers={"Location": f"{other.endpoint}/v2.1/track"}))
    connection = open_connection(track_server.endpoint)
    assert connection.post(ITEMS).verdict is Verdict.ACCEPTED
    assert connection.post(ITEMS).verdict is Verdict.ACCEPTED
    connection.close()
    other.close()

    assert len(track_server.posts) == 1
    assert len(other.posts) == 2


def test_circle_of_redirects_ends(track_server: Any) -> None:
    track_server.always = answer(307, headers={"Location": track_server.endpoint})
    connection = open_connection(track_server.endpoint)
    outcome = connection.post(ITEMS)
    connection.close()

    assert outcome.verdict is Verdict.RETRY
    assert len(track_server.posts) == 10


@pytest.mark.parametrize("location", [None, "ftp://x/", "http://"])
def test_redirect_to_nowhere_means_later(track_server: Any, location: str | None) -> None:
    track_server.always = answer(307, headers={"Location": location} if location else {})
    connection = open_connection(track_server.endpoint)
    outcome = connection.post(ITEMS)
    connection.close()

    assert outcome.verdict is Verdict.RETRY
    assert connection.endpoint == track_server.endpoint


def test_credential_sends_a_bearer_token(track_server: Any) -> None:
    scopes: list[str] = []

    class Token:
        token = "secret"

    class Credential:
        def get_token(self, *given: str) -> Token:
            scopes.extend(given)
            return Token()

    connection = open_connection(track_server.endpoint, credential=Credential())
    connection.post(ITEMS)
    connection.close()

    assert track_server.posts[0].headers["Authorization"] == "Bearer secret"
    assert scopes == ["https://monitor.azure.com//.default"]


def test_credential_that_fails_means_later(track_server: Any) -> None:
    class Credential:
        def get_token(self, *scopes: str) -> None:
            raise RuntimeError("not signed in")

    connection = open_connection(track_server.endpoint, credential=Credential())
    outcome = connection.post(ITEMS)

    assert outcome.verdict is Verdict.RETRY
    assert "not signed in" in outcome.detail
    assert track_server.posts == []


def test_proxy_carries_the_request(track_server: Any) -> None:
    connection = open_connection(
        "http://nowhere.invalid", proxies={"http": f"http://me:pw@127.0.0.1:{track_server.port}"}
    )
    outcome = connection.post(ITEMS)
    connection.close()

    (post,) = track_server.posts
    assert outcome.verdict is Verdict.ACCEPTED
    assert post.path == "http://nowhere.invalid/v2.1/track"
    sent = {name.lower(): value for name, value in post.headers.items()}
    assert sent["proxy-authorization"] == "Basic bWU6cHc="


@pytest.mark.parametrize(
    ("proxies", "expected"),
    [
        ({"https": "http://p:1"}, "http://p:1"),
        ({"https": "p:1"}, "http://p:1"),
        ({"http": "http://p:1"}, None),
        ({"all": "http://p:1"}, "http://p:1"),
        ({"https://host": "http://own:1", "https": "http://p:1"}, "http://own:1"),
    ],
)
def test_proxy_is_chosen_as_requests_does(proxies: dict[str, str], expected: str | None) -> None:
    assert proxy_for("https://host", proxies) == expected


def test_proxy_of_the_system_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://system:3128")
    monkeypatch.setenv("NO_PROXY", "here")

    assert proxy_for("https://host", {}) == "http://system:3128"
    assert proxy_for("https://here", {}) is None
    assert proxy_for("https://localhost:5380", {}) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("", None),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0.5", None),
        ("-3", None),
        ("soon", None),
        ("Sat, 21 Nov 2026 10:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 09:00:00 GMT", 0.0),
        ("nan", None),
        ("inf", None),
    ],
)
def test_retry_after_in_both_forms(text: str | None, expected: float | None) -> None:
    assert parse_retry_after(text, lambda: NOW) == expected


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 with its key in one file; skipped where openssl is missing."""
    path = tmp_path / "server.pem"
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=127.0.0.1",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            str(path),
            "-out",
            str(tmp_path / "certificate.pem"),
        ],
        check=True,
        capture_output=True,
    )
    with path.open("a") as file:
        file.write((tmp_path / "certificate.pem").read_text())
    return path


def test_encrypted_server_needs_a_certificate_that_is_known(
    track_server: Any, certificate: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listener = track_server._server
    listener.socket = context.wrap_socket(listener.socket, server_side=True)
    endpoint = track_server.endpoint.replace("http:", "https:")
    known = open_connection(endpoint, environ={"REQUESTS_CA_BUNDLE": str(certificate)})
    named = open_connection(endpoint, certificates=str(certificate))
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(first_certificate(certificate))).hexdigest()
    pinned = open_connection(
        endpoint, certificates=f"sha256:{digest}", environ={"REQUESTS_CA_BUNDLE": "/nothing"}
    )
    unknown = open_connection(endpoint)
    other = open_connection(endpoint, certificates=f"sha256:{'0' * 64}")

    for trusting in (known, named, pinned):
        assert trusting.post(ITEMS).verdict is Verdict.ACCEPTED
        trusting.close()
    for doubting, why in ((unknown, "certificate"), (other, "fingerprint")):
        refused = doubting.post(ITEMS)
        doubting.close()
        assert refused.verdict is Verdict.RETRY
        assert why in refused.detail.lower()


def first_certificate(path: Path) -> str:
    rest = path.read_text().partition("-----BEGIN CERTIFICATE-----")[2]
    return "-----BEGIN CERTIFICATE-----" + rest
