"""Memory that grows without end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from openinsights.detection.detectors.memory import HOURS, Leaks

if TYPE_CHECKING:
    from openinsights.detection.look import Look

MB = 1e6
HOUR = np.arange(HOURS, dtype=float)


def look_at(level: np.ndarray, seed: int = 3) -> Look:
    noise = np.random.default_rng(seed).normal(0, 3 * MB, level.size)
    return Leaks().look((level + noise)[None])


def test_a_leak_is_found() -> None:
    seen = look_at(500 * MB + np.maximum(HOUR - 20, 0) * 2 * MB)
    assert seen.fires[0]
    assert seen.hits[0] > 30 * MB  # a day


def test_steady_memory_is_no_leak() -> None:
    assert not look_at(np.full(HOURS, 500 * MB)).fires[0]


def test_a_day_and_its_night_are_no_leak() -> None:
    for phase in range(0, 24, 4):
        level = 500 * MB + 60 * MB * np.sin((HOUR + phase) / 24 * 2 * np.pi)
        assert not look_at(level).fires[0]


def test_a_process_that_fills_up_after_its_start_is_no_leak() -> None:
    assert not look_at(500 * MB - 200 * MB * np.exp(-HOUR / 6)).fires[0]


def test_a_restart_begins_anew() -> None:
    leaking = 300 * MB + HOUR * 6 * MB
    assert look_at(leaking).fires[0]
    assert not look_at(np.where(HOUR < 66, leaking, 300 * MB)).fires[0]


def test_a_day_alone_is_too_little() -> None:
    level = np.where(HOUR >= HOURS - 24, 300 * MB + HOUR * 6 * MB, np.nan)
    assert not look_at(level).fires[0]
