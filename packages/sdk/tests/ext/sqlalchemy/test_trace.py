from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import create_async_engine

from opencensus.ext.sqlalchemy import trace
from opencensus.trace.span import SpanKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _integrated() -> None:
    trace.trace_integration()
    trace.trace_integration()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Any]:
    made = create_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    yield made
    made.dispose()


def test_each_statement_is_a_client_span(engine: Any, tracer: Any, span_list: Any) -> None:
    with engine.begin() as connection:
        connection.execute(text("create table t (a integer)"))
        connection.execute(text("insert into t values (:a)"), [{"a": 1}, {"a": 2}])
        assert connection.execute(text("select count(*) from t where a < 5")).scalar() == 2

    assert [span.name for span in span_list.spans] == ["sqlalchemy.query"] * 3
    span = span_list.spans[-1]
    assert span.span_kind == SpanKind.CLIENT
    assert dict(span.attributes) == {
        "component": "sqlite",
        "sqlalchemy.query": "select count(*) from t where a < ?",
        "sqlalchemy.cursor.method.name": "execute",
        "db.instance": "shop.db",
    }
    assert span_list.spans[1].attributes["sqlalchemy.cursor.method.name"] == "executemany"


def test_failed_statement_ends_its_span(engine: Any, tracer: Any, span_list: Any) -> None:
    with engine.connect() as connection, pytest.raises(OperationalError):
        connection.execute(text("select * from nowhere"))

    (span,) = span_list.spans
    assert span.status.code == 2
    assert "nowhere" in span.status.message
    assert tracer.current_span() is None


def test_values_are_recorded_where_the_program_says_so(
    engine: Any, tracer: Any, span_list: Any
) -> None:
    trace.trace_integration(sql_parameters=True)
    with engine.connect() as connection:
        connection.execute(text("select 'ada', :a"), {"a": 7})

    (span,) = span_list.spans
    assert span.attributes["sqlalchemy.query"] == "select 'ada', ?"
    assert span.attributes["sqlalchemy.query.parameters"] == "(7,)"


def test_an_engine_that_is_traced_as_well_has_one_span(
    engine: Any, tracer: Any, span_list: Any
) -> None:
    trace.trace_engine(engine)
    with engine.connect() as connection:
        connection.execute(text("select 1"))
        with pytest.raises(OperationalError):
            connection.execute(text("select * from nowhere"))
        connection.execute(text("select 2"))

    assert len(span_list.spans) == 3


def test_a_listener_that_stops_a_statement_leaves_no_span_open(
    engine: Any, tracer: Any, span_list: Any
) -> None:
    refuses = True

    @event.listens_for(engine, "before_cursor_execute")
    def refuse(*_: Any) -> None:
        if refuses:
            raise ValueError("not now")

    with engine.connect() as connection:
        with pytest.raises(ValueError, match="not now"):
            connection.execute(text("select 1"))
        refuses = False
        connection.execute(text("select 2"))

    assert len(span_list.spans) == 2
    assert tracer.current_span() is None


def test_statements_that_are_awaited_at_once_have_one_parent(
    tmp_path: Path, tracer: Any, span_list: Any
) -> None:
    async def ask(engine: Any) -> None:
        async with engine.connect() as connection:
            await connection.execute(text("select 1"))

    async def main() -> None:
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'shop.db'}")
        with tracer.span(name="work"):
            await asyncio.gather(*(ask(engine) for _ in range(3)))
        await engine.dispose()

    asyncio.run(main())
    work = span_list.named("work")
    statements = [span for span in span_list.spans if span.name == "sqlalchemy.query"]
    assert len(statements) == 3
    assert {span.parent_span_id for span in statements} == {work.span_id}
