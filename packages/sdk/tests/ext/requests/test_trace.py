from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from opencensus.ext.requests import trace
from opencensus.trace import execution_context
from opencensus.trace.span import SpanKind

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _integrated() -> Iterator[None]:
    original = requests.Session.request
    trace.trace_integration()
    trace.trace_integration()
    yield
    requests.Session.request = original  # type: ignore[method-assign]


def test_call_is_a_client_span_and_carries_the_trace(
    tracer: Any, span_list: Any, track_server: Any
) -> None:
    with tracer.span(name="outer") as outer:
        given = {"X-Mine": "1"}
        reply = requests.post(f"{track_server.endpoint}/pay?x=1", json=[], headers=given)

    call = span_list.named("/pay")
    sent = {name.lower(): value for name, value in track_server.posts[0].headers.items()}
    assert reply.status_code == 200
    assert given == {"X-Mine": "1"}
    assert sent["x-mine"] == "1"
    assert sent["traceparent"] == f"00-{tracer.span_context.trace_id}-{call.span_id}-01"
    assert call.parent_span_id == outer.span_id
    assert call.span_kind == SpanKind.CLIENT
    assert dict(call.attributes) == {
        "component": "HTTP",
        "http.host": f"127.0.0.1:{track_server.port}",
        "http.method": "POST",
        "http.path": "/pay",
        "http.url": f"{track_server.endpoint}/pay?x=1",
        "http.status_code": 200,
    }
    assert call.status.is_ok


def test_error_status_of_the_reply_is_the_spans(
    tracer: Any, span_list: Any, track_server: Any
) -> None:
    import track_server as module

    track_server.answers.append(module.Answer(404))
    requests.post(track_server.endpoint, json=[])

    (span,) = span_list.spans
    assert (span.name, span.status.code) == ("/", 5)


def test_failures_go_on_to_the_caller_and_end_the_span(tracer: Any, span_list: Any) -> None:
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get("http://127.0.0.1:1/none")
    with pytest.raises(requests.exceptions.MissingSchema):
        requests.get("nowhere")

    assert [span.status.code for span in span_list.spans] == [2, 3]
    assert tracer.current_span() is None


def test_timeout_is_named(tracer: Any, span_list: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*args: object, **kwargs: object) -> None:
        raise requests.ReadTimeout("slow")

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", slow)
    with pytest.raises(requests.ReadTimeout):
        requests.get("http://127.0.0.1:1/none")

    assert span_list.spans[0].status.code == 4


def test_login_in_the_address_is_not_recorded(
    tracer: Any, span_list: Any, track_server: Any
) -> None:
    requests.post(f"http://user:secret@127.0.0.1:{track_server.port}/", json=[])

    assert "secret" not in str(dict(span_list.spans[0].attributes))


def test_excluded_hosts_and_sending_threads_are_left_alone(
    tracer: Any, span_list: Any, track_server: Any
) -> None:
    execution_context.set_opencensus_attr(
        "excludelist_hostnames", [f"127.0.0.1:{track_server.port}"]
    )
    requests.post(track_server.endpoint, json=[])
    execution_context.set_opencensus_attr("excludelist_hostnames", None)
    execution_context.set_is_exporter(True)
    requests.post(track_server.endpoint, json=[])

    assert span_list.spans == []


def test_headers_may_be_positional(tracer: Any, track_server: Any) -> None:
    with requests.Session() as session:
        session.request("POST", track_server.endpoint, None, "[]", {"X-Mine": "1"})

    sent = {name.lower(): value for name, value in track_server.posts[0].headers.items()}
    assert sent["x-mine"] == "1"
    assert sent["traceparent"].startswith(f"00-{tracer.span_context.trace_id}-")


def test_without_a_tracer_calls_go_out_as_before(track_server: Any) -> None:
    assert requests.post(track_server.endpoint, json=[]).status_code == 200


def test_broken_propagator_costs_no_call(
    tracer: Any, span_list: Any, track_server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def to_headers(self, span_context: object) -> None:
            raise RuntimeError("of the host")

    tracer.propagator = Broken()

    assert requests.post(track_server.endpoint, json=[]).status_code == 200
    assert "trace cannot be sent along with the call" in caplog.text
    assert span_list.spans[0].attributes["http.status_code"] == 200
    assert tracer.current_span() is None


@pytest.mark.parametrize("url", ["http://[", b"http://127.0.0.1:1/", "", None])
def test_odd_addresses_fail_as_they_did_before(tracer: Any, url: Any) -> None:
    with pytest.raises(requests.RequestException):
        requests.get(url)


def test_any_object_with_the_methods_of_a_tracer_may_be_the_tracer(track_server: Any) -> None:
    class Own:
        """A tracer of the host's: its spans are plain objects."""

        class Span:
            name = ""
            status: Any = None

            def set_status(self, status: Any) -> None:
                self.status = status

        span_context = None
        propagator = None
        ended = False

        def start_span(self) -> Any:
            self.attributes: dict[str, Any] = {}
            self.span = self.Span()
            return self.span

        def add_attribute_to_current_span(self, key: str, value: Any) -> None:
            self.attributes[key] = value

        def end_span(self) -> None:
            self.ended = True

    own = Own()
    execution_context.set_opencensus_tracer(own)
    requests.post(f"{track_server.endpoint}/pay", json=[])

    assert own.ended
    assert (own.span.name, own.span.status.is_ok) == ("/pay", True)
    assert own.attributes["http.status_code"] == 200


def test_hosts_are_recorded_and_excluded_in_lower_case_and_without_login(
    tracer: Any, span_list: Any, track_server: Any
) -> None:
    port = track_server.port
    requests.post(f"http://LOCALHOST:{port}/", json=[])
    assert span_list.spans[0].attributes["http.host"] == f"localhost:{port}"

    execution_context.set_opencensus_attr("excludelist_hostnames", [f"localhost:{port}"])
    requests.post(f"http://me:secret@LOCALHOST:{port}/", json=[])
    assert len(span_list.spans) == 1


def test_wrapper_tells_the_headers_that_were_sent(tracer: Any) -> None:
    def send(method: str, url: str, **kwargs: Any) -> Any:
        return requests.Response()

    given = {"X-Mine": "1"}
    kwargs = {"headers": given}
    trace.wrap_session_request(send, None, ("GET", "http://127.0.0.1/"), kwargs)

    assert kwargs["headers"]["X-Mine"] == "1"
    assert kwargs["headers"]["traceparent"].startswith("00-")
    assert given == {"X-Mine": "1"}
