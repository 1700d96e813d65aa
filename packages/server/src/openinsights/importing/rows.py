"""Exported records to rows. Pure.

A record is refused for itself; those beside it are taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import msgspec

from openinsights.clock import TICKS_PER_DAY
from openinsights.importing.columns import TIME_FIELDS, Target, target_named, target_of
from openinsights.importing.values import NotReadable, read, read_time
from openinsights.schema.types import KqlType
from openinsights.store.rows import DayRows, Rows, TableRows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openinsights.catalog.resource import Resource

_AHEAD: Final = TICKS_PER_DAY
"""A record of a later time than tomorrow's has a wrong clock."""


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """A record that was not taken.

    Attributes:
        index: of the record, from 0.
        reason: a sentence.
    """

    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of some records.

    Attributes:
        rows: of those that were taken.
        refused: the others.
        left_out: names of fields that no column has, in order.
    """

    rows: Rows
    refused: list[RefusedRecord]
    left_out: list[str]


@dataclass(slots=True)
class _Table:
    """Rows in the making: cells by column, a column only from its first value on."""

    target: Target
    count: int = 0
    columns: dict[str, list[Any]] = field(default_factory=dict)

    def add(self, row: dict[str, object]) -> None:
        for name, value in row.items():
            column = self.columns.get(name)
            if column is None:
                column = self.columns[name] = self._missing(name, self.count)
            column.append(value)
        self.count += 1
        for name, column in self.columns.items():
            if len(column) < self.count:
                column += self._missing(name, 1)

    def _missing(self, name: str, count: int) -> list[Any]:
        column = self.target.columns.get(name)
        is_text = column is not None and column.type is KqlType.STRING
        return ["" if is_text else None] * count


class Importer:
    """Makes rows of one resource.

    Args:
        resource: to which they belong.
        default_days: retention of resources that say nothing.
        now_ticks: the server's time.
        table: classic or App* name of the table of records that name none; "" refuses them.
    """

    def __init__(
        self, resource: Resource, default_days: int, now_ticks: int, table: str = ""
    ) -> None:
        self._resource = resource
        self._default_days = default_days
        self._now = now_ticks
        self._default = target_named(table) if table else None

    def rows_of(self, records: Sequence[object]) -> Imported:
        """Return the rows of records; equal records in equal order are the same body."""
        body = msgspec.json.encode(records)
        digest = blake2b(body, digest_size=16, key=self._resource.app_id.encode()).digest()
        tables: dict[tuple[int, str], _Table] = {}
        refused: list[RefusedRecord] = []
        left_out: dict[str, None] = {}
        for index, record in enumerate(records):
            try:
                target, ticks, row = self._row(record, left_out)
            except NotReadable as error:
                refused.append(RefusedRecord(index, str(error)))
                continue
            row.setdefault("itemId", f"{digest.hex()[:24]}-{index}")
            key = (ticks // TICKS_PER_DAY, target.table.name)
            tables.setdefault(key, _Table(target)).add(row)
        return Imported(Rows(digest, len(body), tuple(self._days(tables))), refused, [*left_out])

    def _row(
        self, record: object, left_out: dict[str, None]
    ) -> tuple[Target, int, dict[str, object]]:
        if not isinstance(record, dict):
            raise NotReadable("the record is no JSON object")
        target = target_of(record, self._default)
        if target is None:
            raise NotReadable(
                "the record names no table of telemetry in Type, itemType or category;"
                " name one with --table"
            )
        ticks = self._time(record, target)
        row: dict[str, object] = {"timestamp": ticks, "itemCount": 1}
        for name, value in record.items():
            column = target.columns.get(name)
            if column is None:
                if not target.is_known(name):
                    left_out.setdefault(name)
                continue
            try:
                found = read(value, column.type)
            except NotReadable as error:
                raise NotReadable(f"{name} is {_shown(value)}, and {error}") from None
            if found not in (None, ""):
                row[column.name] = found
        if "valueSum" in row:
            row.setdefault("value", row["valueSum"])
        return target, ticks, row

    def _time(self, record: dict[str, object], target: Target) -> int:
        name = next((each for each in TIME_FIELDS if each in record), None)
        if name is None:
            raise NotReadable("the record has no time, TimeGenerated or timestamp")
        try:
            ticks = read_time(record[name])
        except NotReadable as error:
            raise NotReadable(f"{name} is {_shown(record[name])}, and {error}") from None
        if ticks > self._now + _AHEAD:
            raise NotReadable(f"{name} is {_shown(record[name])}, which is yet to come")
        days = self._resource.retention.of(target.table.name, self._default_days)
        if self._now // TICKS_PER_DAY - ticks // TICKS_PER_DAY > days:
            raise NotReadable(
                f"{name} is {_shown(record[name])}, and {self._resource.name} keeps"
                f" {target.table.name} for {days} days; keep them longer first:"
                f" openinsights resource update {self._resource.name} --retention DAYS"
            )
        return ticks

    def _days(self, tables: dict[tuple[int, str], _Table]) -> Iterator[DayRows]:
        days: dict[int, list[TableRows]] = {}
        for (day, name), table in tables.items():
            own: dict[str, list[Any]] = {
                "appId": [self._resource.app_id] * table.count,
                "appName": [self._resource.name] * table.count,
                "iKey": [self._resource.instrumentation_key] * table.count,
                "_ResourceId": [self._resource.resource_id] * table.count,
            }
            days.setdefault(day, []).append(TableRows(name, table.count, table.columns | own))
        for day, rows in days.items():
            yield DayRows(day, tuple(rows))


def _shown(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else f"{text[:60]}…"
