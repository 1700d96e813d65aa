"""How many days of telemetry a resource keeps, as a whole and for single tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from openinsights.catalog.errors import InvalidRetention
from openinsights.schema.catalog import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DEFAULT_DAYS = 90
LEAST_DAYS = 1
MOST_DAYS = 4383
EVERY_TABLE = "*"


@dataclass(frozen=True, slots=True)
class Retention:
    """Days of telemetry that are kept, today not counted.

    Attributes:
        days: of every table that `tables` does not name; None leaves it to the server's setting.
        tables: days by classic table name.
    """

    days: int | None = None
    tables: tuple[tuple[str, int], ...] = ()

    def of(self, table: str, default_days: int) -> int:
        """Return the days of a classic table.

        Args:
            table: its name.
            default_days: of the server, for resources that say nothing.
        """
        own = dict(self.tables).get(table)
        return own or self.days or default_days

    def changed(self, changes: Mapping[str, int | None]) -> Retention:
        """Return the retention with other days for some tables.

        Args:
            changes: days by table name, classic or App*; `*` stands for every table that has no
                days of its own. None takes the days of a table away.

        Raises:
            InvalidRetention: there is no such table, or the days are out of range.
        """
        result = self
        for name, days in changes.items():
            if days is not None:
                check_days(days)
            if name == EVERY_TABLE:
                result = replace(result, days=days)
                continue
            table = classic_name(name)
            tables = {**dict(result.tables), table: days}
            kept = tuple((each, count) for each, count in tables.items() if count is not None)
            result = replace(result, tables=kept)
        return result

    def to_json(self) -> dict[str, int]:
        """Return the days by table name, `*` standing for the others."""
        return dict(self._pairs())

    @staticmethod
    def from_json(value: Mapping[str, int]) -> Retention:
        """Return what `to_json` wrote."""
        tables = tuple((name, days) for name, days in value.items() if name != EVERY_TABLE)
        return Retention(value.get(EVERY_TABLE), tables)

    def _pairs(self) -> Iterator[tuple[str, int]]:
        if self.days is not None:
            yield EVERY_TABLE, self.days
        yield from self.tables


UNSAID = Retention()
"""Of a resource that leaves everything to the server's setting."""


def read_days(text: str) -> int | None:
    """Return the days that a text names; None for `default`.

    Raises:
        InvalidRetention: it is no number of days.
    """
    text = text.strip()
    if text.lower() == "default":
        return None
    if not (text.isascii() and text.isdigit()):
        raise InvalidRetention(
            f"cannot keep telemetry for {text!r}: name a whole number of days, or 'default'"
        )
    return int(text)


def check_days(days: int) -> None:
    """Refuse a number of days that nothing can be kept for.

    Raises:
        InvalidRetention: it is out of range.
    """
    if not LEAST_DAYS <= days <= MOST_DAYS:
        raise InvalidRetention(
            f"cannot keep telemetry for {days} days: between {LEAST_DAYS} and {MOST_DAYS} days are"
            " possible"
        )


def classic_name(name: str) -> str:
    """Return the classic name of a table, in any letter case, of either family.

    Raises:
        InvalidRetention: there is none that holds telemetry.
    """
    by_lower = {each.lower(): table for each, table in BY_NAME.items()}
    table = by_lower.get(name.strip().lower())
    classic = table and (table.alias_of or (table.name if table.item_type else ""))
    if not classic:
        known = ", ".join(table.name for table in BY_NAME.values() if table.item_type)
        raise InvalidRetention(f"cannot find table {name!r}: there is {known}")
    return classic
