"""Which items of a body are taken, for which resource, day and table; and why the others are not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from openinsights.clock import TICKS_PER_DAY
from openinsights.ingest.sampling import SAMPLED_OUT, SAMPLED_OUT_STATUS, keeps
from openinsights_wire.errors import (
    FIELD_MISSING,
    FIELD_OUT_OF_RANGE,
    WireError,
    field_error,
)
from openinsights_wire.reply import ItemError
from openinsights_wire.stamps import TICKS_PER_MILLISECOND, parse_duration, parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from openinsights.catalog.resource import Resource
    from openinsights.ingest.limits import IngestLimits
    from openinsights_wire.envelope import Envelope

UNKNOWN_KEY = 106
ITEM_TOO_LARGE = 107

DURATIONS: dict[str, tuple[str, ...]] = {
    "RequestData": ("duration",),
    "RemoteDependencyData": ("duration",),
    "AvailabilityData": ("duration",),
    "PageViewData": ("duration",),
    "PageViewPerfData": (
        "duration",
        "perfTotal",
        "networkConnect",
        "sentRequest",
        "receivedResponse",
        "domProcessing",
    ),
}
"""Fields that hold a duration, by base type; accepted items hold milliseconds there."""

_SMALL_ITEM = 6_000
"""Characters of all names and values below which an item is not worth measuring."""
_NUMBER_LENGTH = 8
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Batch:
    """Accepted items of one resource, day and base type, in the order of the body.

    Attributes:
        items: the envelopes.
        ticks: when each happened.
    """

    resource: Resource
    day: int
    base_type: str
    items: list[Envelope] = field(default_factory=list)
    ticks: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a body brought.

    Attributes:
        received: items in the body.
        batches: the accepted ones.
        errors: the others, by their place in the body.
    """

    received: int
    batches: list[Batch]
    errors: list[ItemError]

    @property
    def accepted(self) -> int:
        """How many items were accepted."""
        return self.received - len(self.errors)


def accept(
    items: Iterable[Envelope | WireError],
    resolve_key: Callable[[str], Resource | None],
    now_ticks: int,
    limits: IngestLimits,
    body_bytes: int,
) -> Accepted:
    """Sort the decoded items of a body; no item's fault touches another.

    Args:
        items: what decoding gave, in order.
        resolve_key: returns the resource of an instrumentation key, None when there is none;
            asked once per key.
        now_ticks: the server's time.
        limits: bounds of an item's age and size.
        body_bytes: size of the body; no item of a small body can be too large.
    """
    oldest = now_ticks - limits.max_age_ms * TICKS_PER_MILLISECOND
    newest = now_ticks + limits.max_ahead_ms * TICKS_PER_MILLISECOND
    sized = body_bytes > limits.max_item_bytes
    resources: dict[str | None, Resource | None] = {}
    batches: dict[tuple[str | None, int, str], Batch] = {}
    errors: list[ItemError] = []
    received = 0
    # Hot: the loop over all items; measured by benchmarks/ingest.py.
    for index, item in enumerate(items):
        received += 1
        try:
            if isinstance(item, WireError):
                raise item
            key = item.iKey
            if key not in resources:
                resources[key] = resolve_key(key) if key else None
            resource = resources[key]
            if resource is None:
                raise _unknown_key(key)
            ticks = parse_time(item.time)
            if not oldest <= ticks <= newest:
                raise _bad_time(ticks, now_ticks, limits)
            share = resource.settings.sampling_percentage
            if share < 100 and not keeps(item, index, share):
                raise WireError(SAMPLED_OUT, SAMPLED_OUT_STATUS)
            base_type = item.data.baseType
            if base_type in DURATIONS:
                data: Any = item.data.baseData
                for name in DURATIONS[base_type]:
                    text = getattr(data, name)
                    if text is not None:
                        setattr(data, name, parse_duration(text))
            if sized:
                _check_size(item, limits.max_item_bytes)
        except WireError as error:
            errors.append(ItemError(index, error.status_code, error.message))
            continue
        place = (key, ticks // TICKS_PER_DAY, base_type)
        batch = batches.get(place)
        if batch is None:
            batch = batches[place] = Batch(resource, place[1], base_type)
        batch.items.append(item)
        batch.ticks.append(ticks)
    return Accepted(received, list(batches.values()), errors)


def _check_size(item: Envelope, max_bytes: int) -> None:
    data: Any = item.data.baseData
    # texts are cut to their limits: only many of them, frames, or a long message make an item large
    characters = len(getattr(data, "message", None) or "")
    for texts in (data.properties, item.tags):
        if texts:
            characters += sum(map(len, texts)) + sum(map(len, texts.values()))
    measurements = getattr(data, "measurements", None)
    if measurements:
        characters += sum(map(len, measurements)) + _NUMBER_LENGTH * len(measurements)
    if characters < _SMALL_ITEM and not hasattr(data, "exceptions"):
        return
    size = len(_encode(item))
    if size > max_bytes:
        raise WireError(
            f"{ITEM_TOO_LARGE}: cannot take the item: it is larger than allowed. "
            f"Expected: at most {max_bytes} bytes, Actual: {size} bytes",
            413,
        )


def _unknown_key(key: str | None) -> WireError:
    if not key:
        return field_error(
            FIELD_MISSING, "iKey", "Envelope", "is required but missing", "a value", "undefined"
        )
    return field_error(
        UNKNOWN_KEY,
        "iKey",
        "Envelope",
        "is not the key of a resource",
        "an instrumentation key that this server knows",
        repr(key[:64]),
    )


def _bad_time(ticks: int, now_ticks: int, limits: IngestLimits) -> WireError:
    off_ms = (ticks - now_ticks) // TICKS_PER_MILLISECOND
    if off_ms < 0:
        problem = "is older than the allowed min date"
        expected, actual = f"now - {limits.max_age_ms}ms", f"now - {-off_ms}ms"
    else:
        problem = "is newer than the allowed max date"
        expected, actual = f"now + {limits.max_ahead_ms}ms", f"now + {off_ms}ms"
    return field_error(FIELD_OUT_OF_RANGE, "time", "Envelope", problem, expected, actual)
