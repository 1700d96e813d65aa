"""Snapshots of log records as bytes and back, for a queue that survives its process."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from msgspec import msgpack

from opencensus.ext.azure.common import frozen_envelopes
from opencensus.ext.azure.common.durable_queue import Form
from opencensus.ext.azure.log_operation import _HERE, operation_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from openinsights_wire.envelope import Envelope

_decode = msgpack.decode


def _type_name(value: object) -> str:
    # Extras may be anything, a query of a database too: their text is never asked for.
    return f"<{type(value).__qualname__}>"


_encode = msgpack.Encoder(enc_hook=_type_name).encode


def form(kind: str, tags: Mapping[str, str], convert: Callable[[Any], Iterable[Envelope]]) -> Form:
    """Return the form of what a handler puts into its queue.

    Args:
        kind: That of the handler.
        tags: Those of the process.
        convert: Returns the envelopes of an item.
    """

    def freeze(item: Any) -> bytes:
        # Hot path, once per record.
        try:
            if type(item) is tuple:
                trace_id, span_id, is_sampled, context = item[0]
                rate = None
                if trace_id is _HERE:
                    trace_id, is_sampled = context.trace_id, context.trace_options.enabled
                    rate = context.sample_rate
                elif context is not None:
                    trace_id, span_id, is_sampled, rate = operation_at(item[0])
                return _encode((trace_id, span_id, is_sampled, rate, item[1:]))
            if type(item) is dict:
                place = item["args"]
                try:
                    item["args"] = operation_at(place)
                    return _encode(item)
                finally:
                    item["args"] = place
        except Exception:
            # Numbers and texts that this form has no place for are mended on the way to the other.
            copied = item.copy() if type(item) is dict else item
            return frozen_envelopes.freeze(convert(copied))
        return frozen_envelopes.freeze(convert(item))

    return Form(kind, freeze, thaw, tags)


def thaw(body: bytes) -> tuple[Any, ...] | dict[str, Any] | list[Envelope]:
    """Return the snapshot that was frozen, or the envelope that stood for it.

    Raises:
        Exception: The bytes are something else.
    """
    if body.startswith(frozen_envelopes.FIRST_BYTE):
        return frozen_envelopes.thaw(body)
    item = _decode(body)
    if isinstance(item, list):
        *operation, fields = item
        return (_place(*operation), *fields)
    snapshot: dict[str, Any] = item
    snapshot["args"] = _place(*snapshot["args"])
    return snapshot


def _place(trace_id: Any, span_id: Any, is_sampled: Any, rate: Any) -> Any:
    context = SimpleNamespace(trace_id=trace_id, sample_rate=rate)
    return trace_id, span_id, is_sampled, context
