"""Finished spans as bytes and back, for a queue that survives its process."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from msgspec import msgpack

from opencensus.ext.azure.common import frozen_envelopes
from opencensus.ext.azure.common.durable_queue import Form
from opencensus.ext.azure.common.text import as_text
from opencensus.ext.azure.finished_span import FinishedSpan
from opencensus.trace.span import Span
from opencensus.trace.status import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from openinsights_wire.envelope import Envelope

KIND = "span"

_encode = msgpack.Encoder(enc_hook=as_text).encode
_decode = msgpack.decode


def form(
    convert: Callable[[Any], Iterable[Envelope]], tags: Mapping[str, str], *, is_own: bool
) -> Form:
    """Return the form of what an exporter of spans is given.

    Args:
        convert: Returns the envelopes of an item.
        tags: Those of the process.
        is_own: Whether the host's class makes envelopes in a way of its own.
    """
    if is_own:
        return Form(KIND, lambda item: frozen_envelopes.freeze(convert(item)), thaw, tags)
    return Form(KIND, partial(freeze, convert=convert), thaw, tags)


def freeze(item: Any, convert: Callable[[Any], Iterable[Envelope]]) -> bytes:
    """Return a span, or whatever else an exporter was given, as bytes.

    A span with parts that few have is converted at once, as is what is no span.

    Args:
        item: What was given.
        convert: Returns its envelopes.

    Raises:
        Exception: Whatever the host's objects raise, and what has no place in the protocol.
    """
    # Hot path, once per sampled span.
    if type(item) is Span and not (
        item._children
        or item._links
        or item._annotations
        or item._message_events
        or item.stack_trace
    ):
        context = item.context_tracer.span_context
        if not context.tracestate and item._start_ns and item._end_ns:
            parent = item.parent_span
            status = item._status
            try:
                return _encode(
                    (
                        item.name,
                        context.trace_id,
                        item.span_id,
                        parent.span_id if parent else None,
                        item.attributes,
                        item._start_ns,
                        item._end_ns,
                        item.span_kind,
                        status and (status.canonical_code, status.description),
                        getattr(context, "sample_rate", None),
                    )
                )
            except Exception:
                # Numbers and texts that this form has no place for are mended on the way to the other.
                return frozen_envelopes.freeze(convert(item))
    return frozen_envelopes.freeze(convert(item))


def thaw(body: bytes) -> FinishedSpan | list[Envelope]:
    """Return the span that was frozen, or the envelopes that stood for it.

    Raises:
        Exception: The bytes are something else.
    """
    if body.startswith(frozen_envelopes.FIRST_BYTE):
        return frozen_envelopes.thaw(body)
    name, trace_id, span_id, parent_id, attributes, start_ns, end_ns, kind, status, rate = _decode(
        body
    )
    span = Span(name, span_id=span_id, span_kind=kind, attributes=attributes)
    span._start_ns, span._end_ns = start_ns, end_ns
    if parent_id is not None:
        span.parent_span = SimpleNamespace(span_id=parent_id)
    if status is not None:
        span.status = Status(*status)
    context = SimpleNamespace(trace_id=trace_id, tracestate=None, sample_rate=rate)
    return FinishedSpan(span, context)
