"""What smart detection has found, as it is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from openinsights.catalog import tables
from openinsights.catalog.engine import writing

if TYPE_CHECKING:
    from collections.abc import Mapping

ACTIVE: Final = "active"
RESOLVED: Final = "resolved"
MUTED: Final = "muted"
MOST_LISTED: Final = 500


@dataclass(frozen=True, slots=True)
class KeptFinding:
    """One finding.

    Attributes:
        finding_id: a guid.
        app_id: of the resource.
        detector: that found it.
        about: the operation, dependency, type, role or instance; "" for the whole resource.
        state: `ACTIVE`, `RESOLVED` or `MUTED`, which is active but told to nobody.
        first_ticks: when it began.
        last_ticks: when it was seen last, or ended.
        facts: all that is known of it (JSON).
    """

    finding_id: str
    app_id: str
    detector: str
    about: str
    state: str
    first_ticks: int
    last_ticks: int
    facts: Mapping[str, Any] = field(default_factory=dict)  # JSON


class FindingStore:
    """Keeps findings; safe to use from any thread.

    Args:
        engine: an open catalog; the resources close it.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @staticmethod
    def put(connection: sa.Connection, finding: KeptFinding) -> None:
        """Make or replace a finding within a transaction."""
        table = tables.findings
        connection.execute(sa.delete(table).where(table.c.finding_id == finding.finding_id))
        connection.execute(
            sa.insert(table).values(
                finding_id=finding.finding_id,
                app_id=finding.app_id,
                detector=finding.detector,
                about_key=finding.about[:1024],
                state=finding.state,
                first_ticks=finding.first_ticks,
                last_ticks=finding.last_ticks,
                facts={**finding.facts, "about": finding.about},
            )
        )

    def get(self, app_id: str, finding_id: str) -> KeptFinding | None:
        """Return a finding of a resource; None when it has none of that id."""
        table = tables.findings
        found = self._some(table.c.app_id == app_id, table.c.finding_id == finding_id)
        return found[0] if found else None

    def of(self, app_id: str, *, open_only: bool = False) -> list[KeptFinding]:
        """Return findings of a resource, the newest first; at most `MOST_LISTED`."""
        table = tables.findings
        which = [table.c.app_id == app_id]
        if open_only:
            which.append(table.c.state != RESOLVED)
        return self._some(*which)

    def forget_resource(self, app_id: str) -> None:
        """Forget the findings of a resource."""
        self._forget(tables.findings.c.app_id == app_id)

    def forget_before(self, ticks: int) -> None:
        """Forget findings that ended before an instant."""
        table = tables.findings
        self._forget(sa.and_(table.c.state == RESOLVED, table.c.last_ticks < ticks))

    def _forget(self, which: sa.ColumnElement[bool]) -> None:
        with writing(self._engine) as connection:
            connection.execute(sa.delete(tables.findings).where(which))

    def _some(self, *which: sa.ColumnElement[bool]) -> list[KeptFinding]:
        table = tables.findings
        statement = (
            sa.select(table)
            .where(*which)
            .order_by(table.c.first_ticks.desc(), table.c.finding_id)
            .limit(MOST_LISTED)
        )
        with self._engine.connect() as connection:
            return [
                KeptFinding(
                    row.finding_id,
                    row.app_id,
                    row.detector,
                    row.facts.get("about", row.about_key),
                    row.state,
                    row.first_ticks,
                    row.last_ticks,
                    row.facts,
                )
                for row in connection.execute(statement)
            ]
