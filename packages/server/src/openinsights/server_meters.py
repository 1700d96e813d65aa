"""The instruments of the server: what it counts and times, by which names.

The names are public: dashboards and alerts are built on them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from openinsights.meters import Counter, Histogram, Meters, Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.query.queue import QueryQueue
    from openinsights.store.api import Store, StoreHealth


class ServerMeters:
    """What is measured, in one place; each room is handed what it fills.

    Attributes:
        all: every instrument, for those who show them.
        items_received: items of all bodies.
        items_accepted: those that were stored or recognised.
        items_rejected: those that were not, by reason.
        bodies_refused: bodies of which nothing was taken, by HTTP status.
        sync_seconds: how long the journal takes for a group of bodies.
        commit_seconds: how long a commit to the day files takes.
        query_seconds: how long queries take.
        queries_failed: queries without a result, by the code of the error.
    """

    def __init__(self) -> None:
        self.all = Meters()
        add = self.all.add
        self.items_received = add(
            Counter("openinsights_items_received_total", "Items of telemetry that came.")
        )
        self.items_accepted = add(
            Counter("openinsights_items_accepted_total", "Items that were stored, or had been.")
        )
        self.items_rejected = add(
            Counter("openinsights_items_rejected_total", "Items that were not stored.", "reason")
        )
        self.bodies_refused = add(
            Counter(
                "openinsights_bodies_refused_total",
                "Bodies of telemetry of which nothing was taken.",
                "status",
            )
        )
        self.sync_seconds = add(
            Histogram(
                "openinsights_journal_sync_seconds",
                "Time to write a group of bodies to the journal, synced.",
            )
        )
        self.commit_seconds = add(
            Histogram(
                "openinsights_commit_seconds", "Time to commit a group of bodies to the day files."
            )
        )
        self.query_seconds = add(Histogram("openinsights_query_seconds", "Time to answer a query."))
        self.queries_failed = add(
            Counter("openinsights_queries_failed_total", "Queries without a result.", "code")
        )

    def query(self, seconds: float, code: str) -> None:
        """Count a query and its time.

        Args:
            seconds: that it took.
            code: of its error, "" without one.
        """
        self.query_seconds.observe(seconds)
        if code:
            self.queries_failed.add(1, code)

    def read_store(self, store: Store) -> None:
        """Show how a store does."""

        def reading(
            name: str, doc: str, read: Callable[[StoreHealth], float | None], kind: str = "gauge"
        ) -> None:
            self.all.add(Reading(f"openinsights_{name}", doc, lambda: read(store.health()), kind))

        reading("store_accepting", "1 when telemetry is taken, else 0.", lambda h: h.accepting)
        reading(
            "store_pending_bytes",
            "Telemetry that waits for its commit.",
            lambda h: h.pending_bytes,
        )
        reading("store_days", "Days that have telemetry.", lambda h: h.days)
        reading(
            "store_used_bytes", "What telemetry takes on the disk.", lambda h: h.used_disk_bytes
        )
        reading("disk_free_bytes", "Free space of its disk.", lambda h: h.free_disk_bytes)
        reading("rows_stored_total", "Rows stored.", lambda h: h.stored_rows, "counter")
        reading(
            "rows_duplicate_total",
            "Rows not stored because they had been stored before.",
            lambda h: h.duplicate_rows,
            "counter",
        )
        reading(
            "bodies_set_aside",
            "Acknowledged bodies that the engine refused, which lie beside the journal.",
            lambda h: h.refused_bodies,
        )

    def read_queue(self, queue: QueryQueue) -> None:
        """Show how many queries wait and run."""
        self.all.add(
            Reading(
                "openinsights_queries_waiting",
                "Queries that run or wait for their turn.",
                lambda: queue.waiting,
            )
        )
