from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.azure.common import Options, protocol
from opencensus.ext.azure.common.storage import LocalFileStorage
from opencensus.ext.azure.common.transport import TransportMixin, TransportStatusCode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def mixin(track_server: Any, tmp_path: Path) -> Iterator[TransportMixin]:
    mixin = TransportMixin()
    mixin.options = Options(connection_string=track_server.connection_string)
    with LocalFileStorage(str(tmp_path)) as mixin.storage:
        yield mixin


def answer(status: int = 200, **fields: Any) -> Any:
    import track_server

    return track_server.Answer(status, **fields)


def test_envelopes_of_any_kind_are_sent(mixin: TransportMixin, track_server: Any) -> None:
    data = protocol.Data("EventData", protocol.Event(name="made"))
    envelopes = [
        {"name": "dict"},
        protocol.BaseObject(name="object"),
        protocol.Envelope(name="own", time="2026-11-29T18:47:08Z", data=data),
    ]

    assert mixin._transmit(envelopes) == TransportStatusCode.SUCCESS
    assert [item["name"] for item in track_server.accepted] == ["dict", "object", "own"]
    assert mixin._transmit([]) == TransportStatusCode.SUCCESS


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (503, TransportStatusCode.RETRY),
        (439, TransportStatusCode.RETRY),
        (400, TransportStatusCode.DROP),
    ],
)
def test_status_says_what_becomes_of_them(
    mixin: TransportMixin, track_server: Any, status: int, expected: int
) -> None:
    track_server.answers.append(answer(status))

    assert mixin._transmit([{"a": 1}]) == expected


def test_items_that_the_server_wants_later_are_stored(
    mixin: TransportMixin, track_server: Any
) -> None:
    errors = [
        {"index": 0, "statusCode": 500, "message": "busy"},
        {"index": 1, "statusCode": 400, "message": "bad"},
    ]
    reply = {"itemsReceived": 3, "itemsAccepted": 1, "errors": errors}
    track_server.answers.append(answer(206, body=json.dumps(reply).encode()))

    assert mixin._transmit([{"n": 0}, {"n": 1}, {"n": 2}]) == TransportStatusCode.DROP
    mixin._transmit_from_storage()
    assert track_server.accepted == [{"n": 0}]
    assert mixin.storage.get() is None


def test_nothing_is_raised_for_what_the_network_does(mixin: TransportMixin) -> None:
    mixin.options.endpoint = "http://127.0.0.1:1"
    assert mixin._transmit([{"a": 1}]) == TransportStatusCode.RETRY
    mixin.options.proxies = "no json"

    assert mixin._transmit([{"a": 1}]) == TransportStatusCode.RETRY


def test_redirect_is_followed_from_then_on(mixin: TransportMixin, track_server: Any) -> None:
    import track_server as module

    other = module.TrackServer()
    try:
        track_server.answers.append(answer(307, headers={"Location": other.endpoint}))
        assert mixin._transmit([{"a": 1}]) == TransportStatusCode.SUCCESS
        assert mixin.options.endpoint == other.endpoint
        assert other.accepted == [{"a": 1}]
    finally:
        other.close()
