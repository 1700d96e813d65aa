from __future__ import annotations

import pytest

from openinsights.api.errors import ApiError
from openinsights.api.prefer import Preferences, parse_prefer


@pytest.mark.parametrize(
    ("header", "preferences"),
    [
        ("", Preferences()),
        (" , ", Preferences()),
        ("wait=60", Preferences(wait_s=60.0)),
        ("wait=60, include-render=true", Preferences(wait_s=60.0, render=True)),
        ("Include-Statistics=true,include-sql=TRUE", Preferences(statistics=True, sql=True)),
        ("include-render=false;wait=1", Preferences(wait_s=1.0)),
        ("ai.response-thinning=false, respond-async", Preferences()),
    ],
)
def test_header_says_what_is_wanted(header, preferences):
    assert preferences == parse_prefer(header)


@pytest.mark.parametrize("header", ["wait=soon", "wait=", "wait=-1", "wait=1e9", "wait=²"])
def test_wait_that_is_no_number_of_seconds_is_refused(header):
    with pytest.raises(ApiError, match="a number of seconds is needed"):
        parse_prefer(header)
