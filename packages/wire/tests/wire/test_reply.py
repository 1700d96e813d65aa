"""Replies to a batch. Rules W50 and W51."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openinsights_wire.errors import WireError
from openinsights_wire.reply import ItemError, TrackReply, decode_reply, encode_reply


def test_errors_are_written_even_when_there_are_none() -> None:
    """W50."""
    assert encode_reply(TrackReply(2, 2, [], "a")) == (
        b'{"itemsReceived":2,"itemsAccepted":2,"errors":[],"appId":"a"}'
    )
    assert TrackReply(0, 0).errors == []


def test_a_reply_is_read_back() -> None:
    """W50."""
    reply = TrackReply(3, 2, [ItemError(1, 400, "103: Field 'time'")], "a")
    assert decode_reply(encode_reply(reply)) == reply


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{}", TrackReply(0, 0, [])),
        (b'{"itemsReceived":1,"itemsAccepted":1,"errors":null}', TrackReply(1, 1, [])),
        (b'{"itemsReceived":"1","itemsAccepted":"1","new":[]}', TrackReply(1, 1, [])),
        (
            b'{"itemsReceived":1,"itemsAccepted":0,"errors":[{"index":0,"statusCode":439}]}',
            TrackReply(1, 0, [ItemError(0, 439, "")]),
        ),
    ],
)
def test_replies_of_other_servers_are_read(body: bytes, expected: TrackReply) -> None:
    """W51."""
    assert decode_reply(body) == expected


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"errors":7}', b"\xff", b"[" * 10_000])
def test_what_is_no_reply_is_refused(body: bytes) -> None:
    """W51."""
    with pytest.raises(WireError, match="cannot read the reply"):
        decode_reply(body)


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_reading_any_bytes_raises_nothing_but_wire_errors(body: bytes) -> None:
    try:
        decode_reply(body)
    except WireError:
        return
