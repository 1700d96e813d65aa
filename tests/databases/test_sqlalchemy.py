"""SQLAlchemy on real databases: one dependency a statement, whatever else traces the driver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

STATEMENTS = """
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
engine = create_engine("{url}")
with engine.connect() as connection:
    assert connection.execute(text("select :a + 20"), {{"a": 22}}).scalar() == 42
    connection.execute(text("select 'secret'"))
    try:
        connection.execute(text("select * from nowhere"))
    except DBAPIError:
        connection.rollback()
    connection.execute(text("select 1"))
engine.dispose()
"""
AWAITED = """
import asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
async def main():
    engine = create_async_engine("{url}")
    async def ask():
        async with engine.connect() as connection:
            assert (await connection.execute(text("select 20 + :a"), {{"a": 22}})).scalar() == 42
    await ask()
    await asyncio.gather(ask(), ask())
    await engine.dispose()
asyncio.run(main())
"""
POOL = """
from sqlalchemy import create_engine, text
from sqlalchemy.exc import TimeoutError
engine = create_engine("{url}", pool_size=1, max_overflow=0, pool_timeout=0.1)
with engine.connect() as connection:
    try:
        engine.connect()
    except TimeoutError:
        pass
    connection.execute(text("select 1"))
engine.dispose()
"""


def own(told: Any) -> list[dict[str, Any]]:
    """Without what the dialect asks when it connects first."""
    return [
        row
        for row in told.but_own()
        if row["data"].startswith(("select %", "select ?", "select * from nowhere", "select $"))
    ]


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg", "pymysql", "mysqlconnector"])
def test_one_dependency_a_statement_though_the_driver_is_traced(
    tell: Callable[..., Any], request: pytest.FixtureRequest, driver: str
) -> None:
    is_mysql = "mysql" in driver
    peer = request.getfixturevalue("mariadb" if is_mysql else "postgresql")
    login = "shop:secret" if is_mysql else "shop"
    url = f"{'mysql' if is_mysql else 'postgresql'}+{driver}://{login}@127.0.0.1:{peer.port}/shop"
    layers = "sqlalchemy,postgresql,mysql,pymysql"
    told = tell(layers, STATEMENTS.format(url=url), None)

    rows = own(told)[-4:]
    assert [row["name"] for row in rows] == ["sqlalchemy.query"] * 4
    assert [row["success"] for row in rows] == ["True", "True", "False", "True"]
    assert [row["data"] for row in rows[1:]] == ["select ?", "select * from nowhere", "select ?"]
    assert {row["type"] for row in rows} == {"mysql" if is_mysql else "postgresql"}
    assert {row["target"] for row in rows} == {f"127.0.0.1:{peer.port} | shop"}


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_awaited_statements(tell: Callable[..., Any], postgresql: Any, driver: str) -> None:
    url = f"postgresql+{driver}://shop@127.0.0.1:{postgresql.port}/shop"
    told = tell("sqlalchemy", AWAITED.format(url=url), None)

    rows = own(told)[-3:]
    assert {row["name"] for row in rows} == {"sqlalchemy.query"}
    assert {row["success"] for row in rows} == {"True"}


def test_a_pool_that_is_empty_leaves_no_span_open(
    tell: Callable[..., Any], postgresql: Any
) -> None:
    url = f"postgresql+psycopg://shop@127.0.0.1:{postgresql.port}/shop"
    told = tell("sqlalchemy", POOL.format(url=url), None)

    assert own(told)[-1]["data"] == "select ?"
