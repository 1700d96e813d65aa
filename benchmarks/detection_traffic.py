"""Made-up series of a resource for the benchmark of smart detection: realistic, and with faults.

What they have: several operations and roles of very different volume; days and weeks with their
seasons; noise that lasts for hours, and days that differ; deploys (some minutes of failures and
slowness, a restart of every process); bursts of traffic, and of latency with them; sampling;
roles that pause at night and at weekends, and one that works for half an hour each night. A fault
adds a multiple of the noise of its series, which is the standard deviation of its five-minute
values (hourly ones of memory) around what they are about.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np

STEPS_PER_HOUR = 12
STEPS_PER_DAY = 288
FIRST_DAY = 739_000 // 7 * 7
"""A Monday."""


@dataclass(frozen=True)
class Fault:
    """Something that was planted: in which detector's series, where, and when (steps)."""

    detector: str
    unit: str
    start: int
    end: int
    times: float


@dataclass
class Traffic:
    """The series of one resource: arrays (units, columns, steps) by detector."""

    days: int
    series: dict[str, tuple[list[str], np.ndarray]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


DETECTORS = (
    "failed_requests",
    "failed_dependencies",
    "response_time",
    "dependency_duration",
    "page_load",
    "trace_severity",
    "exception_volume",
    "memory_leak",
    "silence",
)
_LEARNING_DAYS = 7.5


class _Maker:
    """Draws one resource."""

    def __init__(self, seed: int, days: int, times: float, quiet: bool, learned: bool) -> None:
        self.rng = np.random.default_rng(seed)
        self.days, self.steps = days, days * STEPS_PER_DAY
        self.times, self.quiet, self.learned = times, quiet, learned
        self.weight = float(self.rng.choice([1, 1, 1, 4, 10]))
        self.at = np.arange(self.steps)
        self.deploys = self._deploys()
        self.bursts, self.slow_bursts = self._bursts()
        self.season = self._season()

    def _deploys(self) -> list[int]:
        rng, at, found = self.rng, 0.0, []
        while True:
            at += rng.uniform(1.5, 5.5) * STEPS_PER_DAY
            if at >= self.steps:
                return found
            midnight = at // STEPS_PER_DAY * STEPS_PER_DAY
            found.append(int(midnight + rng.uniform(8, 17) * STEPS_PER_HOUR))

    def _bursts(self) -> tuple[np.ndarray, np.ndarray]:
        rng = self.rng
        volume, latency = np.ones(self.steps), np.zeros(self.steps)
        for _ in range(rng.poisson(0.7 * self.days)):
            start, length = rng.integers(self.steps), rng.integers(1, 9)
            volume[start : start + length] *= rng.uniform(1.5, 4.0)
            latency[start : start + length] += rng.uniform(0.0, 0.15)
        return volume, latency

    def _season(self) -> np.ndarray:
        rng = self.rng
        hour = self.at / STEPS_PER_HOUR % 24
        phase, depth = rng.uniform(0, 24), rng.uniform(0.2, 0.8)
        day = 1 + depth * np.cos((hour - phase) / 24 * 2 * np.pi)
        day += 0.15 * np.cos((hour - phase - 3) / 12 * 2 * np.pi)
        weekend = (self.at // STEPS_PER_DAY % 7) >= 5
        return np.maximum(day, 0.08) * np.where(weekend, rng.uniform(0.3, 1.0), 1.0)

    def wander(self, deviation: float, hours: float) -> np.ndarray:
        """Noise that lasts for hours."""
        keep = np.exp(-1.0 / (hours * STEPS_PER_HOUR))
        drive = self.rng.normal(0, deviation * np.sqrt(1 - keep * keep), self.steps)
        out, last = np.empty(self.steps), self.rng.normal(0, deviation)
        for place in range(self.steps):
            last = keep * last + drive[place]
            out[place] = last
        return out

    def stray(self, deviation: float) -> np.ndarray:
        """Noise of both kinds: most of it new with each step, a third of it for two hours."""
        slow = deviation / 3
        return self.wander(slow, 2) + self.rng.normal(
            0, np.sqrt(deviation**2 - slow**2), self.steps
        )

    def by_day(self, deviation: float) -> np.ndarray:
        """Days that differ."""
        return np.repeat(self.rng.normal(0, deviation, self.days), STEPS_PER_DAY)

    def volumes(self, units: int) -> np.ndarray:
        """Rows of each unit and step."""
        rng = self.rng
        total = np.exp(rng.uniform(np.log(30), np.log(3000)))
        shares = 1.0 / np.arange(1, units + 1) ** rng.uniform(0.8, 1.4)
        base = total * shares / shares.sum()
        shared = np.exp(self.wander(0.10, 2) + self.by_day(0.08)) * self.bursts * self.season
        for deploy in self.deploys:
            shared[deploy : deploy + 1] *= 0.6
        own = np.stack([np.exp(self.wander(0.12, 1)) for _ in range(units)])
        return np.asarray(rng.poisson(base[:, None] * shared * own))

    def place(self, unit_rows: np.ndarray, least: float) -> tuple[int, int, int] | None:
        """Where a fault goes: a unit with enough traffic, and a time; None when quiet."""
        if self.quiet:
            return None
        rng = self.rng
        for _ in range(200):
            unit = int(rng.integers(len(unit_rows)))
            first = _LEARNING_DAYS if self.learned else 0.5
            start = int(rng.uniform(first * STEPS_PER_DAY, self.steps - 8 * STEPS_PER_HOUR))
            end = start + int(rng.uniform(1.5, 6) * STEPS_PER_HOUR)
            if unit_rows[unit, start:end].reshape(-1).mean() * 4 >= least:
                return unit, start, end
        return None

    def shares(
        self,
        traffic: Traffic,
        name: str,
        units: list[str],
        rows: np.ndarray,
        low: float,
        high: float,
    ) -> np.ndarray:
        """Hits of rows, with a fault."""
        rng = self.rng
        usual = np.exp(rng.uniform(np.log(low), np.log(high), len(units)))
        strays = rng.uniform(0.1, 0.4, len(units))
        share = np.empty(rows.shape)
        blip = np.zeros(self.steps)
        for deploy in self.deploys:
            blip[deploy : deploy + int(rng.integers(1, 3))] = rng.uniform(0.0, 0.08)
        hour = self.season / self.season.mean()
        for unit in range(len(units)):
            own = np.exp(self.stray(strays[unit]) + self.by_day(0.1))
            share[unit] = usual[unit] * own * hour ** rng.uniform(-0.3, 0.3) + blip
        found = self.place(rows, 24)
        if found is not None:
            unit, start, end = found
            p, count = share[unit, start:end], np.maximum(rows[unit, start:end].mean(), 1)
            noise = np.sqrt(p.mean() * (1 - p.mean()) / count + (strays[unit] * p.mean()) ** 2)
            share[unit, start:end] += self.times * noise
            traffic.faults.append(Fault(name, units[unit], start, end, self.times))
        return rng.binomial(rows, np.clip(share, 0, 1))

    def durations(
        self, traffic: Traffic, name: str, units: list[str], rows: np.ndarray
    ) -> np.ndarray:
        """(units, 2, steps): weighted totals of ms and of the 90th percentile."""
        rng = self.rng
        out = np.zeros((len(units), 2, self.steps))
        place = self.place(rows, 24)
        hour = np.log(self.season / self.season.mean())
        for unit in range(len(units)):
            sigma, middle = rng.uniform(0.4, 1.0), np.log(rng.uniform(8, 900))
            strays = rng.uniform(0.02, 0.08)
            level = middle + self.stray(strays) + self.by_day(0.03)
            level += hour * rng.uniform(0.0, 0.15) + self.slow_bursts
            for deploy in self.deploys:
                level[deploy : deploy + int(rng.integers(1, 3))] += rng.uniform(0.1, 0.7)
            count = np.maximum(rows[unit], 1)
            variation = np.exp(sigma**2) - 1
            if place is not None and place[0] == unit:
                _, start, end = place
                noise = np.sqrt(variation / count[start:end].mean() + strays**2)
                level[start:end] += self.times * noise
                traffic.faults.append(Fault(name, units[unit], start, end, self.times))
            mean = np.exp(level + sigma**2 / 2)
            shape = count / variation
            total = rng.gamma(shape, 1.0, self.steps) * mean / shape * rows[unit]
            ninety = np.exp(
                level
                + 1.2816 * sigma
                + rng.normal(0, 1, self.steps) * 1.71 * sigma / np.sqrt(count)
            )
            out[unit, 0], out[unit, 1] = total * self.weight, ninety * rows[unit] * self.weight
        return out

    def exceptions(self, traffic: Traffic, requests: np.ndarray) -> tuple[list[str], np.ndarray]:
        rng = self.rng
        units = [f"Error{number}" for number in range(int(rng.integers(3, 7)))]
        rows = requests.sum(axis=0)
        rates = np.exp(rng.uniform(np.log(1e-4), np.log(2e-2), len(units)))
        own = np.stack([np.exp(self.stray(0.3) + self.by_day(0.15)) for _ in units])
        mean = rates[:, None] * rows * own
        for deploy in self.deploys:
            mean[:, deploy : deploy + 1] += (
                rng.exponential(2.0, len(units))[:, None] * rates.max() * 100
            )
        if not self.quiet:
            found = self.place(np.repeat(rows[None], len(units), axis=0), 24)
            if found is not None:
                unit, start, end = found
                usual = mean[unit, start:end].mean()
                noise = np.sqrt(usual + (0.3 * usual) ** 2)
                mean[unit, start:end] += self.times * noise
                traffic.faults.append(
                    Fault("exception_volume", units[unit], start, end, self.times)
                )
        hits = rng.poisson(mean) * self.weight
        exposure = np.repeat(rows[None] * self.weight, len(units), axis=0)
        return units, np.stack([exposure, hits * self.weight, hits], axis=1)

    def memory(self, traffic: Traffic) -> tuple[list[str], np.ndarray]:
        """(instances, 1, steps) of private bytes."""
        rng = self.rng
        units = [f"host-{number}" for number in range(int(rng.integers(2, 5)))]
        place = self._leak(len(units))
        out = np.empty((len(units), 1, self.steps))
        hour = self.season / self.season.mean() - 1
        for unit in range(len(units)):
            base = rng.uniform(150e6, 900e6)
            noise = rng.uniform(0.008, 0.03)
            season = rng.uniform(0.01, 0.06) * hour
            wander = self.wander(noise, 1.5)
            level = 1 + season + wander + self.by_day(0.004)
            for begun in [0, *self.deploys]:
                after = self.at - begun
                warm = rng.uniform(0.05, 0.3) * np.exp(-after / (rng.uniform(1, 5) * 12))
                level -= np.where(after >= 0, warm, 0.0)
            level += 0.01 * ((self.at + rng.integers(100)) % 40 / 40 - 0.5)  # collections
            if place is not None and place[0] == unit:
                _, start, end = place
                stray = np.sqrt(noise**2 + season.std() ** 2)
                pace = self.times * stray / STEPS_PER_DAY
                level[start:end] += pace * (self.at[start:end] - start)
                traffic.faults.append(Fault("memory_leak", units[unit], start, end, self.times))
            out[unit, 0] = base * level
        return units, out

    def _leak(self, units: int) -> tuple[int, int, int] | None:
        """A leak lasts from one restart to the next, which is two days off at least."""
        if self.quiet:
            return None
        bounds = [0, *self.deploys, self.steps]
        # found after two days, which is in the week that is watched
        first = (5.5 if self.learned else 2) * STEPS_PER_DAY
        spans = [
            (start, end)
            for start, end in itertools.pairwise(bounds)
            if end - start > 2.5 * STEPS_PER_DAY and start > first
        ]
        if not spans:
            return None
        start, end = spans[int(self.rng.integers(len(spans)))]
        return int(self.rng.integers(units)), start, end

    def roles(self, traffic: Traffic) -> tuple[list[str], np.ndarray]:
        rng = self.rng
        rows = self.volumes(4)
        hour = self.at / STEPS_PER_HOUR % 24
        weekend = (self.at // STEPS_PER_DAY % 7) >= 5
        begins = rng.uniform(5, 9)
        rows[2] = np.where((hour >= begins) & (hour < begins + 11) & ~weekend, rows[2], 0)
        night = rng.uniform(0, 24)
        rows[3] = np.where((hour - night) % 24 < 0.5, np.maximum(rows[3], 5), 0)
        found = self._silence(rows[:2])
        units = ["web", "worker", "office", "nightly"]
        if found is not None:
            unit, start, end = found
            rows[unit, start:end] = 0
            traffic.faults.append(Fault("silence", units[unit], start, end, self.times))
        return units, np.stack([rows * self.weight, rows * self.weight**2], axis=1)

    def _silence(self, rows: np.ndarray) -> tuple[int, int, int] | None:
        """Where the volume is at least so many times its own noise."""
        if self.quiet:
            return None
        for _ in range(200):
            found = self.place(rows, 24)
            if found is None:
                return None
            unit, start, end = found
            near = rows[unit, start - 12 : end]
            if near.mean() >= self.times * max(near.std(), 1e-9):
                return unit, start, min(end, start + int(self.rng.uniform(1, 3) * 12))
        return None


def traffic(
    seed: int, days: int, times: float, quiet: bool = False, learned: bool = True
) -> Traffic:
    """Return the series of a resource.

    Args:
        seed: of everything.
        days: how long.
        times: the size of faults in multiples of the noise.
        quiet: without any fault.
        learned: faults come after eight days; else from the first noon on.
    """
    maker = _Maker(seed, days, times, quiet, learned)
    made = Traffic(days)
    weight = maker.weight

    def shared(rows: np.ndarray) -> list[np.ndarray]:
        return [rows * weight, rows * weight**2]

    for failed, slow, kind in (
        ("failed_requests", "response_time", "GET /"),
        ("failed_dependencies", "dependency_duration", "api-"),
    ):
        units = [f"{kind}{number}" for number in range(int(maker.rng.integers(4, 12)))]
        rows = maker.volumes(len(units))
        if failed == "failed_requests":
            requests = rows
        hits = maker.shares(made, failed, units, rows, 0.0005, 0.04) * weight
        made.series[failed] = (units, np.stack([*shared(rows), hits], axis=1))
        totals = maker.durations(made, slow, units, rows)
        made.series[slow] = (units, np.stack([*shared(rows), totals[:, 0], totals[:, 1]], axis=1))
    pages = [f"/page{number}" for number in range(int(maker.rng.integers(2, 6)))]
    rows = maker.volumes(len(pages)) // 3
    totals = maker.durations(made, "page_load", pages, rows)
    made.series["page_load"] = (
        pages,
        np.stack([*shared(rows), totals[:, 0], totals[:, 1]], axis=1),
    )
    roles = [f"role{number}" for number in range(int(maker.rng.integers(2, 5)))]
    rows = maker.volumes(len(roles))
    hits = maker.shares(made, "trace_severity", roles, rows, 0.005, 0.15) * weight
    made.series["trace_severity"] = (roles, np.stack([*shared(rows), hits], axis=1))
    made.series["exception_volume"] = maker.exceptions(made, requests)
    made.series["memory_leak"] = maker.memory(made)
    made.series["silence"] = maker.roles(made)
    return made
