"""How long and how many: the limits of the wire as rows, and the cutting of over-long values."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from openinsights_wire import tags as tag_names
from openinsights_wire.envelope import Envelope
from openinsights_wire.fields import KEY_LENGTH, VALUE_LENGTH, WireStruct
from openinsights_wire.plan import plan_of

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BATCH_ITEMS = 64_000
MAX_ITEM_BYTES = 65_536
MAX_ITEM_AGE_MS = 172_800_000
MAX_ITEM_AHEAD_MS = 7_200_000
DROP_ADDRESS_FLAG = 0x200000

_USUAL_TAG_LENGTH = 46
_SHORT_TAGS = frozenset(
    tag for tag, length in tag_names.MAX_LENGTHS.items() if length < _USUAL_TAG_LENGTH
)


class Limit(NamedTuple):
    """The most characters that one text field of one type may have."""

    owner: str
    field: str
    max_length: int


def rows() -> Iterator[Limit]:
    """Yield every limit on a text: fields of all types, property keys and values, then tags."""
    from openinsights_wire.base_types import BASE_TYPES
    from openinsights_wire.types.exception import ExceptionDetails, StackFrame
    from openinsights_wire.types.metric import DataPoint

    for struct in (Envelope, *BASE_TYPES.values(), ExceptionDetails, StackFrame, DataPoint):
        for field in plan_of(struct):
            if field.max_length is not None:
                yield Limit(struct.__name__, field.name, field.max_length)
    yield Limit("properties", "key", KEY_LENGTH)
    yield Limit("properties", "value", VALUE_LENGTH)
    yield Limit("measurements", "key", KEY_LENGTH)
    for tag, length in tag_names.MAX_LENGTHS.items():
        yield Limit("tags", tag, length)


def truncate(envelope: Envelope) -> Envelope:
    """Cut every text of an envelope that is longer than its limit, in place, and return it.

    Values that are no texts are left alone: encoding refuses them. The instrumentation key, the
    time and the item's id are never cut, since half of one is another one.
    """
    tags = envelope.tags
    for tag, value in tags.items():
        longest = tag_names.MAX_LENGTHS.get(tag, 1024)
        if isinstance(value, str) and len(value) > longest:
            tags[tag] = value[:longest]
    if isinstance(envelope.name, str):
        envelope.name = envelope.name[:1024]
    if isinstance(envelope.data.baseData, WireStruct):
        _truncate_struct(envelope.data.baseData)
    return envelope


def tags_fit(tags: dict[str, str]) -> bool:
    """Return whether no tag has to be cut."""
    # Hot: most tags are short, and one look at the longest of them is enough.
    if not tags:
        return True
    if max(map(len, tags.values())) <= _USUAL_TAG_LENGTH and _SHORT_TAGS.isdisjoint(tags):
        return True
    return all(len(value) <= tag_names.MAX_LENGTHS.get(tag, 1024) for tag, value in tags.items())


def _truncate_struct(struct: WireStruct) -> None:
    for name, what, _, longest, _ in plan_of(type(struct)):
        value = getattr(struct, name)
        if value is None:
            continue
        if what == "text":
            if isinstance(value, str) and longest is not None and len(value) > longest:
                setattr(struct, name, value[:longest])
        elif what in ("properties", "measurements"):
            if isinstance(value, dict) and not _fits(value):
                setattr(
                    struct,
                    name,
                    {_cut(k, KEY_LENGTH): _cut(v, VALUE_LENGTH) for k, v in value.items()},
                )
        elif what == "structs" and isinstance(value, list):
            for inner in value:
                if isinstance(inner, WireStruct):
                    _truncate_struct(inner)


def _fits(values: dict[str, object]) -> bool:
    return all(
        not (isinstance(key, str) and len(key) > KEY_LENGTH)
        and not (isinstance(value, str) and len(value) > VALUE_LENGTH)
        for key, value in values.items()
    )


def _cut(value: object, longest: int) -> object:
    return value[:longest] if isinstance(value, str) else value
