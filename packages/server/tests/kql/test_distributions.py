"""The beta distribution and Welch's test."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from openinsights.kql.functions.distributions import incomplete_beta

if TYPE_CHECKING:
    from engine import Engine


@pytest.mark.parametrize(
    ("x", "alpha", "beta", "expected"),
    [
        (0.5, 1.0, 1.0, 0.5),
        (0.3, 2.0, 1.0, 0.09),
        (0.3, 1.0, 2.0, 0.51),
        (0.9, 10.0, 20.0, 0.9999999999999593),
        (0.5, 0.5, 0.5, 0.5),
        (0.5, 300.0, 300.0, 0.5),
        (0.0, 2.0, 3.0, 0.0),
        (1.0, 2.0, 3.0, 1.0),
    ],
)
def test_incomplete_beta(x: float, alpha: float, beta: float, expected: float) -> None:
    assert incomplete_beta(x, alpha, beta) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("beta_cdf(0.3, 2.0, 1.0)", 0.09),
        ("beta_cdf(0.1, -1.0, 20.0)", 1.0),
        ("beta_inv(0.1, 10.0, 20.0)", 0.22641502238874897),
        ("beta_inv(1.5, 10.0, 20.0)", None),
        ("beta_pdf(0.5, 1.0, 1.0)", 1.0),
        ("beta_pdf(0.5, 2.0, 2.0)", 1.5),
        ("beta_cdf(real(null), 1.0, 1.0)", None),
        ("welch_test(5.0, 1.0, 10, 5.0, 2.0, 10)", 1.0),
        ("welch_test(5.0, 1.0, 1, 5.0, 2.0, 10)", None),
        ("welch_test(5.0, 0.0, 10, 5.0, 0.0, 10)", None),
        ("round(welch_test(20.82, 7.845, 15, 22.9867, 3.843, 15), 3)", 0.021),
    ],
)
def test_value_of_an_expression(
    kql_engine: Engine, expression: str, expected: float | None
) -> None:
    found = kql_engine.run(f"print x = {expression}")[1][0][0]
    assert found == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    "expression", ["beta_cdf(1.5, 10.0, 20.0)", "beta_inv(0.1, -1.0, 20.0)", "beta_pdf(2, 1, 1)"]
)
def test_what_makes_no_sense_is_no_number(kql_engine: Engine, expression: str) -> None:
    assert math.isnan(kql_engine.run(f"print x = {expression}")[1][0][0])
