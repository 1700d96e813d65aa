from __future__ import annotations

from typing import TYPE_CHECKING, Any

import database_peers
import pymysql
import pytest

from opencensus.ext.pymysql import trace

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.databases
own_folder = database_peers.own_folder
mariadb = database_peers.mariadb


@pytest.fixture
def connection(mariadb: Any) -> Iterator[Any]:
    """A connection that was opened before it was known to be traced."""
    made = pymysql.connect(
        host=mariadb.host, port=mariadb.port, user="shop", password="secret", database="shop"
    )
    trace.trace_integration()
    trace.trace_integration()
    yield made
    made.close()


def test_each_statement_is_a_client_span(
    connection: Any, mariadb: Any, tracer: Any, span_list: Any
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select %s + 20", (22,))
        assert int(cursor.fetchone()[0]) == 42

    (span,) = span_list.spans
    assert dict(span.attributes) == {
        "component": "mysql",
        "mysql.query": "select %s + ?",
        "mysql.cursor.method.name": "execute",
        "db.instance": "shop",
        "db.server": f"127.0.0.1:{mariadb.port}",
    }


@pytest.mark.parametrize(
    "kind", [pymysql.cursors.DictCursor, pymysql.cursors.SSCursor], ids=["dict", "unbuffered"]
)
def test_many_rows_are_one_statement(
    connection: Any, tracer: Any, span_list: Any, kind: Any
) -> None:
    with connection.cursor(kind) as cursor:
        cursor.execute("create temporary table if not exists t (a int)")
        cursor.executemany("insert into t values (%s)", [(1,), (2,)])

    assert [span.attributes["mysql.cursor.method.name"] for span in span_list.spans] == [
        "execute",
        "executemany",
    ]


def test_failed_statement_ends_its_span(connection: Any, tracer: Any, span_list: Any) -> None:
    with connection.cursor() as cursor, pytest.raises(pymysql.err.ProgrammingError):
        cursor.execute("select * from nowhere")

    assert span_list.spans[0].status.code == 2
    assert tracer.current_span() is None
