"""What the sender is told: one status and one body, from what became of the items."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from openinsights_wire.reply import ItemError, TrackReply, encode_reply

if TYPE_CHECKING:
    from openinsights.ingest.errors import IngestError
    from openinsights.ingest.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, body and further headers of a reply."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = field(default=())
    content_type: bytes = b"application/json; charset=utf-8"


def reply_to(outcome: Outcome) -> Reply:
    """Return the reply for a body: 200 for all, 206 for some, else the first item's status."""
    status = 200
    if outcome.errors:
        status = 206 if outcome.accepted else outcome.errors[0].statusCode
    body = TrackReply(outcome.received, outcome.accepted, outcome.errors, outcome.app_id)
    return Reply(status, encode_reply(body))


def refusal(error: IngestError) -> Reply:
    """Return the reply for a body of which nothing was taken."""
    body = TrackReply(0, 0, [ItemError(0, error.status_code, error.message)])
    headers: tuple[tuple[bytes, bytes], ...] = ()
    if error.retry_after_s is not None:
        headers = ((b"retry-after", str(error.retry_after_s).encode()),)
    return Reply(error.status_code, encode_reply(body), headers)
