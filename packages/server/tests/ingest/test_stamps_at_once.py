"""What is read at once is exactly what is read one by one, or it is not read at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openinsights.ingest.stamps_at_once import FEWEST, durations_at_once, times_at_once
from openinsights_wire.errors import WireError
from openinsights_wire.stamps import parse_duration, parse_time

_DIGITS = st.text("0123456789", min_size=1, max_size=8)


def each(read, texts):
    """Return what reading one by one gives, None where that refuses a text."""
    try:
        return [read(text) for text in texts]
    except WireError:
        return None


@st.composite
def times(draw) -> list[str]:
    digits = draw(st.integers(0, 8))

    def one() -> str:
        clock = f"{draw(st.integers(0, 29)):02}:{draw(st.integers(0, 61)):02}"
        second = f"{draw(st.integers(0, 61)):02}"
        fraction = draw(st.text("0123456789", min_size=digits, max_size=digits))
        return f"2026-11-{draw(st.sampled_from((21, 30, 31)))}T{clock}:{second}.{fraction}Z"

    return [one() for _ in range(FEWEST)]


@given(times())
def test_times_are_those_that_are_read_one_by_one(texts) -> None:
    found = times_at_once(texts)
    assert found is None or found == each(parse_time, texts)


@st.composite
def durations(draw) -> list[str]:
    days = draw(st.sampled_from(("", "0.", "7.")))

    def one() -> str:
        parts = [f"{draw(st.integers(0, most)):02}" for most in (30, 61, 61)]
        return f"{days}{':'.join(parts)}.{draw(_DIGITS)}"

    return [one() for _ in range(FEWEST)]


@given(durations())
def test_durations_are_those_that_are_read_one_by_one(texts) -> None:
    found = durations_at_once(texts)
    assert found is None or found == each(parse_duration, texts)


def test_the_usual_forms_are_read_at_once() -> None:
    times = [f"2026-11-21T07:19:39.{number:06}Z" for number in range(FEWEST)]
    assert times_at_once(times) == [parse_time(text) for text in times]
    for form in ("0.00:00:01.{:03}", "01:02:03.{:07}", "3.04:05:06.{}"):
        lengths = [form.format(number) for number in range(FEWEST)]
        assert durations_at_once(lengths) == [parse_duration(text) for text in lengths]


@pytest.mark.parametrize(
    "odd",
    [
        "2026-11-21T07:19:39.00000xZ",
        "2026-11-21T07:19:39.000000z",
        "2026-11-21 07:19:39.000000Z",
        "2026-11-22T07:19:39.000000Z",
        "2026-11-21T24:19:39.000000Z",
        "2026-11-21T07:60:39.000000Z",
        "2026-11-21T07:19:60.000000Z",
        "2026-11-21T07:19:39.00000٣Z",
        "2026-11-21T07:19:39.0000Z",
        "",
    ],
)
def test_one_odd_time_has_all_read_one_by_one(odd) -> None:
    usual = ["2026-11-21T07:19:39.000000Z"] * FEWEST
    assert times_at_once([*usual, odd]) is None
    assert times_at_once([odd, *usual]) is None


@pytest.mark.parametrize(
    "odd", [None, 5.0, "", "soon", "00:00:01", "0.00:60:00.1", "0.00:00:00.12345678", "-0:00:01.1"]
)
def test_one_odd_duration_has_all_read_one_by_one(odd) -> None:
    usual = ["0.00:00:01.25"] * FEWEST
    assert durations_at_once([*usual, odd]) is None
    assert durations_at_once([odd, *usual]) is None
