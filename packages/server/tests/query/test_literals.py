from __future__ import annotations

import pytest

from openinsights.clock import TICKS_PER_DAY, TICKS_PER_SECOND, UNIX_EPOCH_TICKS
from openinsights.query.literals import let_line, literal
from openinsights.schema.types import KqlType


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (KqlType.STRING, "", '""'),
        (KqlType.STRING, 'GET "/"', '"GET \\"/\\""'),
        (KqlType.STRING, "C:\\temp", '"C:\\\\temp"'),
        (KqlType.STRING, "a\nb\tc\rd\x00e", '"a\\nb\\tc\\rd\\u0000e"'),
        (KqlType.STRING, 'x"; requests | take 1 //', '"x\\"; requests | take 1 //"'),
        (KqlType.LONG, 8, "long(8)"),
        (KqlType.REAL, 0.1, "real(0.1)"),
        (KqlType.DATETIME, UNIX_EPOCH_TICKS, "datetime(1970-01-01T00:00:00.0000000Z)"),
        (KqlType.DATETIME, UNIX_EPOCH_TICKS + 1, "datetime(1970-01-01T00:00:00.0000001Z)"),
        (
            KqlType.DATETIME,
            UNIX_EPOCH_TICKS + TICKS_PER_DAY - 1,
            "datetime(1970-01-01T23:59:59.9999999Z)",
        ),
        (KqlType.TIMESPAN, 300 * TICKS_PER_SECOND, "timespan(0.00:05:00.0000000)"),
        (KqlType.TIMESPAN, 7 * TICKS_PER_DAY + 15, "timespan(7.00:00:00.0000015)"),
    ],
)
def test_a_value_becomes_a_literal(kind: KqlType, value: str | float, expected: str) -> None:
    assert literal(kind, value) == expected


def test_a_parameter_becomes_a_let_statement() -> None:
    assert let_line("rows", KqlType.LONG, 8) == "let rows = long(8);"


def test_a_type_without_a_literal_form_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot write a KQL literal of type dynamic"):
        literal(KqlType.DYNAMIC, "{}")
