"""What smart detection takes while many resources are watched and nothing comes to them.

    python benchmarks/detection_cost.py --resources 250 --hours 1

Opens a real catalog in memory, tells the engine of so many resources that sent telemetry for two
days, from eight in the morning to eight in the evening, and lets the night begin: every five
minutes all detectors look at all of them, and every hour or six they learn. Prints the processor's
time of a minute of that, the looks and the learning apart, and the memory that the series take.
What the store needs for its answers is not in it: a resource to which nothing comes is asked
nothing. Exit status 1 when a minute takes more than a tenth of one processor.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from contextlib import ExitStack

import numpy as np

from openinsights.app import open_parts
from openinsights.clock import TICKS_PER_DAY, TICKS_PER_SECOND
from openinsights.detection.engine import DetectionEngine
from openinsights.detection.grid import STEPS_PER_DAY, TICKS_PER_STEP
from openinsights.detection.questions import SERIES, text_of
from openinsights.settings import resolve

MOST_S_OF_A_MINUTE = 6.0
MIDNIGHT = 739_002 * TICKS_PER_DAY
DAYS = 2
UNITS = {
    "requests": 8,
    "dependencies": 6,
    "pages": 4,
    "traces": 3,
    "exceptions": 4,
    "roles": 3,
    "memory": 3,
}
_INSTANT = re.compile(r"let (start|end) = datetime\(([^)]+)\)")


class HandClock:
    """A clock that the benchmark puts forward."""

    def __init__(self, now: int) -> None:
        self.now = now

    def now_ticks(self) -> int:
        return self.now

    def monotonic_s(self) -> float:
        return self.now / TICKS_PER_SECOND


class MadeUp:
    """Answers for every resource what one might have sent, quiet at night."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self._days = {name: self._day(rng, name) for name in SERIES}

    def settle(self, seconds: float) -> None:
        """Nothing is on its way."""

    def rows(self, app_id: str, text: str, now_ticks: int) -> list[tuple[object, ...]]:
        """Return the rows of a series; none for other questions."""
        name = next((each for each in SERIES if text.endswith(text_of(each))), None)
        if name is None:
            return []
        found = {key: _ticks(value) for key, value in _INSTANT.findall(text)}
        first, end = (found[each] // TICKS_PER_STEP for each in ("start", "end"))
        least = MIDNIGHT // TICKS_PER_STEP - DAYS * STEPS_PER_DAY
        most = MIDNIGHT // TICKS_PER_STEP
        return [
            (step * TICKS_PER_STEP, *row)
            for step in range(max(first, least), min(end, most))
            for row in self._days[name][step % STEPS_PER_DAY]
        ]

    @staticmethod
    def _day(rng: np.random.Generator, name: str) -> list[list[tuple[object, ...]]]:
        units = [f"{name} {number}" for number in range(UNITS[name])]
        day: list[list[tuple[object, ...]]] = []
        for step in range(STEPS_PER_DAY):
            rows: list[tuple[object, ...]] = []
            for place, unit in enumerate(units) if 96 <= step < 240 else ():
                count = int(rng.poisson(300 / (place + 1)))
                if name == "memory":
                    rows.append((unit, 5, 5, 5 * rng.normal(400e6, 4e6)))
                elif name == "roles":
                    rows.append((unit, count, count))
                elif name == "exceptions":
                    hits = int(rng.poisson(2))
                    rows.append((unit, 0, hits, hits))
                elif name == "traces":
                    rows.append((unit, count, count, int(rng.binomial(count, 0.02))))
                else:
                    slow = (count * rng.normal(80, 2), count * rng.normal(200, 8))
                    failed = () if name == "pages" else (int(rng.binomial(count, 0.01)),)
                    rows.append((unit, count, count, *failed, *slow))
            if rows and name in ("requests", "dependencies"):
                sums = [sum(row[place] for row in rows) for place in range(1, 6)]
                rows.append(("", *sums))
            day.append(rows)
        return day


def _ticks(text: str) -> int:
    moment = np.datetime64(text.rstrip("Z"), "s") - np.datetime64("0001-01-01", "s")
    return int(moment.astype(np.int64)) * TICKS_PER_SECOND


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--resources", type=int, default=1000)
    parser.add_argument("--hours", type=float, default=6.0, help="of the night")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    clock = HandClock(MIDNIGHT + 30 * TICKS_PER_SECOND)
    with ExitStack() as opened:
        parts = open_parts(None, resolve({"reader_processes": 0}), clock, opened)
        for number in range(options.resources):
            parts.resources.create(f"resource-{number}")
        engine = DetectionEngine(
            parts.resources.list,
            MadeUp(options.seed),
            lambda app_id, hour: 1,  # something came once, and nothing since
            parts.detection.findings,
            parts.detection.settings,
            parts.alerts.book,
            clock,
        )
        began = time.process_time()
        engine.look(MIDNIGHT)
        past = time.process_time() - began
        looks = []
        for _ in range(round(options.hours * 12)):
            clock.now += TICKS_PER_STEP
            began = time.process_time()
            engine.look(clock.now // TICKS_PER_STEP * TICKS_PER_STEP)
            looks.append(time.process_time() - began)
            print(f"\r{len(looks)} looks, {sum(looks):.0f} s ", end="", file=sys.stderr)
        print(file=sys.stderr)
        size = engine.size_bytes()
        found = sum(
            len(parts.detection.findings.of(each.app_id)) for each in parts.resources.list()
        )
    minute = sum(looks) / len(looks) / 5
    units = sum(UNITS.values())
    print(
        f"{options.resources} resources of {units} units, nothing comes, {len(looks)} looks:"
        f" {minute:.2f} s of processor time a minute ({minute / 60:.1%} of one processor)"
    )
    print(
        f"  a look {np.median(looks):.2f} s in the middle, {max(looks):.2f} s at most (where all"
        f" learn); {size / options.resources / 1e3:.0f} KB of series a resource;"
        f" {past / options.resources * 1e3:.0f} ms a resource for the past at the start;"
        f" {found} findings"
    )
    return 0 if minute <= MOST_S_OF_A_MINUTE else 1


if __name__ == "__main__":
    raise SystemExit(main())
