from __future__ import annotations

import pytest

from opencensus.ext.azure.common.backoff import Backoff


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def without_jitter() -> float:
    return 1.0


def test_waits_double_up_to_the_longest(clock: Clock) -> None:
    backoff = Backoff(10, clock, without_jitter)
    waits = []
    for _ in range(6):
        backoff.failed()
        waits.append(backoff.wait_s)
        clock.now += backoff.wait_s

    assert waits == [1, 2, 4, 8, 10, 10]


def test_jitter_shortens_a_wait_to_half_at_most(clock: Clock) -> None:
    backoff = Backoff(60, clock, lambda: 0.0)
    backoff.failed()

    assert backoff.wait_s == 0.5


def test_attempts_are_open_again_when_the_wait_is_over(clock: Clock) -> None:
    backoff = Backoff(60, clock, without_jitter)
    assert backoff.is_open
    backoff.failed()
    assert not backoff.is_open
    clock.now += 1
    assert backoff.is_open


def test_what_the_server_asks_for_is_kept(clock: Clock) -> None:
    backoff = Backoff(60, clock, without_jitter)
    backoff.failed(retry_after_s=300)
    assert backoff.wait_s == 300
    backoff.failed(retry_after_s=0)
    assert backoff.is_open
    backoff.failed(retry_after_s=1e12)
    assert backoff.wait_s == 86_400


def test_success_starts_over(clock: Clock) -> None:
    backoff = Backoff(60, clock, without_jitter)
    for _ in range(5):
        backoff.failed()
    backoff.succeeded()
    assert backoff.is_open
    backoff.failed()
    assert backoff.wait_s == 1


def test_used_up_quota_waits_longer(clock: Clock) -> None:
    backoff = Backoff(60, clock, without_jitter)
    waits = []
    for _ in range(8):
        backoff.failed(quota=True)
        waits.append(backoff.wait_s)

    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_any_number_of_failures_is_fine(clock: Clock) -> None:
    backoff = Backoff(60, clock, without_jitter)
    for _ in range(5000):
        backoff.failed()
    assert backoff.wait_s == 60
