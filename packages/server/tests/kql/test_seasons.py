"""Seasons, trends and anomalies of series that are made so that the answer is known."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pytest

from openinsights.kql.functions.regressions import fit
from openinsights.kql.functions.seasons import (
    anomalies_text,
    decompose,
    decompose_text,
    find_period,
    outliers,
    scores_of,
    seasonal,
)

if TYPE_CHECKING:
    from engine import Engine

WEEK = [1.0, 2.0, 3.0, 4.0, 5.0, 9.0, 8.0]


def test_the_shortest_of_equally_good_periods_is_found() -> None:
    period, score = find_period(np.asarray(WEEK * 8))
    assert (period, score) == (7, pytest.approx(1.0))


def test_a_trend_does_not_hide_the_period() -> None:
    rising = [value + 3 * place for place, value in enumerate(WEEK * 8)]
    assert find_period(np.asarray(rising))[0] == 7


@pytest.mark.parametrize(
    "values",
    [[], [1.0] * 3, [5.0] * 40, [float(i) for i in range(40)], [1.0, 3, 5, 2, 4, 6] * 2],
    ids=["empty", "short", "constant", "line", "too few cycles"],
)
def test_no_period(values: list[float]) -> None:
    assert find_period(np.asarray(values)) == (0, 0.0)


def test_a_season_is_the_median_of_each_phase() -> None:
    assert json.loads(seasonal("[1,3,5,1,3,5,2,4,6]", 3, 0) or "") == [1, 3, 5] * 3
    assert json.loads(seasonal("[1,3,5,2,4,6,1,3,5,2,4,6]", 3, 0) or "") == [1.5, 3.5, 5.5] * 4


def test_a_season_is_looked_for() -> None:
    found = seasonal("[8,12,14,12,10,10,12,14,12,10,10,12,14,12,10,10,12,14,12,10]", -1, 0)
    assert json.loads(found or "") == [10, 12, 14, 12, 10] * 4


def test_the_parts_add_up() -> None:
    series: list[int | float | None] = [value + 0.5 * place for place, value in enumerate(WEEK * 6)]
    found = decompose(series, 7, "linefit", 0, 0.6)
    assert found is not None
    for place, value in enumerate(series):
        assert found.baseline[place] == pytest.approx(found.seasonal[place] + found.trend[place])
        assert value == pytest.approx(found.baseline[place] + (found.residual[place] or 0.0))


def test_missing_values_have_no_residual() -> None:
    found = decompose([1.0, None, 3.0], 0, "avg", 0, 0.6)
    assert found is not None
    assert found.residual == [-1.0, None, 1.0]


def test_without_season_and_trend_the_baseline_is_zero() -> None:
    found = decompose([1.0, 2.0], 0, "none", 0, 0.6)
    assert found is not None
    assert (found.baseline, found.residual) == ([0.0, 0.0], [1.0, 2.0])


def test_test_points_are_foretold_not_learnt() -> None:
    series: list[int | float | None] = [*(float(i) for i in range(10)), 0.0, 0.0]
    found = decompose(series, 0, "linefit", 2, 0.6)
    assert found is not None
    assert found.baseline[10:] == pytest.approx([10.0, 11.0])


@pytest.mark.parametrize(("trend", "points"), [("up", 0), ("avg", -1), ("avg", 3)])
def test_what_makes_no_sense_gives_null(trend: str, points: int) -> None:
    assert decompose([1.0, 2.0, 3.0], 0, trend, points, 0.6) is None


def test_texts_that_are_no_series_give_null() -> None:
    assert decompose_text("{}", -1, "avg", 0, 0.6) is None
    assert seasonal("1", -1, 0) is None
    assert outliers("null", "tukey", "null") is None


def test_an_outlier_is_flagged_up_or_down() -> None:
    values = [math.sin(place) for place in range(60)]
    values[20], values[40] = 30.0, -30.0
    flags, scores, baseline = json.loads(
        anomalies_text(json.dumps(values), 1.5, 0, "avg", 0, "ctukey 0.6") or ""
    )
    assert [place for place, flag in enumerate(flags) if flag == 1] == [20]
    assert [place for place, flag in enumerate(flags) if flag == -1] == [40]
    assert scores[20] > 1.5 > -1.5 > scores[40]
    assert len(baseline) == 60


def test_scores_count_from_the_fence_in_units_of_the_range() -> None:
    series: list[int | float | None] = [float(i) for i in range(101)]
    tukey = scores_of([*series], "tukey")
    assert (tukey[50], tukey[75], tukey[100], tukey[0]) == (0.0, 0.0, 0.5, -0.5)
    custom = scores_of([*series], "ctukey")
    assert custom[100] == pytest.approx(10 / 80 / 0.36067156396620237)


def test_scores_of_nulls_and_of_nothing_are_zero() -> None:
    assert scores_of([None, 1.0, None], "tukey")[::2] == [0.0, 0.0]
    assert scores_of([None, None], "ctukey") == [0.0, 0.0]


def test_ignored_values_score_zero() -> None:
    found = json.loads(outliers("[1,2,3,4,-1]", "tukey", "-1") or "")
    assert found[4] == 0.0


def test_unknown_kind_of_test_gives_null() -> None:
    assert outliers("[1,2]", "other", "null") is None


def test_a_polynomial_is_found_again() -> None:
    x = [0.5, 1.0, 2.0, 3.5, 5.0, 6.0]
    y = [2 * v**2 - 3 * v + 1 for v in x]
    found = fit(y, x, 2)
    assert found.coefficients == pytest.approx([2.0, -3.0, 1.0])
    assert found.rsquare == pytest.approx(1.0)


def test_a_fit_to_one_point_is_that_point() -> None:
    found = fit([5.0])
    assert (found.fitted, found.rsquare) == ([5.0], 1.0)


@pytest.mark.parametrize(
    ("edges", "kind"), [("10, 90", "ctukey"), ("10", "ctukey"), ("5, 50", "tukey")]
)
def test_percentiles_of_outliers_may_be_the_usual_ones(
    kql_engine: Engine, edges: str, kind: str
) -> None:
    scores = "print s = dynamic([1, 2, 1, 2, 30, 1, 2]) | project series_outliers(s, '{}', 0{})"
    expected = kql_engine.run(scores.format(kind, ""))[1]
    assert kql_engine.run(scores.format(kind, f", {edges}"))[1] == expected


def test_other_percentiles_of_outliers_are_refused(kql_engine: Engine) -> None:
    with pytest.raises(duckdb.InvalidInputException, match="percentiles 10 and 90 alone"):
        kql_engine.run("print series_outliers(dynamic([1, 2, 30]), 'ctukey', 0, 5, 95)")
