"""Counting accepted items for servers that do not post themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.clock import TICKS_PER_SECOND
from openinsights.live.ring import ServerKey
from openinsights_wire import tags
from openinsights_wire.live.items import item_of
from openinsights_wire.live.tally import Tally
from openinsights_wire.stamps import TICKS_PER_MILLISECOND, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from openinsights_wire.envelope import Envelope
    from openinsights_wire.live.configuration import Configuration
    from openinsights_wire.live.documents import Sampler
    from openinsights_wire.live.items import Item
    from openinsights_wire.live.messages import Document


@dataclass(frozen=True, slots=True)
class Counted:
    """What a batch of accepted items amounts to, until it is known to be stored."""

    tallies: dict[tuple[ServerKey, int], Tally]
    documents: list[tuple[ServerKey, Document]]


def counted(
    envelopes: Iterable[Envelope],
    configuration: Configuration,
    sampler: Sampler,
    posting_since: Mapping[tuple[str, str], int],
) -> Counted:
    """Return what items amount to.

    Args:
        envelopes: accepted items of one resource.
        configuration: what viewers ask for.
        sampler: takes samples for them.
        posting_since: role and instance of the servers that post themselves, and from which second
            on; their items are left out from then on.
    """
    tallies: dict[tuple[ServerKey, int], Tally] = {}
    documents: list[tuple[ServerKey, Document]] = []
    for envelope in envelopes:
        role = envelope.tags.get(tags.CLOUD_ROLE, "")
        instance = envelope.tags.get(tags.CLOUD_ROLE_INSTANCE, "")
        item = item_of(envelope)
        if item is None:
            continue
        second = _ended_ticks(item) // TICKS_PER_SECOND
        if second >= posting_since.get((role, instance), second + 1):
            continue
        key = ServerKey(role, instance)
        place = (key, second)
        if place not in tallies:
            tallies[place] = Tally(configuration)
        tallies[place].add(item)
        document = sampler.take(item)
        if document is not None:
            documents.append((key, document))
    return Counted(tallies, documents)


def _ended_ticks(item: Item) -> int:
    return parse_time(item.time) + int(item.duration_ms * TICKS_PER_MILLISECOND)
