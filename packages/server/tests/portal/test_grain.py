from __future__ import annotations

import itertools

import pytest

from openinsights.clock import TICKS_PER_SECOND
from openinsights.portal.grain import GRAINS, MAX_BUCKETS, choose_grain


@pytest.mark.parametrize(
    ("seconds", "name"),
    [
        (1, "1s"),
        (240, "1s"),
        (241, "5s"),
        (15 * 60, "5s"),
        (3_600, "15s"),
        (4 * 3_600, "1m"),
        (86_400, "15m"),
        (7 * 86_400, "1h"),
        (30 * 86_400, "6h"),
        (90 * 86_400, "1d"),
        (240 * 86_400, "1d"),
        (241 * 86_400, "7d"),
        (100 * 366 * 86_400, "30d"),
    ],
)
def test_the_finest_grain_with_at_most_240_buckets_is_chosen(seconds: int, name: str) -> None:
    assert choose_grain(seconds * TICKS_PER_SECOND).name == name


def test_no_finer_grain_would_fit() -> None:
    for finer, grain in itertools.pairwise(GRAINS):
        just_too_long = finer.ticks * MAX_BUCKETS + 1
        assert choose_grain(just_too_long) == grain


def test_a_narrow_picture_gets_a_coarser_grain() -> None:
    assert choose_grain(4 * 3_600 * TICKS_PER_SECOND, max_buckets=80).name == "5m"
