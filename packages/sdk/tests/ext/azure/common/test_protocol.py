from __future__ import annotations

from opencensus.ext.azure.common import protocol
from opencensus.ext.azure.common.processor import ProcessorMixin


def test_processors_find_the_types_by_their_names() -> None:
    envelope = protocol.Envelope(
        name="x",
        time="2026-11-21T07:19:39Z",
        data=protocol.Data("MessageData", protocol.Message(message="hello")),
    )
    seen = []
    mixin = ProcessorMixin()
    mixin.add_telemetry_processor(seen.append)

    assert mixin.apply_telemetry_processors([envelope]) == [envelope]
    assert isinstance(seen[0].data.baseData, protocol.Message)
    mixin.clear_telemetry_processors()
    mixin.apply_telemetry_processors([envelope])
    assert len(seen) == 1


def test_only_false_itself_drops() -> None:
    envelope = protocol.Envelope(
        name="x",
        time="2026-11-21T07:19:39Z",
        data=protocol.Data("EventData", protocol.Event(name="e")),
    )
    mixin = ProcessorMixin()
    for answer in (None, 0, "", True):
        mixin.add_telemetry_processor(lambda _, answer=answer: answer)
    assert mixin.apply_telemetry_processors([envelope]) == [envelope]
    mixin.add_telemetry_processor(lambda _: False)
    assert mixin.apply_telemetry_processors([envelope]) == []
