"""Ingestion sampling: whole operations are kept or left out, by a score of their id.

The score is the one that Application Insights' SDKs compute, so that a server that keeps a quarter
agrees with a client that sends a quarter.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openinsights_wire.envelope import Envelope

SAMPLED_OUT = "Telemetry sampled out."
SAMPLED_OUT_STATUS = 206
"""What clients are told of an item that is left out; they know by it not to send it again."""

_NEVER_SAMPLED = frozenset(("MetricData", "AvailabilityData"))
_START = 5381
_LEAST_LENGTH = 8
_INT32 = 2**32
_INT32_MAX = 2**31 - 1


def score(operation_id: str) -> float:
    """Return where an operation stands among all, from 0 to 100.

    Source: the scoring that the SDKs for .NET, Node, Java and Python share.
    """
    text = operation_id
    while 0 < len(text) < _LEAST_LENGTH:
        text += text
    value = _START
    for character in text:
        value = (value * 33 + ord(character)) % _INT32
    signed = value - _INT32 if value > _INT32_MAX else value
    return min(abs(signed), _INT32_MAX) / _INT32_MAX * 100


def keeps(item: Envelope, index: int, percentage: float) -> bool:
    """Return whether an item stays, and have a staying one say what share it stands for.

    What a client has sampled stays as it is, and so do metrics and availability results.

    Args:
        item: decoded and typed; its `sampleRate` is set.
        index: its place in the body, which decides for items without an operation: a repeated
            body must meet the same decision.
        percentage: the share to keep, above 0.
    """
    rate = item.sampleRate
    if item.data.baseType in _NEVER_SAMPLED or (rate is not None and 0 < rate < 100):
        return True
    operation = item.tags.get("ai.operation.id")
    if operation and operation.strip("0"):
        place = score(operation)
    else:
        place = zlib.crc32(f"{item.time} {index}".encode()) / _INT32 * 100
    if place >= percentage:
        return False
    item.sampleRate = percentage
    return True
