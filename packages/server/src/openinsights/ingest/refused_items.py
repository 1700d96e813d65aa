"""What is kept of items and bodies that are not taken: whose they are, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.ingest.measured import SAMPLED, reason_of
from openinsights.refusals import NOBODYS, Refusal
from openinsights_wire.envelope import Envelope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from openinsights.catalog.resource import Resource
    from openinsights.ingest.errors import IngestError
    from openinsights_wire.errors import WireError
    from openinsights_wire.reply import ItemError

_WHOLE: Final = {401: "no token", 403: "no token", 413: "too large", 429: "rate", 439: "daily cap"}
"""Why a body is refused as a whole, by the status of the reply."""
_UNREADABLE = "unreadable"
_MAX_SENDER: Final = 200


def refused_items(
    errors: Sequence[ItemError],
    items: Sequence[Envelope | WireError],
    resolve_key: Callable[[str], Resource | None],
    others: Iterable[str],
    now_ticks: int,
) -> list[tuple[str, Refusal]]:
    """Return what became of the refused items of a body, by resource, reason and sender.

    What sampling left out is not refused.

    Args:
        errors: of the items, by their places.
        items: all of the body.
        resolve_key: returns the resource of an instrumentation key.
        others: the resources of the accepted items: an item that could not be read belongs to
            them when there is only one.
        now_ticks: the time.
    """
    only = set(others)
    whose_else = only.pop() if len(only) == 1 else NOBODYS
    found: dict[tuple[str, str, str], Refusal] = {}
    for error in errors:
        reason = reason_of(error)
        if reason == SAMPLED:
            continue
        item = items[error.index]
        app_id, sender = whose_else, ""
        if isinstance(item, Envelope):
            resource = resolve_key(item.iKey) if item.iKey else None
            app_id = NOBODYS if resource is None else resource.app_id
            sender = _sender(item)
        place = (app_id, reason, sender)
        known = found.get(place)
        found[place] = Refusal(
            now_ticks,
            reason,
            error.message if known is None else known.message,
            1 if known is None else known.items + 1,
            sender,
        )
    return [(app_id, refusal) for (app_id, _, _), refusal in found.items()]


def whole_body(error: IngestError, items: int, now_ticks: int) -> Refusal:
    """Return the refusal of all items that a body has of a resource."""
    return Refusal(now_ticks, _WHOLE.get(error.status_code, _UNREADABLE), error.message, items)


def _sender(item: Envelope) -> str:
    tags = item.tags or {}
    told = (tags.get("ai.cloud.role"), tags.get("ai.internal.sdkVersion"))
    return " · ".join(each for each in told if each)[:_MAX_SENDER]
