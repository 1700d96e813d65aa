"""Series: element by element, filling, filters, sums. Each row: an expression and its value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from engine import Engine

PAIRS = [
    ("series_add(dynamic([1,2,4]), dynamic([4,2,1]))", [5, 4, 5]),
    ("series_add(dynamic([1,2]), 10)", [11, 12]),
    ("series_add(10, dynamic([1,2.5]))", [11, 12.5]),
    ("series_subtract(dynamic([1,2,4]), dynamic([4,2,1]))", [-3, 0, 3]),
    ("series_multiply(dynamic([1,2]), 0.5)", [0.5, 1.0]),
    ("series_divide(dynamic([1,2,4]), dynamic([4,2,1]))", [0.25, 1.0, 4.0]),
    ("series_divide(dynamic([1,-1,0]), 0)", ["Infinity", "-Infinity", "NaN"]),
    ("series_pow(dynamic([1,2,3]), 2)", [1.0, 4.0, 9.0]),
    ("series_pow(dynamic([-8]), 0.5)", ["NaN"]),
    ("series_add(dynamic([1,2,3]), dynamic([1]))", [2, None, None]),
    ('series_add(dynamic([1,"a",null,true]), 1)', [2, None, None, None]),
    ("series_add(dynamic([]), 1)", []),
    ("series_add(1, 2)", None),
    ("series_add(dynamic(null), 1)", None),
    ('series_add(dynamic(["2024-01-01T00:00:00.0000000Z"]), 0)', [638_396_640_000_000_000]),
    ("series_multiply(dynamic([9223372036854775807]), 2)", [1.8446744073709552e19]),
    ("series_greater(dynamic([1,2,4]), dynamic([4,2,1]))", [False, False, True]),
    ("series_greater_equals(dynamic([1,2,4]), dynamic([4,2,1]))", [False, True, True]),
    ("series_less(dynamic([1,2,4]), 2)", [True, False, False]),
    ("series_less_equals(dynamic([1,2,4]), 2)", [True, True, False]),
    ("series_equals(dynamic([1,2.0,null]), 2)", [False, True, None]),
    ("series_not_equals(dynamic([1,2]), dynamic([1,3]))", [False, True]),
]
EACH = [
    ("series_abs(dynamic([-6.5,0,8.2]))", [6.5, 0, 8.2]),
    ("series_sign(dynamic([-6,0,8.2,null]))", [-1, 0, 1, None]),
    ("series_floor(dynamic([-1.5,1,2.5]))", [-2.0, 1.0, 2.0]),
    ("series_ceiling(dynamic([-1.5,1,2.5]))", [-1.0, 1.0, 3.0]),
    ("series_exp(dynamic([0,1000]))", [1.0, "Infinity"]),
    ("series_log(dynamic([1,0,-1]))", [0.0, "-Infinity", "NaN"]),
    ("series_sin(dynamic([0]))", [0.0]),
    ("series_cos(dynamic([0]))", [1.0]),
    ("series_tan(dynamic([0]))", [0.0]),
    ("series_asin(dynamic([1,2]))", [1.5707963267948966, "NaN"]),
    ("series_acos(dynamic([1]))", [0.0]),
    ("series_atan(dynamic([-1,0,1]))", [-0.7853981633974483, 0.0, 0.7853981633974483]),
    ('series_abs(dynamic({"a":1}))', None),
]
GAPS = "dynamic([null,111.0,null,36.0,41.0,null,null,16.0,61.0,33.0,null,null])"
WHOLE = "dynamic([null,111,null,36,41,null,null,16,61,33,null,null])"
EMPTY = "dynamic([null,null])"
FILLS = [
    (f"series_fill_const({EMPTY}, 7)", [7, 7]),
    ("series_fill_const(dynamic([1,null,3]))", [1, 0, 3]),
    ("series_fill_const(dynamic([1,-1,null]), 0, -1)", [1, 0, None]),
    ("series_fill_const(dynamic([1,null]), 0.0, int(null))", [1, 0.0]),
    ("series_fill_forward(dynamic([null,1,null,null,2,null]))", [None, 1, 1, 1, 2, 2]),
    ("series_fill_forward(dynamic([0,1,0,2]), 0)", [0, 1, 1, 2]),
    ("series_fill_backward(dynamic([null,1,null,null,2,null]))", [1, 1, 2, 2, 2, None]),
    (f"series_fill_linear({WHOLE})", [111, 111, 73, 36, 41, 32, 24, 16, 61, 33, 33, 33]),
    (
        f"series_fill_linear({WHOLE}, int(null), false)",
        [None, 111, 73, 36, 41, 32, 24, 16, 61, 33, None, None],
    ),
    (f"series_fill_linear({EMPTY})", [0.0, 0.0]),
    (f"series_fill_linear({EMPTY}, double(null), true, 3.5)", [3.5, 3.5]),
    ("series_fill_linear(dynamic([1.0,-1,4.0]), -1)", [1.0, 2.5, 4.0]),
    ("series_fill_linear(dynamic([]))", []),
    ("series_fill_linear(dynamic(null))", None),
]
FILTERS = [
    ("series_fir(dynamic([1,2,3,4]), dynamic([1,1]))", [0.5, 1.5, 2.5, 3.5]),
    ("series_fir(dynamic([0,0,2,2,3,3]), dynamic([1,-1]))", [0.0, 0.0, 2.0, 0.0, 1.0, 0.0]),
    ("series_fir(dynamic([0,0,9,0,0]), dynamic([1,1,1]), true, true)", [0.0, 3.0, 3.0, 3.0, 0.0]),
    ("series_fir(dynamic([1,2]), dynamic([2]), false)", [2.0, 4.0]),
    ("series_fir(dynamic([1,2]), dynamic([1,-1]), true)", None),
    ("series_iir(dynamic([1,2,3,4]), dynamic([1]), dynamic([1,-1]))", [1.0, 3.0, 6.0, 10.0]),
    ("series_iir(dynamic([1,2]), dynamic([1]), dynamic([0,1]))", None),
    ("series_iir(dynamic([1,null]), dynamic([1]), dynamic([1]))", None),
]
TOTALS = [
    ("series_sum(dynamic([1,2,3,4]))", 10.0),
    ("series_product(dynamic([1,2,3,4]))", 24.0),
    ("series_product(dynamic([1,null]))", None),
    ("series_magnitude(dynamic([3,4]))", 5.0),
    ("series_dot_product(dynamic([1,2,3]), dynamic([4,5,6]))", 32.0),
    ("series_dot_product(dynamic([1,2,3]), dynamic([4,5]))", 14.0),
    ("series_dot_product(dynamic([1,2,3]), 2)", 12.0),
    ("series_dot_product(1, 2)", None),
    ("series_pearson_correlation(dynamic([1,2,3]), dynamic([2,4,6]))", 1.0),
    ("series_pearson_correlation(dynamic([1,2,3]), dynamic([2,4]))", None),
    ("series_cosine_similarity(dynamic([1,0]), dynamic([0,1]))", 0.0),
    ("series_cosine_similarity(dynamic([3,4]), dynamic([3,4]), 5.0, 5.0)", 1.0),
    ("series_sum(dynamic(null))", None),
]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [*PAIRS, *EACH, *FILLS, *FILTERS, *TOTALS],
    ids=lambda v: str(v)[:60],
)
def test_value_of_an_expression(kql_engine: Engine, expression: str, expected: object) -> None:
    assert kql_engine.run(f"print x = {expression}")[1] == [(expected,)]


def test_gaps_between_reals_lie_on_straight_lines(kql_engine: Engine) -> None:
    filled = kql_engine.run(f"print x = series_fill_linear({GAPS})")[1][0][0]
    expected = [111, 111, 73.5, 36, 41, 32.6666667, 24.3333333, 16, 61, 33, 33, 33]
    assert filled == pytest.approx(expected)


def test_statistics_as_a_bag(kql_engine: Engine) -> None:
    series = "dynamic([23, 46, 23, 87, 4, 8, 3, 75, 2, 56, 13, 75, 32, 16, 29])"
    found = kql_engine.run(f"print x = series_stats_dynamic({series})")[1][0][0]
    assert found == {
        "min": 2.0,
        "min_idx": 8,
        "max": 87.0,
        "max_idx": 3,
        "avg": pytest.approx(32.8),
        "stdev": pytest.approx(28.503633853548269),
        "variance": pytest.approx(812.45714285714291),
        "sum": 492.0,
        "len": 15,
    }


@pytest.mark.parametrize("series", ["[1,null,3]", "[]", '["a"]', "null"])
def test_statistics_of_a_series_with_gaps_are_null(kql_engine: Engine, series: str) -> None:
    assert kql_engine.run(f"print x = series_stats_dynamic(dynamic({series}))")[1] == [(None,)]


def test_statistics_can_leave_gaps_out(kql_engine: Engine) -> None:
    query = "print x = series_stats_dynamic(dynamic([1,null,3]), true)"
    found = kql_engine.run(query)[1][0][0]
    assert (found["avg"], found["max_idx"], found["len"]) == (2.0, 2, 3)


def test_series_functions_keep_or_drop_the_name_of_their_argument(kql_engine: Engine) -> None:
    query = "print y = dynamic([1]) | project series_fill_linear(y), series_abs(y)"
    assert kql_engine.run(query)[0] == ["y", "Column1"]


def test_series_are_computed_row_by_row(kql_engine: Engine) -> None:
    query = """
        datatable(id:long, s:dynamic)[1, dynamic([1,2]), 2, dynamic(null), 3, dynamic([5])]
        | order by id asc
        | project series_multiply(s, id)
    """
    assert kql_engine.run(query)[1] == [([1, 2],), (None,), ([15],)]
