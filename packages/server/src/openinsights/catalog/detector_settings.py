"""How the detectors of a resource are set, and until when they have looked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from openinsights.catalog import tables
from openinsights.catalog.engine import writing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EVERY: Final = ""
"""Stands for all resources, or all detectors, where a run names one."""


@dataclass(frozen=True, slots=True)
class DetectorSetting:
    """How one detector of a resource is set.

    Attributes:
        is_enabled: whether it looks.
        facts: sensitivity, whom to tell, mutes, and what tools set (JSON).
    """

    is_enabled: bool = True
    facts: Mapping[str, Any] = field(default_factory=dict)  # JSON


UNSET: Final = DetectorSetting()


class DetectorSettingsStore:
    """Keeps settings; safe to use from any thread.

    Args:
        engine: an open catalog; the resources close it.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def of(self, app_id: str) -> dict[str, DetectorSetting]:
        """Return the settings of a resource by detector; those that were never set are left out."""
        table = tables.detector_settings
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(table).where(table.c.app_id == app_id))
            return {row.detector: DetectorSetting(row.enabled, row.facts) for row in rows}

    def change(
        self, app_id: str, detector: str, changed: Callable[[DetectorSetting], DetectorSetting]
    ) -> DetectorSetting:
        """Change the setting of a detector, durable when this returns."""
        table = tables.detector_settings
        one = sa.and_(table.c.app_id == app_id, table.c.detector == detector)
        with writing(self._engine) as connection:
            row = connection.execute(sa.select(table).where(one)).first()
            known = UNSET if row is None else DetectorSetting(row.enabled, row.facts)
            new = changed(known)
            connection.execute(sa.delete(table).where(one))
            connection.execute(
                sa.insert(table).values(
                    app_id=app_id, detector=detector, enabled=new.is_enabled, facts=dict(new.facts)
                )
            )
        return new

    def last_due(self, app_id: str = EVERY, detector: str = EVERY) -> int:
        """Return the instant for which there was a look last; 0 when there was none."""
        table = tables.detector_runs
        statement = sa.select(table.c.last_due).where(
            table.c.app_id == app_id, table.c.detector == detector
        )
        with self._engine.connect() as connection:
            return connection.scalar(statement) or 0

    @staticmethod
    def save_due(
        connection: sa.Connection, due: int, app_id: str = EVERY, detector: str = EVERY
    ) -> None:
        """Remember within a transaction that there was a look for an instant."""
        table = tables.detector_runs
        one = sa.and_(table.c.app_id == app_id, table.c.detector == detector)
        connection.execute(sa.delete(table).where(one))
        connection.execute(
            sa.insert(table).values(app_id=app_id, detector=detector, last_due=due, facts={})
        )

    def forget_resource(self, app_id: str) -> None:
        """Forget the settings of a resource."""
        with writing(self._engine) as connection:
            for table in (tables.detector_settings, tables.detector_runs):
                connection.execute(sa.delete(table).where(table.c.app_id == app_id))
