"""Counters that only grow, as how much they grew: what Azure's exporter asks its SDK for.

OpenTelemetry's own exporters send the total since the program's start with every export. Stored as
it is, a sum over rows would count everything again and again. The last total of each series is
kept in memory, for a bounded number of series; what a body changes in it is applied once the body
is stored, so that one that is sent again brings the same. An orderly stop leaves the totals in a
file, which the next start takes away: after a crash there is none, and no total is believed that
may have been counted from since.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from openinsights.ingest.otlp.values import text
from openinsights.store.folder_sync import sync_folder

if TYPE_CHECKING:
    from pathlib import Path

    from openinsights.ingest.otlp.records import Origin, Point

logger = logging.getLogger(__name__)

MAX_SERIES = 50_000

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Total:
    """The last total of a series."""

    start_ns: int
    time_ns: int
    value: float
    count: int
    minimum: float | None
    maximum: float | None


class _Kept(msgspec.Struct):
    watched_from_ns: int
    totals: dict[bytes, Total]


class Series:
    """The last totals of all series that grow.

    Args:
        watched_from_ns: since when no growth can have been missed; the first total of a series that
            began earlier is taken as where it stands and stored nowhere. 0 when nothing was ever
            stored: then the first total is all growth.
    """

    def __init__(self, watched_from_ns: int, max_series: int = MAX_SERIES) -> None:
        self._watched_from_ns = watched_from_ns
        self._max_series = max_series
        self._totals: dict[bytes, Total] = {}
        self._lock = threading.Lock()

    def last(self, series: bytes) -> Total | None:
        """Return the last total of a series, None when it is new."""
        with self._lock:
            return self._totals.get(series)

    def is_whole(self, start_ns: int) -> bool:
        """Return whether the first total of a series that began then is all growth."""
        return start_ns >= self._watched_from_ns

    def kept(self) -> _Kept:
        """Return all that is known, for another process."""
        with self._lock:
            return _Kept(self._watched_from_ns, dict(self._totals))

    def apply(self, totals: dict[bytes, Total]) -> None:
        """Remember totals that are stored; the series that rested longest are forgotten."""
        with self._lock:
            for series, total in totals.items():
                last = self._totals.pop(series, None)
                newer = last is None or total.time_ns > last.time_ns
                self._totals[series] = total if newer or last is None else last
            while len(self._totals) > self._max_series:
                oldest = next(iter(self._totals))
                # its next total is not all growth any more
                forgotten = self._totals.pop(oldest)
                self._watched_from_ns = max(self._watched_from_ns, forgotten.time_ns)


def take_totals(file: Path, watched_from_ns: int) -> Series:
    """Return the totals that an orderly stop left, and take them away.

    Args:
        file: where `leave_totals` wrote them.
        watched_from_ns: of the series when there are none; see `Series`.
    """
    try:
        kept = msgspec.msgpack.decode(file.read_bytes(), type=_Kept)
    except FileNotFoundError:
        return Series(watched_from_ns)
    except (OSError, msgspec.MsgspecError) as error:
        logger.warning("cannot read the last totals of metrics, they begin anew: %s", error)
        kept = _Kept(watched_from_ns, {})
    try:
        file.unlink()
        sync_folder(file.parent)
    except OSError as error:  # they might be found again after a crash
        logger.warning("cannot use the last totals of metrics, they begin anew: %s", error)
        return Series(watched_from_ns)
    series = Series(kept.watched_from_ns)
    series.apply(kept.totals)
    return series


def leave_totals(file: Path, series: Series) -> None:
    """Write the totals for the next start; for the end, when nothing is applied any more."""
    partial = file.with_name(file.name + ".part")
    try:
        partial.write_bytes(msgspec.msgpack.encode(series.kept()))
        partial.replace(file)
    except OSError as error:
        logger.warning("cannot write the last totals of metrics: %s", error)


class Growth:
    """What one body adds to the series."""

    def __init__(self, series: Series) -> None:
        self._series = series
        self._changed: dict[bytes, Total] = {}

    def of(self, point: Point, origin: Origin, key: str) -> Point | None:
        """Return the point as growth since the last one; None when there is nothing to store."""
        series = _name(point, origin, key)
        last = self._changed.get(series) or self._series.last(series)
        total = Total(
            point.start_ns,
            point.time_ns,
            point.value or 0.0,
            point.count or 0,
            point.minimum,
            point.maximum,
        )
        if last is not None and point.time_ns <= last.time_ns:
            return None
        self._changed[series] = total
        began_again = last is not None and (
            (point.start_ns > last.start_ns and point.start_ns >= last.time_ns)
            or total.value < last.value
            or total.count < last.count
        )
        if last is None or began_again:
            whole = began_again or self._series.is_whole(point.start_ns)
            return point if whole and point.count != 0 else None
        grown = _difference(point, total, last)
        return grown if _is_some(grown) else None

    def stored(self) -> None:
        """Remember the totals of this body, once it is stored."""
        if self._changed:
            self._series.apply(self._changed)


def _difference(point: Point, total: Total, last: Total) -> Point:
    grown = msgspec.structs.replace(point)
    grown.value = None if point.value is None else total.value - last.value
    if point.count is not None:
        grown.count = total.count - last.count
        # the extremes of all time say something about this part only where they moved
        grown.minimum = point.minimum if point.minimum != last.minimum else None
        grown.maximum = point.maximum if point.maximum != last.maximum else None
    return grown


def _is_some(point: Point) -> bool:
    return bool(point.value) if point.count is None else point.count > 0


def _name(point: Point, origin: Origin, key: str) -> bytes:
    def texts(attributes: dict[str, object]) -> list[tuple[str, str]]:
        return sorted((name, text(value)) for name, value in attributes.items())

    parts = (
        key,
        texts(origin.resource),
        origin.scope,
        point.metric.name,
        point.metric.kind,
        texts(point.attributes),
    )
    return blake2b(_encode(parts), digest_size=16).digest()
