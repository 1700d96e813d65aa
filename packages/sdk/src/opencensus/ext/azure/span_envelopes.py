"""Spans in the wire's types: those of served requests become requests, all others dependencies.

Annotations and message events become traces of their span, an unhandled exception of a request
becomes an exception. Everything here is pure and runs on the sending thread.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from opencensus.ext.azure.common.text import as_text
from opencensus.ext.azure.exceptions import frames_of_span
from opencensus.trace import attributes_helper, time_event
from opencensus.trace.propagation.tracestate_string_format import TracestateStringFormatter
from opencensus.trace.span import SpanKind
from openinsights_wire import tags as tag_names
from openinsights_wire.envelope import Data, Envelope
from openinsights_wire.stamps import TICKS_PER_MILLISECOND, format_duration_ticks, parse_time
from openinsights_wire.types.dependency import RemoteDependencyData
from openinsights_wire.types.exception import ExceptionData, ExceptionDetails
from openinsights_wire.types.message import MessageData
from openinsights_wire.types.request import RequestData

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from opencensus.ext.azure.finished_span import FinishedSpan
    from opencensus.trace.span_data import SpanData

REQUEST_NAME = "Microsoft.ApplicationInsights.Request"
DEPENDENCY_NAME = "Microsoft.ApplicationInsights.RemoteDependency"
EXCEPTION_NAME = "Microsoft.ApplicationInsights.Exception"
MESSAGE_NAME = "Microsoft.ApplicationInsights.Message"

IN_PROCESS = "INPROC"
INFORMATION_SEVERITY = 1
ERROR_SEVERITY = 3
HTTP_PREFIX = "http."
SWITCHING_PROTOCOLS = 101
"""The status of a WebSocket that was opened."""
DEPENDENCY_TYPES = {"grpc": "gRPC", "mongodb": "MongoDB", "redis": "Redis"}
"""Components whose dependencies are called otherwise on an application map."""

DATA = attributes_helper.DEPENDENCY_ATTRIBUTES["DATA"]
TARGET = attributes_helper.DEPENDENCY_ATTRIBUTES["TARGET"]
CALLED_ATTRIBUTES = frozenset({DATA, TARGET})
"""Attributes that become fields of a dependency; its properties do not repeat them."""

ERROR_ATTRIBUTES = frozenset({"error.message", "error.name", "stacktrace"})
"""Attributes that become an exception; the request does not repeat them."""

WHOLE_MILLISECONDS_FROM = 100 * TICKS_PER_MILLISECOND
"""Longer spans are rounded to milliseconds, as this protocol's clients do; shorter ones are not."""

DIRECTIONS = {
    time_event.Type.SENT: "message sent",
    time_event.Type.RECEIVED: "message received",
}


def envelopes_of(
    span_data: SpanData | FinishedSpan, instrumentation_key: str, tags: Mapping[str, str]
) -> Iterator[Envelope]:
    """Yield what a span stands for; an exception comes before the request that it ended.

    The exception has the tags and the time of its request.

    Args:
        span_data: A span that ended.
        instrumentation_key: The resource's key.
        tags: Those of the process; copied for each envelope.
    """
    attributes = span_data.attributes
    if span_data.span_kind != SpanKind.SERVER:
        data = Data("RemoteDependencyData", dependency(span_data))
        yield _envelope(span_data, DEPENDENCY_NAME, data, instrumentation_key, tags)
        return
    if "error.message" in attributes:
        data = Data("ExceptionData", exception(span_data))
        yield _envelope(span_data, EXCEPTION_NAME, data, instrumentation_key, tags)
    data = Data("RequestData", request(span_data))
    yield _envelope(span_data, REQUEST_NAME, data, instrumentation_key, tags)


def events_of(
    span_data: SpanData | FinishedSpan, instrumentation_key: str, tags: Mapping[str, str]
) -> Iterator[Envelope]:
    """Yield a trace for each annotation and message event of a span."""
    for annotation in span_data.annotations or ():
        noted = annotation.attributes.attributes if annotation.attributes is not None else {}
        properties = {str(name): as_text(value) for name, value in noted.items()}
        yield _event(
            span_data,
            annotation.timestamp,
            as_text(annotation.description),
            properties,
            instrumentation_key,
            tags,
        )
    for event in span_data.message_events or ():
        yield _event(
            span_data,
            event.timestamp,
            DIRECTIONS.get(event.type, "message"),
            _message_facts(event),
            instrumentation_key,
            tags,
        )


def request(span_data: SpanData | FinishedSpan) -> RequestData:
    """Return what a span says about a request that the application served."""
    attributes = span_data.attributes
    code = result_code(span_data)
    properties = span_properties(span_data, hidden=ERROR_ATTRIBUTES)
    name = span_data.name
    method = attributes.get("http.method")
    if method is not None:
        name = _operation_name(attributes)
        if "http.route" in attributes:
            properties["request.name"] = name
        elif "http.path" in attributes:
            properties["request.name"] = f"{method} {attributes['http.path']}"
    url = attributes.get("http.url")
    if url is not None:
        properties["request.url"] = as_text(url)
    return RequestData(
        id=span_data.span_id,
        duration=duration(span_data),
        responseCode=str(code),
        success=succeeded(span_data, code),
        name=as_text(name),
        url=None if url is None else as_text(url),
        properties=properties,
    )


def dependency(span_data: SpanData | FinishedSpan) -> RemoteDependencyData:
    """Return what a span says about a call that the application made, or about a part of it."""
    code = result_code(span_data)
    properties = span_properties(span_data, hidden=CALLED_ATTRIBUTES)
    data = RemoteDependencyData(
        name=dependency_name(span_data),
        duration=duration(span_data),
        id=span_data.span_id,
        resultCode=str(code),
        success=succeeded(span_data, code),
        type=IN_PROCESS,
        properties=properties,
    )
    if not data.success and span_data.status is not None and span_data.status.message:
        properties.setdefault("status.message", as_text(span_data.status.message))
    if span_data.span_kind == SpanKind.CLIENT:
        attributes = span_data.attributes
        component = attributes.get("component")
        data.type = None if component is None else _dependency_type(component)
        data.data, data.target = _called(attributes, component, as_text(span_data.name))
    return data


def exception(span_data: SpanData | FinishedSpan) -> ExceptionData:
    """Return the exception in which a request ended."""
    attributes = span_data.attributes
    frames = frames_of_span(span_data.stack_trace)
    stack = attributes.get("stacktrace")
    details = ExceptionDetails(
        typeName=as_text(attributes.get("error.name") or "Exception"),
        message=as_text(attributes.get("error.message") or "Exception"),
        id=1,
        outerId=0,
        hasFullStack=bool(frames or stack),
        parsedStack=frames or None,
        stack=None if stack is None or frames else _lines(stack),
    )
    return ExceptionData(
        exceptions=[details],
        severityLevel=ERROR_SEVERITY,
        properties=span_properties(span_data, hidden=ERROR_ATTRIBUTES),
    )


def result_code(span_data: SpanData | FinishedSpan) -> object:
    """Return the HTTP status of a span, else the code of its status."""
    code = span_data.attributes.get("http.status_code")
    if code is not None:
        return code
    return span_data.status.code if span_data.status is not None else 0


def succeeded(span_data: SpanData | FinishedSpan, code: object) -> bool:
    """Return whether a span says that what it measured went well."""
    if "http.status_code" in span_data.attributes:
        try:
            number: int = int(code)  # type: ignore[call-overload]
            return 200 <= number <= 399 or number == SWITCHING_PROTOCOLS
        except (TypeError, ValueError, OverflowError):  # the last of infinity
            return False
    return span_data.status is None or span_data.status.is_ok


def duration(span_data: SpanData | FinishedSpan) -> str:
    """Return how long a span lasted; 0 when the clock went back or it has no end."""
    ticks: int | None = getattr(span_data, "ticks", None)
    if ticks is None:
        if not span_data.start_time or not span_data.end_time:
            return format_duration_ticks(0)
        ticks = max(0, parse_time(span_data.end_time) - parse_time(span_data.start_time))
    if ticks >= WHOLE_MILLISECONDS_FROM:
        ticks = round(ticks / TICKS_PER_MILLISECOND) * TICKS_PER_MILLISECOND
    return format_duration_ticks(ticks)


def dependency_name(span_data: SpanData | FinishedSpan) -> str:
    """Return METHOD and path of an HTTP call, else the span's name."""
    if span_data.span_kind == SpanKind.CLIENT:
        method = span_data.attributes.get("http.method")
        url = span_data.attributes.get("http.url")
        if method and url:
            return f"{method} {urlsplit(as_text(url)).path or '/'}"
    return as_text(span_data.name)


def span_properties(
    span_data: SpanData | FinishedSpan, hidden: frozenset[str] = frozenset()
) -> dict[str, str]:
    """Return as text what has no field of its own: attributes, links and tracestate."""
    # Taken at once: the host may still add to the attributes.
    attributes = span_data.attributes.copy()
    properties = {
        name: value if type(value) is str else as_text(value)
        for name, value in attributes.items()
        if type(name) is str and name[:5] != HTTP_PREFIX and name not in hidden
    }
    if len(properties) < len(attributes):
        for name, value in attributes.items():
            if type(name) is not str:
                properties[as_text(name)] = as_text(value)
    if span_data.links:
        properties["_MS.links"] = json.dumps(
            [{"operation_Id": link.trace_id, "id": link.span_id} for link in span_data.links]
        )
    tracestate = span_data.context.tracestate
    if tracestate:
        properties.setdefault("tracestate", TracestateStringFormatter().to_string(tracestate))
    return properties


def _envelope(
    span_data: SpanData | FinishedSpan,
    name: str,
    data: Data,
    instrumentation_key: str,
    process_tags: Mapping[str, str],
) -> Envelope:
    context = span_data.context
    tags = dict(process_tags)
    tags[tag_names.OPERATION_ID] = context.trace_id
    if span_data.parent_span_id:
        tags[tag_names.OPERATION_PARENT_ID] = span_data.parent_span_id
    if span_data.span_kind == SpanKind.SERVER:
        attributes = span_data.attributes
        if attributes.get("http.route"):
            tags[tag_names.OPERATION_NAME] = _operation_name(attributes)
        source = attributes.get("http.synthetic_source")
        if source:
            tags[tag_names.OPERATION_SYNTHETIC_SOURCE] = as_text(source)
    return Envelope(
        name=name,
        time=span_data.start_time,
        iKey=instrumentation_key,
        sampleRate=getattr(context, "sample_rate", None),
        tags=tags,
        data=data,
    )


def _event(
    span_data: SpanData | FinishedSpan,
    at: str,
    message: str,
    properties: dict[str, str],
    instrumentation_key: str,
    tags: Mapping[str, str],
) -> Envelope:
    line = MessageData(message=message, severityLevel=INFORMATION_SEVERITY, properties=properties)
    data = Data("MessageData", line)
    event = _envelope(span_data, MESSAGE_NAME, data, instrumentation_key, tags)
    event.time = at
    event.tags[tag_names.OPERATION_PARENT_ID] = span_data.span_id
    return event


def _message_facts(event: time_event.MessageEvent) -> dict[str, str]:
    facts = {
        "id": event.id,
        "uncompressedSizeBytes": event.uncompressed_size_bytes,
        "compressedSizeBytes": event.compressed_size_bytes,
    }
    return {name: as_text(value) for name, value in facts.items() if value is not None}


def _operation_name(attributes: Mapping[str, Any]) -> str:
    return f"{attributes.get('http.method', '')} {attributes.get('http.route', '')}".strip()


def _called(
    attributes: Mapping[str, Any], component: object, name: str
) -> tuple[str | None, str | None]:
    """Return what was called, as text, and on which machine or database."""
    if TARGET in attributes:
        asked = attributes.get(DATA)
        return None if asked is None else as_text(asked), as_text(attributes[TARGET])
    url = attributes.get("http.url")
    if url is not None:
        return as_text(url), urlsplit(as_text(url)).netloc or None
    statement = attributes.get("db.statement", attributes.get(f"{component}.query"))
    if statement is None:
        # An integration on top of several kinds of databases has a name of its own.
        statement = attributes.get(f"{name.rpartition('.')[0]}.query")
    parts = [attributes.get(key) for key in ("db.server", "db.instance")]
    target = " | ".join(as_text(part) for part in parts if part is not None)
    return None if statement is None else as_text(statement), target or None


def _dependency_type(component: object) -> str:
    text = as_text(component)
    return DEPENDENCY_TYPES.get(text.lower(), text)


def _lines(stack: object) -> str:
    if isinstance(stack, list | tuple):
        return "".join(map(str, stack))
    return as_text(stack)
