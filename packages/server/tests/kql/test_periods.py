"""Periods of series that are made so that the answer is known, and the one that is published."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import duckdb
import pytest

from openinsights.kql.functions.periods import detect, validate

if TYPE_CHECKING:
    from engine import Engine

DAILY = [10 + 5 * math.sin(hour * math.pi / 12) for hour in range(336)]
WEEKLY = [
    value + (7 if hour % 168 < 48 else 0) + (place % 3)
    for place, (hour, value) in enumerate(zip(range(1008), DAILY * 3, strict=True))
]
PUBLISHED = [
    80, 139, 87, 110, 68, 54, 50, 51, 53, 133, 86, 141, 97, 156, 94, 149, 95, 140, 77, 61, 50, 54,
    47, 133, 72, 152, 94, 148, 105, 162, 101, 160, 87, 63, 53, 55, 54, 151, 103, 189, 108, 183,
    113, 175, 113, 178, 90, 71, 62, 62, 65, 165, 109, 181, 115, 182, 121, 178, 114, 170,
]  # fmt: skip
"""The series of the language's own documentation; its engine's score is 0.8405558794091443."""


def _detected(values: list[float], count: int = 2) -> object:
    return json.loads(detect(json.dumps(values), 0.0, 1e9, count) or "null")


def test_the_published_series_has_the_published_score() -> None:
    periods, scores = _detected(PUBLISHED)  # type: ignore[misc]
    assert periods == [14.0, 0.0]
    assert scores == [pytest.approx(0.8405558794091443, abs=1e-12), 0.0]
    periods, scores = json.loads(validate(json.dumps(PUBLISHED), [14.0, 10.0]) or "null")
    assert periods == [14.0, 10.0]
    assert scores == [pytest.approx(0.8405558794091443, abs=1e-12), 0.0]


def test_a_pure_period_scores_one_and_its_multiples_are_none() -> None:
    assert _detected(DAILY, 3) == [[24.0, 0.0, 0.0], [pytest.approx(1.0), 0.0, 0.0]]


def test_two_periods_are_listed_by_their_scores() -> None:
    periods, scores = _detected(WEEKLY, 3)  # type: ignore[misc]
    assert periods == [168.0, 24.0, 0.0]
    assert scores[0] > scores[1] > scores[2] == 0


def test_periods_outside_of_the_range_are_left_out() -> None:
    text = json.dumps(DAILY)
    assert json.loads(detect(text, 30.0, 100.0, 1) or "null") == [[0.0], [0.0]]
    assert json.loads(validate(text, [3.0, 24.0, 200.0]) or "null")[1] == [
        0.0,
        pytest.approx(1.0),
        0.0,
    ]


@pytest.mark.parametrize(
    "values",
    [[1.0], [5.0] * 40, [float(i) for i in range(40)], [1.0, 2.0] * 20],
    ids=["one", "constant", "line", "shorter than four"],
)
def test_no_period(values: list[float]) -> None:
    assert _detected(values) == [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("text", ["[]", "{}", '[1,null,2,"x"]', "3"])
def test_what_is_no_series_of_numbers_gives_null(text: str) -> None:
    assert detect(text, 0.0, 10.0, 1) is None
    assert validate(text, [4.0]) is None


def test_counts_that_make_no_sense_give_null() -> None:
    text = json.dumps(DAILY)
    assert [detect(text, 0.0, 99.0, count) for count in (-1, 0, 1 << 40)] == [None] * 3
    assert validate(text, [None]) is None


def test_what_cannot_be_told_is_refused(kql_engine: Engine) -> None:
    query = f"print y = dynamic({DAILY}) | project series_periods_validate(y, 23)"
    with pytest.raises(duckdb.InvalidInputException, match="cannot be told for certain"):
        kql_engine.run(query)
