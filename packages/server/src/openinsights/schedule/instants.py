"""At which instants a job is due: whole multiples of its period, counted from year 1."""

from __future__ import annotations

import zlib


def offset_of(key: str, every_ticks: int) -> int:
    """Return where in its period a job of this name falls, the same on every machine, in ticks.

    Jobs of one period are so spread over it, at whole milliseconds.
    """
    milliseconds = max(1, every_ticks // 10_000)
    return zlib.crc32(key.encode()) % milliseconds * 10_000


def newest_instant(until_ticks: int, every_ticks: int, offset_ticks: int = 0) -> int:
    """Return the last instant at or before a time."""
    return until_ticks - (until_ticks - offset_ticks) % every_ticks


def instants_after(
    last_ticks: int, until_ticks: int, every_ticks: int, offset_ticks: int, most: int
) -> list[int]:
    """Return the instants behind `last_ticks` and not behind `until_ticks`: the newest, in order.

    Args:
        last_ticks: the time behind which they lie.
        until_ticks: the last time that counts.
        every_ticks: the period.
        offset_ticks: where in the period they fall.
        most: how many at most.
    """
    newest = newest_instant(until_ticks, every_ticks, offset_ticks)
    oldest = newest_instant(last_ticks, every_ticks, offset_ticks) + every_ticks
    oldest = max(oldest, newest - (most - 1) * every_ticks)
    return list(range(oldest, newest + 1, every_ticks))
