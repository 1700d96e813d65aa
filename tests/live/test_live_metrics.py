"""Live Metrics from a program with spans and logs, through a real server, to a viewer."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import Any

import pytest


def resource(server: Any, name: str) -> tuple[str, str]:
    facts = server.create_resource(name)
    return facts["app_id"], facts["connection_string"]


def test_viewer_sees_what_a_program_does(server: Any, run: Any, view: Any) -> None:
    app, connection_string = resource(server, "live-busy")
    program = run(connection_string)
    with view(server.url, app) as seen:
        seen.until(
            "the program's own numbers", lambda v: v.posting and v.newest("requests_per_second")
        )
        seen.until(
            "every kind of sample",
            lambda v: (
                {"request", "dependency", "exception", "trace", "event"}
                <= {each["type"] for each in v.documents}
            ),
        )
        # a slow second may hold a single request
        seen.until(
            "a second in which some failed",
            lambda v: 0 < v.newest("failed_requests_per_second") < v.newest("requests_per_second"),
        )
        (process,) = seen.posting
        assert process["errors"] == []
        assert process["memory_bytes"] > 5e6
        assert process["cpu_percent"] is not None
        assert 0 < seen.newest("request_duration_ms") < 10_000
        assert seen.newest("dependencies_per_second") > 0
        request = next(each for each in seen.documents if each["type"] == "request")
        assert request["name"] in ("GET /cart", "GET /order")
        assert request["url"].startswith("http://shop/cart?number=")
        assert request["duration_ms"] >= 2
        failure = next(each for each in seen.documents if each["type"] == "exception")
        assert failure["name"] == "KeyError"
        assert "busy.py" in failure["stack"]
    assert program.end() == ""


def test_filters_of_a_viewer_are_followed_by_the_program(server: Any, run: Any, view: Any) -> None:
    app, connection_string = resource(server, "live-filters")
    program = run(connection_string)
    failures = 'count() of request where ResponseCode >= 500 and Url contains "number="'
    duration = "max(Duration) of dependency"
    asked = {"filter": "request where Name contains /cart", "metric": [failures, duration]}
    with view(server.url, app, **asked) as seen:
        seen.until(
            "numbers of one's own", lambda v: v.posting and any(v.sample["metrics"][failures])
        )
        seen.until("a duration", lambda v: any(v.sample["metrics"][duration]))
        live = [each for each in seen.documents if each["id"] > 1]
        assert live
        assert {each["name"] for each in live} == {"GET /cart"}
        assert seen.posting[0]["errors"] == []
    program.end()


def test_every_process_is_shown_a_forked_one_too(server: Any, run: Any, view: Any) -> None:
    if not hasattr(os, "fork"):
        pytest.skip("this system cannot fork")
    app, connection_string = resource(server, "live-fork")
    with view(server.url, app) as seen:
        program = run(connection_string, "fork")
        busy = seen.until(
            "two processes with requests",
            lambda v: (
                len([each for each in v.posting if each["requests_per_second"]]) == 2 and v.posting
            ),
        )
        assert len({each["stream"] for each in busy}) == 2
        assert len({(each["role"], each["instance"]) for each in busy}) == 1
    assert program.end() == ""


def test_role_that_a_processor_names_is_the_process_s_own(server: Any, run: Any, view: Any) -> None:
    app, connection_string = resource(server, "live-renamed")
    program = run(connection_string, "rename")
    with view(server.url, app) as seen:
        seen.until("the program's own numbers", lambda v: v.posting)
        seen.until("another second", lambda v: v.newest("memory_bytes"))
        assert {each["role"] for each in seen.sample["servers"]} == {"renamed"}
        assert len(seen.sample["servers"]) == 1, "its telemetry is not counted again"
    program.end()


def test_program_is_asked_and_tells_nothing_while_nobody_watches(run: Any, record: Any) -> None:
    recorder = record((200, {"x-ms-qps-subscribed": "false"}))
    program = run(recorder.connection_string, "debug")
    assert recorder.is_asked.wait(30)
    assert program.end() == ""
    assert recorder.live_paths == {"ping"}
    assert recorder.paths.count("/QuickPulseService.svc/ping") < 10


def test_server_without_the_endpoint_is_one_debug_line(run: Any, record: Any) -> None:
    recorder = record((404, {}))
    program = run(recorder.connection_string, "debug")
    assert recorder.is_asked.wait(30)
    (line,) = program.end().splitlines()
    assert line == (
        "opencensus.ext.azure.live.conversation DEBUG Live Metrics get no answer"
        " detail=status 404 without an answer"
    )
    assert "/v2.1/track" in recorder.paths


def test_server_without_the_endpoint_is_no_noise(run: Any, record: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    recorder = record((200, {}))
    refused = recorder.connection_string.partition("LiveEndpoint")[0]
    assert run(f"{refused}LiveEndpoint=http://127.0.0.1:{port}/").end() == ""
    assert run(recorder.connection_string).end() == ""


def test_switched_off_means_not_asked(run: Any, record: Any) -> None:
    recorder = record((200, {"x-ms-qps-subscribed": "true"}))
    run(recorder.connection_string, "off").end()
    assert recorder.live_paths == set()
    assert "/v2.1/track" in recorder.paths


def test_server_that_never_answers_does_not_hold_up_the_end(run: Any, record: Any) -> None:
    recorder = record(None)
    program = run(recorder.connection_string, "slow")
    assert recorder.is_asked.wait(30)
    assert program.end() == "", "an attempt may take 600 s, the end must not wait for it"


def test_exporters_do_not_import_more_than_they_need(server: Any) -> None:
    _, connection_string = resource(server, "live-imports")
    program = (
        "import sys\n"
        "from opencensus.ext.azure.trace_exporter import AzureExporter\n"
        "def live(): return sorted(m for m in sys.modules if '.live' in m and m.startswith('open'))\n"
        "light = {'opencensus.ext.azure.live', 'opencensus.ext.azure.live.attachment'}\n"
        "assert light >= set(live()), live()\n"
        "assert not {'urllib3', 'psutil'} & set(sys.modules)\n"
        f"exporter = AzureExporter(connection_string={connection_string!r})\n"
        "assert light == set(live()), live()\n"
        "assert 'psutil' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
