"""From the bytes of a body to its rows: decode, accept, scrub, rows.

It stores nothing and waits for nothing, so that it can be done in another process too. How the
bytes of a body become envelopes is told by a `BodyForm`; everything after that is the same for
every sender.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from openinsights.ingest.accept import accept
from openinsights.ingest.errors import IngestError
from openinsights.ingest.outcome import Outcome, outcome_of
from openinsights.ingest.refused_items import refused_items
from openinsights.ingest.rows import to_rows
from openinsights.ingest.scrub import scrubber_of
from openinsights_wire.decode import decode_body
from openinsights_wire.envelope import Envelope
from openinsights_wire.usual import decode_usual

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from openinsights.catalog.resource import Resource
    from openinsights.ingest.limits import IngestLimits
    from openinsights.ingest.places import Place
    from openinsights.ingest.sender import Sender
    from openinsights.refusals import Refusal
    from openinsights.store.record import Recorded
    from openinsights.store.rows import Rows
    from openinsights_wire.errors import WireError

    Watch = Callable[[str, Sequence[Envelope]], Callable[[], None] | None]
    Decoded = Sequence[Envelope | WireError]

_DIGEST_BYTES = 16


class BodyForm(Protocol):
    """How bodies of one kind are read."""

    def decode(self, body: bytes, now_ticks: int, limits: IngestLimits) -> Decoded:
        """Return the items of a body in order.

        Raises:
            IngestError: the body is refused as a whole.
            WireError: the same.
        """
        ...

    def is_quick(self, body: bytes, limits: IngestLimits) -> bool:
        """Return whether the body is worked on in no time, whatever it holds."""
        ...

    def stored(self) -> None:
        """Learn that everything of the body is durable."""
        ...

    @property
    def mark(self) -> bytes:
        """What tells apart equal bytes that mean something else; empty for track requests."""
        ...


class TrackForm:
    """Envelopes as JSON, as track requests bring them."""

    mark = b""

    def decode(self, body: bytes, now_ticks: int, limits: IngestLimits) -> Decoded:
        """Return the envelopes of a body, in order."""
        usual = decode_usual(body, max_items=limits.max_items)
        if usual:
            return usual
        items = decode_body(body, max_items=limits.max_items)
        if not items and not body.rstrip().endswith(b"]"):
            raise IngestError("100: cannot read the body: it breaks off before the first item")
        return items

    def is_quick(self, body: bytes, limits: IngestLimits) -> bool:
        """Return whether the body is small and has few objects."""
        return len(body) <= limits.inline_bytes and body.count(b"{") <= limits.inline_objects

    def stored(self) -> None:
        """Learn that everything of the body is durable; envelopes need nothing more."""


TRACK = TrackForm()


@dataclass(slots=True)
class Part:
    """What a body brings for one resource."""

    resource: Resource
    items: int = 0
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class ReadBody:
    """A body on its way to the store: rows, what its sender is told, what each resource sent.

    Attributes:
        told: called once the rows are stored.
        refused: what was not taken, by resource.
    """

    rows: Rows | Recorded
    outcome: Outcome
    parts: Sequence[Part]
    told: Sequence[Callable[[], None]] = ()
    refused: Sequence[tuple[str, Refusal]] = ()


def unwatched(app_id: str, items: Sequence[Envelope]) -> None:
    """Show items to nobody."""


def read_body(
    body: bytes,
    form: BodyForm,
    now_ticks: int,
    limits: IngestLimits,
    resolve_keys: Callable[[set[str]], Mapping[str, Resource | None]],
    sender: Sender,
    place_of: Callable[[str], Place] | None = None,
    watch: Watch = unwatched,
) -> ReadBody:
    """Return what a body brings, as rows.

    Args:
        body: its bytes, unpacked.
        form: how they are read.
        now_ticks: the server's time.
        limits: bounds.
        resolve_keys: returns the resources of instrumentation keys, None for one that is refused.
        sender: who sent it.
        place_of: tells where an address is, None when no places are known.
        watch: shown the accepted items of a resource; returns what is to be called once they are
            stored, None when nobody watches.

    Raises:
        IngestError: the body is refused as a whole.
        WireError: the same.
    """
    whole = hashlib.sha256(form.mark)
    whole.update(body)
    items = form.decode(body, now_ticks, limits)
    keys = {item.iKey for item in items if isinstance(item, Envelope) and item.iKey}
    resolve_key = resolve_keys(keys).get
    accepted = accept(items, resolve_key, now_ticks, limits, body)
    parts: dict[str, Part] = {}
    told = []
    for batch in accepted.batches:
        app_id = batch.resource.app_id
        part = parts.setdefault(app_id, Part(batch.resource))
        part.items += len(batch.items)
        part.size_bytes += len(body) * len(batch.items) // accepted.received
        scrubber = scrubber_of(batch.resource.settings)
        if scrubber is not None:
            for item in batch.items:
                scrubber.item(item)
        tell = watch(app_id, batch.items)
        if tell is not None:
            told.append(tell)
    digest = whole.digest()[:_DIGEST_BYTES]
    rows = to_rows(accepted, digest, len(body), sender, place_of)
    errors = accepted.errors
    refused = refused_items(errors, items, resolve_key, parts, now_ticks) if errors else ()
    return ReadBody(rows, outcome_of(accepted), list(parts.values()), told, refused)
