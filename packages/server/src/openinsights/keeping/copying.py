"""Moving telemetry from one store into another, whichever engines they have.

A day goes over in slices of some seconds. Each slice is a body of its own whose digest says what is
in it, so that one that comes again is stored once; then the rows are read back and held against
those that were sent. A copy that was cut short goes on with the first day that was not held so.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import msgspec

from openinsights.clock import TICKS_PER_DAY, TICKS_PER_SECOND, day_name
from openinsights.errors import OpenInsightsError
from openinsights.schema.catalog import CLASSIC
from openinsights.schema.sql import Sql
from openinsights.schema.types import KqlType
from openinsights.store.api import ScanRequest
from openinsights.store.errors import StoreUnavailable
from openinsights.store.rows import DayRows, Rows, TableRows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from openinsights.schema.table import Table
    from openinsights.store.api import Store

_SLICE_ROWS: Final = 10_000
_QUERY_S: Final = 600.0
_MOST_ROWS: Final = 2**40
_ENCODE: Final = msgspec.msgpack.Encoder().encode


class CopyDiffers(OpenInsightsError):
    """What was read back is not what was sent."""

    code = "CopyDiffers"


@dataclass(frozen=True, slots=True)
class CopiedDay:
    """A day that is in both stores.

    Attributes:
        day: counted since 0001-01-01.
        rows: by table, how many were sent and found again.
        checksum: of all of them, whatever their order: 16 hexadecimal digits.
    """

    day: int
    rows: dict[str, int]
    checksum: str


@dataclass(frozen=True, slots=True)
class _Slice:
    """Rows of some seconds: the first tick and the last one, and how many there are."""

    first: int
    last: int
    rows: int


class Copying:
    """Copies days. For one thread.

    Args:
        source: where they are; its days do not change meanwhile.
        target: where they go; it may take other telemetry meanwhile.
        sleep: waits for seconds, when the target has too much to write.
        patience_s: how long the target may go on refusing.
    """

    def __init__(
        self,
        source: Store,
        target: Store,
        sleep: Callable[[float], None] = time.sleep,
        patience_s: float = 300.0,
    ) -> None:
        self._source = source
        self._target = target
        self._sleep = sleep
        self._patience_s = patience_s

    def copy(self, day: int, progress: Callable[[int], None] = lambda _: None) -> CopiedDay:
        """Copy a day and hold what is there then against what was sent.

        Args:
            day: counted since 0001-01-01.
            progress: told how many rows more have been copied and held.

        Raises:
            CopyDiffers: the target has not every row, or one with another value.
            StoreUnavailable: the target took nothing for too long; copying again goes on.
        """
        rows: dict[str, int] = {}
        checksum = 0
        counts = self._source.counts(day)
        for table in CLASSIC:
            count = 0
            for each in self._slices(table, day) if counts.get(table.name) else ():
                sums = self._copy_slice(table, day, each)
                checksum = (checksum + sum(sums.elements())) % 2**64
                count += each.rows
                progress(each.rows)
            if count != counts.get(table.name, 0):
                raise CopyDiffers(
                    f"cannot vouch for {table.name} of {day_name(day)}: {count} rows were read of"
                    f" {counts.get(table.name, 0)}; copy it again when nothing changes it"
                )
            if count:
                rows[table.name] = count
        return CopiedDay(day, rows, f"{checksum:016x}")

    def _slices(self, table: Table, day: int) -> Iterator[_Slice]:
        """Yield slices that have every row of a day once; equal for equal days."""
        seconds: Counter[int] = Counter()
        first = day * TICKS_PER_DAY

        def count(some: list[tuple[Any, ...]]) -> None:
            seconds.update((ticks - first) // TICKS_PER_SECOND for (ticks,) in some)

        request = _request(table, (table.time_column,), first, first + TICKS_PER_DAY - 1)
        _read(self._source, request, count)
        begun, rows = 0, 0
        for second in sorted(seconds):
            if rows and rows + seconds[second] > _SLICE_ROWS:
                yield _slice(first, begun, second - 1, rows)
                begun, rows = second, 0
            rows += seconds[second]
        if rows:
            yield _slice(first, begun, TICKS_PER_DAY // TICKS_PER_SECOND - 1, rows)

    def _copy_slice(self, table: Table, day: int, each: _Slice) -> Counter[int]:
        names = tuple(column.name for column in table.columns)
        request = _request(table, names, each.first, each.last)
        sent = _rows(self._source, request)
        sent.sort(key=_ENCODE)
        self._append(table, day, names, sent)
        if not self._target.settle(self._patience_s):
            raise StoreUnavailable(
                "cannot read what was copied: it is not committed yet; copy again to go on",
                retry_after_s=60,
            )
        sums = Counter(map(_checksum, sent))
        missing = sums - Counter(map(_checksum, _rows(self._target, request)))
        if missing:
            raise CopyDiffers(
                f"cannot vouch for {table.name} of {day_name(day)}: {missing.total()} of"
                f" {len(sent)} rows that were sent are not there, or with other values; the source"
                " is as it was"
            )
        return sums

    def _append(
        self, table: Table, day: int, names: tuple[str, ...], rows: list[tuple[Any, ...]]
    ) -> None:
        digest = blake2b(_ENCODE((day, table.name)), digest_size=16)
        size = 0
        for row in rows:
            encoded = _ENCODE(row)
            size += len(encoded)
            digest.update(encoded)
        columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
        body = Rows(
            digest.digest(),
            size,
            (DayRows(day, (TableRows(table.name, len(rows), _present(table, columns)),)),),
        )
        waited = 0.0
        while True:
            try:
                self._target.append(body).result()
                return
            except StoreUnavailable as error:
                if waited >= self._patience_s:
                    raise
                wait = max(0.1, float(error.retry_after_s))
                waited += wait
                self._sleep(wait)


def _present(table: Table, columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return the columns that have a value in some row."""
    missing = {
        column.name: "" if column.type is KqlType.STRING else None for column in table.columns
    }
    return {
        name: values
        for name, values in columns.items()
        if any(value != missing[name] for value in values)
    }


def _slice(first: int, from_second: int, to_second: int, rows: int) -> _Slice:
    return _Slice(
        first + from_second * TICKS_PER_SECOND,
        first + (to_second + 1) * TICKS_PER_SECOND - 1,
        rows,
    )


def _request(table: Table, columns: tuple[str, ...], first: int, last: int) -> ScanRequest:
    return ScanRequest(table.name, columns, time_from=first, time_to=last)


def _rows(store: Store, request: ScanRequest) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    _read(store, request, found.extend)
    return found


def _read(
    store: Store, request: ScanRequest, take: Callable[[list[tuple[Any, ...]]], None]
) -> None:
    """Read a relation to its end.

    Raises:
        CopyDiffers: the store handed over a part of it only.
    """
    source = store.source(request)
    all_of_it = Sql(f"SELECT * FROM {source.text}", source.parameters)  # noqa: S608 - the store's
    result = store.run(all_of_it, timeout_s=_QUERY_S, max_rows=_MOST_ROWS, take=take)
    if result.truncated or result.out_of_time:
        raise CopyDiffers(
            f"cannot read {request.table} whole: the store cut the answer short; give queries more"
            " room with max_result_bytes"
        )


def _checksum(row: tuple[Any, ...]) -> int:
    return int.from_bytes(blake2b(_ENCODE(row), digest_size=8).digest(), "big")
