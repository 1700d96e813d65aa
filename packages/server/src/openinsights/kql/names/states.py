"""Functions of the states that hll and tdigest keep."""

from __future__ import annotations

from typing import Final

from openinsights.kql.names.name import Name

NAMES: Final = (
    Name(
        "dcount_hll",
        "dcount_hll(hll)",
        "range x from 1 to 5 step 1 | summarize state = hll(x) | project dcount_hll(state)",
    ),
    Name(
        "hll_merge",
        "hll_merge(hll, …)",
        "range x from 1 to 5 step 1 | summarize a = hll(x), b = hll(x + 3) | project dcount_hll(hll_merge(a, b))",
    ),
    Name(
        "merge_tdigest",
        "merge_tdigest(tdigest, …)",
        "range x from 1 to 5 step 1 | summarize a = tdigest(x), b = tdigest(x) | project percentile_tdigest(merge_tdigest(a, b), 50)",
    ),
    Name(
        "percentile_tdigest",
        "percentile_tdigest(tdigest, percentile1, [type])",
        "range x from 1 to 5 step 1 | summarize state = tdigest(x) | project percentile_tdigest(state, 50)",
    ),
    Name(
        "percentiles_array_tdigest",
        "percentiles_array_tdigest(tdigest, percentile, …)",
        "range x from 1 to 5 step 1 | summarize state = tdigest(x) | project percentiles_array_tdigest(state, 0, 50, 100)",
    ),
    Name(
        "percentrank_tdigest",
        "percentrank_tdigest(digest, value)",
        "range x from 1 to 5 step 1 | summarize state = tdigest(x) | project percentrank_tdigest(state, 3)",
    ),
    Name(
        "rank_tdigest",
        "rank_tdigest(digest, value)",
        "range x from 1 to 5 step 1 | summarize state = tdigest(x) | project rank_tdigest(state, 3)",
    ),
    Name(
        "tdigest_merge",
        "tdigest_merge(tdigest, …)",
        "range x from 1 to 5 step 1 | summarize a = tdigest(x), b = tdigest(x) | project percentile_tdigest(tdigest_merge(a, b), 50)",
    ),
)
