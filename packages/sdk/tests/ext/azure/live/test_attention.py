"""When the server is asked, and when it is told. Rules L40 and L41."""

from __future__ import annotations

import pytest

from opencensus.ext.azure.live.attention import Attention, Heard

WATCHED, UNWATCHED, FAILED = Heard.WATCHED, Heard.UNWATCHED, Heard.FAILED


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def attention(clock: Clock) -> Attention:
    return Attention(clock)


def step(attention: Attention, clock: Clock, heard: Heard, took_s: float = 0.0) -> float:
    """Wait as long as is asked for, hear something, and return how long was waited."""
    waited = attention.wait_s
    clock.now += waited + took_s
    attention.hear(heard)
    return waited


def test_server_is_asked_at_once_and_then_every_five_seconds(
    attention: Attention, clock: Clock
) -> None:
    assert [step(attention, clock, UNWATCHED) for _ in range(4)] == [0, 5, 5, 5]
    assert not attention.is_watched


def test_server_is_told_every_second_while_somebody_watches(
    attention: Attention, clock: Clock
) -> None:
    assert [step(attention, clock, WATCHED) for _ in range(4)] == [0, 1, 1, 1]
    assert attention.is_watched
    assert step(attention, clock, UNWATCHED) == 1
    assert not attention.is_watched
    assert attention.wait_s == 5


def test_slow_posts_do_not_move_the_beat(attention: Attention, clock: Clock) -> None:
    step(attention, clock, WATCHED)
    waits = [step(attention, clock, WATCHED, took_s=0.25) for _ in range(4)]
    assert waits == [1, 0.75, 0.75, 0.75]
    assert step(attention, clock, WATCHED, took_s=7.0) == 0.75
    assert attention.wait_s == 0


def test_silent_server_is_asked_less_often_after_a_minute(
    attention: Attention, clock: Clock
) -> None:
    waits = [step(attention, clock, FAILED) for _ in range(15)]
    assert waits == [0] + [5] * 12 + [60] * 2
    assert step(attention, clock, UNWATCHED) == 60
    assert attention.wait_s == 5


def test_posts_that_fail_for_twenty_seconds_end_the_watch(
    attention: Attention, clock: Clock
) -> None:
    step(attention, clock, WATCHED)
    for _ in range(19):
        assert step(attention, clock, FAILED) == 1
        assert attention.is_watched
    step(attention, clock, FAILED)
    assert not attention.is_watched
    assert [step(attention, clock, FAILED) for _ in range(13)] == [5] * 12 + [60]


def test_post_that_succeeds_in_between_prolongs_the_watch(
    attention: Attention, clock: Clock
) -> None:
    step(attention, clock, WATCHED)
    for _ in range(3):
        for _ in range(15):
            step(attention, clock, FAILED)
        step(attention, clock, WATCHED)
    assert attention.is_watched


@pytest.mark.parametrize(("hint_s", "expected"), [(2.5, 2.5), (0.001, 1), (9_999, 60), (None, 5)])
def test_server_says_how_often_it_wants_to_be_asked(
    attention: Attention, hint_s: float | None, expected: float
) -> None:
    attention.hear(UNWATCHED, hint_s)
    assert attention.wait_s == expected
