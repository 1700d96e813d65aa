"""Item ids. Rules W70 and W71."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openinsights_wire.sequence import format_sequence, parse_sequence


@settings(deadline=None)
@given(st.integers(0, 2**64 - 1), st.integers(0, 2**63 - 1))
def test_an_item_id_survives_writing_and_reading(source: int, number: int) -> None:
    """W70."""
    text = format_sequence(f"{source:016x}", number)
    assert len(text) <= 64
    assert parse_sequence(text) == (source, number)


@pytest.mark.parametrize(
    "seq",
    [
        None, "", "oi.", "12", "|acfm4:12", "oi.00000000000000ff", "oi.00000000000000ff.",
        "oi.00000000000000FF.1", "oi.0000000000000_ff.1", "oi.00000000000000ff.01",
        "oi.00000000000000ff.-1", "oi.00000000000000ff.1x", "oi.00000000000000ff.٣",
        "oi.00000000000000ff.9223372036854775808", "oi.00000000000000ff.99999999999999999999",
        "xx.00000000000000ff.1", "oi.00000000000000ff:1", " oi.00000000000000ff.1",
    ],
)  # fmt: skip
def test_what_somebody_else_wrote_is_no_item_id(seq: str | None) -> None:
    """W71."""
    assert parse_sequence(seq) is None


@pytest.mark.parametrize(
    ("source", "number"), [("ff", 1), ("00000000000000FF", 1), ("0" * 16, -1), ("0" * 16, 2**63)]
)
def test_an_impossible_item_id_is_not_written(source: str, number: int) -> None:
    """W70."""
    with pytest.raises(ValueError, match="cannot use"):
        format_sequence(source, number)
