"""Whether smart detection finds what is planted, and leaves quiet traffic alone.

    python benchmarks/detection.py --resources 20 --seed 1000

Plants faults of known kind and size in made-up traffic (`detection_traffic.py`), lets the detectors
watch it step by step as the engine does, and prints precision, recall and delay of each detector:
a week is learned from, then comes a week with one fault of each kind. Then the false findings on
quiet traffic by resource and week, from the first day on. A fault that is found twice counts once.
Seeds below 1000 are for tuning; the published figures come from 1000 on. Exit status 1 when a bar
is missed. Where it stands goes to standard error.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter, defaultdict
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from detection_traffic import DETECTORS, FIRST_DAY, STEPS_PER_DAY, Fault, Traffic, traffic

from openinsights.detection.detectors.memory import HOURS
from openinsights.detection.history import History
from openinsights.detection.rows import DETECTORS as ROWS
from openinsights.detection.states import after
from openinsights.detection.watch import WHOLE, Watch

LEAST_PRECISION = LEAST_RECALL = 0.9
MOST_FALSE_A_WEEK = 1.0
_MINUTES_PER_STEP = 5
LEARNED_STEPS = 7 * STEPS_PER_DAY
_AT_ONCE = 36
_AFTERWARDS = 12
"""Steps after a fault in which its finding may still open."""


@dataclass
class Score:
    """What became of the faults of one detector."""

    planted: int = 0
    found: int = 0
    false: int = 0
    delays: list[float] = field(default_factory=list)

    def add(self, other: Score) -> None:
        """Count what another one has counted, too."""
        self.planted += other.planted
        self.found += other.found
        self.false += other.false
        self.delays += other.delays

    @property
    def precision(self) -> float:
        counted = self.found + self.false
        return self.found / counted if counted else 1.0

    @property
    def recall(self) -> float:
        return self.found / self.planted if self.planted else 1.0


def watched(made: Traffic, since: int = 0) -> list[tuple[str, str, int]]:
    """Return the findings from a step on: detector, unit, step."""
    return [each for row in ROWS if row.id in made.series for each in _watched(row, made, since)]


def _watched(row, made, since):
    units, series = made.series[row.id]
    if row.id == "memory_leak":
        return [each for each in _leaks(row, units, series) if each[2] >= since]
    if row.has_whole:
        units = [WHOLE, *units]
        series = np.concatenate([series.sum(axis=0, keepdims=True), series])
    first = FIRST_DAY * STEPS_PER_DAY
    history = History(row.detector_columns, first - 1)
    watch = Watch(row.make(), row.has_whole)
    found = []
    for step in range(0, since, _AT_ONCE):  # learned from, not looked at
        part = series[:, :, step : min(step + _AT_ONCE, since)]
        history.advance(first + step + part.shape[2] - 1)
        history.put(first + step, units, part)
    for step in range(since, series.shape[2]):
        history.advance(first + step)
        # as the engine does: what is late takes the place of what was known
        late = max(0, step - 2)
        history.put(first + late, units, series[:, :, late : step + 1])
        seen = watch.look(history)
        if seen is not None:
            for unit in seen[2].opened:
                found.append((row.id, unit, step))
                history.leave_out(unit, first + step - 6, first + step)
            for unit in watch.open:
                history.leave_out(unit, first + step, first + step)
    return found


def _leaks(row, units, series):
    detector, found, states = row.make(), [], {}
    hourly = series[:, 0].reshape(len(units), -1, 12).mean(axis=2)
    for hour in range(1, hourly.shape[1] + 1):
        oldest = max(0, hour - HOURS)
        hours = np.full((len(units), HOURS), np.nan)
        hours[:, HOURS - (hour - oldest) :] = hourly[:, oldest:hour]
        change = after(states, units, detector.look(hours), hour)
        states = dict(change.open)
        found.extend((row.id, unit, hour * 12) for unit in change.opened)
    return found


def scored(scores: dict[str, Score], made: Traffic, found: list[tuple[str, str, int]]) -> None:
    """Add what a resource shows."""
    seen: set[Fault] = set()
    for detector, unit, step in found:
        score = scores[detector]
        fault = next(
            (
                each
                for each in made.faults
                if each.detector == detector
                and unit in (each.unit, WHOLE)
                and each.start <= step <= each.end + _AFTERWARDS
            ),
            None,
        )
        if fault is None:
            score.false += 1
        elif fault not in seen:
            seen.add(fault)
            score.found += 1
            score.delays.append((step + 1 - fault.start) * _MINUTES_PER_STEP)
    for fault in made.faults:
        scores[fault.detector].planted += 1


@dataclass(frozen=True)
class Asked:
    """What one process is asked: a resource, watched from its beginning to its end."""

    seed: int
    days: int
    times: float
    learned: bool


def of_resource(asked: Asked) -> dict[str, Score]:
    """Return what the faults of a resource came to."""
    scores: dict[str, Score] = defaultdict(Score)
    made = traffic(asked.seed, asked.days, asked.times, learned=asked.learned)
    scored(scores, made, watched(made, LEARNED_STEPS if asked.learned else 0))
    return dict(scores)


def of_quiet(asked: Asked) -> list[tuple[str, str, int]]:
    """Return what is found in a resource without faults."""
    return watched(traffic(asked.seed, asked.days, 0.0, quiet=True))


def planted(pool: Executor, asked: list[Asked]) -> dict[str, Score]:
    scores: dict[str, Score] = defaultdict(Score)
    for number, each in enumerate(pool.map(of_resource, asked)):
        _tell(f"faults: resource {number + 1} of {len(asked)}")
        for name, score in each.items():
            scores[name].add(score)
    return scores


def _tell(what: str) -> None:
    """Show where it stands, on one line."""
    print(f"\r{what} ", end="", file=sys.stderr, flush=True)


def _told() -> None:
    print(file=sys.stderr, flush=True)


def table(scores: dict[str, Score]) -> bool:
    """Print the figures; whether all bars are reached."""
    print(
        f"{'detector':22}{'faults':>8}{'found':>7}{'false':>7}{'precision':>11}{'recall':>8}"
        f"{'delay min p50':>15}{'p90':>6}"
    )
    fine = True
    for name in DETECTORS:
        score = scores[name]
        median, ninety = np.quantile(score.delays or [np.nan], (0.5, 0.9))
        print(
            f"{name:22}{score.planted:>8}{score.found:>7}{score.false:>7}"
            f"{score.precision:>11.2f}{score.recall:>8.2f}"
            f"{median:>15.0f}{ninety:>6.0f}"
        )
        fine &= score.precision >= LEAST_PRECISION and score.recall >= LEAST_RECALL
    return fine


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--resources", type=int, default=20)
    parser.add_argument("--quiet-resources", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1_000)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--times", type=float, nargs="*", default=[3.0])
    parser.add_argument("--first-days", action="store_true", help="faults from the first noon on")
    parser.add_argument("--quiet-only", action="store_true")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    options = parser.parse_args()
    with ProcessPoolExecutor(options.processes) as pool:
        fine = _with_faults(pool, options)
        fine &= _quiet(pool, options)
    spent = os.times()
    total = spent.user + spent.system + spent.children_user + spent.children_system
    print(f"{total:.0f} s of processor time")
    return 0 if fine else 1


def _with_faults(pool: Executor, options: argparse.Namespace) -> bool:
    """Print the figures of planted faults; whether all bars are reached."""
    fine = True
    for times in [] if options.quiet_only else options.times:
        seeds = range(options.seed, options.seed + options.resources)
        asked = [Asked(each, options.days, times, not options.first_days) for each in seeds]
        scores = planted(pool, asked)
        _told()
        print(f"faults of {times:g} times the noise, {options.resources} resources")
        reached = table(scores)
        fine &= reached or times < 3.0
    return fine


def _quiet(pool: Executor, options: argparse.Namespace) -> bool:
    """Print the false findings of quiet traffic; whether they are few enough."""
    false: Counter[str] = Counter()
    early: Counter[str] = Counter()
    first = options.seed + 500
    seeds = range(first, first + options.quiet_resources)
    asked = [Asked(each, options.days, 0.0, True) for each in seeds]
    for number, found in enumerate(pool.map(of_quiet, asked)):
        _tell(f"quiet: resource {number + 1} of {options.quiet_resources}")
        for detector, _, step in found:
            (early if step < 7 * STEPS_PER_DAY else false)[detector] += 1
    _told()
    weeks = options.quiet_resources * options.days / 7
    total = (false + early).total() / max(weeks, 1)
    print(f"quiet traffic: {total:.2f} false findings by resource and week ({weeks:.0f} weeks)")
    print("  first week:", dict(early), " later:", dict(false))
    return total <= MOST_FALSE_A_WEEK


if __name__ == "__main__":
    raise SystemExit(main())
