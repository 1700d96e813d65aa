"""States of tdigest: exact while all values are kept, within a tenth of a percent beyond."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from openinsights.kql.errors import KqlError
from openinsights.kql.functions import digests

if TYPE_CHECKING:
    from engine import Engine


def one(engine: Engine, text: str) -> Any:
    ((value,),) = engine.run(text)[1]
    return value


@pytest.mark.parametrize("share", [0, 0.1, 5, 33.3, 50, 75, 99, 99.9, 100])
def test_percentiles_of_few_values_are_those_of_percentile(
    kql_engine: Engine, share: float
) -> None:
    text = (
        "range x from 1 to 5000 step 1 | extend v = (x * 7919) % 3001"
        f" | summarize t = tdigest(v), p = percentile(v, {share})"
        f" | project percentile_tdigest(t, {share}, typeof(long)) == p"
    )
    assert one(kql_engine, text) is True


def test_percentiles_of_many_values_are_within_a_tenth_of_a_percent(kql_engine: Engine) -> None:
    text = (
        "range x from 1 to 200000 step 1 | summarize t = tdigest(x * 1.0)"
        " | project percentiles_array_tdigest(t, 0, 0.01, 1, 25, 50, 75, 99, 99.99, 100)"
    )
    found = one(kql_engine, text)
    wanted = [1, 20, 2_000, 50_000, 100_000, 150_000, 198_000, 199_980, 200_000]
    assert found == pytest.approx(wanted, abs=200)
    assert found[0] == 1
    assert found[-1] == 200_000
    # Towards the ends the values kept lie closer.
    assert found[1] == pytest.approx(20, abs=2)
    assert found[-2] == pytest.approx(199_980, abs=2)


def test_states_merge(kql_engine: Engine) -> None:
    text = (
        "range x from 1 to 100000 step 1 | summarize t = tdigest(x) by part = x % 9"
        " | summarize t = tdigest_merge(t)"
        " | project percentile_tdigest(t, 50, typeof(long)), rank_tdigest(t, 90000)"
    )
    ((median, rank),) = kql_engine.run(text)[1]
    assert median == pytest.approx(50_000, abs=200)
    assert rank == pytest.approx(90_000, abs=200)


def test_weights_count_as_so_many_rows(kql_engine: Engine) -> None:
    text = (
        "datatable(v:long, w:long)[10,8, 20,6, 30,3, 40,1, 50,0, 60,long(null)]"
        " | summarize t = tdigest(v, w)"
        " | project percentiles_array_tdigest(t, dynamic([40, 45, 70, 85, 100])),"
        " rank_tdigest(t, 20), percentrank_tdigest(t, 30)"
    )
    assert kql_engine.run(text)[1] == [
        ([10, 20, 20, 30, 40], 14.0, pytest.approx(94.444, abs=1e-3))
    ]


def test_times_keep_their_type_and_every_tick(kql_engine: Engine) -> None:
    text = (
        "datatable(t:datetime, s:timespan)"
        "[datetime(2024-01-01T00:00:00.0000001Z), 1h, datetime(2024-01-02), 2h]"
        " | summarize a = tdigest(t), b = tdigest(s)"
        " | project percentile_tdigest(a, 10), percentile_tdigest(a, 10, typeof(datetime)),"
        " percentile_tdigest(b, 100), rank_tdigest(a, datetime(2024-01-01)),"
        " rank_tdigest(a, datetime(2024-01-01T00:00:00.0000001Z)), rank_tdigest(b, 90m)"
    )
    first = "2024-01-01T00:00:00.0000001Z"
    assert kql_engine.run(text)[1] == [(first, first, "02:00:00", 0.0, 1.0, 1.0)]


def test_ranks_are_counts_of_values_not_larger(kql_engine: Engine) -> None:
    text = (
        "datatable(x:real)[1.5, 2.5, 2.5, 9] | summarize t = tdigest(x)"
        " | project rank_tdigest(t, 1), rank_tdigest(t, 2.5), rank_tdigest(t, 100),"
        " percentrank_tdigest(t, 2.5)"
    )
    assert kql_engine.run(text)[1] == [(0.0, 3.0, 4.0, 75.0)]


def test_no_values_have_no_percentiles(kql_engine: Engine) -> None:
    text = (
        "datatable(x:long)[] | summarize t = tdigest(x), m = tdigest_merge(dynamic(null))"
        " | project percentile_tdigest(t, 50), percentile_tdigest(m, 50), rank_tdigest(t, 1)"
    )
    assert kql_engine.run(text)[1] == [(None, None, None)]


def test_states_of_different_types_do_not_merge(kql_engine: Engine) -> None:
    text = "print tdigest_merge(dynamic([['long'],[1],[1]]), dynamic([['timespan'],[1],[1]]))"
    assert one(kql_engine, text) is None


@pytest.mark.parametrize(
    "value",
    ["dynamic(null)", "dynamic(1)", "dynamic([[],[],[]])", "dynamic([['long'],['a'],[1]])",
     "dynamic([['long'],[1],[]])", "dynamic([['guid'],[1],[1]])"],
)  # fmt: skip
def test_what_is_no_state_has_no_percentiles(kql_engine: Engine, value: str) -> None:
    assert one(kql_engine, f"print percentile_tdigest({value}, 50)") is None
    assert one(kql_engine, f"print percentrank_tdigest({value}, 50)") is None


def test_numbers_that_are_none_are_left_out(kql_engine: Engine) -> None:
    text = "datatable(x:real)[1.0, real(nan), real(null)] | summarize tdigest(x)"
    assert one(kql_engine, text) == [["real"], [1.0], [1]]


def test_a_state_is_small_however_many_values_it_is_of() -> None:
    values = [str(number) for number in range(50_000)]
    state = digests.weighted_digest(values, [1.0] * len(values), "long")
    assert len(state) < 30_000


def test_a_result_type_must_be_a_type(kql_engine: Engine) -> None:
    with pytest.raises(KqlError, match="typeof"):
        kql_engine.run("print percentile_tdigest(dynamic(null), 5, 'long')")
