"""Facts about durations and performance counters: the bands of durations, the counters' names."""

from __future__ import annotations

import re
from bisect import bisect_right

_BOUNDS_MS = (250, 500, 1_000, 3_000, 7_000, 15_000, 30_000, 60_000, 120_000, 300_000)
_BANDS = (
    "<250ms",
    "250ms-500ms",
    "500ms-1sec",
    "1sec-3sec",
    "3sec-7sec",
    "7sec-15sec",
    "15sec-30sec",
    "30sec-1min",
    "1min-2min",
    "2min-5min",
    ">=5min",
)

COUNTERS = frozenset(
    (
        r"\Processor(_Total)\% Processor Time",
        r"\Memory\Available Bytes",
        r"\Process(??APP_WIN32_PROC??)\% Processor Time",
        r"\Process(??APP_WIN32_PROC??)\% Processor Time Normalized",
        r"\Process(??APP_WIN32_PROC??)\Private Bytes",
        r"\Process(??APP_WIN32_PROC??)\IO Data Bytes/sec",
        r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Requests/Sec",
        r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Request Execution Time",
        r"\ASP.NET Applications(??APP_W3SVC_PROC??)\Requests In Application Queue",
        r"\.NET CLR Exceptions(??APP_CLR_PROC??)\# of Exceps Thrown / sec",
    )
)
"""Metrics of these names are readings of performance counters, as SDKs send them."""

_COUNTER = re.compile(r"\\(?P<category>[^\\(]*)(?:\((?P<instance>[^)]*)\))?\\(?P<counter>.*)")


def performance_bucket(duration_ms: float | None) -> str:
    """Return the band of a duration, such as `250ms-500ms`; "" when there is no duration."""
    if duration_ms is None:
        return ""
    return _BANDS[bisect_right(_BOUNDS_MS, duration_ms)]


def split_counter(name: str) -> tuple[str, str, str]:
    r"""Return category, counter and instance of `\category(instance)\counter`.

    A name of another form is its own counter.
    """
    found = _COUNTER.fullmatch(name)
    if found is None:
        return "", name, ""
    return found["category"], found["counter"], found["instance"] or ""
