"""From look to look: one finding for one fault, and its end."""

from __future__ import annotations

import numpy as np
from made_up_series import FIRST, failures, watched

from openinsights.detection.detectors.shares import COLUMNS, Shares
from openinsights.detection.history import History
from openinsights.detection.watch import WHOLE, Watch


def looks(
    series: np.ndarray, units: list[str], has_whole: bool = False
) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """What opened and what ended, with the step, over the last day of the series."""
    known = series.shape[2] - 288
    history = watched(series[:, :, :known], COLUMNS, units)
    watch = Watch(Shares(), has_whole)
    opened: list[tuple[int, str]] = []
    ended: list[tuple[int, str]] = []
    for step in range(known, series.shape[2]):
        history.advance(FIRST + step)
        history.put(FIRST + step, units, series[:, :, step : step + 1])
        seen = watch.look(history)
        assert seen is not None
        opened += [(step - known, unit) for unit in seen[2].opened]
        ended += [(step - known, unit) for unit in seen[2].ended]
    return opened, ended


def test_a_fault_is_one_finding_that_ends_when_all_is_usual_again() -> None:
    series = failures(9)
    series[0, 2, -200:-100] += 15
    opened, ended = looks(series, ["GET /"])
    assert [unit for _, unit in opened] == ["GET /"]
    assert 88 < opened[0][0] <= 88 + 4
    assert [unit for _, unit in ended] == ["GET /"]
    assert 188 < ended[0][0] < 188 + 14


def test_one_operation_that_fails_is_said_of_the_operation_not_of_the_whole() -> None:
    series = np.concatenate([failures(9, seed=number) for number in range(4)])
    series[2, 2, -200:-100] += 30
    all_of_it = np.concatenate([series.sum(axis=0, keepdims=True), series])
    opened, _ = looks(all_of_it, [WHOLE, "a", "b", "c", "d"], has_whole=True)
    assert [unit for _, unit in opened] == ["c"]


def test_everything_that_fails_is_one_finding() -> None:
    series = np.concatenate([failures(9, seed=number) for number in range(6)])
    series[:, 2, -200:-100] += 15
    all_of_it = np.concatenate([series.sum(axis=0, keepdims=True), series])
    opened, _ = looks(all_of_it, [WHOLE, *"abcdef"], has_whole=True)
    assert [unit for _, unit in opened] == [WHOLE]


def test_nothing_is_said_in_the_first_two_hours() -> None:
    history = watched(failures(0.05), COLUMNS, ["GET /"])
    assert Watch(Shares(), False).look(history) is None


def test_a_history_forgets_units_that_are_gone_and_keeps_the_rest() -> None:
    history = History(COLUMNS, FIRST - 1)
    both = np.concatenate([failures(0.1), failures(0.1)])
    history.advance(FIRST + both.shape[2] - 1)
    history.put(FIRST, ["old", "kept"], both)
    for day in range(1, 12):
        history.advance(FIRST + day * 288)
        history.put(FIRST + day * 288, ["kept"], failures(0.01)[:, :, :1])
    assert history.units == ["kept"]


def test_late_telemetry_takes_the_place_of_what_was_known() -> None:
    history = History(COLUMNS, FIRST - 1)
    history.advance(FIRST + 5)
    history.put(FIRST, ["a"], np.full((1, 3, 6), 2.0))
    history.put(FIRST + 3, ["a"], np.full((1, 3, 3), 7.0))
    assert history.recent[0, 0, -6:].tolist() == [2, 2, 2, 7, 7, 7]
    assert history.every_slot[0, 0][-96:][:2].tolist() == [6, 21]


def test_what_was_found_and_is_over_is_not_found_again_by_a_longer_window() -> None:
    """Of an incident in little traffic, three hours still hold enough when its finding has ended."""
    rare = failures(9, rows=15, share=0.0)
    rare[0, 2, 7::60] = 1
    incident = rare.copy()
    incident[0, 2, -200:-176:2] += 1
    again = incident.copy()
    again[0, 2, -168:-160] += 3
    after_it = incident.copy()
    after_it[0, 2, -164:-157:2] += 1  # a few more, which are nothing by themselves
    opened, ended = looks(incident, ["GET /"])
    assert len(opened) == len(ended) == 1
    opened, _ = looks(after_it, ["GET /"])
    assert len(opened) == 1
    opened, _ = looks(again, ["GET /"])
    assert len(opened) == 2
