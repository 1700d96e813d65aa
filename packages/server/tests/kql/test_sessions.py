"""row_window_session: where each row's session began."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from openinsights.kql.errors import KqlError

if TYPE_CHECKING:
    from engine import Engine


def sessions(engine: Engine, values: str, call: str) -> list[Any]:
    text = f"datatable(x:long, k:string)[{values}] | serialize s = row_window_session({call})"
    return [row[2] for row in engine.run(text)[1]]


@pytest.mark.parametrize(
    ("values", "call", "expected"),
    [
        # Each row lies less than 3 from the one before, and less than 5 from the first.
        ("1,'', 3,'', 5,''", "x, 5, 3", [1, 1, 1]),
        # 6 reaches the distance from the first, 10 that from its neighbour.
        ("1,'', 3,'', 5,'', 6,'', 9,'', 10,''", "x, 5, 3", [1, 1, 1, 6, 9, 9]),
        ("1,'a', 2,'b', 3,'b'", "x, 100, 100, k != prev(k)", [1, 2, 2]),
        ("1,'', long(null),'', 2,''", "x, 100, 100", [1, None, 2]),
        ("long(null),'', 2,'', 3,''", "x, 100, 100", [None, 2, 2]),
        ("5,'', 1,'', 2,''", "x, 100, 100", [5, 5, 5]),
    ],
)
def test_a_session_ends_by_either_distance_or_a_restart(
    kql_engine: Engine, values: str, call: str, expected: list[Any]
) -> None:
    assert sessions(kql_engine, values, call) == expected


def test_sessions_of_times_in_their_order(kql_engine: Engine) -> None:
    text = (
        "datatable(user:string, at:datetime)['a', datetime(2024-01-01 10:04), 'b',"
        " datetime(2024-01-01 10:05), 'a', datetime(2024-01-01 10:00), 'a', datetime(2024-01-01 12:00)]"
        " | order by user asc, at asc"
        " | extend start = row_window_session(at, 1h, 5m, user != prev(user))"
        " | summarize rows = count() by user, start | order by user asc, start asc"
    )
    found = [(row[0], row[1][11:16], row[2]) for row in kql_engine.run(text)[1]]
    assert found == [("a", "10:00", 2), ("a", "12:00", 1), ("b", "10:05", 1)]


def test_sessions_inside_a_partition_and_beside_other_functions_of_rows(kql_engine: Engine) -> None:
    text = (
        "datatable(x:long, k:string)[1,'a', 2,'a', 9,'b', 10,'b', 3,'a']"
        " | partition by k (order by x asc"
        " | extend n = row_number(), s = row_window_session(x, 5, 3), p = prev(x))"
        " | order by x asc"
    )
    assert kql_engine.run(text)[1] == [
        (1, "a", 1, 1, None),
        (2, "a", 2, 1, 1),
        (3, "a", 3, 1, 2),
        (9, "b", 1, 9, None),
        (10, "b", 2, 9, 9),
    ]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("name, 5, 3", "sessions are of times or numbers"),
        ("timestamp, 5, 3", "no long"),
        ("duration, 1h, 3", "no timespan"),
        ("timestamp, 1h", "takes 3 to 4 arguments"),
    ],
)
def test_mistakes(kql_engine: Engine, call: str, message: str) -> None:
    with pytest.raises(KqlError, match=message) as caught:
        kql_engine.run(f"requests | extend s = row_window_session({call})")
    assert caught.value.column > 20
