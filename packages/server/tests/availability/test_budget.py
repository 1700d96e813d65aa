"""Error budgets and downtime: sums by hand."""

from __future__ import annotations

import pytest

from openinsights.availability.budget import Downtime, budget_of, downtimes


def test_budget_is_what_the_objective_grants_for_so_many_runs():
    budget = budget_of(runs=2_000, passed=1_999, objective=99.9)
    assert budget.percent == pytest.approx(99.95)
    assert budget.allowed == pytest.approx(2.0)
    assert budget.left_percent == pytest.approx(50.0)
    assert budget.is_met


def test_overdrawn_budget_is_negative():
    budget = budget_of(runs=1_000, passed=997, objective=99.9)
    assert budget.left_percent == pytest.approx(-200.0)
    assert not budget.is_met


def test_nothing_is_said_without_runs():
    budget = budget_of(0, 0, 99.9)
    assert (budget.percent, budget.left_percent, budget.is_met) == (None, None, None)


def test_bins_side_by_side_are_one_downtime():
    assert downtimes([0, 5, 10, 20, 30, 35], 5) == [
        Downtime(0, 15),
        Downtime(20, 25),
        Downtime(30, 40),
    ]
    assert downtimes([], 5) == []
