"""What every traced HTTP client keeps: one span a call, with the trace on the wire and its end."""

from __future__ import annotations

import asyncio
import importlib
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext._http.meter import called
from opencensus.trace import execution_context
from opencensus.trace.span import SpanKind

if TYPE_CHECKING:
    from collections.abc import Callable

AWAY = "http://127.0.0.1:1/none"


def by_requests(url: str) -> int:
    import requests

    return requests.get(url, headers={"X-Mine": "1"}, timeout=5).status_code


def by_httpx(url: str) -> int:
    import httpx

    return httpx.get(url, headers={"X-Mine": "1"}, trust_env=False).status_code


def by_streamed_httpx(url: str) -> int:
    import httpx

    with (
        httpx.Client(trust_env=False, headers={"X-Mine": "1"}) as client,
        client.stream("GET", url) as reply,
    ):
        reply.read()
        return reply.status_code


def by_awaited_httpx(url: str) -> int:
    import httpx

    async def call() -> int:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(url, headers={"X-Mine": "1"})).status_code

    return asyncio.run(call())


def by_urllib3(url: str) -> int:
    import urllib3

    with urllib3.PoolManager() as pool:
        reply = pool.request("GET", url, headers={"X-Mine": "1"}, retries=False)
        return reply.status


def by_urllib3_with_headers_of_the_pool(url: str) -> int:
    import urllib3

    with urllib3.PoolManager(headers={"X-Mine": "1"}) as pool:
        return pool.request("GET", url, retries=urllib3.Retry(1, backoff_factor=0)).status


def by_aiohttp(url: str) -> int:
    import aiohttp

    async def call() -> int:
        async with (
            aiohttp.ClientSession() as session,
            session.get(url, headers=[("X-Mine", "1")]) as reply,
        ):
            await reply.read()
            return reply.status

    return asyncio.run(call())


def by_urllib(url: str) -> int:
    request = urllib.request.Request(url, headers={"X-Mine": "1"})
    with urllib.request.urlopen(request, timeout=5) as reply:
        return int(reply.status)


CLIENTS = {
    "requests": ("requests", by_requests),
    "httpx": ("httpx", by_httpx),
    "httpx streamed": ("httpx", by_streamed_httpx),
    "httpx awaited": ("httpx", by_awaited_httpx),
    "urllib3": ("urllib3", by_urllib3),
    "urllib3 again": ("urllib3", by_urllib3_with_headers_of_the_pool),
    "aiohttp": ("aiohttp_client", by_aiohttp),
    "http.client": ("httplib", by_urllib),
}
LIBRARIES = {"aiohttp_client": "aiohttp", "httplib": "http.client"}


PATCHED = (
    ("http.client", "HTTPConnection", ("request", "getresponse")),
    ("requests", "Session", ("request",)),
    ("httpx", "Client", ("send",)),
    ("httpx", "AsyncClient", ("send",)),
    ("urllib3.connectionpool", "HTTPConnectionPool", ("urlopen",)),
    ("aiohttp", "ClientSession", ("_request",)),
)
"""What the integrations replace; other tests make calls of their own."""


@pytest.fixture(params=CLIENTS)
def call(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, track_server: Any
) -> Callable[[str], int]:
    """A call with one client; all integrations are on, so that layers would be seen."""
    name, function = CLIENTS[request.param]
    pytest.importorskip(LIBRARIES.get(name, name))
    track_server.serves_gets = True
    for module_name, type_name, methods in PATCHED:
        try:
            kind = getattr(importlib.import_module(module_name), type_name)
        except ImportError:
            # Old versions of one library are tried without the others.
            continue
        for method in methods:
            monkeypatch.setattr(kind, method, getattr(kind, method))
    for integration in dict.fromkeys(one for one, _ in CLIENTS.values()):
        try:
            module = importlib.import_module(f"opencensus.ext.{integration}.trace")
        except ImportError:
            continue
        module.trace_integration()
        module.trace_integration()
    return function


def test_one_span_a_call_and_the_trace_on_the_wire(
    call: Callable[[str], int], tracer: Any, span_list: Any, track_server: Any
) -> None:
    before = called.total.requests
    with tracer.span(name="outer") as outer:
        status = call(f"{track_server.endpoint}/pay?x=1")

    assert status == 200
    assert called.total.requests == before + 1
    spans = [span for span in span_list.spans if span.name != "outer"]
    assert len(spans) == 1
    sent = {name.lower(): value for name, value in track_server.gets[0].headers.items()}
    assert sent["x-mine"] == "1"
    assert sent["traceparent"] == f"00-{tracer.span_context.trace_id}-{spans[0].span_id}-01"
    assert spans[0].parent_span_id == outer.span_id
    assert spans[0].span_kind == SpanKind.CLIENT
    assert spans[0].attributes["component"] == "HTTP"
    assert spans[0].attributes["http.method"] == "GET"
    assert spans[0].attributes["http.url"] == f"{track_server.endpoint}/pay?x=1"
    assert spans[0].attributes["http.status_code"] == 200


def test_a_server_that_is_away_raises_as_before(
    call: Callable[[str], int], tracer: Any, span_list: Any
) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - each client has its own
        call(AWAY)

    assert type(raised.value).__module__.partition(".")[0] != "opencensus"
    (span,) = span_list.spans
    assert span.status.code == 2
    assert tracer.current_span() is None


def test_nothing_is_traced_while_telemetry_is_sent(
    call: Callable[[str], int], tracer: Any, span_list: Any, track_server: Any
) -> None:
    execution_context.set_is_exporter(True)
    assert call(f"{track_server.endpoint}/pay") == 200

    assert span_list.spans == []
    assert "traceparent" not in {name.lower() for name in track_server.gets[0].headers}


def test_excluded_hosts_are_left_alone(
    call: Callable[[str], int], tracer: Any, span_list: Any, track_server: Any
) -> None:
    host = f"127.0.0.1:{track_server.port}"
    execution_context.set_opencensus_attr("excludelist_hostnames", [host])
    assert call(f"{track_server.endpoint}/pay") == 200

    assert span_list.spans == []


def test_a_tracer_that_fails_changes_nothing(
    call: Callable[[str], int], track_server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def start_span(self) -> None:
            raise RuntimeError("no spans today")

    execution_context.set_opencensus_tracer(Broken())
    assert call(f"{track_server.endpoint}/pay") == 200
    assert "call cannot be traced" in caplog.text
