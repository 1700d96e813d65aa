"""What viewers get once a second: the last minute of all servers together, and each server now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openinsights.clock import TICKS_PER_SECOND
from openinsights.live.filters import metric_id
from openinsights.live.metrics import JOIN_OF_AGGREGATION, METRICS, Join, Value, joined
from openinsights.live.ring import WINDOW_S
from openinsights_wire.stamps import format_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.live.filters import View
    from openinsights.live.ring import Ring
    from openinsights.live.room import Joined, Room


_NOTHING: Joined = ((None,) * len(METRICS), ())


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
    told = [_NOTHING] * WINDOW_S if room is None else _joined(room, view, rings, seconds)
    return {
        "time": format_time(last * TICKS_PER_SECOND),
        "window_s": WINDOW_S,
        "series": {
            metric.key: [standard[place] for standard, _ in told]
            for place, metric in enumerate(METRICS)
        },
        "metrics": {}
        if room is None
        else {text: [own[place] for _, own in told] for place, text in enumerate(view.metrics)},
        "servers": _servers(rings, last, now_ticks),
    }


def _joined(room: Room, view: View, rings: Sequence[Ring], seconds: range) -> list[Joined]:
    """Return what the servers did together in each second; what was told before is remembered."""
    known = room.known.setdefault((view.role, view.instance, view.metrics), {})
    for second in [second for second in known if second < seconds.start]:
        del known[second]
    own = _own(room, view)
    for second in seconds:
        if second not in known:
            known[second] = _second(rings, second, own)
    return [known[second] for second in seconds]


def _own(room: Room, view: View) -> list[tuple[str, Join]]:
    aggregations = {metric.id: metric.aggregation for metric in room.info.metrics}
    names = [metric_id(text) for text in view.metrics]
    return [
        (name, JOIN_OF_AGGREGATION.get(aggregations.get(name, ""), Join.MEAN)) for name in names
    ]


def _second(rings: Sequence[Ring], second: int, own: Sequence[tuple[str, Join]]) -> Joined:
    readings = [reading for ring in rings if (reading := ring.reading(second)) is not None]
    standard = (
        _together(metric.join, [each.values.get(metric.key) for each in readings])
        for metric in METRICS
    )
    others = (_together(join, [each.derived.get(name) for each in readings]) for name, join in own)
    return tuple(standard), tuple(others)


def _together(join: Join, values: Sequence[Value | None]) -> float | None:
    return _rounded(joined(join, [value for value in values if value is not None]))


def _is_shown(ring: Ring, view: View) -> bool:
    key = ring.key
    return (not view.role or view.role == key.role) and (
        not view.instance or view.instance == key.instance
    )


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
