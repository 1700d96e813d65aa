"""What viewers get once a second: the last minute of all servers together, and each server now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openinsights.clock import TICKS_PER_SECOND
from openinsights.live.filters import metric_id
from openinsights.live.metrics import JOIN_OF_AGGREGATION, METRICS, Join, Value, joined
from openinsights.live.ring import WINDOW_S
from openinsights_wire.stamps import format_time

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openinsights.live.filters import View
    from openinsights.live.readings import Reading
    from openinsights.live.ring import Ring
    from openinsights.live.room import Room


def snapshot(room: Room | None, view: View, now_ticks: int) -> dict[str, object]:
    """Return what a view shows now; the newest second is the last one that is over.

    Args:
        room: what is known of the resource; None when that is nothing.
        view: which servers and which further metrics.
        now_ticks: the server's time.
    """
    last = now_ticks // TICKS_PER_SECOND - 1
    seconds = range(last - WINDOW_S + 1, last + 1)
    oldest = now_ticks - WINDOW_S * TICKS_PER_SECOND
    rings = [
        ring
        for ring in (() if room is None else room.rings.values())
        if ring.last_ticks >= oldest and _is_shown(ring, view)
    ]
    readings = [[ring.reading(second) for ring in rings] for second in seconds]
    return {
        "time": format_time(last * TICKS_PER_SECOND),
        "window_s": WINDOW_S,
        "series": {
            metric.key: _series(readings, metric.join, _standard(metric.key)) for metric in METRICS
        },
        "metrics": {} if room is None else _derived(room, view, readings),
        "servers": _servers(rings, last, now_ticks),
    }


def _is_shown(ring: Ring, view: View) -> bool:
    key = ring.key
    return (not view.role or view.role == key.role) and (
        not view.instance or view.instance == key.instance
    )


def _standard(key: str) -> Callable[[Reading], Value | None]:
    return lambda reading: reading.values.get(key)


def _asked(name: str) -> Callable[[Reading], Value | None]:
    return lambda reading: reading.derived.get(name)


def _series(
    readings: Sequence[Sequence[Reading | None]],
    join: Join,
    read: Callable[[Reading], Value | None],
) -> list[float | None]:
    series = []
    for told in readings:
        values = [value for each in told if each is not None and (value := read(each)) is not None]
        series.append(_rounded(joined(join, values)))
    return series


def _derived(
    room: Room, view: View, readings: Sequence[Sequence[Reading | None]]
) -> dict[str, list[float | None]]:
    aggregations = {metric.id: metric.aggregation for metric in room.info.metrics}
    series = {}
    for text in view.metrics:
        name = metric_id(text)
        join = JOIN_OF_AGGREGATION.get(aggregations.get(name, ""), Join.MEAN)
        series[text] = _series(readings, join, _asked(name))
    return series


def _servers(rings: Sequence[Ring], last: int, now_ticks: int) -> list[dict[str, object]]:
    posting = {(ring.key.role, ring.key.instance) for ring in rings if ring.is_live}
    servers: list[dict[str, object]] = []
    for ring in sorted(rings, key=lambda ring: (ring.key.role, ring.key.instance, ring.key.stream)):
        key = ring.key
        if not ring.is_live and (key.role, key.instance) in posting:
            continue
        at = last if ring.is_live else ring.newest_second(last)
        reading = None if at is None else ring.reading(at)
        values = {} if reading is None else reading.values
        servers.append(
            {
                "role": key.role,
                "instance": key.instance,
                "stream": key.stream,
                "machine": ring.machine,
                "version": ring.version,
                "source": "live" if ring.is_live else "telemetry",
                "last_seen_s": round(max(0, now_ticks - ring.last_ticks) / TICKS_PER_SECOND, 1),
                "behind_s": 0 if at is None else last - at,
                "errors": list(ring.errors),
                **{metric.key: _one(metric.join, values.get(metric.key)) for metric in METRICS},
            }
        )
    return servers


def _one(join: Join, value: Value | None) -> float | None:
    return None if value is None else _rounded(joined(join, [value]))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
