"""Live views of a real server: who watches is what the network says. Rules L23, L25 and L27."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import pytest

PING = "QuickPulseService.svc/ping"
SUBSCRIBED = "x-ms-qps-subscribed"


@contextmanager
def viewing(server, name="shop", **parameters):
    """Yield the events of a stream, each as (kind, data)."""
    path = f"api/live/{name}"
    with server.http.stream("GET", path, params=parameters) as reply:
        assert reply.status_code == 200
        yield events(reply)


def events(reply):
    kind = ""
    for line in reply.iter_lines():
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            yield kind, json.loads(value)


def is_watched(server, key):
    with httpx.Client(base_url=server.url, trust_env=False) as http:
        return http.post(PING, params={"ikey": key}, json={}).headers[SUBSCRIBED] == "true"


def until(is_so):
    give_up = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def test_clients_are_asked_to_post_exactly_while_a_stream_is_open(serve):
    with serve() as server:
        key = server.create()["InstrumentationKey"]
        assert not is_watched(server, key)
        with viewing(server) as seen:
            kind, sample = next(seen)
            assert (kind, sample["servers"]) == ("sample", [])
            assert is_watched(server, key)
        until(lambda: not is_watched(server, key))


def test_sample_of_what_was_just_stored_is_in_the_stream(serve):
    with serve() as server:
        key = server.create()["InstrumentationKey"]
        with viewing(server, filter="trace where Message contains basket") as seen:
            next(seen)
            server_beside = httpx.Client(base_url=server.url, trust_env=False)
            now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            items = [
                {
                    "time": now,
                    "iKey": key,
                    "data": {"baseType": "MessageData", "baseData": {"message": text}},
                }
                for text in ("basket is large", "something else")
            ]
            assert server_beside.post("v2.1/track", json=items).status_code == 200
            server_beside.close()
            documents = next(data for kind, data in seen if kind == "documents")
        assert [each["message"] for each in documents] == ["basket is large"]


@pytest.mark.parametrize("viewers", [1, 5])
def test_open_streams_do_not_keep_the_server_from_stopping(serve, viewers):
    with serve() as server:
        server.create()
        with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as http:
            open_streams = [http.stream("GET", "api/live/shop") for _ in range(viewers)]
            replies = [stream.__enter__() for stream in open_streams]
            lines = [reply.iter_lines() for reply in replies]
            for each in lines:
                next(each)
            started = time.monotonic()
            assert server.stop() == 0
            assert time.monotonic() - started < 5, "streams were waited for"
            for each in lines:
                assert list(each)[-1] == ""
            for stream in open_streams:
                stream.__exit__(None, None, None)
        assert server.errors == ""


def command(*words):
    return subprocess.run(
        [sys.executable, "-m", "openinsights.cli.main", "live", *words],
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_command_prints_snapshots(serve):
    with serve() as server:
        server.create()
        asked = ("--url", server.url, "--snapshots", "2")
        plain = command(*asked)
        assert plain.returncode == 0, plain.stderr
        assert len(plain.stdout.splitlines()) == 2
        assert "servers 0  requests/s -" in plain.stdout
        told = command(*asked, "--json", "--metric", "count() of trace", "--role", "web")
        first, second = map(json.loads, told.stdout.splitlines())
        assert first["sample"]["metrics"] == {"count() of trace": [None] * 60}
        assert first["sample"]["time"] <= second["sample"]["time"]
        wrong = command(*asked, "--filter", "request where Colour == red")
        assert (wrong.returncode, wrong.stdout) == (1, "")
        assert wrong.stderr.startswith("openinsights: cannot use filter")
        server.create("another")
        unclear = command(*asked)
        assert "name one with --app" in unclear.stderr
        assert command(*asked, "--app", "another").returncode == 0


def test_command_says_when_the_server_is_gone(serve):
    with serve() as server:
        server.create()
        words = [sys.executable, "-m", "openinsights.cli.main", "live", "--url", server.url]
        watching = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert "servers 0" in watching.stdout.readline()
        server.stop()
        _, errors = watching.communicate(timeout=60)
    assert watching.returncode == 1
    assert errors.startswith("openinsights: ")
    nobody = command("--url", "http://127.0.0.1:9/")
    assert "cannot reach a server" in nobody.stderr


def test_interrupt_ends_the_command_quietly(serve):
    with serve() as server:
        server.create()
        words = [sys.executable, "-m", "openinsights.cli.main", "live", "--url", server.url]
        watching = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert "servers 0" in watching.stdout.readline()
        watching.send_signal(signal.SIGINT)
        _, errors = watching.communicate(timeout=60)
    assert (watching.returncode, errors) == (0, "")
