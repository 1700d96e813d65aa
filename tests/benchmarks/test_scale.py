"""What the sizing model says follows from what was measured and assumed."""

from __future__ import annotations

import dataclasses
import itertools
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from scale_model import Assumptions, Facts, most_of_one_machine, need

FACTS = Facts(
    item_bytes=1000,
    server_us=20,
    reader_us=20,
    row_bytes=100,
    loaded_mb=400,
    question_s=0.01,
    question_row_us=0.01,
    cluster_insert_us=10,
    cluster_row_bytes=40,
    cluster_server_us=25,
)
ASSUMED = Assumptions()


def test_a_small_load_needs_one_small_machine():
    small = need(1e6, FACTS, ASSUMED)
    assert small.is_one_machine
    assert (small.servers, small.store_cores, small.why_not) == (1, 0.0, "")
    assert small.items_per_s == pytest.approx(1e6 / 86_400 * 3)
    assert small.ingest_cores == pytest.approx(small.items_per_s * 40e-6 / 0.6)
    assert small.disk_gb == pytest.approx(1e6 * 100 * 30 / 1e9 / 0.7)


def test_one_process_bounds_one_machine():
    most = most_of_one_machine(FACTS, dataclasses.replace(ASSUMED, machine_cores=10_000))
    assert most / 86_400 * 3 * 20e-6 == pytest.approx(0.6, rel=1e-3)
    over = need(most * 1.01, FACTS, ASSUMED)
    assert not over.is_one_machine
    assert over.servers >= 3


def test_more_items_need_more_of_everything_and_less_of_money_each():
    needs = [need(items, FACTS, ASSUMED) for items in (1e7, 1e8, 1e9, 1e10)]
    for less, more in itertools.pairwise(needs):
        assert more.disk_gb > less.disk_gb
        assert more.servers >= less.servers
        assert more.month > less.month
    assert needs[1].per_billion < needs[0].per_billion


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"peak": 6.0}, "ingest_cores"),
        ({"busy": 0.3}, "ingest_cores"),
        ({"days": 60}, "disk_gb"),
        ({"replicas": 3}, "store_cores"),
        ({"tiles_per_s": 1.0}, "query_cores"),
        ({"gb_month": 1.0}, "month"),
    ],
)
def test_each_assumption_counts(changed, field):
    usual = need(1e10, FACTS, ASSUMED)
    other = need(1e10, FACTS, dataclasses.replace(ASSUMED, **changed))
    assert getattr(other, field) > getattr(usual, field)
