from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from opencensus.ext.dbapi.trace import trace_cursor_query, wrap_conn, wrap_cursor


def test_wrapped_driver_traces_statements(tracer: Any, span_list: Any) -> None:
    connect = wrap_conn(sqlite3.connect, component="mydb", instance="stock")
    connection = connect(":memory:")
    cursor = connection.cursor()
    assert cursor.execute("select 1") is cursor
    assert cursor.fetchone() == (1,)
    assert list(cursor.execute("select 2")) == [(2,)]
    connection.close()

    assert [span.name for span in span_list.spans] == ["mydb.query", "mydb.query"]
    assert dict(span_list.spans[0].attributes) == {
        "component": "mydb",
        "mydb.query": "select ?",
        "mydb.cursor.method.name": "execute",
        "db.instance": "stock",
    }


def test_name_of_a_driver_that_nobody_named_is_mysql(tracer: Any, span_list: Any) -> None:
    connection = wrap_conn(sqlite3.connect)(database=":memory:")
    connection.cursor().execute("select 1")
    connection.close()

    assert span_list.spans[0].name == "mysql.query"


def test_failed_statement_goes_on_to_the_caller(tracer: Any, span_list: Any) -> None:
    connection = wrap_conn(sqlite3.connect)(":memory:")
    with pytest.raises(sqlite3.OperationalError):
        connection.cursor().executemany("insert into nowhere values (?)", [(1,)])
    connection.close()

    assert span_list.spans[0].status.code == 2


def test_connection_is_still_the_drivers_own(tracer: Any) -> None:
    connection = wrap_conn(sqlite3.connect)(":memory:")
    assert isinstance(connection, sqlite3.Connection)
    with connection as entered:
        entered.execute("select 1")
    connection.close()


def test_cursors_and_queries_can_be_wrapped_alone(tracer: Any, span_list: Any) -> None:
    connection = sqlite3.connect(":memory:")
    wrap_cursor(connection.cursor, component="mydb")().execute("select 1")
    cursor = connection.cursor()
    trace_cursor_query(cursor.executemany, component="mydb")("create table t (a)", [])
    connection.close()

    assert [span.attributes["mydb.cursor.method.name"] for span in span_list.spans] == [
        "execute",
        "executemany",
    ]


class PlainDriver:
    """A driver in plain Python: one cursor for all, whose `executemany` goes through `execute`."""

    class Cursor:
        def __init__(self) -> None:
            self.sent: list[str] = []

        def execute(self, statement: str) -> int:
            self.sent.append(statement)
            return len(self.sent)

        def executemany(self, statement: str, rows: list[Any]) -> None:
            for _ in rows:
                self.execute(statement)

    class Connection:
        def __init__(self) -> None:
            self.only_cursor = PlainDriver.Cursor()

        def cursor(self) -> PlainDriver.Cursor:
            return self.only_cursor

    def __init__(self) -> None:
        self.only_connection = self.Connection()

    def connect(self, **kwargs: Any) -> PlainDriver.Connection:
        return self.only_connection


def test_objects_of_plain_drivers_stay_themselves(tracer: Any, span_list: Any) -> None:
    driver = PlainDriver()
    connection = wrap_conn(driver.connect)(database="stock")
    assert connection is driver.only_connection
    assert connection.cursor() is driver.only_connection.only_cursor
    assert connection.cursor().execute("select 1") == 1
    assert span_list.spans[0].attributes["db.instance"] == "stock"


def test_pooled_objects_are_traced_once_and_so_are_nested_methods(
    tracer: Any, span_list: Any
) -> None:
    connect = wrap_conn(PlainDriver().connect)
    for _ in range(3):
        connect().cursor().executemany("insert", [1, 2])

    assert [span.attributes["mysql.cursor.method.name"] for span in span_list.spans] == [
        "executemany"
    ] * 3
