"""Cutting what is too long, and the rows of the limits. Rules W28 and W42."""

from __future__ import annotations

from typing import Any

import pytest

from openinsights_wire import limits, tags
from openinsights_wire.base_types import BASE_TYPES
from openinsights_wire.encode import encode_envelope
from openinsights_wire.envelope import Data, Envelope
from openinsights_wire.errors import WireError
from openinsights_wire.plan import plan_of
from openinsights_wire.types.dependency import RemoteDependencyData
from openinsights_wire.types.event import EventData
from openinsights_wire.types.exception import ExceptionData, ExceptionDetails, StackFrame
from openinsights_wire.types.metric import DataPoint, MetricData

LONG = "é" * 40_000


def envelope(base: Any, **fields: Any) -> Envelope:
    data = Data(type(base).__name__, base)
    return Envelope(**{"name": "n", "time": "2026-11-21T07:19:39Z", "data": data, **fields})


def test_every_text_is_cut_to_its_limit_and_can_be_written() -> None:
    """W42."""
    frame = StackFrame(level=0, method=LONG, assembly=LONG, fileName=LONG)
    details = ExceptionDetails(typeName=LONG, message=LONG, stack=LONG, parsedStack=[frame])
    base = ExceptionData(exceptions=[details], problemId=LONG, properties={LONG: LONG})
    cut = limits.truncate(envelope(base, name=LONG, tags={"ai.cloud.role": LONG, "own": LONG}))
    assert (len(frame.method), len(frame.assembly or ""), len(frame.fileName or "")) == (1024,) * 3
    assert (len(details.typeName), len(details.message), len(details.stack or "")) == (
        1024,
        32768,
        32768,
    )
    assert base.properties == {"é" * 150: "é" * 8192}
    assert len(base.problemId or "") == 1024
    assert cut.tags == {"ai.cloud.role": "é" * 256, "own": "é" * 1024}
    assert len(cut.name) == 1024
    assert encode_envelope(cut)


def test_measurement_keys_are_cut_and_values_kept() -> None:
    """W42."""
    base = EventData(name="n", measurements={LONG: 1.5})
    limits.truncate(envelope(base))
    assert base.measurements == {"é" * 150: 1.5}


@pytest.mark.parametrize("row", list(limits.rows()), ids=lambda row: f"{row.owner}.{row.field}")
def test_writing_refuses_what_is_too_long_apart_from_tags(row: limits.Limit) -> None:
    """W40: who asks `tags_fit` need not look at any other text before writing."""
    fine = holding(row, "x" * row.max_length)
    assert limits.tags_fit(fine.tags)
    assert encode_envelope(fine)
    item = holding(row, "x" * (row.max_length + 1))
    assert limits.tags_fit(item.tags) == (row.owner != "tags")
    if row.owner != "tags":
        with pytest.raises(WireError):
            encode_envelope(item)


def holding(row: limits.Limit, text: str) -> Envelope:
    """Return an envelope that is fine but for one text, in the place of the row."""
    key, value = (text, "v") if row.field == "key" else ("k", text)
    match row.owner:
        case "Envelope":
            return envelope(EventData("n"), **{row.field: text})
        case "tags":
            return envelope(EventData("n"), tags={row.field: text})
        case "properties":
            return envelope(EventData("n", properties={key: value}))
        case "measurements":
            return envelope(EventData("n", measurements={key: 1.0}))
    frame, point = StackFrame(level=0, method="m"), DataPoint("n", 1.0)
    details = ExceptionDetails(typeName="t", message="m", parsedStack=[frame])
    bases = [ExceptionData([details]), MetricData([point])]
    bases += [_least(struct) for struct in BASE_TYPES.values() if struct not in map(type, bases)]
    structs = [frame, point, details, *bases]
    changed = next(struct for struct in structs if type(struct).__name__ == row.owner)
    setattr(changed, row.field, text)
    owners = {"StackFrame": bases[0], "ExceptionDetails": bases[0], "DataPoint": bases[1]}
    return envelope(owners.get(row.owner, changed))


def _least(struct: Any) -> Any:
    usual = {"text": "x", "duration": "0.00:00:01", "boolean": True}
    return struct(**{row.name: usual[row.what] for row in plan_of(struct) if row.required})


def test_what_fits_stays_the_same_object() -> None:
    """W42."""
    properties = {"k" * 150: "v" * 8192}
    base = RemoteDependencyData(
        name="n" * 1024, duration="00:00:01", data="d" * 8192, properties=properties
    )
    item = envelope(base, tags={"ai.operation.id": "x" * 128})
    assert limits.truncate(item) is item
    assert base.properties is properties
    assert (len(base.name), len(base.data or "")) == (1024, 8192)


def test_key_time_and_item_id_are_never_cut() -> None:
    """W42."""
    item = envelope(EventData("n"), iKey="k" * 90, time="t" * 90, seq="s" * 90)
    limits.truncate(item)
    assert (item.iKey, item.time, item.seq) == ("k" * 90, "t" * 90, "s" * 90)


@pytest.mark.parametrize(
    "item",
    [
        envelope(EventData(7)),  # type: ignore[arg-type]
        envelope(EventData("n", properties=LONG)),  # type: ignore[arg-type]
        envelope(EventData("n", properties={7: 7})),  # type: ignore[dict-item]
        envelope(ExceptionData(["x"])),  # type: ignore[list-item]
        envelope(ExceptionData("x")),  # type: ignore[arg-type]
        envelope({"name": "n"}),
        envelope(EventData("n"), name=7, tags={"ai.user.id": 7}),
    ],
)
def test_values_of_wrong_types_are_left_for_encoding_to_refuse(item: Envelope) -> None:
    """W42."""
    before = repr(item)
    limits.truncate(item)
    assert repr(item) == before


def test_the_rows_name_every_limit_once() -> None:
    """W28."""
    rows = list(limits.rows())
    found = {(row.owner, row.field): row.max_length for row in rows}
    assert len(found) == len(rows)
    assert found["RequestData", "url"] == 2048
    assert found["MessageData", "message"] == 32768
    assert found["RemoteDependencyData", "data"] == 8192
    assert found["DataPoint", "ns"] == 256
    assert found["properties", "value"] == 8192
    assert found["tags", tags.OPERATION_ID] == 128


def test_every_tag_has_a_limit() -> None:
    """W16."""
    names = {
        value for name, value in vars(tags).items() if name.isupper() and isinstance(value, str)
    }
    assert names == set(tags.MAX_LENGTHS)
    assert all(name.startswith("ai.") for name in names)
