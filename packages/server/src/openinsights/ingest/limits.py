"""How much one request may bring, and how much all of them together may hold in memory."""

from __future__ import annotations

from dataclasses import dataclass

from openinsights_wire.limits import (
    MAX_BATCH_ITEMS,
    MAX_ITEM_AGE_MS,
    MAX_ITEM_AHEAD_MS,
    MAX_ITEM_BYTES,
)

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class IngestLimits:
    """Bounds of ingestion; the composition root fills them from the settings.

    Attributes:
        max_body_bytes: the longest body as sent.
        max_unpacked_bytes: the longest body after unpacking.
        max_items: items of one body.
        max_item_bytes: the longest item.
        max_age_ms: how long ago an item may have happened.
        max_ahead_ms: how far ahead of the server's clock an item may claim to be.
        in_flight_bytes: what all bodies that are being read, worked on and written may take
            together; requests beyond it wait.
        patience_s: how long they wait before they are refused.
        silence_s: how long a sender may pause in the middle of a body.
        arrival_s: how long a body may take to arrive.
        inline_bytes: bodies up to this size are worked on between two steps of the event loop;
            larger ones on a thread beside it.
        inline_objects: so are bodies with at most this many JSON objects: many tiny items take
            as long as a large body.
        items_per_s: items per second and resource, averaged over a minute; 0 means no bound.
    """

    max_body_bytes: int = 16 * MIB
    max_unpacked_bytes: int = 32 * MIB
    max_items: int = MAX_BATCH_ITEMS
    max_item_bytes: int = MAX_ITEM_BYTES
    max_age_ms: int = MAX_ITEM_AGE_MS
    max_ahead_ms: int = MAX_ITEM_AHEAD_MS
    in_flight_bytes: int = 16 * MIB
    patience_s: float = 10.0
    silence_s: float = 5.0
    arrival_s: float = 60.0
    inline_bytes: int = 192 * 1024
    inline_objects: int = 4096
    items_per_s: int = 0
