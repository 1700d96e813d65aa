from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from openinsights.store.interval_set import IntervalSet, to_intervals

INTERVALS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 8)).map(lambda pair: (pair[0], sum(pair)))
)


@given(INTERVALS, st.integers(0, 70), st.integers(0, 8))
def test_agrees_with_a_plain_set(intervals: list[tuple[int, int]], low: int, length: int) -> None:
    held = IntervalSet()
    plain: set[int] = set()
    for first, last in intervals:
        held.add(first, last)
        plain.update(range(first, last + 1))
    assert [n for n in range(75) if n in held] == sorted(plain)
    assert held.overlaps(low, low + length) == bool(plain & set(range(low, low + length + 1)))
    assert held.intervals() == to_intervals(list(plain))


@given(st.lists(st.integers(-5, 40)))
def test_intervals_cover_the_numbers_and_do_not_touch(numbers: list[int]) -> None:
    intervals = to_intervals(numbers)
    covered = [n for low, high in intervals for n in range(low, high + 1)]
    assert covered == sorted(set(numbers))
    assert all(after[0] > before[1] + 1 for before, after in pairwise(intervals))
