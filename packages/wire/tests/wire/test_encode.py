"""Writing: exact, strict, and read back as the same. Rules W40 to W43."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openinsights_wire.decode import decode_body
from openinsights_wire.encode import encode_batch, encode_envelope, join_batch
from openinsights_wire.envelope import Data, Envelope
from openinsights_wire.errors import WireError
from openinsights_wire.types.availability import AvailabilityData
from openinsights_wire.types.event import EventData
from openinsights_wire.types.exception import ExceptionData, ExceptionDetails, StackFrame
from openinsights_wire.types.message import MessageData
from openinsights_wire.types.metric import DataPoint, MetricData
from openinsights_wire.types.request import RequestData


def envelope(base: Any, base_type: str | None = None, **fields: Any) -> Envelope:
    data = Data(base_type or type(base).__name__, base)
    return Envelope(**{"name": "n", "time": "2026-11-21T07:19:39Z", "data": data, **fields})


def test_what_is_none_or_default_is_left_out() -> None:
    """W41."""
    request = RequestData(id="1", duration="0.00:00:00.022", responseCode="200")
    assert json.loads(encode_batch([envelope(request, iKey="k")])) == [
        {
            "name": "n",
            "time": "2026-11-21T07:19:39Z",
            "iKey": "k",
            "data": {
                "baseType": "RequestData",
                "baseData": {
                    "id": "1",
                    "duration": "0.00:00:00.022",
                    "responseCode": "200",
                    "success": True,
                    "ver": 2,
                },
            },
        }
    ]


def test_a_batch_is_its_envelopes_in_order() -> None:
    """W41."""
    envelopes = [envelope(EventData(name=name)) for name in "abc"]
    body = encode_batch(iter(envelopes))
    assert body == join_batch(encode_envelope(item) for item in envelopes)
    assert b"\n" not in body
    assert decode_body(body) == envelopes
    assert encode_batch([]) == b"[]"


def test_a_stack_is_written_whole() -> None:
    frame = StackFrame(level=0, method="f", fileName="a.py", line=0)
    details = ExceptionDetails(typeName="E", message="m", id=1, outerId=0, parsedStack=[frame])
    written = json.loads(encode_envelope(envelope(ExceptionData(exceptions=[details]))))
    assert written["data"]["baseData"]["exceptions"] == [
        {
            "typeName": "E",
            "message": "m",
            "id": 1,
            "outerId": 0,
            "hasFullStack": True,
            "parsedStack": [{"level": 0, "method": "f", "fileName": "a.py", "line": 0}],
        }
    ]


NAN = float("nan")
REFUSED: dict[str, tuple[Envelope, str]] = {
    "W40 an int in properties": (envelope(EventData("n", properties={"k": 1})), "str.*properties"),  # type: ignore[dict-item]
    "W40 a text as boolean": (envelope(AvailabilityData("1", "n", "d", "True")), "bool.*success"),  # type: ignore[arg-type]
    "W40 a number as text": (envelope(MessageData(7)), "str.*message"),  # type: ignore[arg-type]
    "W40 a text that is too long": (envelope(EventData("n" * 513)), "length <= 512.*name"),
    "W40 a key that is too long": (
        envelope(EventData("n", properties={"k" * 151: ""})),
        "length <= 150",
    ),
    "W40 no metrics": (envelope(MetricData([])), "length >= 1.*metrics"),
    "W40 none where something must be": (envelope(EventData(None)), "str.*name"),  # type: ignore[arg-type]
    "W40 an object of an application": (
        envelope(EventData("n", properties={"k": object()})),
        "cannot write",
    ),  # type: ignore[dict-item]
    "W40 half of a surrogate pair": (envelope(EventData("\ud800")), "surrogates"),
    "W40 an int that is too big": (envelope(EventData("n"), flags=2**70), "cannot write"),
    "W40 data of another type": (envelope(EventData("n"), "RequestData"), "missing required field"),
    "W40 an unknown type": (envelope(EventData("n"), "NewData"), "104: Field 'baseType'"),
    "W40 a type that is no text": (envelope(EventData("n"), 7), "104: Field 'baseType'"),  # type: ignore[arg-type]
    "W40 no data": (Envelope(time="t", data=None), "104: Field 'baseType'"),  # type: ignore[arg-type]
    "W40 no time": (envelope(EventData("n"), time=None), "str.*time"),
    "W40 a tag that is no text": (envelope(EventData("n"), tags={"ai.user.id": 7}), "str.*tags"),
    "W43 NaN as a value": (envelope(MetricData([DataPoint("n", NAN)])), "float.*value"),
    "W43 Infinity as a value": (
        envelope(MetricData([DataPoint("n", -float("inf"))])),
        "float.*value",
    ),
    "W43 NaN in measurements": (
        envelope(EventData("n", measurements={"m": NAN})),
        "float.*measurements",
    ),
}


@pytest.mark.parametrize(("bad", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_the_types_do_not_allow_is_refused_with_its_place(bad: Envelope, message: str) -> None:
    with pytest.raises(WireError, match=message) as refused:
        encode_batch([envelope(EventData("good")), bad])
    assert refused.value.index == 1


def test_a_list_inside_itself_is_refused() -> None:
    """W40."""
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(WireError):
        encode_envelope(envelope(EventData("n", properties={"k": loop})))  # type: ignore[dict-item]
