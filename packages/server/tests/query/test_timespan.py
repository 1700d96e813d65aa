from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openinsights.query.errors import BadTimespan
from openinsights.query.timespan import MAX_TICKS, TimeRange, parse_timespan
from openinsights.query.values import parse_datetime_text

HOUR = 36_000_000_000
DAY = 24 * HOUR
NOON = parse_datetime_text("2026-11-21T12:00:00Z")
MIDNIGHT = NOON - DAY // 2


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        (None, None, None),
        ("", None, None),
        ("  ", None, None),
        ("PT1H", NOON - HOUR, NOON),
        ("PT3600.0S", NOON - HOUR, NOON),
        ("pt60m", NOON - HOUR, NOON),
        ("P1D", NOON - DAY, NOON),
        ("P1DT12H", NOON - DAY - 12 * HOUR, NOON),
        ("P2W", NOON - 14 * DAY, NOON),
        ("P1M", NOON - 30 * DAY, NOON),
        ("P1Y", NOON - 365 * DAY, NOON),
        ("P0.5D", NOON - DAY // 2, NOON),
        ("PT0.0000001S", NOON - 1, NOON),
        ("P9999999D", 0, NOON),
        ("2026-11-21T00:00:00Z/2026-11-21T12:00:00Z", MIDNIGHT, NOON),
        ("2026-11-21T00:00:00/2026-11-21T12:00", MIDNIGHT, NOON),
        ("2026-11-21/2026-11-22", MIDNIGHT, MIDNIGHT + DAY),
        ("2026-11-21 / PT12H", MIDNIGHT, NOON),
        ("PT12H/2026-11-21T12:00:00.000Z", MIDNIGHT, NOON),
        ("2026-11-21T02:00:00+02:00/2026-11-21T07:00:00-05:00", MIDNIGHT, NOON),
        ("2026-11-21T02:00:00 02:00/PT12H", MIDNIGHT, NOON),
        ("2026-11-21T00:00:00.1234567Z/PT12H", MIDNIGHT + 1_234_567, NOON + 1_234_567),
        ("2026-11-21T00:00:00.123456789Z/PT12H", MIDNIGHT + 1_234_567, NOON + 1_234_567),
        ("2026-11-20T24:00:00Z/P1D", MIDNIGHT, MIDNIGHT + DAY),
        ("9999-12-31/P1000D", parse_datetime_text("9999-12-31T00:00:00Z"), MAX_TICKS),
    ],
)
def test_every_form_means_its_range(text, start, end):
    assert TimeRange(start, end) == parse_timespan(text, NOON)


@pytest.mark.parametrize(
    "text",
    [
        "1h",
        "P",
        "PT",
        "P1H",
        "-PT1H",
        "PT1H/PT1H",
        "/",
        "PT1H/",
        "/2026-11-21",
        "2026-11-21",
        "2026-13-01/P1D",
        "2026-02-30/P1D",
        "2026-11-21T25:00/P1D",
        "a/b",
        "2026-11-21/2026-11-22/2026-11-23",
        "٢٠٢٦-11-21/P1D",
    ],
)
def test_another_form_is_refused_with_the_forms_that_work(text):
    with pytest.raises(BadTimespan, match="use a form like PT1H"):
        parse_timespan(text, NOON)


@given(st.text())
def test_any_text_is_a_range_or_a_bad_timespan(text):
    with suppress(BadTimespan):
        span = parse_timespan(text, NOON)
        assert all(t is None or t <= MAX_TICKS for t in (span.start_ticks, span.end_ticks))


def test_two_ranges_leave_what_both_hold():
    assert TimeRange(1, 5).within(2, None) == TimeRange(2, 5)
    assert TimeRange().within(None, 3) == TimeRange(None, 3)
    assert TimeRange(1, None).within(0, 9) == TimeRange(1, 9)
