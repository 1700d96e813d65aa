"""Functions of several values: which columns they make, under which names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from openinsights.kql.errors import KqlSemanticError

if TYPE_CHECKING:
    from engine import Engine

Y = "print y = dynamic([2, 5, 6, 8, 11, 15, 17, 18, 25, 26, 30, 30])"
LINE = ["rsquare", "slope", "variance", "rvariance", "interception", "line_fit"]
SIDE = ["rsquare", "slope", "interception", "variance", "rvariance"]


@pytest.mark.parametrize(
    ("call", "names"),
    [
        ("series_fit_line", LINE),
        ("series_stats", ["min", "min_idx", "max", "max_idx", "avg", "stdev", "variance"]),
        (
            "series_fit_2lines",
            ["rsquare", "split_idx", "variance", "rvariance", "line_fit"]
            + [f"{side}_{name}" for side in ("right", "left") for name in SIDE],
        ),
        ("series_fit_poly", ["rsquare", "coefficients", "variance", "rvariance", "poly_fit"]),
        ("series_decompose", ["baseline", "seasonal", "trend", "residual"]),
        ("series_decompose_anomalies", ["ad_flag", "ad_score", "baseline"]),
        ("series_fft", ["real", "imag"]),
    ],
)
def test_one_column_for_each_value(kql_engine: Engine, call: str, names: list[str]) -> None:
    assert kql_engine.run(f"{Y} | project {call}(y)")[0] == [f"{call}_y_{name}" for name in names]


def test_an_argument_without_a_name_leaves_its_place_empty(kql_engine: Engine) -> None:
    names = kql_engine.run("print series_fit_line(dynamic([1,2]))")[0]
    assert names[0] == "series_fit_line__rsquare"


def test_a_line_is_fitted_to_positions_from_one(kql_engine: Engine) -> None:
    row = kql_engine.run(f"{Y} | project series_fit_line(y)")[1][0]
    assert row[:5] == pytest.approx(
        (0.982900730884447, 2.730769230769231, 98.62878787878789, 1.68648018648, -1.66666666666667)
    )
    assert row[5][0] == pytest.approx(1.0641025641025592)


def test_several_names_take_the_first_values(kql_engine: Engine) -> None:
    names, rows = kql_engine.run(f"{Y} | extend (quality, slope) = series_fit_line(y)")
    others = ["variance", "rvariance", "interception", "line_fit"]
    assert names == ["y", "quality", "slope", *(f"series_fit_line_y_{name}" for name in others)]
    assert rows[0][1:3] == pytest.approx((0.982900730884447, 2.730769230769231))


def test_one_name_takes_the_first_value_and_the_others_keep_theirs(kql_engine: Engine) -> None:
    names, rows = kql_engine.run(f"{Y} | project low = series_stats(y)")
    assert names[:3] == ["low", "series_stats_y_min_idx", "series_stats_y_max"]
    assert rows[0][0] == 2.0


def test_print_has_no_column_for_values_beyond_the_names(kql_engine: Engine) -> None:
    names, rows = kql_engine.run("print low = series_stats(dynamic([3,1,2]))")
    assert (names, rows) == (["low"], [(1.0,)])


def test_an_index_takes_one_value_with_its_type(kql_engine: Engine) -> None:
    query = f"{Y} | project place = series_stats(y)[3], twice = series_stats(y)[2] * 2"
    assert kql_engine.run(query)[1] == [(10, 60.0)]


def test_inside_an_expression_the_first_value_counts(kql_engine: Engine) -> None:
    query = "print strcat_array(array_sort_asc(split('b,a,c', ',')), '')"
    assert kql_engine.run(query)[1] == [("abc",)]


def test_sorting_gives_as_many_arrays_as_it_takes(kql_engine: Engine) -> None:
    query = """
        print a = dynamic([3,1,2]), b = dynamic(["x","y","z"]), c = dynamic([1])
        | project array_sort_asc(a, b), array_sort_desc(a, dynamic([7,8,9])), array_sort_asc(a, c)
    """
    names, rows = kql_engine.run(query)
    assert names == ["a_sorted", "b_sorted", "a_sorted1", "array1_sorted", "a_sorted2", "c_sorted"]
    assert rows == [([1, 2, 3], ["y", "z", "x"], [3, 2, 1], [7, 9, 8], [1, 2, 3], None)]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ('array_sort_asc(dynamic([null,"b","a"]))', ["a", "b", None]),
        ('array_sort_asc(dynamic([null,"b","a"]), false)', [None, "a", "b"]),
        ('array_sort_desc(dynamic([null,"b","a"]), false)', [None, "b", "a"]),
        ('array_sort_asc(dynamic(["a",2,1.5]))', [1.5, 2, "a"]),
        ("array_sort_asc(dynamic([3,1]))[0]", [1, 3]),
        ("array_sort_asc(dynamic([3,1]), dynamic([5,6]))[1]", [6, 5]),
        ("array_sort_asc(dynamic(null))", None),
    ],
)
def test_sorted_array(kql_engine: Engine, call: str, expected: object) -> None:
    assert kql_engine.run(f"print x = {call}")[1] == [(expected,)]


def test_what_is_no_series_gives_nulls(kql_engine: Engine) -> None:
    query = "print y = dynamic({}) | project series_fit_line(y), series_stats(y)"
    assert kql_engine.run(query)[1] == [(None,) * 13]


def test_too_many_names_are_told(kql_engine: Engine) -> None:
    with pytest.raises(KqlSemanticError, match="3 names for 2 values"):
        kql_engine.compile("print (a, b, c) = series_fft(dynamic([1]))")


def test_several_names_for_one_value_are_told(kql_engine: Engine) -> None:
    with pytest.raises(KqlSemanticError, match="gives several values"):
        kql_engine.compile("print (a, b) = strlen('x')")
