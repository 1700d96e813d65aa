from __future__ import annotations

import pytest

from opencensus.ext.azure.common import utils


@pytest.mark.parametrize(
    ("microseconds", "expected"),
    [
        (0, "0.00:00:00.000"),
        (499, "0.00:00:00.000"),
        (500, "0.00:00:00.001"),
        (93_784_005_600, "1.02:03:04.006"),
    ],
)
def test_duration_is_rounded_to_milliseconds(microseconds: int, expected: str) -> None:
    assert utils.microseconds_to_duration(microseconds) == expected


def test_times_are_texts_in_utc() -> None:
    began, ended = "2026-11-29T18:47:08.000250Z", "2026-11-29T18:47:09.999999Z"

    assert utils.timestamp_to_duration(began, ended) == "0.00:00:02.000"
    assert utils.timestamp_to_iso_str(0.25) == "1970-01-01T00:00:00.250000Z"


@pytest.mark.parametrize("key", [None, "", "abc", "x1111111-2222-3333-4444-555555555555"])
def test_what_is_no_key_is_refused(key: str | None) -> None:
    with pytest.raises(ValueError, match=r"[Ii]nstrumentation key"):
        utils.validate_instrumentation_key(key)


def test_key_of_zeros_is_one() -> None:
    utils.validate_instrumentation_key("00000000-0000-0000-0000-000000000000")
