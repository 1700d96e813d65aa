"""The instruments of the server: what it counts and times, by which names.

The names are public: dashboards and alerts are built on them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from openinsights.catalog.turns import WORK
from openinsights.meters import Counter, Histogram, Meters, Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.api.status import WatchingFacts
    from openinsights.catalog.turns import Turn
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
        alert_rounds: rounds of alert rules.
        alert_rounds_late: those that ended when the next one was due already.
        detection_looks: looks of smart detection at all resources.
        detection_looks_late: those that ended when the next one was due already.
        availability_runs: runs of availability tests at this server, by result.
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
        self.alert_rounds = add(
            Counter(
                "openinsights_alert_rounds_total", "Rounds in which alert rules were evaluated."
            )
        )
        self.alert_rounds_late = add(
            Counter(
                "openinsights_alert_rounds_late_total",
                "Rounds of alert rules that ended when the next one was due already.",
            )
        )
        self.detection_looks = add(
            Counter("openinsights_detection_looks_total", "Looks of smart detection.")
        )
        self.detection_looks_late = add(
            Counter(
                "openinsights_detection_looks_late_total",
                "Looks of smart detection that ended when the next one was due already.",
            )
        )
        self.availability_runs = add(
            Counter(
                "openinsights_availability_runs_total",
                "Runs of availability tests at this server.",
                "result",
            )
        )

    def alert_round(self, is_late: bool) -> None:
        """Count a round of alert rules."""
        self.alert_rounds.add()
        if is_late:
            self.alert_rounds_late.add()

    def detection_look(self, is_late: bool) -> None:
        """Count a look of smart detection."""
        self.detection_looks.add()
        if is_late:
            self.detection_looks_late.add()

    def availability_run(self, passed: bool) -> None:
        """Count a run of an availability test."""
        self.availability_runs.add(1, "passed" if passed else "failed")

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

    def read_turns(self, turn_of: Callable[[str], Turn]) -> None:
        """Show which of the work that one server does for all is this server's."""

        def reading(work: str) -> Reading:
            turn = turn_of(work)
            return Reading(
                f"openinsights_does_{work}",
                f"1 while this server does the work of all servers: {work}; else 0.",
                lambda: turn.is_ours,
            )

        for work in WORK:
            self.all.add(reading(work))

    def read_queue(self, queue: QueryQueue) -> None:
        """Show how many queries wait and run."""
        self.all.add(
            Reading(
                "openinsights_queries_waiting",
                "Queries that run or wait for their turn.",
                lambda: queue.waiting,
            )
        )

    def read_watching(self, facts: Callable[[], WatchingFacts]) -> None:
        """Show how what watches by itself stands.

        Args:
            facts: what is told at one time.
        """

        def reading(name: str, doc: str, read: Callable[[WatchingFacts], int]) -> None:
            self.all.add(Reading(f"openinsights_{name}", doc, lambda: read(facts())))

        reading("alert_rules", "Alert rules that are switched on.", lambda f: f.rules)
        reading(
            "alert_rules_failing",
            "Alert rules that could not be evaluated when they were due last.",
            lambda f: f.failing_rules,
        )
        reading(
            "notifications_waiting",
            "Messages about alerts that have not arrived yet.",
            lambda f: f.waiting_notifications,
        )
        reading(
            "availability_tests",
            "Availability tests that this server runs.",
            lambda f: f.tests,
        )
