"""Statements to a real MariaDB become dependencies, with either of MySQL's clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mysql.connector
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

STATEMENTS = """
cursor = connection.cursor()
cursor.execute("select %s + 20", (22,))
assert int(cursor.fetchall()[0][0]) == 42
cursor.execute("create temporary table t (a int, b varchar(20))")
cursor.executemany("insert into t values (%s, %s)", [(1, "x"), (2, "y")])
cursor.execute(r'''select a from t where b = "it\\'s" or b = 'secret\\'s' or a = 7 # why''')
cursor.fetchall()
try:
    cursor.execute("select * from nowhere")
except driver.ProgrammingError:
    pass
connection.close()
"""
PYMYSQL = """
import pymysql as driver
connection = driver.connect(
    host="127.0.0.1", port={port}, user="shop", password="secret", database="shop",
    cursorclass=driver.cursors.SSCursor)
"""
CONNECTOR = """
import mysql.connector as driver
connection = driver.connect(
    host="127.0.0.1", port={port}, user="shop", password="secret", database="shop",
    use_pure={pure})
"""


@pytest.mark.parametrize(
    ("integration", "program"),
    [
        pytest.param("pymysql", PYMYSQL, id="pymysql"),
        pytest.param("mysql", CONNECTOR.replace("{pure}", "True"), id="connector"),
        pytest.param("mysql", CONNECTOR.replace("{pure}", "False"), id="connector in C"),
    ],
)
def test_each_statement_is_a_dependency(
    tell: Callable[..., Any], mariadb: Any, integration: str, program: str
) -> None:
    if "use_pure=False" in program and not mysql.connector.HAVE_CEXT:
        pytest.skip("the connector was installed without its part in C")
    told = tell(integration, program.format(port=mariadb.port) + STATEMENTS, 5).but_own()

    assert [row["data"] for row in told] == [
        "select %s + ?",
        "create temporary table t (a int, b varchar(?))",
        "insert into t values (%s, %s)",
        "select a from t where b = ? or b = ? or a = ?",
        "select * from nowhere",
    ]
    assert {row["type"] for row in told} == {"mysql"}
    assert {row["name"] for row in told} == {"mysql.query"}
    assert {row["target"] for row in told} == {f"127.0.0.1:{mariadb.port} | shop"}
    assert [row["success"] for row in told] == ["True"] * 4 + ["False"]


def test_awaited_statements_of_the_connector(tell: Callable[..., Any], mariadb: Any) -> None:
    program = """
import asyncio
import mysql.connector.aio as driver
async def main():
    connection = await driver.connect(
        host="127.0.0.1", port={port}, user="shop", password="secret", database="shop",
        ssl_disabled=True)
    cursor = await connection.cursor()
    await cursor.execute("select %s + 20", (22,))
    assert int((await cursor.fetchall())[0][0]) == 42
    await connection.close()
asyncio.run(main())
"""
    told = tell("mysql", program.format(port=mariadb.port), 1).but_own()

    assert [row["data"] for row in told] == ["select %s + ?"]
    assert told[0]["target"] == f"127.0.0.1:{mariadb.port} | shop"
