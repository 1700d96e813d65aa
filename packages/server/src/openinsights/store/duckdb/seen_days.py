"""What was stored before, day by day, so that nothing is stored twice.

Each day file carries the digests and item numbers of what it holds, committed together with the
rows; memory holds the same in short form. A day is judged on its own: after a crash between two day
files of one body, sending the body again stores what the second day lacks and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from openinsights.store.digest_index import DigestIndex
from openinsights.store.duckdb import ddl
from openinsights.store.interval_set import IntervalSet, to_intervals
from openinsights.store.numbered_rows import numbers_by_source, without
from openinsights.store.sequence_index import SequenceIndex

if TYPE_CHECKING:
    import duckdb

    from openinsights.store.rows import DayRows


def split_digest(digest: bytes) -> tuple[int, int]:
    """Return the two 64-bit halves of a digest."""
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:16], "little")


def joined_digest(head: int, tail: int) -> bytes:
    """Return the digest of two halves."""
    return head.to_bytes(8, "little") + tail.to_bytes(8, "little")


@dataclass(slots=True)
class Fresh:
    """What a transaction in the making adds to a day; nobody believes it before the commit."""

    digests: set[bytes] = field(default_factory=set)
    sequences: dict[int, IntervalSet] = field(default_factory=dict)


class SeenDay:
    """What one day file holds. For the writer's thread only."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, alias: str, max_sources: int) -> None:
        self._connection = connection
        self._alias = alias
        heads = connection.execute(ddl.ALL_HEADS.format(alias=alias)).fetchnumpy()["head"]
        self.digests = DigestIndex(np.asarray(heads, np.uint64))
        self._sequences = SequenceIndex(self._load, max_sources)
        merged = connection.execute(ddl.MERGED_SEQUENCES.format(alias=alias))
        while rows := merged.fetchmany(10_000):
            for source, low, high in rows:
                self._sequences.add(source, low, high)

    def stored(self, digests: list[bytes]) -> set[bytes]:
        """Return those digests whose bodies were committed to this day before."""
        suspects = [head for head, _ in map(split_digest, digests) if head in self.digests]
        if not suspects:
            return set()
        found = self._connection.execute(
            ddl.STORED_BODIES.format(alias=self._alias), {"heads": suspects}
        )
        return {joined_digest(head, tail) for head, tail in found.fetchall()}

    def unseen(self, rows: DayRows, digest: bytes, fresh: Fresh) -> DayRows | None:
        """Return the rows of a body not stored before that are new, and note them.

        Returns:
            The rows whose numbers were not seen in another body, None when there is none.
            Rows of one body never count as each other's duplicates.
        """
        if digest in fresh.digests:
            return None
        fresh.digests.add(digest)
        numbers = numbers_by_source(rows)
        seen: dict[int, list[IntervalSet]] = {}
        added: list[tuple[int, int, int]] = []
        for source, of_source in numbers.items():
            for low, high in to_intervals(of_source):
                stored = self._sequences.seen(source, low, high)
                noted = fresh.sequences.get(source)
                if stored is not None:
                    seen.setdefault(source, []).append(stored)
                if noted is not None and noted.overlaps(low, high):
                    seen.setdefault(source, []).append(noted)
                added.append((source, low, high))
        kept = without(rows, seen) if seen else rows
        for source, low, high in added:
            fresh.sequences.setdefault(source, IntervalSet()).add(low, high)
        return kept

    def note(self, fresh: Fresh) -> None:
        """Believe what a transaction added: it has been committed."""
        self.digests.add(split_digest(digest)[0] for digest in fresh.digests)
        for source, intervals in fresh.sequences.items():
            for low, high in intervals.intervals():
                self._sequences.add(source, low, high)

    def _load(self, source: int, low: int, high: int) -> list[tuple[int, int]]:
        return self._connection.execute(
            ddl.STORED_SEQUENCES.format(alias=self._alias),
            {"source": source, "low": low, "high": high},
        ).fetchall()
