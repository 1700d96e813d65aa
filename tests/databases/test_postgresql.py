"""Statements to a real PostgreSQL become dependencies, whichever driver sends them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

PSYCOPG2 = """
import psycopg2, psycopg2.extras, psycopg2.sql
connection = psycopg2.connect(host="127.0.0.1", port={port}, user="shop", dbname="shop")
assert type(connection).__name__ == "connection"
with connection, connection.cursor() as cursor:
    cursor.execute("select %s::int + 20", (22,))
    assert cursor.fetchone() == (42,)
    cursor.execute(psycopg2.sql.SQL("select {{}} from (values ('secret')) as t (name)").format(
        psycopg2.sql.Identifier("name")))
    assert cursor.fetchall() == [("secret",)]
with connection.cursor(cursor_factory=psycopg2.extras.DictCursor) as cursor:
    cursor.execute("select 1 as one")
    assert cursor.fetchone()["one"] == 1
try:
    connection.cursor().execute("select * from nowhere")
except psycopg2.errors.UndefinedTable:
    connection.rollback()
connection.close()
dicts = psycopg2.connect(
    host="127.0.0.1", port={port}, user="shop", dbname="shop",
    connection_factory=psycopg2.extras.DictConnection)
assert isinstance(dicts, psycopg2.extras.DictConnection)
cursor = dicts.cursor()
assert isinstance(cursor, psycopg2.extras.DictCursor)
cursor.executemany("select %s", [(1,), (2,)])
dicts.close()
"""
PSYCOPG = """
import psycopg
with psycopg.connect(host="127.0.0.1", port={port}, user="shop", dbname="shop") as connection:
    assert connection.execute("select %s::int + 20", (22,)).fetchone() == (42,)
    with connection.cursor() as cursor:
        cursor.execute(b"select 'secret'")
        cursor.executemany("select %s::int", [(1,), (2,)])
    with connection.cursor("of_the_server") as cursor:
        cursor.execute("select generate_series(1, 3)")
        assert len(cursor.fetchall()) == 3
    try:
        connection.execute("select * from nowhere")
    except psycopg.errors.UndefinedTable:
        connection.rollback()
"""
PSYCOPG_ASYNC = """
import asyncio, psycopg
async def main():
    async with await psycopg.AsyncConnection.connect(
        host="127.0.0.1", port={port}, user="shop", dbname="shop"
    ) as connection:
        found = await connection.execute("select %s::int + 20", (22,))
        assert await found.fetchone() == (42,)
        others = [psycopg.AsyncConnection.connect(
            host="127.0.0.1", port={port}, user="shop", dbname="shop") for _ in range(3)]
        async def ask(opening):
            async with await opening as other:
                await other.execute("select pg_sleep(0.05)")
        await asyncio.gather(*map(ask, others))
asyncio.run(main())
"""
ASYNCPG = """
import asyncio, asyncpg
async def main():
    async with asyncpg.create_pool(
        host="127.0.0.1", port={port}, user="shop", database="shop", min_size=1, max_size=2
    ) as pool:
        assert await pool.fetchval("select $1::int + 20", 22) == 42
        async with pool.acquire() as connection:
            await connection.execute("create temporary table t (a int)")
            await connection.executemany("insert into t values ($1)", [(1,), (2,)])
            prepared = await connection.prepare("select a from t where a > $1")
            assert len(await prepared.fetch(0)) == 2
            assert len(await connection.fetch("select a from t where a < 3")) == 2
            try:
                await connection.fetchrow("select * from nowhere")
            except asyncpg.UndefinedTableError:
                pass
asyncio.run(main())
"""


def target(peer: Any) -> str:
    return f"127.0.0.1:{peer.port} | shop"


@pytest.mark.parametrize(
    ("program", "texts"),
    [
        pytest.param(
            PSYCOPG2,
            [
                "select %s::int + ?",
                'select "name" from (values (?)) as t (name)',
                "select ? as one",
                "select * from nowhere",
                "select %s",
            ],
            id="psycopg2",
        ),
        pytest.param(
            PSYCOPG,
            [
                "select %s::int + ?",
                "select ?",
                "select %s::int",
                "select generate_series(?, ?)",
                "select * from nowhere",
            ],
            id="psycopg",
        ),
        pytest.param(
            PSYCOPG_ASYNC,
            ["select %s::int + ?", *["select pg_sleep(?)"] * 3],
            id="psycopg, awaited",
        ),
        pytest.param(
            ASYNCPG,
            [
                "select $1::int + ?",
                "create temporary table t (a int)",
                "insert into t values ($1)",
                "select a from t where a > $1",
                "select a from t where a < ?",
                "select * from nowhere",
            ],
            id="asyncpg",
        ),
    ],
)
def test_each_statement_is_a_dependency(
    tell: Callable[..., Any], postgresql: Any, program: str, texts: list[str]
) -> None:
    told = tell("postgresql", program.format(port=postgresql.port), len(texts)).but_own()

    assert [row["data"] for row in told] == texts
    for row in told:
        assert row["name"] == "postgresql.query"
        assert row["type"] == "postgresql"
        assert row["target"] == target(postgresql)
        failed = row["data"] == "select * from nowhere"
        assert row["success"] == str(not failed)
        assert row["resultCode"] == ("2" if failed else "0")


def test_values_are_recorded_where_the_environment_says_so(
    tell: Callable[..., Any], postgresql: Any
) -> None:
    program = PSYCOPG.format(port=postgresql.port)
    told = tell("postgresql", program, 5, OPENCENSUS_SQL_PARAMETERS="true").but_own()

    assert [row["data"] for row in told][:2] == ["select %s::int + 20", "select 'secret'"]
    recorded = json.loads(told[0]["customDimensions"])
    assert recorded["postgresql.query.parameters"] == "(22,)"


def test_a_server_that_is_away_raises_what_the_driver_raises(
    tell: Callable[..., Any], postgresql: Any
) -> None:
    program = """
import psycopg, psycopg2
for connect, error in ((psycopg.connect, psycopg.OperationalError),
                       (psycopg2.connect, psycopg2.OperationalError)):
    try:
        connect(host="127.0.0.1", port=9, user="shop", dbname="shop", connect_timeout=2)
    except error:
        pass
    else:
        raise AssertionError("connected")
connection = psycopg.connect(host="127.0.0.1", port={port}, user="shop", dbname="shop")
connection.close()
try:
    connection.execute("select 1")
except psycopg.OperationalError:
    pass
"""
    assert tell("postgresql", program.format(port=postgresql.port), 0).but_own() == []
