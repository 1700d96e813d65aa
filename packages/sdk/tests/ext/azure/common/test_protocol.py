from __future__ import annotations

import json

import pytest

from opencensus.ext.azure.common import protocol
from opencensus.ext.azure.common.processor import ProcessorMixin
from openinsights_wire import envelope
from openinsights_wire.encode import encode_envelope
from openinsights_wire.types.message import MessageData


def test_processors_find_the_types_by_their_names() -> None:
    one = protocol.Envelope(
        name="x",
        time="2026-11-21T07:19:39Z",
        data=protocol.Data("MessageData", protocol.Message(message="hello")),
    )
    seen = []
    mixin = ProcessorMixin()
    mixin.add_telemetry_processor(seen.append)

    assert mixin.apply_telemetry_processors([one]) == [one]
    assert isinstance(seen[0].data.baseData, protocol.Message)
    mixin.clear_telemetry_processors()
    mixin.apply_telemetry_processors([one])
    assert len(seen) == 1


def test_only_false_itself_drops() -> None:
    one = protocol.Envelope(
        name="x",
        time="2026-11-21T07:19:39Z",
        data=protocol.Data("EventData", protocol.Event(name="e")),
    )
    mixin = ProcessorMixin()
    for answer in (None, 0, "", True):
        mixin.add_telemetry_processor(lambda _, answer=answer: answer)
    assert mixin.apply_telemetry_processors([one]) == [one]
    mixin.add_telemetry_processor(lambda _: False)
    assert mixin.apply_telemetry_processors([one]) == []


def test_what_exporters_send_is_an_instance_of_these() -> None:
    sent = envelope.Envelope(
        time="2026-11-21T07:19:39Z", data=envelope.Data("MessageData", MessageData("hello"))
    )

    assert isinstance(sent, protocol.Envelope)
    assert isinstance(sent.data, protocol.Data)
    assert isinstance(sent.data.baseData, protocol.Message)
    assert not isinstance(sent.data.baseData, protocol.Event)

    class Own(protocol.Envelope):
        pass

    assert isinstance(Own(), protocol.Envelope)
    assert not isinstance(sent, Own)


def test_programs_make_them_without_arguments_and_add_what_they_like() -> None:
    one = protocol.Envelope()
    one.extra = 1
    one["other"] = 2

    assert (one.ver, one["extra"], one.other) == (1, 1, 2)
    assert protocol.Request().ver == protocol.ExceptionData().ver == 2
    assert protocol.Data().baseType is None
    with pytest.raises(KeyError):
        _ = one["missing"]


def test_what_a_program_made_is_sent_without_what_it_added() -> None:
    data = protocol.Data(baseData=protocol.Message(), baseType="MessageData")
    one = protocol.Envelope(name="m", time="2026-11-21T07:19:39Z", data=data)
    one.extra = 1
    sent = json.loads(encode_envelope(one))

    assert sent["data"] == {"baseType": "MessageData", "baseData": {"message": "", "ver": 2}}
    assert "extra" not in sent


def test_class_that_does_without_the_constructor_has_processors_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Own(ProcessorMixin):
        def __init__(self) -> None:
            self.name = "own"

    def fail(_: object) -> None:
        raise ZeroDivisionError

    own, one = Own(), protocol.Envelope()
    assert own.apply_telemetry_processors([one]) == [one]
    own.add_telemetry_processor(fail)
    for _ in range(2):
        assert own.apply_telemetry_processors([one]) == [one]
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 1
