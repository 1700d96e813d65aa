"""The room's parts, wired: what the composition root opens, starts and closes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openinsights.catalog.detector_settings import DetectorSettingsStore
from openinsights.catalog.findings import FindingStore
from openinsights.catalog.turns import ALWAYS
from openinsights.detection.asking import Asking
from openinsights.detection.engine import DetectionEngine

if TYPE_CHECKING:
    from collections.abc import Callable

    import sqlalchemy as sa

    from openinsights.alerts.book import AlertBook
    from openinsights.catalog.resources import ResourceStore
    from openinsights.catalog.turns import Turn
    from openinsights.clock import Clock
    from openinsights.query.queue import QueryQueue
    from openinsights.query.service import QueryService


@dataclass(frozen=True, slots=True)
class Detection:
    """What watches by itself.

    Attributes:
        engine: looks; whoever serves starts it.
        findings: what was found.
        settings: of detectors.
    """

    engine: DetectionEngine
    findings: FindingStore
    settings: DetectorSettingsStore

    def forget_resource(self, app_id: str) -> None:
        """Forget all about a resource."""
        self.engine.forget_resource(app_id)
        self.findings.forget_resource(app_id)
        self.settings.forget_resource(app_id)


def open_detection(
    catalog: sa.Engine,
    resources: ResourceStore,
    queries: QueryService,
    queue: QueryQueue,
    settle: Callable[[float], object],
    items_since: Callable[[str, int], int],
    book: AlertBook,
    clock: Clock,
    turn: Turn = ALWAYS,
    on_look: Callable[[bool], None] = lambda _: None,
) -> Detection:
    """Return the parts; nothing is looked at before the engine is started.

    Args:
        catalog: where findings and settings lie.
        resources: every one.
        queries: answers queries about the resources that they name.
        queue: gives them their turn.
        settle: waits for telemetry that was acknowledged.
        items_since: returns how many items came to a resource from an hour on.
        book: of alerts.
        clock: the time.
        turn: whether this server is the one that looks.
        on_look: see `DetectionEngine`.
    """
    findings, settings = FindingStore(catalog), DetectorSettingsStore(catalog)
    asking = Asking(queries, queue, settle)
    engine = DetectionEngine(
        resources.list,
        asking,
        items_since,
        findings,
        settings,
        book,
        clock,
        on_look,
        turn=turn,
    )
    return Detection(engine, findings, settings)
