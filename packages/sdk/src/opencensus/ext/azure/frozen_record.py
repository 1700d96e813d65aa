"""Snapshots of log records as bytes and back, for a queue that survives its process."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from msgspec import msgpack

from opencensus.ext.azure.common import frozen_envelopes
from opencensus.ext.azure.common.durable_queue import Form
from opencensus.ext.azure.log_operation import Operation

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable, Mapping

    from openinsights_wire.envelope import Envelope

SENT = (
    "msg",
    "args",
    "levelno",
    "levelname",
    "pathname",
    "module",
    "lineno",
    "created",
    "processName",
    "exc_text",
    "stack_info",
)
"""What is sent of a record that has no formatter; the operation stands in the place of ``args``."""
EXTRAS = ("custom_dimensions", "custom_measurements")

_of_record = itemgetter(*SENT)
_decode = msgpack.decode


def _type_name(value: object) -> str:
    # Extras may be anything, a query of a database too: their text is never asked for.
    return f"<{type(value).__qualname__}>"


_encode = msgpack.Encoder(enc_hook=_type_name).encode


def form(
    kind: str,
    tags: Mapping[str, str],
    handler: logging.Handler,
    convert: Callable[[Any], Iterable[Envelope]],
    *,
    is_own: bool,
) -> Form:
    """Return the form of what a handler puts into its queue.

    Args:
        kind: That of the handler.
        tags: Those of the process.
        handler: Asked for its formatter.
        convert: Returns the envelopes of an item, which it uses up.
        is_own: Whether the host's class makes envelopes in a way of its own.
    """

    def freeze(item: dict[str, Any] | Envelope) -> bytes:
        # Hot path, once per record.
        if type(item) is not dict:
            return frozen_envelopes.freeze([item])  # type: ignore[list-item]
        try:
            if is_own or handler.formatter is not None:
                return _encode(item)
            dimensions, measurements = (
                item.get("custom_dimensions"),
                item.get("custom_measurements"),
            )
            return _encode((_of_record(item), dimensions, measurements))
        except Exception:
            # Numbers and texts that this form has no place for are mended on the way to the other.
            return frozen_envelopes.freeze(convert(item.copy()))

    return Form(kind, freeze, thaw, tags)


def thaw(body: bytes) -> dict[str, Any] | list[Envelope]:
    """Return the snapshot that was frozen, or the envelope that it had become.

    Raises:
        Exception: The bytes are something else.
    """
    if body.startswith(frozen_envelopes.FIRST_BYTE):
        return frozen_envelopes.thaw(body)
    fields = _decode(body)
    if isinstance(fields, list):
        sent, *extras = fields
        fields = dict(zip((*SENT, *EXTRAS), (*sent, *extras), strict=True))
    fields["args"] = Operation(*fields["args"])
    restored: dict[str, Any] = fields
    return restored
