"""Callers' headers are found in whatever a framework or a program has them in."""

from __future__ import annotations

from email.message import Message
from wsgiref.headers import Headers as WsgiHeaders

import httpx
import pytest
from starlette.datastructures import Headers as StarletteHeaders
from werkzeug.datastructures import EnvironHeaders
from werkzeug.datastructures import Headers as WerkzeugHeaders

from opencensus.trace.propagation.b3_format import B3FormatPropagator
from opencensus.trace.propagation.google_cloud_format import GoogleCloudFormatPropagator
from opencensus.trace.propagation.trace_context_http_header_format import TraceContextPropagator
from opencensus.trace.tracestate import Tracestate

TRACE, SPAN = "a" * 32, "b" * 16
PARENT = f"00-{TRACE}-{SPAN}-01"


class OnlyGet:
    """What a middleware of one's own may hand over."""

    def __init__(self, headers):
        self._headers = headers

    def get(self, name):
        return self._headers.get(name)


def _message(pairs):
    message = Message()
    for name, value in pairs:
        message[name] = value
    return message


def _wsgi(pairs):
    joined: dict[str, str] = {}
    for name, value in pairs:
        key = "HTTP_" + name.upper().replace("-", "_")
        joined[key] = f"{joined[key]},{value}" if key in joined else value
    return joined


def _asgi(pairs):
    return [(name.lower().encode(), value.encode()) for name, value in pairs]


_KINDS = {
    "plain dict": dict,
    "upper-case dict": lambda pairs: {name.upper(): value for name, value in pairs},
    "title-case dict": lambda pairs: {name.title(): value for name, value in pairs},
    "dict of bytes": lambda pairs: {n.encode(): v.encode() for n, v in pairs},
    "pairs": list,
    "asgi scope": _asgi,
    "wsgi environ": _wsgi,
    "wsgiref": lambda pairs: WsgiHeaders(list(pairs)),
    "http.server": _message,
    "werkzeug": lambda pairs: WerkzeugHeaders(pairs),
    "werkzeug environ": lambda pairs: EnvironHeaders(_wsgi(pairs)),
    "starlette": lambda pairs: StarletteHeaders(raw=_asgi(pairs)),
    "httpx": lambda pairs: httpx.Headers(pairs),
    "only get": lambda pairs: OnlyGet({name.lower(): value for name, value in pairs}),
}
_REPEATABLE = sorted(set(_KINDS) - {
    "plain dict", "upper-case dict", "title-case dict", "dict of bytes", "only get", "wsgiref",
})  # fmt: skip


@pytest.mark.parametrize("kind", _KINDS)
def test_a_caller_is_found(kind):
    """The retired client asked for `traceparent` in lower case, and raised for what has no `get`."""
    make = _KINDS[kind]
    context = TraceContextPropagator().from_headers(
        make([("Accept", "text/html"), ("traceparent", PARENT), ("tracestate", "a=1")])
    )
    assert (context.trace_id, context.span_id, context.trace_options.enabled) == (TRACE, SPAN, True)
    assert context.tracestate == Tracestate(a="1")
    context = B3FormatPropagator().from_headers(
        make([("x-b3-traceid", TRACE), ("x-b3-spanid", SPAN), ("x-b3-sampled", "1")])
    )
    assert (context.trace_id, context.span_id, context.trace_options.enabled) == (TRACE, SPAN, True)


@pytest.mark.parametrize("kind", sorted(set(_KINDS) - {"only get"}))
def test_the_name_of_googles_header_may_have_any_case(kind):
    headers = _KINDS[kind]([("X-Cloud-Trace-Context", f"{TRACE}/1;o=1")])
    assert GoogleCloudFormatPropagator().from_headers(headers).trace_id == TRACE


@pytest.mark.parametrize("kind", _KINDS)
def test_headers_without_a_caller_start_a_new_trace(kind):
    headers = _KINDS[kind]([("Accept", "text/html")])
    assert not TraceContextPropagator().from_headers(headers).from_header
    assert not TraceContextPropagator().from_headers(_KINDS[kind]([])).from_header


@pytest.mark.parametrize("kind", _REPEATABLE)
def test_repeated_headers_of_tracestate_are_one_list_in_order(kind):
    headers = _KINDS[kind]([("traceparent", PARENT), ("tracestate", "b=2"), ("tracestate", "a=1")])
    context = TraceContextPropagator().from_headers(headers)
    assert context.tracestate is not None
    assert list(context.tracestate.items()) == [("b", "2"), ("a", "1")]


@pytest.mark.parametrize("kind", _REPEATABLE)
def test_two_callers_are_none(kind):
    headers = _KINDS[kind]([("traceparent", PARENT), ("traceparent", PARENT)])
    assert TraceContextPropagator().from_headers(headers).trace_id != TRACE


@pytest.mark.parametrize(
    "headers", ["traceparent", b"x", 5, [5], ["ab"], {5: "x"}, {"traceparent": 5}]
)
def test_what_are_no_headers_start_a_new_trace(headers):
    assert not TraceContextPropagator().from_headers(headers).from_header
    assert not B3FormatPropagator().from_headers(headers).from_header
