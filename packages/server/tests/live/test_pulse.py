"""The two routes of clients. Rules L1 to L9."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

SUBSCRIBED = "x-ms-qps-subscribed"
ETAG = "x-ms-qps-configuration-etag"
PING = "/QuickPulseService.svc/ping"
POST = "/QuickPulseService.svc/post"


def test_nobody_watches_so_nobody_is_asked_and_nothing_is_kept(server, live) -> None:
    for reply in (server.ping(), server.post(live.point(server, Metrics=live.metrics(requests=3)))):
        assert (reply.status_code, reply.headers[SUBSCRIBED]) == (200, "false")
        assert ETAG not in reply.headers
        assert reply.content == b""
    assert server.watch()["sample"]["servers"] == []


def test_ping_is_answered_with_true_while_somebody_watches_and_names_no_configuration(
    server,
) -> None:
    server.watch()
    reply = server.ping()
    assert (reply.status_code, reply.headers[SUBSCRIBED], reply.content) == (200, "true", b"")
    assert ETAG not in reply.headers
    server.clock.forward(10.1)
    assert server.ping().headers[SUBSCRIBED] == "false"


def test_post_is_answered_with_the_configuration_until_the_client_has_it(server, live) -> None:
    server.watch()
    first = server.post(live.point(server), x_ms_qps_configuration_etag="")
    etag = first.headers[ETAG]
    configuration = first.json()
    assert first.headers[SUBSCRIBED] == "true"
    assert configuration["ETag"] == etag
    asked = {
        (group["TelemetryType"], stream["Id"])
        for stream in configuration["DocumentStreams"]
        for group in stream["DocumentFilterGroups"]
    }
    assert asked == {
        ("Request", "failures"),
        ("Dependency", "failures"),
        ("Exception", "failures"),
        ("Request", "samples"),
        ("Dependency", "samples"),
        ("Event", "samples"),
        ("Trace", "samples"),
    }
    again = server.post(live.point(server), x_ms_qps_configuration_etag=etag)
    assert (again.headers[SUBSCRIBED], again.headers[ETAG], again.content) == ("true", etag, b"")


def test_configuration_changes_with_what_viewers_ask_for_and_only_then(server, live) -> None:
    server.watch()
    etag = server.post(live.point(server)).headers[ETAG]
    server.watch()
    assert server.post(live.point(server)).headers[ETAG] == etag
    server.watch(filter="request where Url contains /cart", metric="count() of exception")
    changed = server.post(live.point(server), x_ms_qps_configuration_etag=etag)
    assert changed.headers[ETAG] != etag
    (metric,) = changed.json()["Metrics"]
    assert (metric["TelemetryType"], metric["Projection"]) == ("Exception", "Count()")
    assert len(changed.json()["DocumentStreams"]) == 3


@pytest.mark.parametrize("path", [PING, POST, f"http://127.0.0.1:5380/{PING}"])
@pytest.mark.parametrize("name", ["ikey", "iKey", "IKEY"])
def test_every_way_to_name_the_key_is_understood(server, path: str, name: str) -> None:
    server.watch()
    for key in (server.key, server.key.upper(), f" {server.key} "):
        parameters = {"api-version": "2024-04-01-preview", name: key}
        reply = server.ask("POST", path, params=parameters, content=b"[]")
        assert (reply.status_code, reply.headers[SUBSCRIBED]) == (200, "true")


def test_headers_of_every_client_are_taken(server) -> None:
    server.watch()
    headers = {
        "authorization": "Bearer abc",
        "expect": "100-continue",
        "content-type": "text/plain",
        "x-ms-qps-transmission-time": "not a number",
        "x-ms-qps-auth-api-key": "key",
        "x-ms-qps-auth-app-id": "id",
        "x-ms-qps-auth-token-signature": "s",
        "x-ms-qps-machine-name": "host",
        "x-ms-qps-instance-name": "web-1",
        "x-ms-qps-stream-id": "1",
        "x-ms-qps-role-name": "shop",
        "x-ms-qps-invariant-version": "5",
    }
    assert server.ping(headers=headers).headers[SUBSCRIBED] == "true"


@pytest.mark.parametrize("path", [PING, POST])
def test_request_without_a_key_is_refused(server, path: str) -> None:
    for parameters in ({}, {"ikey": ""}, {"ikey": "  "}):
        reply = server.ask("POST", path, params=parameters, json=[])
        assert reply.status_code == 400
        assert "there is no ikey" in reply.json()["Message"]
        assert set(reply.json()) == {
            "RequestId",
            "ResponseDateTime",
            "Code",
            "Message",
            "Exception",
        }
    assert server.ask("GET", path, params={"ikey": server.key}).status_code == 405


@pytest.mark.parametrize("key", ["nonsense", "00000000-1111-2222-3333-444444444444", "x" * 500])
def test_key_that_nobody_knows_is_watched_by_nobody(make_server, live, key: str) -> None:
    server = make_server(unknown_keys="reject")
    server.watch()
    assert server.ping(key).headers[SUBSCRIBED] == "false"
    reply = server.ask("POST", POST, params={"ikey": key}, json=[live.point(server)])
    assert (reply.status_code, reply.headers[SUBSCRIBED]) == (200, "false")
    assert len(server.parts.resources.list()) == 1


def test_unknown_key_makes_its_resource_where_telemetry_would_too(server) -> None:
    key = "2f1d3c5e-7a9b-4c1d-8e2f-3a4b5c6d7e8f"
    assert server.ping(key).headers[SUBSCRIBED] == "false"
    assert server.parts.resources.get_by_key(key) is not None


def test_packed_bodies_are_unpacked_and_odd_ones_refused(server, live) -> None:
    server.watch()
    body = json.dumps([live.point(server, Metrics=live.metrics(requests=3))]).encode()

    def post(content: bytes, encoding: str) -> int:
        reply = server.ask(
            "POST",
            POST,
            params={"ikey": server.key},
            content=content,
            headers={"content-encoding": encoding},
        )
        return int(reply.status_code)

    assert post(gzip.compress(body), "gzip") == 200
    assert server.watch()["sample"]["servers"][0]["instance"] == "web-1"
    assert post(gzip.compress(body)[:-9], "gzip") == 400
    assert post(body, "gzip") == 400
    assert post(body, "br") == 415
    assert post(gzip.compress(b" " * 3_000_000), "gzip") == 413
    assert post(b" " * 3_000_000, "identity") == 413


@pytest.mark.parametrize("body", [b"{", b"nonsense", b"17", b"null"])
def test_post_that_is_no_json_is_refused_and_a_ping_is_answered_all_the_same(
    server, body: bytes
) -> None:
    server.watch()
    reply = server.ask("POST", POST, params={"ikey": server.key}, content=body)
    assert reply.status_code == 400
    assert "cannot read the" in reply.json()["Message"]
    assert server.ping(json=None, content=body).headers[SUBSCRIBED] == "true"


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "Metrics",
                    "Documents",
                    "Name",
                    "Value",
                    "Weight",
                    "StreamId",
                    "Timestamp",
                    "DocumentType",
                    "DocumentStreamIds",
                    "Version",
                    "Instance",
                    "Success",
                    "Duration",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)
FUZZ = settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FUZZ
@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
@example(
    b'[{"Metrics":[{"Name":"\\\\ApplicationInsights\\\\Requests/Sec","Value":1e308,"Weight":-5}]}]'
    * 1
)
@example(b'[{"Documents":[{"DocumentType":"Exception","Duration":"PT99999999999S"}]}]')
@example(b'[{"Timestamp":"/Date(-1)/"},{"Timestamp":"9999-12-31T23:59:59Z"}]')
def test_any_body_is_answered_and_views_stay_readable(server, body: bytes) -> None:
    server.watch(filter="exception where * contains x", metric="max(Duration) of request")
    for path in (PING, POST):
        reply = server.ask("POST", path, params={"ikey": server.key}, content=body)
        assert reply.status_code in (200, 400)
    seen = server.watch(filter="exception where * contains x", metric="max(Duration) of request")
    assert len(seen["sample"]["series"]) == 10
    assert server.watch()["sample"]["window_s"] == 60
