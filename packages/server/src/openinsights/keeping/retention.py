"""What has to go from each day, worked out from the retention of the resources. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from openinsights.clock import TICKS_PER_DAY
from openinsights.schema.catalog import CLASSIC
from openinsights.store.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from openinsights.catalog.resource import Resource


@dataclass(frozen=True, slots=True)
class Expired:
    """What a day holds that nobody keeps any more.

    Attributes:
        day: counted since 0001-01-01.
        whole: whether the day goes as it is.
        selections: otherwise, the rows that go.
    """

    day: int
    whole: bool
    selections: tuple[Selection, ...] = ()


def expired(
    days: Iterable[int], today: int, resources: Sequence[Resource], default_days: int
) -> Iterator[Expired]:
    """Yield the days of which something goes, oldest first.

    A day is kept while it is at most so many days before today as its table's retention says.

    Args:
        days: that have data.
        today: the current day.
        resources: that exist.
        default_days: of resources that say nothing, and of rows whose resource is not known.
    """
    for day in sorted(days):
        age = today - day
        parts = tuple(
            part
            for table in CLASSIC
            if (part := _expired_of(table.name, age, resources, default_days)) is not None
        )
        first = day * TICKS_PER_DAY
        parts = tuple(
            replace(part, time_from=first, time_to=first + TICKS_PER_DAY - 1) for part in parts
        )
        whole = [part for part in parts if part.app_ids is None and not part.other_app_ids]
        if len(whole) == len(CLASSIC):
            yield Expired(day, whole=True)
        elif parts:
            yield Expired(day, whole=False, selections=parts)


def retention_of(resource: Resource | None, table: str, default_days: int) -> int:
    """Return for how many days a table's rows are kept; None for a resource that is not known."""
    return default_days if resource is None else resource.retention.of(table, default_days)


def _expired_of(
    table: str, age: int, resources: Sequence[Resource], default_days: int
) -> Selection | None:
    gone = tuple(r.app_id for r in resources if r.retention.of(table, default_days) < age)
    if default_days >= age:
        return Selection(table, app_ids=gone) if gone else None
    kept = tuple(r.app_id for r in resources if r.retention.of(table, default_days) >= age)
    return Selection(table, other_app_ids=kept)
