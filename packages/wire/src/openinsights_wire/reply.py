"""What the server answers to a batch: how many items came, how many were accepted, what failed."""

from __future__ import annotations

import msgspec

from openinsights_wire.errors import WireError


class ItemError(msgspec.Struct, frozen=True):
    """One item that was not accepted; `index` is its position in the batch."""

    index: int
    statusCode: int
    message: str


class TrackReply(msgspec.Struct, frozen=True):
    """The outcome of one batch; `errors` is always present and empty when all was accepted."""

    itemsReceived: int
    itemsAccepted: int
    errors: list[ItemError] = []
    appId: str | None = None


class _LooseError(msgspec.Struct):
    index: int = 0
    statusCode: int = 0
    message: str | None = None


class _LooseReply(msgspec.Struct):
    itemsReceived: int = 0
    itemsAccepted: int = 0
    errors: list[_LooseError] | None = None
    appId: str | None = None


_encode = msgspec.json.Encoder().encode


def encode_reply(reply: TrackReply) -> bytes:
    """Return the JSON body of a reply."""
    return _encode(reply)


def decode_reply(body: bytes) -> TrackReply:
    """Return the reply that a server sent; what it left out counts as nothing.

    Raises:
        WireError: the body is no track reply.
    """
    try:
        loose = msgspec.json.decode(body, type=_LooseReply, strict=False)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WireError(f"cannot read the reply of the server: {error}") from None
    errors = [ItemError(e.index, e.statusCode, e.message or "") for e in loose.errors or ()]
    return TrackReply(loose.itemsReceived, loose.itemsAccepted, errors, loose.appId)
