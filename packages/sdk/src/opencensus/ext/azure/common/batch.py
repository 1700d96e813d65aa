"""Envelopes become numbered, encoded items: the last step in which they are objects.

Every item carries an id, its source and a number, in ``seq``. A source's numbers have no gaps: an
item that cannot be encoded uses none. The id is part of what lies on disk, so a server that has
seen an item knows it again however it is regrouped.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from opencensus.ext.azure.common.ledger import Cause
from opencensus.ext.azure.common.text import as_text
from openinsights_wire.encode import encode_envelope
from openinsights_wire.envelope import Envelope
from openinsights_wire.fields import WireStruct
from openinsights_wire.limits import tags_fit, truncate
from openinsights_wire.sequence import SOURCE_DIGITS, format_sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from opencensus.ext.azure.common.ledger import Ledger


class Numbering:
    """Hands out one source's numbers; a forked child needs a new one."""

    def __init__(self, source: str | None = None) -> None:
        self.source = source or os.urandom(SOURCE_DIGITS // 2).hex()
        self._prefix = format_sequence(self.source, 0)[:-1]
        self._next = 0

    @property
    def upcoming(self) -> str:
        """The id that the next item gets."""
        return f"{self._prefix}{self._next}"

    def advance(self) -> None:
        """Count the upcoming id as used."""
        self._next += 1


def convert_items(
    items: Iterable[Any], convert: Callable[[Any], Iterable[Envelope]], ledger: Ledger
) -> list[Envelope]:
    """Return the envelopes that items stand for; an item that cannot be converted costs itself."""
    envelopes: list[Envelope] = []
    for item in items:
        try:
            converted = list(convert(item))
        except Exception as error:
            # Items hold objects of the host, with any way to fail.
            ledger.dropped(Cause.NOT_ENCODABLE, 1, f"{type(error).__name__}: {error}")
        else:
            if len(converted) != 1:
                ledger.became(len(converted))
            envelopes += converted
    return envelopes


def process_envelopes(
    envelopes: list[Envelope],
    process: Callable[[Iterable[Envelope]], list[Envelope]],
    ledger: Ledger,
) -> list[Envelope]:
    """Return what telemetry processors leave of envelopes."""
    left = process(envelopes)
    ledger.dropped(Cause.FILTERED, len(envelopes) - len(left))
    ledger.given(max(0, len(left) - len(envelopes)))
    return left


def encode_items(
    envelopes: Iterable[object], numbering: Numbering, ledger: Ledger, *, keeps_ids: bool = False
) -> list[bytes]:
    """Number and encode envelopes; what cannot be encoded is counted as dropped.

    Args:
        envelopes: What telemetry processors left.
        numbering: Gives the ids.
        ledger: Where losses are entered.
        keeps_ids: Whether an envelope that has an id keeps it.
    """
    items: list[bytes] = []
    for envelope in envelopes:
        if not isinstance(envelope, Envelope):
            ledger.dropped(Cause.PROCESSOR, 1, type(envelope).__name__)
            continue
        has_id = keeps_ids and envelope.seq is not None
        if not has_id:
            envelope.seq = numbering.upcoming
        try:
            items.append(encode(envelope))
        except Exception as error:
            # Processors may leave anything in an envelope, and it has any way to fail.
            ledger.dropped(Cause.NOT_ENCODABLE, 1, f"{type(error).__name__}: {error}")
        else:
            if not has_id:
                numbering.advance()
    return items


def encode(envelope: Envelope) -> bytes:
    """Return one envelope as JSON; what is too long is cut, what is no text is mended.

    Raises:
        Exception: It has a value that the protocol has no place for.
    """
    # Hot path: nearly every envelope fits, which encoding finds out sooner than cutting does.
    try:
        encoded = encode_envelope(envelope)
        is_done = tags_fit(envelope.tags)
    except Exception:
        # Whatever a processor left in there: what can be cut or mended is sent.
        is_done = False
    if is_done:
        return encoded
    try:
        return encode_envelope(truncate(envelope))
    except Exception:
        _mend(envelope)
        return encode_envelope(truncate(envelope))


def _mend(envelope: Envelope) -> None:
    """Make valid text of what is none: numbers set by processors, halves of surrogate pairs."""
    envelope.tags = _texts(envelope.tags) or {}
    base_data: Any = envelope.data.baseData
    base_data.properties = _texts(base_data.properties)
    _mend_struct(base_data)


def _mend_struct(struct: WireStruct) -> None:
    for name in struct:
        value = struct[name]
        if isinstance(value, str):
            struct[name] = _valid(value)
        elif isinstance(value, list):
            for inner in value:
                if isinstance(inner, WireStruct):
                    _mend_struct(inner)


def _texts(values: Any) -> dict[str, str] | None:
    if not isinstance(values, dict):
        return None
    return {
        _valid(str(key)): _valid(as_text(value))
        for key, value in values.items()
        if value is not None
    }


def _valid(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
