from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.sqlite3 import trace
from opencensus.trace.span import SpanKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _integrated() -> Iterator[None]:
    original = sqlite3.connect
    trace.trace_integration()
    trace.trace_integration()
    yield
    sqlite3.connect = sqlite3.dbapi2.connect = original


def test_each_statement_is_a_client_span(tracer: Any, span_list: Any, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "shop.db")
    cursor = connection.cursor()
    cursor.execute("create table t (a integer)")
    cursor.executemany("insert into t values (?)", [(1,), (2,)])
    rows = connection.execute("select a from t where a > ?", (1,)).fetchall()
    connection.close()

    assert rows == [(2,)]
    assert [span.name for span in span_list.spans] == ["sqlite3.query"] * 3
    span = span_list.spans[-1]
    assert span.span_kind == SpanKind.CLIENT
    assert dict(span.attributes) == {
        "component": "sqlite3",
        "sqlite3.query": "select a from t where a > ?",
        "sqlite3.cursor.method.name": "execute",
        "db.instance": "shop.db",
    }
    assert span_list.spans[1].attributes["sqlite3.cursor.method.name"] == "executemany"


def test_failed_statement_ends_its_span_with_an_error(tracer: Any, span_list: Any) -> None:
    connection = sqlite3.connect(":memory:")
    with pytest.raises(sqlite3.OperationalError):
        connection.execute("select * from nowhere")
    connection.close()

    (span,) = span_list.spans
    assert span.status.code == 2
    assert "nowhere" in span.status.message
    assert tracer.current_span() is None


def test_own_factories_are_kept(tracer: Any, span_list: Any) -> None:
    class Mine(sqlite3.Connection):
        def answer(self) -> int:
            return 42

    class MyCursor(sqlite3.Cursor):
        pass

    connection = sqlite3.connect(":memory:", factory=Mine)
    cursor = connection.cursor(MyCursor)
    cursor.execute("select 1")

    assert isinstance(connection, Mine)
    assert connection.answer() == 42
    assert isinstance(cursor, MyCursor)
    assert len(span_list.spans) == 1
    connection.close()


@pytest.mark.filterwarnings("ignore:Passing more than 1 positional:DeprecationWarning")
def test_positional_factory_is_traced(tracer: Any, span_list: Any) -> None:
    connection = sqlite3.connect(":memory:", 5.0, 0, None, True, sqlite3.Connection)
    connection.execute("select 1")
    connection.close()

    assert len(span_list.spans) == 1


def test_row_factory_scripts_and_context_manager_still_work(tracer: Any, span_list: Any) -> None:
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    with connection:
        connection.executescript("create table t (a); insert into t values (7);")
    row = connection.execute("select a from t").fetchone()
    connection.close()

    assert row["a"] == 7
    assert len(span_list.spans) == 2


def test_without_a_tracer_statements_run_as_before() -> None:
    connection = sqlite3.connect(":memory:")
    assert connection.execute("select 1").fetchone() == (1,)
    connection.close()


def test_own_execute_methods_are_called_and_traced_once(tracer: Any, span_list: Any) -> None:
    calls: list[str] = []

    class Own(sqlite3.Connection):
        def execute(self, sql: str, *args: Any) -> Any:  # type: ignore[override]
            calls.append(sql)
            return self.cursor().execute(sql, *args)

    class Shouting(sqlite3.Cursor):
        def execute(self, sql: str, *args: Any) -> Any:  # type: ignore[override]
            calls.append(sql.upper())
            return super().execute(sql, *args)

    connection = sqlite3.connect(":memory:", factory=Own)
    assert connection.execute("select 1").fetchone() == (1,)
    assert connection.cursor(Shouting).execute("select 2").fetchone() == (2,)
    connection.close()

    assert calls == ["select 1", "SELECT 2"]
    assert [span.attributes["sqlite3.query"] for span in span_list.spans] == [
        "select ?",
        "select ?",
    ]


def test_factories_that_are_no_types_still_work(tracer: Any, span_list: Any) -> None:
    def open_one(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        return sqlite3.Connection(*args, **kwargs)

    connection = sqlite3.connect(":memory:", factory=open_one)  # type: ignore[arg-type]
    assert connection.execute("select 1").fetchone() == (1,)
    connection.close()
    traced = sqlite3.connect(":memory:")
    cursor = traced.cursor(lambda owner: sqlite3.Cursor(owner))  # type: ignore[arg-type]
    assert cursor.execute("select 2").fetchone() == (2,)
    traced.close()

    assert span_list.spans == []
