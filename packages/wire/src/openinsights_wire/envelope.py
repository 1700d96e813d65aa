"""The envelope: what every item of telemetry travels in.

Attribute names are the wire's spelling, because telemetry processors of applications read and
change envelopes by these names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from openinsights_wire.fields import Int32, Int64, Tags, Text64, Text1024, WireStruct

if TYPE_CHECKING:
    from openinsights_wire.base_types import BaseData
else:
    # Decoding reads the envelope first and this part in a second step, by `baseType`.
    BaseData = msgspec.Raw


class Data(WireStruct):
    """The typed part of an envelope; `baseType` alone says what `baseData` is."""

    baseType: str
    baseData: BaseData


class Envelope(WireStruct, kw_only=True):
    """One item of telemetry.

    Attributes:
        time: ISO 8601 with up to seven digits of a second; without a zone it means UTC.
        sampleRate: percent of such items that were sent; see `item_count`.
        seq: the item's id; see `sequence`.
        flags: bit 0x200000 asks for the sender's address to be dropped.
    """

    name: Text1024 = ""
    time: Text64
    data: Data
    iKey: Text64 | None = None
    sampleRate: float | None = None
    seq: Text64 | None = None
    flags: Int64 | None = None
    ver: Int32 | None = None
    tags: Tags = msgspec.field(default_factory=dict)


def item_count(sample_rate: float | None) -> int:
    """Return how many items one sampled item stands for: at least 1.

    Args:
        sample_rate: percent; None and what lies outside (0, 100] mean that nothing was sampled out.
    """
    if sample_rate is None or not 0 < sample_rate < 100:
        return 1
    return min(round(100 / sample_rate), 2**31 - 1)
