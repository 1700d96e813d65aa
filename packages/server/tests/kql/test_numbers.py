"""Numbers. Each row: an expression and its value."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from engine import Engine

VALUES = [
    ("round(2.5)", 3.0),
    ("round(-2.5)", -3.0),
    ("round(2.15,1)", 2.2),
    ("round(1.005,2)", 1.0),
    ("round(-50.55,-2)", -100.0),
    ("round(1e308,1)", 1e308),
    ("round(12345.678,-400)", 0.0),
    ("isnan(round(real(nan),2))", True),
    ("round(real(null),2)", None),
    ("round(2.15,int(null))", None),
    ("round(1234.567,-2)", 1200.0),
    ("round(5)", 5),
    ("round(int(7))", 7),
    ("round(decimal(2.5))", Decimal("3")),
    ("pow(2,3)", 8.0),
    ("sqrt(16)", 4.0),
    ("exp(0)", 1.0),
    ("log(1)", 0.0),
    ("log(0)", None),
    ("log(-1)", None),
    ("log10(1000)", 3.0),
    ("log2(8)", 3.0),
    ("exp2(3)", 8.0),
    ("exp10(2)", 100.0),
    ("abs(-5)", 5),
    ("abs(-5.5)", 5.5),
    ("abs(-1d)", "1.00:00:00"),
    ("sign(-42)", -1.0),
    ("sign(0)", 0.0),
    ("sign(2.1)", 1.0),
    ("ceiling(1.1)", 2.0),
    ("ceiling(-1.5)", -1.0),
    ("floor(1.9)", 1.0),
    ("isnan(1.0)", False),
    ("isfinite(1.0)", True),
    ("1/0", None),
    ("5%0", None),
    ("-5/2", -2),
    ("5/2", 2),
    ("7%-3", 1),
    ("max_of(1,2,3)", 3),
    ("min_of(1,2.5)", 1.0),
    ('max_of("a","b")', "b"),
    ("min_of(datetime(2020-01-01),datetime(2019-01-01))", "2019-01-01T00:00:00.0000000Z"),
    ("max_of(int(null),1)", 1),
    ("min_of(int(null),int(null))", None),
    ("tohex(256)", "100"),
    ("tohex(-256)", "ffffffffffffff00"),
    ("tohex(toint(-1))", "ffffffff"),
    ("binary_and(6,3)", 2),
    ("binary_or(6,3)", 7),
    ("binary_xor(6,3)", 5),
    ("binary_not(1)", -2),
    ("binary_shift_left(1,4)", 16),
    ("binary_shift_right(16,2)", 4),
    ("bitset_count_ones(42)", 3),
    ("sin(0)", 0.0),
    ("cos(0)", 1.0),
    ("tan(0)", 0.0),
    ("asin(1)", 1.5707963267948966),
    ("acos(2)", None),
    ("atan(1)", 0.7853981633974483),
    ("atan2(1,1)", 0.7853981633974483),
    ("cot(1)", 0.6420926159343306),
    ("degrees(pi())", 180.0),
    ("radians(180)", 3.141592653589793),
    ("gamma(5)", 24.0),
    ("loggamma(5)", 3.1780538303479458),
    ("erf(0)", 0.0),
    ("tostring(decimal(2) / 3)", "0.666666666666666667"),
    ("tostring(decimal(0.0000000003) * decimal(2))", "0.0000000006"),
    ("tostring(decimal(98765432109876543210) * 1)", "98765432109876543210"),
    ("isnull(decimal(98765432109876543210) * 10)", True),
    ("isnull(decimal(1) / 0)", True),
    ("hash('x', 9223372036854775807) >= 0", True),
    ("make_timespan(long(null), 5)", None),
    ("bin(1.5, -1)", None),
    ("bin(1.5, 0.0)", None),
    ("True and not(FALSE)", True),
    ("datetime(Sat, 8 Nov 2014 15:05:02 GMT) == datetime(2014, 11, 8) + 15h + 5min + 2s", True),
    ("pi()", 3.141592653589793),
]


@pytest.mark.parametrize(("expression", "expected"), VALUES, ids=lambda v: str(v)[:60])
def test_value_of_an_expression(kql_engine: Engine, expression: str, expected: object) -> None:
    found = kql_engine.run(f"print x = {expression}")[1][0][0]
    assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)


def test_a_scalar_that_varies_is_taken_once(kql_engine: Engine) -> None:
    """K16: toscalar of rand() or new_guid() is one value wherever it is named."""
    query = """
        let once = toscalar(new_guid());
        let twice = () { toscalar(rand(1000000)) };
        range x from 1 to 3 step 1
        | extend same = once, other = new_guid(), equal = twice() == twice()
        | summarize dcount(same), dcount(other), countif(equal)"""
    assert kql_engine.run(query)[1] == [(1, 3, 3)]


def test_the_path_of_a_column_leads_into_its_text(kql_engine: Engine) -> None:
    query = """
        datatable(path: string, text: string)
            ["$.a", '{"a":1}', "$['b']", '{"b":"x"}', "$..", "{}", "", "{}"]
        | project extract_json(path, text)"""
    assert kql_engine.run(query)[1] == [("1",), ("x",), ("",), ("",)]
