"""What a server's answer means for the batch that was sent. Pure; sending is in ``transport``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from openinsights_wire.errors import WireError
from openinsights_wire.reply import decode_reply

if TYPE_CHECKING:
    from openinsights_wire.reply import TrackReply


class Verdict(Enum):
    """What becomes of a batch."""

    ACCEPTED = auto()
    RETRY = auto()
    QUOTA = auto()
    SPLIT = auto()
    REDIRECT = auto()
    REFUSED = auto()


STATUS_VERDICTS: dict[int, Verdict] = {
    200: Verdict.ACCEPTED,
    202: Verdict.ACCEPTED,
    204: Verdict.ACCEPTED,
    206: Verdict.ACCEPTED,
    307: Verdict.REDIRECT,
    308: Verdict.REDIRECT,
    401: Verdict.RETRY,
    402: Verdict.QUOTA,
    403: Verdict.RETRY,
    404: Verdict.RETRY,  # what stands before a server answers so while the server is replaced
    408: Verdict.RETRY,
    413: Verdict.SPLIT,
    429: Verdict.RETRY,
    439: Verdict.QUOTA,
    500: Verdict.RETRY,
    502: Verdict.RETRY,
    503: Verdict.RETRY,
    504: Verdict.RETRY,
}
"""Status of a reply, or of one item in it, to what becomes of it; any other status is a refusal."""

SAMPLED_STATUS = 206
SAMPLED_MESSAGE = "telemetry sampled out."
"""An item that the server's own sampling left out is neither lost nor sent again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one attempt to send a batch.

    ``again`` holds the indexes of items to keep when the batch was accepted in part, ``refused``
    how many items the server did not want, ``detail`` a sentence for the log.
    """

    verdict: Verdict
    status: int | None = None
    detail: str = ""
    retry_after_s: float | None = None
    again: tuple[int, ...] = ()
    refused: int = 0


def judge(status: int, body: bytes, item_count: int, retry_after_s: float | None) -> Outcome:
    """Return what a reply means for a batch of ``item_count`` items."""
    verdict = STATUS_VERDICTS.get(status, Verdict.REFUSED)
    reply = _reply(body)
    listed = reply is not None and bool(reply.errors)
    if reply is not None and (status == 206 or (listed and _covers(reply, item_count))):
        return _partial(reply, status, item_count, retry_after_s)
    refused = item_count if verdict is Verdict.REFUSED else 0
    return Outcome(verdict, status, _detail(status, reply, body), retry_after_s, refused=refused)


def _reply(body: bytes) -> TrackReply | None:
    if not body.lstrip().startswith(b"{"):
        return None
    try:
        return decode_reply(body)
    except WireError:
        return None


def _covers(reply: TrackReply, item_count: int) -> bool:
    """Whether the reply speaks about this very batch, item by item."""
    failed = {error.index for error in reply.errors}
    return reply.itemsReceived == item_count and len(failed) == item_count - reply.itemsAccepted


def _partial(
    reply: TrackReply, status: int, item_count: int, retry_after_s: float | None
) -> Outcome:
    again: list[int] = []
    refused: list[str] = []
    quota = False
    # A server may list an item twice; its last word counts.
    for error in {error.index: error for error in reply.errors}.values():
        if not 0 <= error.index < item_count:
            continue
        if _is_sampled_out(error.statusCode, error.message):
            continue
        verdict = STATUS_VERDICTS.get(error.statusCode, Verdict.REFUSED)
        if verdict in (Verdict.RETRY, Verdict.QUOTA):
            again.append(error.index)
            quota = quota or verdict is Verdict.QUOTA
        else:
            refused.append(error.message)
    nothing_taken = len(again) + len(refused) >= item_count
    verdict = Verdict.ACCEPTED
    if again and nothing_taken:
        verdict = Verdict.QUOTA if quota else Verdict.RETRY
    return Outcome(
        verdict,
        status,
        refused[0] if refused else "",
        retry_after_s,
        again=tuple(sorted(again)),
        refused=len(refused),
    )


def _is_sampled_out(status: int, message: str) -> bool:
    return status == SAMPLED_STATUS or message.strip().lower() == SAMPLED_MESSAGE


def _detail(status: int, reply: TrackReply | None, body: bytes) -> str:
    if reply is not None and reply.errors:
        return f"status {status}: {reply.errors[0].message}"
    return (
        f"status {status}: {body[:200].decode('utf-8', 'replace')}" if body else f"status {status}"
    )
