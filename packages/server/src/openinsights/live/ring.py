"""The last minute of one server of a resource: a reading for each second, and nothing older."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from openinsights.clock import TICKS_PER_SECOND
from openinsights.live.readings import Reading, mean, reading_of, reading_of_metrics
from openinsights_wire.live.configuration import Configuration
from openinsights_wire.live.messages import ticks_of
from openinsights_wire.live.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from openinsights_wire.live.messages import MonitoringDataPoint

WINDOW_S = 60
MOST_READINGS = 20
"""What is held of one server for one second; it tells one, or two when the network is uneven."""
NOTHING = reading_of_metrics(Tally(Configuration()).points(), ())
"""The reading of a second in which nothing happened."""
_RESYNC_TICKS = 5 * TICKS_PER_SECOND


@dataclass(frozen=True, slots=True)
class ServerKey:
    """Names a server: a process that posts, or all processes of an instance that cannot."""

    role: str
    instance: str
    stream: str = ""


@dataclass(slots=True)
class _Second:
    readings: list[Reading] = field(default_factory=list)
    tally: Tally | None = None
    joined: Reading | None = None


class Ring:
    """What one server did in each of the last seconds.

    Args:
        key: names the server.
    """

    def __init__(self, key: ServerKey) -> None:
        self.key = key
        self.machine = ""
        self.version = ""
        self.errors: tuple[str, ...] = ()
        self.last_ticks = 0
        self.first_second = 0
        self._seconds: dict[int, _Second] = {}
        self._lags: dict[int, int] = {}

    @property
    def is_live(self) -> bool:
        """Whether the server posts itself."""
        return bool(self.key.stream)

    def take_points(
        self, points: Sequence[MonitoringDataPoint], now_ticks: int, asked: Container[str]
    ) -> list[int]:
        """Take the points of one post; return the seconds that they tell of.

        Args:
            points: in the order of their seconds, at least one.
            now_ticks: our time.
            asked: the ids of the metrics that viewers ask for.
        """
        newest = points[-1]
        self.machine, self.version = newest.machine_name, newest.version
        self.errors = tuple(
            each.message for each in newest.collection_configuration_errors or () if each.message
        )
        self.last_ticks = now_ticks
        told = [ticks_of(point.timestamp) for point in points]
        latest = max((ticks for ticks in told if ticks is not None), default=None)
        lag = self._lag(latest, now_ticks)
        seconds = []
        for point, ticks in zip(points, told, strict=True):
            at = (now_ticks if ticks is None else ticks + lag) // TICKS_PER_SECOND
            self.first_second = self.first_second or at
            second = self._seconds.setdefault(at, _Second())
            if len(second.readings) < MOST_READINGS:
                second.readings.append(reading_of(point, asked))
                second.joined = None
            seconds.append(at)
        self._forget(now_ticks)
        return seconds

    def take_tally(self, at_ticks: int, tally: Tally, now_ticks: int) -> None:
        """Take what was counted of the second that holds a point in time."""
        self.last_ticks = now_ticks
        second = self._seconds.setdefault(at_ticks // TICKS_PER_SECOND, _Second())
        if second.tally is None:
            second.tally = tally
        else:
            second.tally.merge(tally)
        second.joined = None
        self._forget(now_ticks)

    def newest_second(self, last: int) -> int | None:
        """Return the newest second up to `last` of which anything is told; None without one."""
        return max((second for second in self._seconds if second <= last), default=None)

    def reading(self, second: int) -> Reading | None:
        """Return what the server did in a second; None when it told nothing.

        A server that posts and missed a second counts as if it had gone on: posts of a busy
        process come a little late, and a dip that was none is worse than a second's delay. Of one
        that does not post, a second without items between others is a second of nothing.
        """
        held = self._seconds.get(second)
        if held is None and self.is_live:
            held = self._seconds.get(second - 1)
        if held is None:
            between = self._seconds and min(self._seconds) < second < max(self._seconds)
            return NOTHING if between and not self.is_live else None
        if held.joined is None:
            readings = held.readings
            if held.tally is not None:
                told = held.tally.points()
                readings = [*readings, reading_of_metrics(told, {point.name for point in told})]
            held.joined = mean(readings)
        return held.joined

    def _lag(self, latest: int | None, now_ticks: int) -> int:
        """Return what is to be added to the server's times so that they are ours.

        The smallest difference of the last minutes is the one least disturbed by the network; with
        it the seconds of a server follow each other as evenly as it counted them. An older one may
        be wrong by what the two clocks drifted apart since.
        """
        if latest is None:
            return 0
        lag = now_ticks - latest
        if self._lags and abs(lag - min(self._lags.values())) > _RESYNC_TICKS:
            self._lags = {}  # one of the clocks was set
        minute = now_ticks // (WINDOW_S * TICKS_PER_SECOND)
        self._lags[minute] = min(lag, self._lags.get(minute, lag))
        self._lags = {at: least for at, least in self._lags.items() if at >= minute - 1}
        return min(self._lags.values())

    def _forget(self, now_ticks: int) -> None:
        now = now_ticks // TICKS_PER_SECOND
        for second in [each for each in self._seconds if not now - WINDOW_S <= each <= now]:
            del self._seconds[second]
