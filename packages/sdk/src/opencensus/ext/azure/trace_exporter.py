"""The exporter of spans: those of served requests become requests, all others dependencies."""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from opencensus.ext.azure.common.assembly import make_sender
from opencensus.ext.azure.common.batch import as_text
from opencensus.ext.azure.common.options import resolve
from opencensus.ext.azure.common.processors import ProcessorMixin
from opencensus.ext.azure.common.tags import exporter_tags
from opencensus.ext.azure.exceptions import frames_of_span
from opencensus.trace import base_exporter
from opencensus.trace.span import SpanKind
from openinsights_wire import tags as tag_names
from openinsights_wire.envelope import Data, Envelope
from openinsights_wire.stamps import TICKS_PER_MILLISECOND, format_duration, parse_time
from openinsights_wire.types.dependency import RemoteDependencyData
from openinsights_wire.types.exception import ExceptionData, ExceptionDetails
from openinsights_wire.types.request import RequestData

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from opencensus.trace.span_data import SpanData

logger = logging.getLogger(__name__)

REQUEST_NAME = "Microsoft.ApplicationInsights.Request"
DEPENDENCY_NAME = "Microsoft.ApplicationInsights.RemoteDependency"
EXCEPTION_NAME = "Microsoft.ApplicationInsights.Exception"

IN_PROCESS = "INPROC"
ERROR_SEVERITY = 3
HTTP_PREFIX = "http."
ERROR_ATTRIBUTES = frozenset({"error.message", "error.name", "stacktrace"})
"""Attributes that become an exception; the request does not repeat them."""


class AzureExporter(base_exporter.Exporter, ProcessorMixin):
    """Sends spans in the background. Accepts the options of all exporters.

    Raises:
        ValueError: An option is missing or wrong; see ``common.options``.
    """

    def __init__(self, **options: Any) -> None:
        ProcessorMixin.__init__(self)
        self.options = resolve(options, os.environ)
        self._tags = exporter_tags(self.options)
        self._sender = make_sender(
            "AzureExporter Worker", self.options, self.apply_telemetry_processors
        )
        self._failed_spans = 0

    def export(self, span_datas: Iterable[SpanData]) -> None:
        """Queue the spans that just ended; never blocks and never raises."""
        for span_data in span_datas:
            try:
                for envelope in self.span_data_to_envelopes(span_data):
                    self._sender.put(envelope)
            except Exception as error:
                # Attributes may hold any object of the host, with any way to fail.
                self._note_failed_span(error)

    def emit(self, span_datas: Iterable[SpanData]) -> None:
        """Queue spans and wait until they are sent or kept, for at most the grace period."""
        self.export(span_datas)
        self.flush()

    def flush(self, timeout: float | None = None) -> bool:
        """Send the spans that ended before; return whether that was done within the time.

        Args:
            timeout: Seconds; None means the grace period.
        """
        return self._sender.flush(timeout)

    def shutdown(self, timeout: float | None = None) -> None:
        """Send what waits within the grace period, keep the rest on disk, and end the thread."""
        self._sender.close(timeout)

    def span_data_to_envelope(self, span_data: SpanData) -> Envelope:
        """Return the request or the dependency that stands for a span."""
        if span_data.span_kind == SpanKind.SERVER:
            return self._envelope(span_data, REQUEST_NAME, Data("RequestData", request(span_data)))
        data = Data("RemoteDependencyData", dependency(span_data))
        return self._envelope(span_data, DEPENDENCY_NAME, data)

    def span_data_to_envelopes(self, span_data: SpanData) -> list[Envelope]:
        """Return all that a span stands for: an exception too when a request ended in one."""
        envelope = self.span_data_to_envelope(span_data)
        failed = span_data.span_kind == SpanKind.SERVER and "error.message" in span_data.attributes
        if not failed:
            return [envelope]
        data = Data("ExceptionData", exception(span_data))
        failure = self._envelope(span_data, EXCEPTION_NAME, data)
        failure.time = span_data.end_time or failure.time
        failure.tags[tag_names.OPERATION_PARENT_ID] = span_data.span_id
        return [failure, envelope]

    def _note_failed_span(self, error: Exception) -> None:
        self._failed_spans += 1
        level = logging.WARNING if self._failed_spans == 1 else logging.DEBUG
        logger.log(level, "span cannot be sent failed=%d", self._failed_spans, exc_info=error)

    def _envelope(self, span_data: SpanData, name: str, data: Data) -> Envelope:
        tags = dict(self._tags)
        tags[tag_names.OPERATION_ID] = span_data.context.trace_id
        if span_data.parent_span_id:
            tags[tag_names.OPERATION_PARENT_ID] = span_data.parent_span_id
        route = span_data.attributes.get("http.route")
        if route and span_data.span_kind == SpanKind.SERVER:
            method = span_data.attributes.get("http.method", "")
            tags[tag_names.OPERATION_NAME] = f"{method} {route}".strip()
        return Envelope(
            name=name,
            time=span_data.start_time,
            iKey=self.options.instrumentation_key,
            tags=tags,
            data=data,
        )


def request(span_data: SpanData) -> RequestData:
    """Return what a span says about a request that the application served."""
    attributes = span_data.attributes
    code = result_code(span_data)
    name = span_data.name
    properties = span_properties(span_data, hidden=ERROR_ATTRIBUTES)
    if "http.method" in attributes:
        name = f"{attributes['http.method']} {attributes.get('http.route', '')}".strip()
        properties["request.name"] = name
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


def dependency(span_data: SpanData) -> RemoteDependencyData:
    """Return what a span says about a call that the application made, or about a part of it."""
    attributes = span_data.attributes
    code = result_code(span_data)
    data = RemoteDependencyData(
        name=dependency_name(span_data),
        duration=duration(span_data),
        id=span_data.span_id,
        resultCode=str(code),
        success=succeeded(span_data, code),
        type=IN_PROCESS,
        properties=span_properties(span_data),
    )
    if span_data.span_kind == SpanKind.CLIENT:
        component = attributes.get("component")
        data.type = None if component is None else as_text(component)
        data.data, data.target = _called(attributes, component)
    return data


def exception(span_data: SpanData) -> ExceptionData:
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


def result_code(span_data: SpanData) -> object:
    """Return the HTTP status of a span, else the code of its status."""
    code = span_data.attributes.get("http.status_code")
    if code is not None:
        return code
    return span_data.status.code if span_data.status is not None else 0


def succeeded(span_data: SpanData, code: object) -> bool:
    """Return whether a span says that what it measured went well."""
    if "http.status_code" in span_data.attributes:
        try:
            return 200 <= int(code) <= 399  # type: ignore[call-overload, no-any-return]
        except (TypeError, ValueError):
            return False
    return span_data.status is None or span_data.status.is_ok


def duration(span_data: SpanData) -> str:
    """Return how long a span lasted; 0 when the clock went back or it has no end."""
    if not span_data.start_time or not span_data.end_time:
        return format_duration(0)
    ticks = parse_time(span_data.end_time) - parse_time(span_data.start_time)
    return format_duration(max(0, ticks) / TICKS_PER_MILLISECOND)


def dependency_name(span_data: SpanData) -> str:
    """Return METHOD and path of an HTTP call, else the span's name."""
    method = span_data.attributes.get("http.method")
    url = span_data.attributes.get("http.url")
    if span_data.span_kind == SpanKind.CLIENT and method and url:
        return f"{method} {urlsplit(as_text(url)).path or '/'}"
    return as_text(span_data.name)


def span_properties(span_data: SpanData, hidden: frozenset[str] = frozenset()) -> dict[str, str]:
    """Return the attributes that have no field of their own, and the links, as text."""
    properties = {
        name: as_text(value)
        for name, value in span_data.attributes.items()
        if not name.startswith(HTTP_PREFIX) and name not in hidden
    }
    if span_data.links:
        properties["_MS.links"] = json.dumps(
            [{"operation_Id": link.trace_id, "id": link.span_id} for link in span_data.links]
        )
    return properties


def _called(attributes: Mapping[str, Any], component: object) -> tuple[str | None, str | None]:
    """Return what was called, as text, and on which machine or database."""
    url = attributes.get("http.url")
    if url is not None:
        return as_text(url), urlsplit(as_text(url)).netloc or None
    statement = attributes.get("db.statement", attributes.get(f"{component}.query"))
    target = attributes.get("db.instance")
    return (
        None if statement is None else as_text(statement),
        None if target is None else as_text(target),
    )


def _lines(stack: object) -> str:
    if isinstance(stack, list | tuple):
        return "".join(map(str, stack))
    return as_text(stack)
