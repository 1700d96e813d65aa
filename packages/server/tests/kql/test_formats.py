"""Patterns of format_datetime give the same text from the engine's own function and from ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from openinsights.kql.functions.times import format_datetime

if TYPE_CHECKING:
    from engine import Engine

TICKS = (0, 638_688_012_345_678_901, 630_822_816_000_000_000, 3_155_378_975_999_999_999)


@pytest.mark.parametrize(
    "pattern",
    [
        "yyyy-MM-dd", "yyyy-MM-dd HH:mm:ss.fff", "dd/MM/yy hh:mm tt", "ddd dddd MMM MMMM", "H:m:s",
        "yyyy-MM-ddTHH:mm:ss.fffffff", "100% yyyy", "ffffff", "F", "d M", "[yyyy]", "fff",
    ],
)  # fmt: skip
def test_both_ways_of_writing_a_datetime_agree(kql_engine: Engine, pattern: str) -> None:
    rows = ", ".join(f"datetime(null), {ticks}" for ticks in TICKS)
    text = (
        f"datatable(unused:datetime, ticks:long)[{rows}]"
        f" | project x = format_datetime(todatetime(ticks), '{pattern}')"
    )
    expected = [(format_datetime(ticks, pattern),) for ticks in TICKS]
    assert kql_engine.run(text)[1] == expected
