"""What every web integration promises, as tests that each of them runs on an application of its own.

The applications have these addresses:

- ``/orders/7``: answers with the number, the current span's id and the trace's id;
- ``/broken``: raises ``LookupError("no such price")``;
- ``/away``: answers 503;
- ``/stream``: answers ``a``, ``b`` and ``c`` in pieces, with a span ``piece`` around the making of each;
- ``/stream-broken``: answers ``a`` and raises ``LookupError("no such piece")``;
- ``/_ah/health``: answers 200.
"""

from __future__ import annotations

import asyncio
import gc
import io
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from opencensus.ext._http.meter import served
from opencensus.ext._http.server import METHODS
from opencensus.ext.asgi import ASGIMiddleware
from opencensus.ext.azure import span_envelopes
from opencensus.ext.wsgi import WSGIMiddleware
from opencensus.trace import execution_context
from opencensus.trace.propagation.b3_format import B3FormatPropagator
from opencensus.trace.samplers import AlwaysOffSampler, AlwaysOnSampler
from opencensus.trace.span import SpanKind

if TYPE_CHECKING:
    from collections.abc import Iterator

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
SPAN_ID = "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE_ID}-{SPAN_ID}-01"


@dataclass
class Reply:
    """What a client got; `error` is what the application let through to the server."""

    status: int | None = None
    pieces: list[bytes] = field(default_factory=list)
    error: BaseException | None = None

    @property
    def text(self) -> str:
        return b"".join(self.pieces).decode()


def here(number: object) -> str:
    """Return what `/orders` answers."""
    span = execution_context.get_current_span()
    tracer = execution_context.get_opencensus_tracer()
    return f"{number} {getattr(span, 'span_id', None)} {tracer.span_context.trace_id}"


def pieces() -> Iterator[bytes]:
    """Make what `/stream` answers."""
    for letter in (b"a", b"b", b"c"):
        with execution_context.get_opencensus_tracer().span(name="piece"):
            pass
        yield letter


def broken_pieces() -> Iterator[bytes]:
    """Make what `/stream-broken` answers."""
    yield b"a"
    raise LookupError("no such piece")


def ask_wsgi(
    application: Any,
    path: str,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    take: int | None = None,
) -> Reply:
    """Ask a WSGI application as a server does, under the eyes of the standard library's validator.

    Args:
        application: The application.
        path: With the query.
        method: The HTTP method.
        headers: The request's headers.
        take: After so many pieces the client goes away.
    """
    path, _, query = path.partition("?")
    environ: dict[str, Any] = {"REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path}
    environ["QUERY_STRING"] = query
    environ["SERVER_PROTOCOL"] = "HTTP/1.1"
    environ["wsgi.input"] = io.BytesIO()
    setup_testing_defaults(environ)
    environ["HTTP_HOST"] = "localhost"
    environ["SERVER_NAME"] = "localhost"
    environ["wsgi.errors"] = sys.stderr
    for name, value in (headers or {}).items():
        environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    reply = Reply()

    def start_response(status: str, headers: Any, exc_info: Any = None) -> Any:
        reply.status = int(status[:3])
        return reply.pieces.append

    try:
        # The validator warns of methods that are not in the standard.
        checked = validator(application) if method in METHODS else application
        body = checked(environ, start_response)
        try:
            pieces = iter(body)
            while take is None or len(reply.pieces) < take:
                try:
                    piece = next(pieces)
                except StopIteration:
                    break
                if piece:
                    reply.pieces.append(piece)
        finally:
            getattr(body, "close", lambda: None)()
    except AssertionError:
        # Of the validator.
        raise
    except Exception as error:
        reply.error = error
    return reply


async def ask_asgi_async(
    application: Any,
    path: str,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    take: int | None = None,
    waits: bool = False,
) -> Reply:
    """Ask an ASGI application as a server does; arguments are those of `ask_wsgi`.

    Where it `waits`, what is sent to a client that left is not refused, but never done.
    """
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (b"host", b"localhost"),
            *((name.encode(), value.encode()) for name, value in (headers or {}).items()),
        ],
        "server": ("localhost", 80),
        "client": ("127.0.0.1", 5),
    }
    reply = Reply()
    asked = False
    gone = asyncio.Event()

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            reply.status = message["status"]
        elif message.get("body"):
            if take is not None and len(reply.pieces) >= take:
                gone.set()
                if waits:
                    await asyncio.Event().wait()
                raise OSError("the client went away")
            reply.pieces.append(message["body"])

    try:
        await application(scope, receive, send)
    except Exception as error:
        reply.error = error
    return reply


def ask_asgi(application: Any, path: str, **options: Any) -> Reply:
    """Ask an ASGI application in an event loop of its own."""

    async def ask() -> Reply:
        return await ask_asgi_async(application, path, **options)

    return asyncio.run(ask())


class WebContract:
    """Tests of one integration; subclasses say how its application is made and asked."""

    template = "/orders/{number}"
    error_is_let_through = False
    """Whether the framework hands an unhandled exception on to the server."""

    status_of_what_began: int | None = 200
    """What the integration knows of the status of an answer that broke off."""

    def make(self, **settings: Any) -> Any:
        """Return a traced application; a setting that is not given is None."""
        raise NotImplementedError

    def ask(self, application: Any, path: str, **options: Any) -> Reply:
        """Ask it."""
        raise NotImplementedError

    def wrap(self, application: Any, **settings: Any) -> Any:
        """Return the application inside the middleware for any application of its kind."""
        return WSGIMiddleware(application, **settings)

    @pytest.fixture
    def application(self, span_list: Any) -> Any:
        return self.make(exporter=span_list, sampler=AlwaysOnSampler())

    def test_request_becomes_a_server_span(self, application: Any, span_list: Any) -> None:
        reply = self.ask(application, "/orders/7?x=1")

        (span,) = span_list.spans
        assert reply.text == f"7 {span.span_id} {span.context.trace_id}"
        assert span.span_kind == SpanKind.SERVER
        attributes = dict(span.attributes)
        host = attributes.pop("http.host")
        assert attributes == {
            "http.method": "GET",
            "http.path": "/orders/7",
            "http.url": f"http://{host}/orders/7?x=1",
            "http.route": self.template,
            "http.status_code": 200,
        }

    def test_operation_is_named_by_method_and_template(
        self, application: Any, span_list: Any
    ) -> None:
        self.ask(application, "/orders/7")
        self.ask(application, "/nowhere/7")

        named, unmatched = (span_envelopes.request(span) for span in span_list.spans)
        assert (named.name, named.responseCode, named.success) == (
            f"GET {self.template}",
            "200",
            True,
        )
        assert (unmatched.name, unmatched.responseCode, unmatched.success) == ("GET", "404", False)

    def test_callers_trace_goes_on(self, application: Any, span_list: Any) -> None:
        self.ask(application, "/orders/7", headers={"traceparent": TRACEPARENT})

        (span,) = span_list.spans
        assert span.context.trace_id == TRACE_ID
        assert span.parent_span_id == SPAN_ID

    def test_configured_propagator_reads_the_caller(self, span_list: Any) -> None:
        application = self.make(
            exporter=span_list, sampler=AlwaysOnSampler(), propagator=B3FormatPropagator()
        )
        self.ask(application, "/orders/7", headers={"b3": f"{TRACE_ID}-{SPAN_ID}-1"})

        (span,) = span_list.spans
        assert (span.context.trace_id, span.parent_span_id) == (TRACE_ID, SPAN_ID)

    def test_unhandled_exception_is_on_the_span(self, application: Any, span_list: Any) -> None:
        reply = self.ask(application, "/broken")

        (span,) = span_list.spans
        if self.error_is_let_through:
            assert isinstance(reply.error, LookupError)
        else:
            assert reply.status == 500
        assert span.attributes["http.status_code"] == 500
        assert span.attributes["http.route"] == "/broken"
        assert span.attributes["error.name"] == "LookupError"
        assert span.attributes["error.message"] == "no such price"
        assert "broken" in span.attributes["stacktrace"]
        assert (span.status.code, span.status.message) == (2, "no such price")
        assert span.stack_trace.stack_frames

    def test_answer_that_says_the_server_failed_is_no_success(
        self, application: Any, span_list: Any
    ) -> None:
        assert self.ask(application, "/away").status == 503

        (span,) = span_list.spans
        assert span.attributes["http.status_code"] == 503
        assert not span.status.is_ok
        assert "error.message" not in span.attributes

    def test_excluded_paths_are_served_and_not_traced(self, span_list: Any) -> None:
        application = self.make(exporter=span_list, sampler=AlwaysOnSampler())
        assert self.ask(application, "/_ah/health").status == 200
        assert span_list.spans == []

        for path in ("orders", "/orders"):
            application = self.make(
                exporter=span_list, sampler=AlwaysOnSampler(), excludelist_paths=[path]
            )
            assert self.ask(application, "/orders/7").text.split()[:2] == ["7", "None"]
            assert span_list.spans == []
        self.ask(application, "/away")
        assert len(span_list.spans) == 1

    def test_hosts_that_are_left_alone_are_known_while_serving(self, span_list: Any) -> None:
        seen = []

        class Sampler(AlwaysOnSampler):
            def should_sample(self, span_context: Any) -> bool:
                return True

        class Exporter:
            def export(self, span_datas: Any) -> None:
                seen.append(execution_context.get_opencensus_attr("excludelist_hostnames"))

        application = self.make(
            exporter=Exporter(), sampler=Sampler(), excludelist_hostnames=["metrics.local"]
        )
        self.ask(application, "/orders/7")
        assert seen == [["metrics.local"]]

    def test_answer_that_is_made_while_it_is_sent_ends_the_span_once(
        self, application: Any, span_list: Any
    ) -> None:
        reply = self.ask(application, "/stream")

        *inside, span = span_list.spans
        assert reply.text == "abc"
        assert [one.name for one in inside] == ["piece"] * 3
        assert {one.parent_span_id for one in inside} == {span.span_id}
        assert span.attributes["http.status_code"] == 200
        assert span.status.is_ok
        assert span.end_time >= inside[-1].end_time
        assert "client.disconnected" not in span.attributes

    def test_client_that_goes_away_ends_the_span_once(
        self, application: Any, span_list: Any
    ) -> None:
        self.ask(application, "/stream", take=1)
        # Django before 5.0 closes nothing then: the request ends when its answer is forgotten.
        gc.collect()

        (span,) = [one for one in span_list.spans if one.span_kind == SpanKind.SERVER]
        assert span.attributes["client.disconnected"] is True
        assert span.attributes["http.status_code"] == (self.status_of_what_began or 499)
        assert span.status.code == 1
        assert "error.message" not in span.attributes

    def test_exception_in_the_middle_of_an_answer_is_on_the_span(
        self, application: Any, span_list: Any
    ) -> None:
        self.ask(application, "/stream-broken")

        (span,) = span_list.spans
        assert span.attributes["error.message"] == "no such piece"
        assert span.attributes["http.status_code"] == (self.status_of_what_began or 500)

    def test_context_is_restored_after_each_request(self, application: Any) -> None:
        before = execution_context.get_opencensus_full_context()
        for path in ("/orders/7", "/broken", "/nowhere", "/stream", "/stream-broken"):
            self.ask(application, path)
            self.ask(application, path, take=1)

        assert execution_context.get_opencensus_full_context() == before

    def test_unsampled_request_is_served_and_not_exported(self, span_list: Any) -> None:
        application = self.make(exporter=span_list, sampler=AlwaysOffSampler())
        number, _, trace_id = self.ask(
            application, "/orders/7", headers={"traceparent": TRACEPARENT}
        ).text.split()

        assert (number, trace_id) == ("7", TRACE_ID)
        assert self.ask(application, "/stream").text == "abc"
        self.ask(application, "/broken")
        assert span_list.spans == []

    @pytest.mark.parametrize("part", ["sampler", "exporter", "propagator"])
    def test_broken_parts_of_the_host_cost_no_request(
        self, span_list: Any, part: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        class Broken:
            def should_sample(self, span_context: object) -> bool:
                raise RuntimeError("of the host")

            def export(self, span_datas: object) -> None:
                raise RuntimeError("of the host")

            def from_headers(self, headers: object) -> None:
                raise RuntimeError("of the host")

        settings = {"sampler": AlwaysOnSampler(), "exporter": span_list, part: Broken()}
        application = self.make(**settings)
        before = served.total.requests

        assert self.ask(application, "/orders/7").text.startswith("7 ")
        assert self.ask(application, "/stream").text == "abc"
        assert served.total.requests - before == 2
        assert "of the host" in caplog.text

    def test_requests_are_counted_with_the_time_they_took(self, application: Any) -> None:
        before = served.total
        for path in ("/orders/7", "/broken", "/stream", "/_ah/health"):
            self.ask(application, path)

        assert served.total.requests - before.requests == 4
        assert served.total.seconds > before.seconds

    def test_layers_make_one_span_with_the_frameworks_route(
        self, application: Any, span_list: Any
    ) -> None:
        wrapped = self.wrap(application, exporter=span_list, sampler=AlwaysOnSampler())
        before = served.total.requests
        self.ask(wrapped, "/orders/7", headers={"traceparent": TRACEPARENT})
        self.ask(wrapped, "/broken")

        order, broken = span_list.spans
        assert order.attributes["http.route"] == self.template
        assert order.parent_span_id == SPAN_ID
        assert broken.attributes["http.route"] == "/broken"
        assert broken.attributes["http.status_code"] == 500
        assert broken.attributes["error.message"] == "no such price"
        assert served.total.requests - before == 2

    def test_method_that_a_client_made_up_is_other(self, application: Any, span_list: Any) -> None:
        for method in ("BREW", "WHEN"):
            self.ask(application, "/nowhere", method=method)

        assert {span.attributes["http.method"] for span in span_list.spans} == {"OTHER"}


class ASGIContract(WebContract):
    """What asynchronous integrations promise besides."""

    waits = False
    """Whether the framework listens for clients that leave, instead of being told when it sends."""

    def ask(self, application: Any, path: str, **options: Any) -> Reply:
        return ask_asgi(application, path, waits=self.waits, **options)

    def wrap(self, application: Any, **settings: Any) -> Any:
        return ASGIMiddleware(application, **settings)

    def test_requests_at_the_same_time_do_not_mix(self, application: Any, span_list: Any) -> None:
        async def ask_all() -> list[Reply]:
            asked = (
                ask_asgi_async(
                    application,
                    f"/orders/{number}",
                    headers={"traceparent": f"00-{number:032x}-{number:016x}-01"},
                )
                for number in range(1, 21)
            )
            return await asyncio.gather(*asked)

        replies = asyncio.run(ask_all())

        spans = {span.context.trace_id: span for span in span_list.spans}
        assert len(spans) == 20
        for number, reply in enumerate(replies, 1):
            span = spans[f"{number:032x}"]
            assert reply.text == f"{number} {span.span_id} {number:032x}"
            assert span.parent_span_id == f"{number:016x}"
