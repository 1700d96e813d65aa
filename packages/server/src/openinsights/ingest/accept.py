"""Which items of a body are taken, for which resource, day and table; and why the others are not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from openinsights.clock import TICKS_PER_DAY
from openinsights.ingest.item_sizes import may_hold_large_items
from openinsights.ingest.sampling import SAMPLED_OUT, SAMPLED_OUT_STATUS, keeps
from openinsights.ingest.stamps_at_once import durations_at_once, times_at_once
from openinsights_wire.envelope import Envelope
from openinsights_wire.errors import (
    FIELD_MISSING,
    FIELD_OUT_OF_RANGE,
    WireError,
    field_error,
)
from openinsights_wire.reply import ItemError
from openinsights_wire.stamps import TICKS_PER_MILLISECOND, parse_duration, parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from openinsights.catalog.resource import Resource
    from openinsights.ingest.limits import IngestLimits

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
    items: Sequence[Envelope | WireError],
    resolve_key: Callable[[str], Resource | None],
    now_ticks: int,
    limits: IngestLimits,
    body: bytes,
) -> Accepted:
    """Sort the decoded items of a body; no item's fault touches another.

    Args:
        items: what decoding gave, in order.
        resolve_key: returns the resource of an instrumentation key, None when there is none;
            asked once per key.
        now_ticks: the server's time.
        limits: bounds of an item's age and size.
        body: what they were decoded from; no item of a small one can be too large.
    """
    span = _Span(now_ticks, limits)
    keys = {item.iKey for item in items if isinstance(item, Envelope)}
    resources = {key: resolve_key(key) if key else None for key in keys}
    sized = may_hold_large_items(body, len(items), limits.max_item_bytes)
    if not sized:
        batches = _all_at_once(items, resources, span)
        if batches is not None:
            return Accepted(len(items), batches, [])
    return _one_by_one(items, resources, span, limits.max_item_bytes if sized else None)


class _Span:
    """When an item may have happened."""

    def __init__(self, now_ticks: int, limits: IngestLimits) -> None:
        self._now = now_ticks
        self._limits = limits
        self.oldest = now_ticks - limits.max_age_ms * TICKS_PER_MILLISECOND
        self.newest = now_ticks + limits.max_ahead_ms * TICKS_PER_MILLISECOND

    def check(self, ticks: int) -> None:
        """Refuse what lies outside.

        Raises:
            WireError: it does.
        """
        if not self.oldest <= ticks <= self.newest:
            raise _bad_time(ticks, self._now, self._limits)


def _all_at_once(
    items: Sequence[Envelope | WireError],
    resources: Mapping[str | None, Resource | None],
    span: _Span,
) -> list[Batch] | None:
    """Return the batches of a body of which every item is taken; None when some may not be."""
    # Hot: what nearly all bodies come down to; measured by benchmarks/ingest.py.
    if not all(issubclass(kind, Envelope) for kind in set(map(type, items))):
        return None
    envelopes: Sequence[Envelope] = items  # type: ignore[assignment]
    known = {key: resource for key, resource in resources.items() if resource is not None}
    if len(known) < len(resources) or any(
        resource.settings.sampling_percentage < 100 for resource in known.values()
    ):
        return None
    ticks = times_at_once([item.time for item in envelopes])
    if ticks is None:
        try:
            ticks = [parse_time(item.time) for item in envelopes]
        except WireError:
            return None
    if not ticks or min(ticks) < span.oldest or max(ticks) > span.newest:
        return None
    batches = _batches(envelopes, ticks, known)
    return batches if all(map(_read_durations, batches)) else None


def _batches(
    items: Sequence[Envelope], ticks: Sequence[int], resources: Mapping[str | None, Resource]
) -> list[Batch]:
    batches: dict[Any, Batch] = {}
    # of most bodies the base type alone tells which batch an item belongs to
    of_one_kind = len(resources) == 1 and max(ticks) // TICKS_PER_DAY == min(ticks) // TICKS_PER_DAY
    for item, at in zip(items, ticks, strict=True):
        base_type = item.data.baseType
        place = base_type if of_one_kind else (item.iKey, at // TICKS_PER_DAY, base_type)
        batch = batches.get(place)
        if batch is None:
            day = at // TICKS_PER_DAY
            batch = batches[place] = Batch(resources[item.iKey], day, base_type)
        batch.items.append(item)
        batch.ticks.append(at)
    return list(batches.values())


def _read_durations(batch: Batch) -> bool:
    """Put milliseconds in place of the durations of a batch; False when one cannot be read."""
    names = DURATIONS.get(batch.base_type, ())
    data: list[Any] = [item.data.baseData for item in batch.items]
    for name in names:
        texts = [getattr(one, name) for one in data]
        numbers: Sequence[float | None] | None = durations_at_once(texts)
        if numbers is None:
            try:
                numbers = [None if text is None else parse_duration(text) for text in texts]
            except WireError:
                return False
        for one, number in zip(data, numbers, strict=True):
            setattr(one, name, number)
    return True


def _one_by_one(
    items: Sequence[Envelope | WireError],
    resources: Mapping[str | None, Resource | None],
    span: _Span,
    max_item_bytes: int | None,
) -> Accepted:
    batches: dict[tuple[str | None, int, str], Batch] = {}
    errors: list[ItemError] = []
    for index, item in enumerate(items):
        try:
            if isinstance(item, WireError):
                raise item
            resource = resources[item.iKey]
            if resource is None:
                raise _unknown_key(item.iKey)
            ticks = parse_time(item.time)
            span.check(ticks)
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
            if max_item_bytes is not None:
                _check_size(item, max_item_bytes)
        except WireError as error:
            errors.append(ItemError(index, error.status_code, error.message))
            continue
        place = (item.iKey, ticks // TICKS_PER_DAY, base_type)
        batch = batches.get(place)
        if batch is None:
            batch = batches[place] = Batch(resource, place[1], base_type)
        batch.items.append(item)
        batch.ticks.append(ticks)
    return Accepted(len(items), list(batches.values()), errors)


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
