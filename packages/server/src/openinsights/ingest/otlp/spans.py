"""From spans to envelopes: a request or a dependency, and an exception or a trace for each event."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from openinsights.ingest.otlp import conventions as named
from openinsights.ingest.otlp.errors import malformed
from openinsights.ingest.otlp.records import CLIENT, CONSUMER, PRODUCER, SERVER, STATUS_ERROR
from openinsights.ingest.otlp.values import (
    MAX_MESSAGE,
    MAX_TAG,
    either,
    first,
    is_standard,
    measurements,
    properties,
    text,
    time_text,
)
from openinsights_wire import tags as tag_names
from openinsights_wire.envelope import Data, Envelope
from openinsights_wire.fields import VALUE_LENGTH
from openinsights_wire.types.dependency import RemoteDependencyData
from openinsights_wire.types.exception import ExceptionData, ExceptionDetails
from openinsights_wire.types.message import MessageData
from openinsights_wire.types.request import RequestData

if TYPE_CHECKING:
    from openinsights.ingest.otlp.records import Attributes, Event, Origin, Span

NS_PER_MS = 1_000_000
MAX_EVENTS = 4096
_MAX_LINKS = VALUE_LENGTH // 82
_TRACE_ID, _SPAN_ID = 32, 16
_NO_SPAN = "0" * _SPAN_ID
_USER_AGENT_TAG = "ai.user.userAgent"
_FULL_THRESHOLD = 1 << 56

INSTRUMENTATIONS_WITH_METRICS = frozenset(
    (
        "opentelemetry.instrumentation.asgi",
        "opentelemetry.instrumentation.django",
        "opentelemetry.instrumentation.falcon",
        "opentelemetry.instrumentation.fastapi",
        "opentelemetry.instrumentation.flask",
        "opentelemetry.instrumentation.pyramid",
        "opentelemetry.instrumentation.requests",
        "opentelemetry-instrumentation-sqlalchemy",
        "opentelemetry.instrumentation.starlette",
        "opentelemetry-instrumentation-tornado",
        "opentelemetry-instrumentation-urllib",
        "opentelemetry.instrumentation.urllib3",
        "opentelemetry.instrumentation.httpx",
        "opentelemetry.instrumentation.wsgi",
    )
)
"""Scopes whose spans are counted in standard metrics too, which a mark on them says."""


def span_envelopes(
    span: Span, origin: Origin, tags: dict[str, str], key: str, now_ns: int
) -> list[Envelope]:
    """Return the envelopes of a span and of its events.

    Args:
        span: what happened.
        origin: the scope that made it.
        tags: what its resource says.
        key: the instrumentation key.
        now_ns: the time of what has none.

    Raises:
        WireError: the span has no id, or more events than a span may have.
    """
    if len(span.span_id) != _SPAN_ID or len(span.trace_id) != _TRACE_ID:
        raise malformed("span: its trace id must have 16 bytes and its span id 8")
    if len(span.events) > MAX_EVENTS:
        raise malformed(f"span: it has more than {MAX_EVENTS} events")
    attributes = span.attributes
    sample_rate = _sample_rate(span)
    own = {**tags, tag_names.OPERATION_ID: span.trace_id}
    add_people(own, attributes)
    if span.parent_id and span.parent_id != _NO_SPAN:
        own[tag_names.OPERATION_PARENT_ID] = span.parent_id
    if named.is_synthetic(attributes):
        own[tag_names.OPERATION_SYNTHETIC_SOURCE] = "True"
    is_served = span.kind in (SERVER, CONSUMER)
    data: Any = _request(span, own) if is_served else _dependency(span, own)
    data.name = own[tag_names.OPERATION_NAME] = own[tag_names.OPERATION_NAME][:MAX_TAG]
    data.properties = properties(attributes, is_standard)
    if origin.scope in INSTRUMENTATIONS_WITH_METRICS:
        data.properties["_MS.ProcessedByMetricExtractors"] = "True"
    if span.links:
        data.properties["_MS.links"] = _links(span)
    envelopes = [
        Envelope(
            time=time_text(span.start_ns or now_ns),
            data=Data("RequestData" if is_served else "RemoteDependencyData", data),
            iKey=key,
            sampleRate=sample_rate,
            tags=own,
        )
    ]
    for event in span.events:
        envelopes.append(
            Envelope(
                time=time_text(event.time_ns or span.start_ns or now_ns),
                data=_event(event),
                iKey=key,
                sampleRate=sample_rate,
                tags=_event_tags(event, span, tags),
            )
        )
    return envelopes


def _request(span: Span, tags: dict[str, str]) -> RequestData:
    attributes = span.attributes
    tags[tag_names.OPERATION_NAME] = span.name
    data = RequestData(
        id=span.span_id,
        duration=_duration_ms(span),
        responseCode="0",
        success=span.status != STATUS_ERROR,
        measurements=measurements(attributes),
    )
    address = first(attributes, *named.CLIENT_ADDRESS)
    if address:
        tags[tag_names.LOCATION_IP] = text(address)[:46]
    if named.AZURE_NAMESPACE in attributes:
        data.source = named.azure_queue(attributes)
        if span.links:
            data.measurements = {**(data.measurements or {}), "timeSinceEnqueued": _waited_ms(span)}
    elif named.has(attributes, named.METHOD):
        _add_http_request(span, data, tags)
    elif "messaging.system" in attributes:
        data.source = named.message_source(attributes)[:1024] or None
    return data


def _add_http_request(span: Span, data: RequestData, tags: dict[str, str]) -> None:
    attributes = span.attributes
    _add_user_agent(attributes, tags)
    url = named.request_url(attributes)
    data.url = url[:2048]
    method = text(either(attributes, named.METHOD))
    if "http.route" in attributes:
        tags[tag_names.OPERATION_NAME] = f"{method} {text(attributes['http.route'])}"
    elif url:
        tags[tag_names.OPERATION_NAME] = f"{method} {named.path_of(url)}"
    status = named.http_status(attributes)
    data.responseCode = str(status)
    data.success = data.success and status != 0 and not 400 <= status < 500


def _dependency(span: Span, tags: dict[str, str]) -> RemoteDependencyData:
    attributes = span.attributes
    tags[tag_names.OPERATION_NAME] = span.name
    data = RemoteDependencyData(
        name="",
        duration=_duration_ms(span),
        id=span.span_id,
        resultCode="0",
        success=span.status != STATUS_ERROR,
        measurements=measurements(attributes),
    )
    if span.kind == CLIENT:
        _add_call(span, data, tags)
    elif span.kind == PRODUCER:
        _add_sent_message(attributes, data)
    else:
        data.type = "InProc"
        data.target = named.peer(attributes)
        if named.GEN_AI_SYSTEM in attributes:
            data.type = _gen_ai(attributes)
        elif named.AZURE_NAMESPACE in attributes:
            data.type = f"InProc | {text(attributes[named.AZURE_NAMESPACE])}"
    data.type = (data.type or "")[:1024]
    data.target = (data.target or "")[:1024]
    data.data = (data.data or "")[:VALUE_LENGTH]
    return data


def _add_call(span: Span, data: RemoteDependencyData, tags: dict[str, str]) -> None:
    attributes = span.attributes
    data.target = named.peer(attributes)
    if named.AZURE_NAMESPACE in attributes:
        data.type = text(attributes[named.AZURE_NAMESPACE])
        data.target = data.target or named.azure_queue(attributes)
    elif named.has(attributes, named.METHOD):
        _add_http_call(attributes, data, tags)
    elif named.has(attributes, named.DB_SYSTEM):
        system = text(either(attributes, named.DB_SYSTEM))
        data.type = "SQL" if system in named.SQL_SYSTEMS else system
        found = next((name for name in named.DB_TEXT if name in attributes), None)
        data.data = text(attributes[found]) if found else None
        data.target = named.database_target(attributes, system)
    elif "messaging.system" in attributes:
        data.type = text(attributes["messaging.system"])
        data.target = data.target or text(either(attributes, named.DESTINATION)) or data.type
    elif "rpc.system" in attributes:
        data.type = "rpc.system"
        data.target = data.target or text(attributes["rpc.system"])
    else:
        data.type = "N/A"
    if attributes.get(named.GEN_AI_SYSTEM):
        data.type = _gen_ai(attributes)
        data.target = data.target or text(attributes[named.GEN_AI_SYSTEM])


def _add_http_call(
    attributes: Attributes, data: RemoteDependencyData, tags: dict[str, str]
) -> None:
    _add_user_agent(attributes, tags)
    url = named.dependency_url(attributes)
    data.type = "HTTP"
    data.data = url
    data.target = named.http_target(attributes, url)
    method = text(either(attributes, named.METHOD))
    tags[tag_names.OPERATION_NAME] = f"{method} {named.path_of(url)}"
    data.resultCode = str(named.http_status(attributes))


def _add_sent_message(attributes: Attributes, data: RemoteDependencyData) -> None:
    data.type = "Queue Message"
    if named.AZURE_NAMESPACE in attributes:
        data.type = f"Queue Message | {text(attributes[named.AZURE_NAMESPACE])}"
        data.target = named.azure_queue(attributes)
        return
    system = text(attributes.get("messaging.system"))
    if system:
        data.type = f"Queue Message | {system}"
    destination = text(either(attributes, named.DESTINATION))
    data.target = named.peer(attributes) or destination or system


def _event(event: Event) -> Data:
    attributes = event.attributes
    kept = properties(attributes, is_standard)
    if event.name != "exception":
        return Data(
            "MessageData",
            MessageData(
                event.name[:MAX_MESSAGE], properties=kept, measurements=measurements(attributes)
            ),
        )
    stack = attributes.get("exception.stacktrace")
    details = ExceptionDetails(
        text(attributes.get("exception.type") or "Exception")[:1024],
        text(attributes.get("exception.message") or "Exception")[:MAX_MESSAGE],
        hasFullStack=stack is not None,
        stack=None if stack is None else text(stack)[:MAX_MESSAGE],
    )
    return Data(
        "ExceptionData",
        ExceptionData([details], properties=kept, measurements=measurements(attributes)),
    )


def _event_tags(event: Event, span: Span, tags: dict[str, str]) -> dict[str, str]:
    own = {
        **tags,
        tag_names.OPERATION_ID: span.trace_id,
        tag_names.OPERATION_PARENT_ID: span.span_id,
    }
    for attributes in (event.attributes, span.attributes):
        session = attributes.get("session.id")
        if isinstance(session, str):
            own[tag_names.SESSION_ID] = session[:64]
            break
    return own


def add_people(tags: dict[str, str], attributes: Attributes) -> None:
    """Add who used the application, in which session."""
    if "enduser.id" in attributes:
        tags[tag_names.USER_AUTHENTICATED_ID] = text(attributes["enduser.id"])[:MAX_TAG]
    if "enduser.pseudo.id" in attributes:
        tags[tag_names.USER_ID] = text(attributes["enduser.pseudo.id"])[:128]
    session = attributes.get("session.id")
    if isinstance(session, str):
        tags[tag_names.SESSION_ID] = session[:64]


def _add_user_agent(attributes: Attributes, tags: dict[str, str]) -> None:
    agent = either(attributes, named.USER_AGENT)
    if agent:
        tags[_USER_AGENT_TAG] = text(agent)[:MAX_TAG]


def _gen_ai(attributes: Attributes) -> str:
    return f"GenAI | {text(attributes[named.GEN_AI_SYSTEM])}"


def _duration_ms(span: Span) -> Any:
    """Return the duration as accepted items have it: a number of milliseconds."""
    if not span.start_ns or span.end_ns <= span.start_ns:
        return 0.0
    return (span.end_ns - span.start_ns) // 100 / 10_000


def _links(span: Span) -> str:
    return json.dumps(
        [{"operation_Id": link.trace_id, "id": link.span_id} for link in span.links[:_MAX_LINKS]]
    )


def _waited_ms(span: Span) -> float:
    """Return how long the messages that a span's links name waited, on average."""
    start_ms = span.start_ns / NS_PER_MS
    waited = (
        start_ms - enqueued
        for enqueued in ((link.attributes or {}).get("enqueuedTime") for link in span.links)
        if type(enqueued) is int
    )
    return max(0.0, sum(waited) / len(span.links))


def _sample_rate(span: Span) -> float | None:
    """Return the percentage of such spans that were kept, None when nothing says."""
    rate = span.attributes.get(named.SAMPLE_RATE)
    if isinstance(rate, int | float):
        return float(rate)
    if "ot=" not in span.trace_state:
        return None
    for member in span.trace_state.split(","):
        name, _, value = member.strip().partition("=")
        if name == "ot":
            return _sample_rate_of(value)
    return None


def _sample_rate_of(value: str) -> float | None:
    """Return the percentage that a threshold of consistent sampling says, as in `th:c`."""
    for part in value.split(";"):
        name, _, digits = part.partition(":")
        if name == "th" and 0 < len(digits) <= 14:
            try:
                threshold = int(digits.ljust(14, "0"), 16)
            except ValueError:
                return None
            return 100.0 * (_FULL_THRESHOLD - threshold) / _FULL_THRESHOLD
    return None
