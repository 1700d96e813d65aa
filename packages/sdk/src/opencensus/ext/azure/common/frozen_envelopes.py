"""Envelopes as one record of bytes and back: what an item is that has no shorter form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opencensus.ext.azure.common.batch import encode
from openinsights_wire.encode import join_batch
from openinsights_wire.strict import DECODE_BASE_DATA, decode_array

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openinsights_wire.envelope import Envelope

FIRST_BYTE = b"["
"""No other form of an item begins so."""


def freeze(envelopes: Iterable[Envelope]) -> bytes:
    """Return envelopes as bytes.

    Raises:
        Exception: One of them has a value that the protocol has no place for.
    """
    return join_batch(map(encode, envelopes))


def thaw(body: bytes) -> list[Envelope]:
    """Return the envelopes that :func:`freeze` was given.

    Raises:
        Exception: The bytes are something else.
    """
    envelopes = decode_array(body)
    for envelope in envelopes:
        data = envelope.data
        data.baseData = DECODE_BASE_DATA[data.baseType](data.baseData)
    return envelopes
