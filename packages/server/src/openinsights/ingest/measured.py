"""Counts what becomes of telemetry, by reason; not that of the server about itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.ingest.sampling import SAMPLED_OUT_STATUS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from openinsights.catalog.resource import Resource
    from openinsights.ingest.errors import IngestError
    from openinsights.ingest.outcome import Outcome
    from openinsights.meters import Counter
    from openinsights_wire.reply import ItemError

REASONS: Final = {
    "100": "unreadable",
    "101": "field missing",
    "102": "wrong type",
    "103": "out of range",
    "104": "unknown type",
    "106": "unknown key",
    "107": "too large",
}
"""Why an item is not stored, by the number that its message begins with."""
OTHER: Final = "other"
SAMPLED: Final = "sampled out"


@dataclass(frozen=True, slots=True)
class Measured:
    """The counters of ingestion.

    Attributes:
        received: items of all bodies.
        accepted: those that were stored.
        rejected: those that were not, by reason.
        refused: bodies of which nothing was taken, by HTTP status.
        is_own: whether a resource is the server's own. Its bodies are not counted: they would
            change what they report.
    """

    received: Counter
    accepted: Counter
    rejected: Counter
    refused: Counter
    is_own: Callable[[Resource], bool]

    def outcome(self, outcome: Outcome, resources: Iterable[Resource]) -> None:
        """Count the items of a body."""
        senders = list(resources)
        if senders and all(map(self.is_own, senders)):
            return
        self.received.add(outcome.received)
        self.accepted.add(outcome.accepted)
        for error in outcome.errors:
            self.rejected.add(1, reason_of(error))

    def refusal(self, error: IngestError) -> None:
        """Count a body of which nothing was taken."""
        self.refused.add(1, str(error.status_code))


def reason_of(error: ItemError) -> str:
    """Return why an item was not stored, in few words."""
    if error.statusCode == SAMPLED_OUT_STATUS:
        return SAMPLED
    return REASONS.get(error.message.partition(":")[0], OTHER)
