"""Scalar functions of probability: the beta distribution and Welch's test.

A number that is none is handed to the engine as text, since it holds the number NaN for null.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from openinsights.kql.functions.row import Function, Kind, Null, Udf
from openinsights.kql.spelling import real_text
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable

_TINY: Final = 1e-300
_ENOUGH: Final = 1e-16
_LARGEST: Final = 1e6
"""Shapes beyond this are too far from what the method computes well."""


def incomplete_beta(x: float, alpha: float, beta: float) -> float:
    """The regularised incomplete beta function for x from 0 to 1 and positive alpha and beta."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (alpha + 1) / (alpha + beta + 2):
        return 1.0 - incomplete_beta(1 - x, beta, alpha)
    front = alpha * math.log(x) + beta * math.log1p(-x) - _log_beta(alpha, beta)
    return math.exp(front) * _fraction(x, alpha, beta) / alpha


def _log_beta(alpha: float, beta: float) -> float:
    return math.lgamma(alpha) + math.lgamma(beta) - math.lgamma(alpha + beta)


def _fraction(x: float, alpha: float, beta: float) -> float:
    """The continued fraction of the function, by Lentz's method."""
    upper, lower = 1.0, 1.0 / _apart(1 - (alpha + beta) * x / (alpha + 1))
    value = lower
    for step in range(1, 1_000):
        twice = alpha + 2 * step
        for term in (
            step * (beta - step) * x / ((twice - 1) * twice),
            -(alpha + step) * (alpha + beta + step) * x / (twice * (twice + 1)),
        ):
            lower = 1.0 / _apart(1 + term * lower)
            upper = _apart(1 + term / upper)
            value *= lower * upper
        if abs(lower * upper - 1) < _ENOUGH:
            break
    return value


def _apart(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def beta_cdf(x: float, alpha: float, beta: float) -> str | None:
    """How probable it is that a beta variable is at most x; as text."""
    if math.isnan(x) or not 0 <= x <= 1 or not beta > 0:
        return real_text(math.nan)
    if alpha > _LARGEST or beta > _LARGEST:
        return None
    return real_text(1.0 if alpha <= 0 else incomplete_beta(x, alpha, beta))


def beta_pdf(x: float, alpha: float, beta: float) -> str:
    """The density of a beta variable at x; as text."""
    if not 0 < x < 1 or not alpha > 0 or not beta > 0:
        return real_text(math.nan)
    exponent = (alpha - 1) * math.log(x) + (beta - 1) * math.log1p(-x)
    return real_text(math.exp(exponent - _log_beta(alpha, beta)))


def beta_inv(probability: float, alpha: float, beta: float) -> str | None:
    """The value that a beta variable exceeds as seldom as told; as text."""
    if not alpha > 0 or not beta > 0:
        return real_text(math.nan)
    if not 0 <= probability <= 1 or alpha > _LARGEST or beta > _LARGEST:
        return None
    low, high = 0.0, 1.0
    for _ in range(80):
        middle = (low + high) / 2
        if incomplete_beta(middle, alpha, beta) < probability:
            low = middle
        else:
            high = middle
    return real_text((low + high) / 2)


def welch_test(
    mean1: float, variance1: float, count1: float, mean2: float, variance2: float, count2: float
) -> float | None:
    """How probable means so far apart are if both samples come from populations of one mean."""
    if min(count1, count2) < 2:
        return None
    first, second = variance1 / count1, variance2 / count2
    if first + second <= 0:
        return None
    squared = (mean1 - mean2) ** 2 / (first + second)
    freedom = (first + second) ** 2 / (first**2 / (count1 - 1) + second**2 / (count2 - 1))
    return incomplete_beta(freedom / (freedom + squared), freedom / 2, 0.5)


def _beta(name: str, function: Callable[..., str | None]) -> Function:
    return Function(
        name,
        (Kind.REAL,) * 3,
        KqlType.REAL,
        f"CAST(kql_{name}({{0}}, {{1}}, {{2}}) AS DOUBLE)",
        null=Null.MAKES,
        python=Udf(function, ("DOUBLE",) * 3, "VARCHAR"),
    )


FUNCTIONS: Final = (
    _beta("beta_cdf", beta_cdf),
    _beta("beta_pdf", beta_pdf),
    _beta("beta_inv", beta_inv),
    Function(
        "welch_test",
        (Kind.REAL,) * 6,
        KqlType.REAL,
        "kql_welch_test({0}, {1}, {2}, {3}, {4}, {5})",
        null=Null.MAKES,
        python=Udf(welch_test, ("DOUBLE",) * 6, "DOUBLE"),
    ),
)
"""The family's rows."""
