"""Memory that grows without end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from openinsights.detection.detectors.memory import GROWING, HOURS, Leaks

if TYPE_CHECKING:
    from openinsights.detection.look import Look

MB = 1e6
HOUR = np.arange(GROWING, dtype=float)
WEEK = np.arange(HOURS, dtype=float)


def look_at(level: np.ndarray, seed: int = 3) -> Look:
    """What is seen of the newest hours; nothing is known before them."""
    noise = np.random.default_rng(seed).normal(0, 3 * MB, level.size)
    before = np.full(HOURS - level.size, np.nan)
    return Leaks().look(np.concatenate([before, level + noise])[None])


def by_day(hours: np.ndarray, phase: int = 0) -> np.ndarray:
    """A day and its night."""
    return 60 * MB * np.sin((hours + phase) / 24 * 2 * np.pi)


def test_a_leak_is_found() -> None:
    seen = look_at(500 * MB + np.maximum(HOUR - 20, 0) * 2 * MB)
    assert seen.fires[0]
    assert seen.hits[0] > 30 * MB  # a day


def test_steady_memory_is_no_leak() -> None:
    assert not look_at(np.full(GROWING, 500 * MB)).fires[0]


@pytest.mark.parametrize("phase", range(0, 24, 4))
def test_a_day_and_its_night_are_no_leak(phase: int) -> None:
    assert not look_at(500 * MB + by_day(HOUR, phase)).fires[0]


@pytest.mark.parametrize("phase", range(0, 24, 4))
def test_a_leak_is_found_whatever_the_day_does_and_lasts_through_the_night(phase: int) -> None:
    """The line strays by 60 MB from a growth of 48 MB a day; a day from the one before does not."""
    for since in (HOURS - 76, HOURS - 100):
        level = 500 * MB + by_day(WEEK, phase) + np.maximum(WEEK - since, 0) * 2 * MB
        seen = look_at(level)
        assert seen.fires[0]
        assert not seen.calm[0]


@pytest.mark.parametrize("hour", [16, 24, 28])
def test_the_days_after_a_calm_weekend_are_no_leak(hour: int) -> None:
    """Sunday is above Saturday, Monday is above Sunday, and as high as Friday was."""
    monday = HOURS - hour
    saturday = monday - 48
    weekend = (saturday <= WEEK) & (monday > WEEK)
    level = 500 * MB - np.where(weekend, 40 * MB - 0.6 * MB * (WEEK - saturday), 0)
    assert not look_at(level).fires[0]
    # the newest days alone are a leak
    assert look_at(level[-GROWING:]).fires[0]


def test_what_leaks_and_is_restarted_is_found_again() -> None:
    """Each four days: it was as high before, though not in the middle of the days."""
    since_restart = (WEEK - HOURS + 90) % 96
    assert look_at(300 * MB + since_restart * 3 * MB).fires[0]


def test_a_process_that_fills_up_after_its_start_is_no_leak() -> None:
    assert not look_at(500 * MB - 200 * MB * np.exp(-HOUR / 6)).fires[0]


def test_a_restart_begins_anew_and_ends_the_finding() -> None:
    leaking = 300 * MB + HOUR * 6 * MB
    assert look_at(leaking).fires[0]
    restarted = look_at(np.where(HOUR < 66, leaking, 300 * MB))
    assert not restarted.fires[0]
    assert restarted.calm[0]


def test_a_day_alone_is_too_little() -> None:
    level = np.where(HOUR >= GROWING - 24, 300 * MB + HOUR * 6 * MB, np.nan)
    assert not look_at(level).fires[0]
