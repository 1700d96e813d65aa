"""What became of the items of a body, once the accepted ones are stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.ingest.sampling import SAMPLED_OUT_STATUS

if TYPE_CHECKING:
    from openinsights.ingest.accept import Accepted
    from openinsights_wire.reply import ItemError


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many items came, and what is wrong with those that were not accepted.

    Attributes:
        received: items in the body.
        errors: what was not accepted, by its place in the body.
        app_id: the resource of the first accepted item, None when none was accepted.
    """

    received: int
    errors: list[ItemError]
    app_id: str | None

    @property
    def refused(self) -> list[ItemError]:
        """What is wrong with items; those that sampling left out are not among them."""
        return [error for error in self.errors if error.statusCode != SAMPLED_OUT_STATUS]

    @property
    def accepted(self) -> int:
        """How many items were accepted."""
        return self.received - len(self.errors)


def outcome_of(accepted: Accepted) -> Outcome:
    """Return what a sender is told of a body; it holds on to no item."""
    app_id = accepted.batches[0].resource.app_id if accepted.batches else None
    return Outcome(accepted.received, accepted.errors, app_id)
