"""What the server and its readers, processes that read bodies for it, say to each other.

A message is the lengths of its head and of its content, the head as MessagePack, and the content
as it is: the body of a job, the record of an answer.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final

import msgspec

from openinsights.catalog.resource import Resource  # noqa: TC001 - the codec reads the annotations
from openinsights.ingest.limits import IngestLimits  # noqa: TC001 - likewise
from openinsights.refusals import Refusal  # noqa: TC001 - likewise
from openinsights_wire.reply import ItemError  # noqa: TC001 - likewise

if TYPE_CHECKING:
    from typing import BinaryIO


class Begin(msgspec.Struct, frozen=True, tag=True):
    """The first word to a reader.

    Attributes:
        limits: bounds of ingestion.
        places: path of the database that tells where addresses are, "" when there is none.
    """

    limits: IngestLimits
    places: str


class Read(msgspec.Struct, frozen=True, tag=True):
    """Read the body that is the content.

    Attributes:
        now_ticks: the server's time.
        resources: of keys that the body is likely to have.
        address: of the sender, "" when not known.
        user_agent: of the sender, "" when absent.
    """

    now_ticks: int
    resources: dict[str, Resource]
    address: str
    user_agent: str


class Keys(msgspec.Struct, frozen=True, tag=True):
    """The answer to `Ask`: the resource of each key, None for one that is refused."""

    resources: dict[str, Resource | None]


class Leave(msgspec.Struct, frozen=True, tag=True):
    """The other answer to `Ask`: the server reads this body itself; no answer is expected."""


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The first word of a reader: it takes bodies from now on."""


class Ask(msgspec.Struct, frozen=True, tag=True):
    """A reader needs the resources of keys to go on."""

    keys: list[str]


class Done(msgspec.Struct, frozen=True, tag=True):
    """A body is read; its record is the content, which is empty when nothing was accepted.

    Attributes:
        rows: how many rows the record has.
        received: items in the body.
        errors: what was not accepted.
        app_id: the resource of the first accepted item.
        parts: for each resource its app id, its items and their bytes.
        refused: what was not taken, by resource.
    """

    rows: int
    received: int
    errors: list[ItemError]
    app_id: str | None
    parts: list[tuple[str, int, int]]
    refused: list[tuple[str, Refusal]]


class Refused(msgspec.Struct, frozen=True, tag=True):
    """A body is refused as a whole."""

    message: str
    status_code: int


class Unstorable(msgspec.Struct, frozen=True, tag=True):
    """The rows of a body cannot be written."""

    message: str


class Failed(msgspec.Struct, frozen=True, tag=True):
    """Reading a body failed where it never should."""

    trace: str


Word = Begin | Read | Keys | Leave
"""What the server says."""
Answer = Ready | Ask | Done | Refused | Unstorable | Failed
"""What a reader says."""

LENGTHS: Final = Struct("<II")
_encode = msgspec.msgpack.Encoder().encode
_decode_word = msgspec.msgpack.Decoder(Word).decode
_decode_answer = msgspec.msgpack.Decoder(Answer).decode


def head_of(message: Word | Answer, content_bytes: int = 0) -> bytes:
    """Return a message up to its content."""
    head = _encode(message)
    return LENGTHS.pack(len(head), content_bytes) + head


def answer_of(head: bytes) -> Answer:
    """Return what a reader said."""
    answer: Answer = _decode_answer(head)
    return answer


def next_word(words: BinaryIO) -> tuple[Word, bytes] | None:
    """Return the next message of the server and its content; None when it has gone."""
    lengths = words.read(LENGTHS.size)
    if len(lengths) < LENGTHS.size:
        return None
    head_bytes, content_bytes = LENGTHS.unpack(lengths)
    head, content = words.read(head_bytes), words.read(content_bytes)
    if len(head) < head_bytes or len(content) < content_bytes:
        return None
    return _decode_word(head), content
