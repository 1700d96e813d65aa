"""States of hll: exact while they are not full, mergeable, and close beyond."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from openinsights.kql.errors import KqlError

if TYPE_CHECKING:
    from engine import Engine


def one(engine: Engine, text: str) -> Any:
    ((value,),) = engine.run(text)[1]
    return value


def test_a_state_counts_exactly_up_to_its_size(kql_engine: Engine) -> None:
    text = "range x from 1 to 16000 step 1 | summarize h = hll(x % 15000) | project dcount_hll(h)"
    assert one(kql_engine, text) == 15_000


@pytest.mark.parametrize(
    ("accuracy", "error"), [(0, 0.016), (1, 0.008), (2, 0.004), (3, 0.0028), (4, 0.002)]
)
def test_a_full_state_is_as_close_as_its_accuracy_says(
    kql_engine: Engine, accuracy: int, error: float
) -> None:
    text = f"range x from 1 to 400000 step 1 | summarize dcount_hll(hll(x, {accuracy}))"
    # The error is a standard deviation; these hashes are always the same.
    assert one(kql_engine, text) == pytest.approx(400_000, rel=3 * error)


def test_states_of_parts_merge_to_the_state_of_the_whole(kql_engine: Engine) -> None:
    text = (
        "range x from 1 to 60000 step 1"
        " | summarize h = hll(x), whole = make_set(1) by part = x % 7"
        " | summarize merged = hll_merge(h)"
        " | extend whole = toscalar(range x from 1 to 60000 step 1 | summarize hll(x))"
        " | project tostring(merged) == tostring(whole)"
    )
    assert one(kql_engine, text) is True


def test_states_stand_in_columns_bags_and_lists(kql_engine: Engine) -> None:
    text = (
        "datatable(day:long, user:string)[1,'a', 1,'b', 2,'b', 2,'c', 2,'']"
        " | summarize h = hll(user) by day"
        " | extend bag = bag_pack('state', h)"
        " | summarize states = make_list(bag)"
        " | mv-expand each = states"
        " | summarize dcount_hll(hll_merge(each.state))"
    )
    assert one(kql_engine, text) == 4


def test_merging_two_accuracies_keeps_the_smaller(kql_engine: Engine) -> None:
    text = "print hll_merge(dynamic([[4096],[1,5]]), dynamic([[16384],[3,5]]))"
    assert one(kql_engine, text) == [[4096], [1, 3, 5]]


def test_missing_values_do_not_count(kql_engine: Engine) -> None:
    text = "datatable(x:long)[1, long(null), 2] | summarize dcount_hll(hll(x))"
    assert one(kql_engine, text) == 2


def test_hll_if_counts_the_rows_that_fit(kql_engine: Engine) -> None:
    text = "range x from 1 to 100 step 1 | summarize dcount_hll(hll_if(x, x % 4 == 0))"
    assert one(kql_engine, text) == 25


@pytest.mark.parametrize("value", ["dynamic(null)", "dynamic([1,2])", "dynamic('x')", "dynamic(7)"])
def test_what_is_no_state_has_no_count(kql_engine: Engine, value: str) -> None:
    assert one(kql_engine, f"print dcount_hll({value})") is None
    assert one(kql_engine, f"print hll_merge({value}, {value})") is None


@pytest.mark.parametrize("accuracy", ["5", "-1", "x", "0.5"])
def test_an_accuracy_that_there_is_not_is_refused_at_its_place(
    kql_engine: Engine, accuracy: str
) -> None:
    with pytest.raises(KqlError, match="the accuracy is a whole number from 0 to 4") as caught:
        kql_engine.run(f"range x from 1 to 2 step 1 | summarize hll(x, {accuracy})")
    assert caught.value.column == 40


def test_the_same_name_is_an_aggregate_of_one_and_a_function_of_several(
    kql_engine: Engine,
) -> None:
    names, _ = kql_engine.run(
        "print a = dynamic([[4096],[1]]), b = dynamic([[4096],[2]])"
        " | summarize hll_merge(a), b = take_any(b) | extend hll_merge(hll_merge_a, b)"
    )
    assert names == ["hll_merge_a", "b", "hll_merged_result"]
