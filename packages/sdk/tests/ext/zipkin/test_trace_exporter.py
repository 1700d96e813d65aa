from __future__ import annotations

import datetime
import json
import os
import re
import socket
import threading
from typing import Any

import pytest
import track_server as track_server_module

from opencensus.common.transports.async_ import AsyncTransport
from opencensus.ext.zipkin import trace_exporter
from opencensus.ext.zipkin.trace_exporter.spans import MAX_TEXT_BYTES
from opencensus.trace import execution_context
from opencensus.trace.samplers import AlwaysOnSampler
from opencensus.trace.span import SpanKind
from opencensus.trace.status import Status
from opencensus.trace.tracer import Tracer

SPAN_FIELDS: dict[str, Any] = {
    "traceId": re.compile("[0-9a-f]{16,32}"),
    "id": re.compile("[0-9a-f]{16}"),
    "parentId": re.compile("[0-9a-f]{16}"),
    "kind": re.compile("CLIENT|SERVER|PRODUCER|CONSUMER"),
    "name": re.compile(".*", re.DOTALL),
    "timestamp": int,
    "duration": int,
    "localEndpoint": dict,
    "tags": dict,
    "annotations": list,
}
"""What Zipkin's second model says of each field: the form of a text, or a type."""


def conforms(span: dict[str, Any]) -> bool:
    """Fail where a span is not one of Zipkin's second model."""
    assert {"traceId", "id"} <= set(span) <= set(SPAN_FIELDS)
    for name, value in span.items():
        form = SPAN_FIELDS[name]
        if isinstance(form, type):
            assert type(value) is form, name
        else:
            assert form.fullmatch(value), name
    assert span["duration"] >= 1
    assert set(span["localEndpoint"]) <= {"serviceName", "ipv4", "ipv6"}
    assert all(isinstance(text, str) for pair in span["tags"].items() for text in pair)
    for one in span["annotations"]:
        assert (set(one), type(one["timestamp"])) == ({"timestamp", "value"}, int)
    return True


def exporter_for(server: Any, **options: Any) -> Any:
    return trace_exporter.ZipkinExporter("shop", "127.0.0.1", server.port, **options)


def tracer_for(exporter: Any) -> Any:
    return Tracer(exporter=exporter, sampler=AlwaysOnSampler())


def test_spans_arrive_as_zipkin_has_them(track_server: Any) -> None:
    exporter = exporter_for(track_server, ipv4="10.0.0.1", ipv6="::1")
    tracer = tracer_for(exporter)
    with tracer.span(name="GET /orders") as outer:
        outer.span_kind = SpanKind.SERVER
        for key, value in {"text": "a", "on": True, "count": 3, "share": 0.5}.items():
            outer.add_attribute(key, value)
        outer.add_annotation("half way")
        with tracer.span(name="call") as inner:
            inner.span_kind = SpanKind.CLIENT
        with tracer.span(name="local"):
            pass

    call, local, get = track_server.accepted
    assert all(map(conforms, (call, local, get)))
    assert {one["traceId"] for one in (call, local, get)} == {tracer.span_context.trace_id}
    assert (get["id"], "parentId" in get, get["kind"]) == (outer.span_id, False, "SERVER")
    assert (call["id"], call["parentId"], call["kind"]) == (inner.span_id, outer.span_id, "CLIENT")
    assert "kind" not in local
    assert get["tags"] == {"text": "a", "on": "True", "count": "3", "share": "0.5"}
    assert get["annotations"][0]["value"] == "half way"
    assert get["localEndpoint"] == {"serviceName": "shop", "ipv4": "10.0.0.1", "ipv6": "::1"}
    assert get["timestamp"] <= call["timestamp"]
    assert call["timestamp"] + call["duration"] <= get["timestamp"] + get["duration"]
    first = track_server.posts[0]
    assert (first.path, first.headers["Content-Type"]) == ("/api/v2/spans", "application/json")
    assert exporter.dropped == 0
    assert len({post.connection for post in track_server.posts}) == 1


def test_times_are_microseconds_and_no_duration_is_less_than_one(
    track_server: Any, span_list: Any
) -> None:
    with tracer_for(span_list).span(name="back in time"):
        pass
    back = span_list.spans[0]._replace(
        start_time="2026-01-02T03:04:05.000007Z", end_time="2026-01-02T03:04:04.000000Z"
    )
    exporter_for(track_server).export([back])

    (sent,) = track_server.accepted
    moment = datetime.datetime(2026, 1, 2, 3, 4, 5, 7, tzinfo=datetime.timezone.utc)
    assert sent["timestamp"] == round(moment.timestamp() * 1_000_000)
    assert sent["duration"] == 1


def test_what_failed_has_the_tag_by_which_zipkin_knows_it(track_server: Any) -> None:
    tracer = tracer_for(exporter_for(track_server))
    with pytest.raises(KeyError), tracer.span(name="raises"):
        raise KeyError("x")
    with tracer.span(name="code") as span:
        span.set_status(Status(14))
    with tracer.span(name="given") as span:
        span.set_status(Status(5, "gone"))
        span.add_attribute("error", "mine")
    with tracer.span(name="good"):
        pass

    tags = {one["name"]: one["tags"] for one in track_server.accepted}
    assert tags["raises"]["error"] == "'x'"
    assert tags["code"]["error"] == "UNAVAILABLE"
    assert tags["given"]["error"] == "mine"
    assert "error" not in tags["good"]


def test_texts_of_any_kind_and_length(track_server: Any) -> None:
    tracer = tracer_for(exporter_for(track_server))
    with tracer.span(name='héé "日本" \n') as span:
        span.add_attribute("lone", "\ud800")
        span.add_attribute("long", "ä" * MAX_TEXT_BYTES)
        span.add_attribute("nothing", None)
        span.add_attribute("float", float("nan"))

    (sent,) = track_server.accepted
    assert conforms(sent)
    assert sent["name"] == 'héé "日本" \n'
    assert sent["tags"]["lone"] == "?"
    assert len(sent["tags"]["long"].encode()) == MAX_TEXT_BYTES
    assert sent["tags"]["float"] == "nan"
    assert "nothing" not in sent["tags"]


def test_a_span_that_cannot_be_written_costs_no_other(
    track_server: Any, span_list: Any, caplog: pytest.LogCaptureFixture
) -> None:
    tracer = tracer_for(span_list)
    for name in ("first", "second"):
        with tracer.span(name=name):
            pass
    broken = span_list.spans[0]._replace(start_time="yesterday")
    exporter = exporter_for(track_server)
    exporter.export([broken, span_list.spans[1]])
    exporter.export([])
    exporter.emit(None)

    assert [one["name"] for one in track_server.accepted] == ["second"]
    assert exporter.dropped == 1
    assert "a span cannot be written" in caplog.text


def test_refusals_and_hang_ups_are_counted_and_said_once(
    track_server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    answer = track_server_module.Answer
    track_server.answers.extend(
        [answer(503, body=b"full"), answer(503), answer(202), answer(hang_up=True), answer(204)]
    )
    now = [0.0]
    exporter = exporter_for(track_server, clock=lambda: now[0])
    tracer = tracer_for(exporter)
    for name in "abcde":
        with tracer.span(name=name):
            pass

    assert exporter.dropped == 3
    said = [one.getMessage() for one in caplog.records if "Zipkin" in one.getMessage()]
    assert len(said) == 2
    assert said[0].endswith("status 503: full")
    assert f"url=http://127.0.0.1:{track_server.port}/api/v2/spans: no reply" in said[1]


def test_after_an_attempt_that_took_long_none_is_made_for_ten_times_as_long(
    track_server: Any,
) -> None:
    moments = [100.0, 100.0, 105.0, 154.9, 155.1, 155.1]
    release = threading.Event()
    track_server.answers.append(track_server_module.Answer(wait=release))
    exporter = exporter_for(track_server, clock=lambda: moments.pop(0))
    exporter.timeout_s = 0.05
    tracer = tracer_for(exporter)
    with tracer.span(name="first"):
        pass
    release.set()
    with tracer.span(name="dropped"):
        pass
    exporter.timeout_s = 20
    with tracer.span(name="sent"):
        pass

    assert exporter.dropped == 2
    track_server.wait_for(lambda: len(track_server.posts) == 2)
    assert sorted(post.items[0]["name"] for post in track_server.posts) == ["first", "sent"]


def test_nobody_listening_raises_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for options in ({"port": port}, {"protocol": "gopher"}, {"port": "none"}, {"host_name": "a b"}):
        exporter = trace_exporter.ZipkinExporter(**{"host_name": "127.0.0.1", **options})
        with tracer_for(exporter).span(name="lost"):
            pass
        assert exporter.dropped == 1
    assert "Traceback" not in caplog.text


def test_many_threads_export_at_once(track_server: Any) -> None:
    exporter = exporter_for(track_server)
    start = threading.Barrier(8)

    def work(number: int) -> None:
        tracer = tracer_for(exporter)
        start.wait(20)
        for turn in range(10):
            with tracer.span(name=f"{number} {turn}"):
                pass

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert exporter.dropped == 0
    assert len({one["name"] for one in track_server.accepted}) == 80
    assert len(exporter._idle) <= 4


def test_batches_on_a_thread_of_its_own(track_server: Any) -> None:
    exporter = exporter_for(track_server, transport=AsyncTransport)
    tracer = tracer_for(exporter)
    for number in range(3):
        with tracer.span(name=str(number)):
            pass
    exporter.transport.flush()
    exporter.transport.worker.stop()
    assert [one["name"] for one in track_server.accepted] == ["0", "1", "2"]


def test_its_own_calls_are_not_traced(track_server: Any, span_list: Any) -> None:
    seen = []
    exporter = exporter_for(track_server)
    post = exporter._post
    exporter._post = lambda body: seen.append(execution_context.is_exporter()) or post(body)
    with tracer_for(span_list).span(name="a"):
        pass
    exporter.emit(span_list.spans)
    assert (seen, execution_context.is_exporter()) == ([True], False)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the process has to be forked")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_a_forked_child_has_connections_of_its_own(track_server: Any) -> None:
    exporter = exporter_for(track_server)
    with tracer_for(exporter).span(name="parent"):
        pass
    child = os.fork()
    if child == 0:
        with tracer_for(exporter).span(name="child"):
            pass
        os._exit(exporter.dropped)
    assert os.waitpid(child, 0)[1] == 0
    with tracer_for(exporter).span(name="parent again"):
        pass
    assert [post.items[0]["name"] for post in track_server.posts] == [
        "parent",
        "child",
        "parent again",
    ]
    first, of_child, again = (post.connection for post in track_server.posts)
    assert first == again != of_child


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ({}, "http://localhost:9411/api/v2/spans"),
        (
            {"host_name": "::1", "port": 1, "endpoint": "/x", "protocol": "https"},
            "https://[::1]:1/x",
        ),
    ],
)
def test_the_address(options: Any, url: str) -> None:
    exporter = trace_exporter.ZipkinExporter(**options)
    assert exporter.url == exporter.get_url == url
    assert exporter.service_name == "my_service"
    assert json.loads(json.dumps(exporter.translate_to_zipkin([]))) == []
