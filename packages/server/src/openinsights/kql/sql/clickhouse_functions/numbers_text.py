"""Reals as texts, and rounding, as DuckDB does them."""

from __future__ import annotations

from openinsights.kql.sql.clickhouse_functions.spelling import named


def rounded(value: str) -> str:
    """The nearest whole number as a real; halves go away from zero."""
    return named(
        value, lambda v: f"(trunc({v}) + if(abs({v} - trunc({v})) >= 0.5, sign({v}), 0))", "r"
    )


def _finite(value: str) -> str:
    """The shortest text of a finite real, with `.0` or an exponent as DuckDB writes it."""
    digits = "replaceAll(t, '-', '')"
    return (
        "multiIf("
        # an exponent has a sign and two digits at least
        "position(t, 'e') > 0, concat("
        "substring(t, 1, position(t, 'e') - 1), 'e',"
        " if(position(t, 'e-') > 0, '-', '+'),"
        " leftPad(extract(t, 'e-?([0-9]+)'), greatest(2, length(extract(t, 'e-?([0-9]+)'))), '0')),"
        f" abs({value}) >= 1e16, concat(if({value} < 0, '-', ''), substring({digits}, 1, 1),"
        f" if(match({digits}, '^[0-9]0*$'), '',"
        f" concat('.', replaceRegexpOne(substring({digits}, 2), '0+$', ''))),"
        f" 'e+', toString(length({digits}) - 1)),"
        f" {value} != 0 AND abs({value}) < 1e-4, concat(if({value} < 0, '-', ''),"
        " arrayMap(d -> concat(substring(d, 1, 1), if(length(d) > 1, '.', ''), substring(d, 2)),"
        " [extract(t, '0[.]0*([1-9][0-9]*)')])[1],"
        " 'e-', leftPad(toString(length(extract(t, '[.](0*)')) + 1), 2, '0')),"
        " position(t, '.') = 0, concat(t, '.0'), t)"
    )


def real_text(value: str) -> str:
    """What tostring makes of a real."""

    def write(v: str) -> str:
        finite = f"arrayMap(t -> {_finite(v)}, [toString({v})])[1]"
        return (
            f"multiIf(isNaN({v}), 'NaN', isInfinite({v}), if({v} > 0, 'Infinity', '-Infinity'),"
            f" {finite})"
        )

    return named(value, write, "x")
