"""Which of some bodies' rows are to be inserted, so that each is stored once whoever gets it.

Several servers write to the same tables, and a body may come to two of them: its sender did not wait
for the first reply. So whoever wants to insert bodies says so first (`bodies`, kind `claimed`), and
looks then who else did. Claims are seen by everybody once they are written: of two that claim the
same body at least one sees the other, and whoever sees another one's live claim steps back
(`dropped`) and has the body sent again. What is stored says so by itself: a view of the tables
writes a line of kind `stored` for each body, table and day, in the insert of the rows.

A claim lives for `CLAIM_MS`, and its owner may renew it before. It begins no insert later than
`INSERTS_MS` after it claimed or renewed, and no insert takes longer than the rest. After that the claim
counts as dead: what it stored is marked, and what is not marked is not stored.
"""
# ruff: noqa: S608 - names and numbers of ours

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from openinsights.store.clickhouse.native import block, text_column
from openinsights.store.errors import StoreUnavailable
from openinsights.store.interval_set import IntervalSet, to_intervals
from openinsights.store.numbered_rows import numbers_by_source, without
from openinsights.store.rows import DayRows, Rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from openinsights.store.clickhouse.connection import Clients
    from openinsights.store.clickhouse.ddl import Place

CLAIM_MS: Final = 20_000
INSERTS_MS: Final = 8_000
INSERT_S: Final = 8
"""How long one insert may take."""
_RENEWED_MS: Final = 4_000
"""A claim this old is renewed before another insert: one insert later it still lives."""
_CLAIMED, _DROPPED, _STORED = "claimed", "dropped", "stored"

Part = tuple[str, int]
"""A table and a day: what is stored as a whole or not at all."""


@dataclass(slots=True)
class _Known:
    """What is known of a body: which parts are stored, and who claims it."""

    stored: set[Part] = field(default_factory=set)
    claims: dict[int, int] = field(default_factory=dict)
    dropped: set[int] = field(default_factory=set)

    def rivals(self, commit: int) -> bool:
        """Whether another one may be inserting it now."""
        return any(
            age < CLAIM_MS and other != commit and other not in self.dropped
            for other, age in self.claims.items()
        )


@dataclass(slots=True)
class Lease:
    """A claim that lives, of one owner.

    Attributes:
        commit: its number.
        bodies: numbers of the bodies it is for.
        asked_s: when it was claimed or renewed the last time, before ClickHouse was asked; by this
            process's monotonic clock.
    """

    commit: int
    bodies: tuple[int, ...]
    asked_s: float

    @property
    def is_to_be_renewed(self) -> bool:
        """Whether the owner renews it before it begins an insert."""
        return self._age_ms >= _RENEWED_MS

    @property
    def may_insert(self) -> bool:
        """Whether an insert that begins now ends before others may believe the claim dead."""
        return self._age_ms < INSERTS_MS

    @property
    def is_dead(self) -> bool:
        """Whether others may believe it dead."""
        return self._age_ms >= CLAIM_MS

    @property
    def _age_ms(self) -> float:
        return (time.monotonic() - self.asked_s) * 1000


@dataclass(frozen=True, slots=True)
class Claimed:
    """What became of a claim.

    Attributes:
        lease: the claim of the bodies that are kept.
        kept: for each body that may be stored, by its place, the rows that are not stored yet.
        busy: places of bodies that somebody else is storing, maybe.
    """

    lease: Lease
    kept: dict[int, tuple[DayRows, ...]]
    busy: frozenset[int]


class Claims:
    """Claims bodies. Called from one thread.

    Args:
        clients: connections.
        place: where the tables are.
    """

    def __init__(self, clients: Clients, place: Place) -> None:
        self._clients = clients
        self._place = place
        self._settings = insert_settings(place)

    def claim(self, bodies: Sequence[Rows]) -> Claimed:
        """Claim bodies, each of which differs from the others, and return which rows are to be stored.

        Raises:
            StoreUnavailable: that cannot be done now.
        """
        commit, asked_s = secrets.randbits(63), time.monotonic()
        intervals = [_intervals(rows) for rows in bodies]
        self._note(_CLAIMED, [(_number(rows), "", 0) for rows in bodies], commit)
        self._note_sequences(bodies, intervals, commit)
        known = self._known([_number(rows) for rows in bodies])
        taken = [not known.get(_number(rows), _Known()).rivals(commit) for rows in bodies]
        done = [_parts(rows) <= known.get(_number(rows), _Known()).stored for rows in bodies]
        seen, in_flight = self._numbers(bodies, intervals, commit)
        kept: dict[int, tuple[DayRows, ...]] = {}
        busy: set[int] = set()
        empty: list[tuple[int, str, int]] = []
        for place, rows in enumerate(bodies):
            if done[place]:
                kept[place] = ()
                continue
            if not taken[place] or _overlap(intervals[place], in_flight):
                busy.add(place)
                continue
            stored = known.get(_number(rows), _Known()).stored
            kept[place], nothing = _new(rows, stored, seen)
            empty += [(_number(rows), *part) for part in nothing]
            for (_, day, source), found in intervals[place].items():
                for low, high in found:
                    seen.setdefault((day, source), IntervalSet()).add(low, high)
        if empty:
            self._note(_STORED, empty, commit)
        if busy:
            self._note(_DROPPED, [(_number(bodies[place]), "", 0) for place in busy], commit)
        numbers = tuple(_number(bodies[place]) for place, days in kept.items() if days)
        return Claimed(Lease(commit, numbers, asked_s), kept, frozenset(busy))

    def renew(self, lease: Lease) -> None:
        """Claim again what is claimed, so that its owner may begin another insert.

        Raises:
            StoreUnavailable: that cannot be done now, or took so long that the claim counts as dead:
                its owner begins no insert any more.
        """
        asked_s = time.monotonic()
        self._note(_CLAIMED, [(body, "", 0) for body in lease.bodies], lease.commit, asked_s)
        was_dead = lease.is_dead
        lease.asked_s = asked_s
        if was_dead or not lease.may_insert:
            raise StoreUnavailable(
                "cannot store telemetry: ClickHouse is too slow to claim it", retry_after_s=5
            )

    def _note(
        self, kind: str, lines: Sequence[tuple[int, str, int]], commit: int, at_s: float = 0.0
    ) -> None:
        count = len(lines)
        columns = [
            ("body", "UInt128", b"".join(body.to_bytes(16, "little") for body, _, _ in lines)),
            ("kind", "String", text_column([kind] * count)),
            ("name", "String", text_column([name for _, name, _ in lines])),
            ("day", "Int32", np.array([day for _, _, day in lines], "<i4").tobytes()),
            ("commit", "UInt64", np.full(count, commit, "<u8").tobytes()),
        ]
        self._clients.insert(
            self._place.table("bodies"),
            [name for name, _, _ in columns],
            block(count, columns),
            {**self._settings, "insert_deduplication_token": f"{kind}-{commit}-{at_s}"},
        )

    def _note_sequences(
        self,
        bodies: Sequence[Rows],
        intervals: Sequence[Mapping[tuple[str, int, int], list[tuple[int, int]]]],
        commit: int,
    ) -> None:
        lines = [
            (source, low, high, _number(rows), name, day)
            for rows, of_body in zip(bodies, intervals, strict=True)
            for (name, day, source), found in of_body.items()
            for low, high in found
        ]
        if not lines:
            return
        count = len(lines)
        columns = [
            ("source", "UInt64", np.array([each[0] for each in lines], "<u8").tobytes()),
            ("low", "Int64", np.array([each[1] for each in lines], "<i8").tobytes()),
            ("high", "Int64", np.array([each[2] for each in lines], "<i8").tobytes()),
            ("body", "UInt128", b"".join(each[3].to_bytes(16, "little") for each in lines)),
            ("name", "String", text_column([each[4] for each in lines])),
            ("day", "Int32", np.array([each[5] for each in lines], "<i4").tobytes()),
            ("commit", "UInt64", np.full(count, commit, "<u8").tobytes()),
        ]
        self._clients.insert(
            self._place.table("sequences"),
            [name for name, _, _ in columns],
            block(count, columns),
            {**self._settings, "insert_deduplication_token": f"sequences-{commit}"},
        )

    def _known(self, bodies: Collection[int]) -> dict[int, _Known]:
        if not bodies:
            return {}
        text = (
            "select body, toString(kind), name, day, commit, "
            "toUnixTimestamp64Milli(now64(3, 'UTC')) - toUnixTimestamp64Milli(at) "
            f"from {self._place.replicas('bodies')} where body in ({_listed(bodies)})"
        )
        found: dict[int, _Known] = {}
        for body, kind, name, day, commit, age_ms in self._clients.rows(text, INSERT_S):
            known = found.setdefault(body, _Known())
            if kind == _STORED:
                known.stored.add((name, day))
            elif kind == _DROPPED:
                known.dropped.add(commit)
            else:
                known.claims[commit] = min(age_ms, known.claims.get(commit, age_ms))
        return found

    def _numbers(
        self,
        bodies: Sequence[Rows],
        intervals: Sequence[Mapping[tuple[str, int, int], list[tuple[int, int]]]],
        commit: int,
    ) -> tuple[dict[tuple[int, int], IntervalSet], dict[tuple[int, int], IntervalSet]]:
        """Numbers of other bodies by day and source: those that are stored, and those that may be."""
        wanted: dict[int, tuple[int, int]] = {}
        for of_body in intervals:
            for (_, _, source), found in of_body.items():
                low, high = wanted.get(source, (found[0][0], found[-1][1]))
                wanted[source] = min(low, found[0][0]), max(high, found[-1][1])
        if not wanted:
            return {}, {}
        own = {_number(rows) for rows in bodies}
        ranges = " or ".join(
            f"(source = {source} and high >= {low} and low <= {high})"
            for source, (low, high) in wanted.items()
        )
        text = (
            "select source, low, high, body, name, day, commit "
            f"from {self._place.replicas('sequences')} where {ranges}"
        )
        lines = [line for line in self._clients.rows(text, INSERT_S) if line[3] not in own]
        known = self._known({line[3] for line in lines})
        stored: dict[tuple[int, int], IntervalSet] = {}
        in_flight: dict[tuple[int, int], IntervalSet] = {}
        for source, low, high, body, name, day, _ in lines:
            of_other = known.get(body, _Known())
            if (name, day) in of_other.stored:
                stored.setdefault((day, source), IntervalSet()).add(low, high)
            elif of_other.rivals(commit):
                in_flight.setdefault((day, source), IntervalSet()).add(low, high)
        return stored, in_flight


def insert_settings(place: Place) -> dict[str, object]:
    """Return the settings of an insert that is acknowledged when it is durable."""
    settings: dict[str, object] = {
        "async_insert": 0,
        "deduplicate_insert": "enable",
        "deduplicate_blocks_in_dependent_materialized_views": 1,
        "parallel_view_processing": 0,
        "max_partitions_per_insert_block": 0,
        "max_execution_time": INSERT_S,
    }
    if place.cluster:
        settings |= {"distributed_foreground_insert": 1, "insert_quorum": "auto"}
    return settings


def _intervals(rows: Rows) -> dict[tuple[str, int, int], list[tuple[int, int]]]:
    """The numbers of a body's rows, by table, day and source."""
    found: dict[tuple[str, int, int], list[tuple[int, int]]] = {}
    for day in rows.days:
        for table in day.tables:
            if table.sequences is None:
                continue
            numbers = numbers_by_source(DayRows(day.day, (table,)))
            for source, of_source in numbers.items():
                found[table.table, day.day, source] = to_intervals(of_source)
    return found


def _parts(rows: Rows) -> set[Part]:
    return {(table.table, day.day) for day in rows.days for table in day.tables}


def _overlap(
    intervals: Mapping[tuple[str, int, int], list[tuple[int, int]]],
    others: Mapping[tuple[int, int], IntervalSet],
) -> bool:
    return any(
        (numbers := others.get((day, source))) is not None and numbers.overlaps(low, high)
        for (_, day, source), found in intervals.items()
        for low, high in found
    )


def _new(
    rows: Rows, stored: set[Part], seen: Mapping[tuple[int, int], IntervalSet]
) -> tuple[tuple[DayRows, ...], list[Part]]:
    """The rows of a body that are to be stored, and parts of which that is none."""
    kept: list[DayRows] = []
    nothing: list[Part] = []
    for day in rows.days:
        left = tuple(table for table in day.tables if (table.table, day.day) not in stored)
        if not left:
            continue
        part = DayRows(day.day, left)
        of_day = {source: [numbers] for (of, source), numbers in seen.items() if of == day.day}
        new = without(part, of_day) if of_day else part
        names = {table.table for table in new.tables} if new is not None else set()
        nothing += [(table.table, day.day) for table in left if table.table not in names]
        if new is not None:
            kept.append(new)
    return tuple(kept), nothing


def _number(rows: Rows) -> int:
    return int.from_bytes(rows.digest[:16], "little")


def _listed(bodies: Iterable[int]) -> str:
    return ", ".join(f"toUInt128('{body}')" for body in bodies)
