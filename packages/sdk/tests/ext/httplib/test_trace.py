from __future__ import annotations

import http.client
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.httplib import trace
from opencensus.trace import execution_context
from opencensus.trace.span import SpanKind

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _integrated() -> Iterator[None]:
    connection: Any = http.client.HTTPConnection
    originals = connection.request, connection.getresponse
    trace.trace_integration()
    trace.trace_integration()
    yield
    connection.request, connection.getresponse = originals


def test_call_is_a_client_span_and_carries_the_trace(
    tracer: Any, span_list: Any, track_server: Any
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", track_server.port)
    connection.request("POST", "/pay", body="[]", headers={"X-Mine": "1"})
    response = connection.getresponse()
    response.read()
    connection.close()

    (span,) = span_list.spans
    sent = {name.lower(): value for name, value in track_server.posts[0].headers.items()}
    assert span.name == "[httplib]request"
    assert span.span_kind == SpanKind.CLIENT
    assert dict(span.attributes) == {
        "component": "HTTP",
        "http.url": f"{track_server.endpoint}/pay",
        "http.method": "POST",
        "http.status_code": 200,
    }
    assert sent["x-mine"] == "1"
    assert sent["traceparent"] == f"00-{tracer.span_context.trace_id}-{span.span_id}-01"


def test_urllib_is_traced_too(tracer: Any, span_list: Any, track_server: Any) -> None:
    urllib.request.urlopen(f"{track_server.endpoint}/pay", data=b"[]").close()

    assert len(span_list.spans) == 1
    assert "traceparent" in {name.lower() for name in track_server.posts[0].headers}


def test_call_that_cannot_be_made_ends_its_span(tracer: Any, span_list: Any) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", 1)
    with pytest.raises(ConnectionRefusedError):
        connection.request("GET", "/")

    assert span_list.spans[0].status.code == 2
    assert tracer.current_span() is None


def test_call_without_an_answer_ends_its_span(
    tracer: Any, span_list: Any, track_server: Any
) -> None:
    import track_server as module

    track_server.answers.append(module.Answer(hang_up=True))
    connection = http.client.HTTPConnection("127.0.0.1", track_server.port)
    connection.request("POST", "/", body="[]")
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()
    connection.close()

    assert span_list.spans[0].status.code == 2
    assert tracer.current_span() is None


def test_ports_and_schemes_in_addresses() -> None:
    plain = http.client.HTTPConnection("host", 80)
    other = http.client.HTTPConnection("host", 8080)
    secure = http.client.HTTPSConnection("host")
    six = http.client.HTTPConnection("::1", 8080)

    assert trace._address(plain, "/a") == "http://host/a"
    assert trace._address(other, "/a") == "http://host:8080/a"
    assert trace._address(secure, "/a") == "https://host/a"
    assert trace._address(six, "/a") == "http://[::1]:8080/a"
    assert trace._address(plain, "http://through/a") == "http://through/a"


def test_hosts_may_be_excluded_with_the_port_that_addresses_leave_out(
    tracer: Any, span_list: Any
) -> None:
    execution_context.set_opencensus_attr("excludelist_hostnames", ["shop.local:80"])
    request = trace.wrap_httplib_request(lambda self, method, url, body, headers: headers)

    assert request(http.client.HTTPConnection("shop.local"), "GET", "/", None, {"A": "1"}) == {
        "A": "1"
    }
    assert span_list.spans == []


def test_connection_that_stands_in_for_the_one_that_sent_ends_the_call(
    tracer: Any, span_list: Any
) -> None:
    class Response:
        status = 201

    connection = http.client.HTTPConnection("shop.local")
    request = trace.wrap_httplib_request(lambda self, method, url, body, headers: None)
    response = trace.wrap_httplib_response(lambda self: Response())
    request(connection, "GET", "/", None, {})
    stand_in = http.client.HTTPConnection("shop.local")
    response(stand_in)
    response(stand_in)

    (span,) = span_list.spans
    assert span.attributes["http.status_code"] == 201
    assert tracer.current_span() is None
