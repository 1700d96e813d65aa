"""Which exporters share a live client: those of one resource, server and process.

This is all that making an exporter imports of Live Metrics; the rest comes with the first batch.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from opencensus.ext.azure.common import lifetime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opencensus.ext.azure.common.options import Options
    from opencensus.ext.azure.common.sender import Sender
    from opencensus.ext.azure.live.client import LiveClient
    from openinsights_wire.envelope import Envelope

_clients: dict[tuple[str, str], LiveClient] = {}


def attach(options: Options, sender: Sender) -> None:
    """Have the resource's live client watch what a sender sends, from its first batch on."""
    sender.observers.append(FirstBatch(options, sender))


class FirstBatch:
    """Waits as an observer for the first batch of an exporter, and is gone then."""

    def __init__(self, options: Options, sender: Sender) -> None:
        self._options = options
        self._sender = weakref.ref(sender)

    def __call__(self, batch: Sequence[Envelope]) -> None:
        """Join the resource's client, which starts unless it runs."""
        sender = self._sender()
        if not batch or sender is None or self not in sender.observers:
            return
        sender.observers.remove(self)
        client = client_of(self._options)
        client.join(sender)
        client.start(batch)


def client_of(options: Options) -> LiveClient:
    """Return the live client of a resource; there is one per server, resource and process."""
    with lifetime.forks_wait():
        from opencensus.ext.azure.live.client import LiveClient

    key = (options.live_endpoint, options.instrumentation_key)
    client = _clients.get(key)
    if client is None:
        # one step, no lock: a lock could be held by another thread while the process forks
        client = _clients.setdefault(key, LiveClient(options))
    return client
