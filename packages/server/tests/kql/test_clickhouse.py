"""The compiler's cases and the portal's tiles on ClickHouse's SQL: equal rows, or a refusal that
names a capability which that dialect lacks.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
from engine import NOW, Engine
from random_telemetry import rows_of
from random_values import EXPRESSIONS, QUERIES, SAMPLES
from random_values import rows as random_rows
from test_known_values import EXPRESSIONS as KNOWN
from test_known_values import columns, constants

from openinsights.kql.api import Database
from openinsights.kql.errors import KqlUnsupported
from openinsights.kql.sql.clickhouse import CLICKHOUSE
from openinsights.kql.sql.dialect import CAPABILITIES
from openinsights.kql.sql.duckdb import identifier, literal
from openinsights.portal.grain import choose_grain
from openinsights.portal.tiles import TILES, Tile, TileRange, tile_query
from openinsights.schema.catalog import CLASSIC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clickhouse_engine import ClickHouseEngine

pytestmark = pytest.mark.clickhouse

CASES = Path(__file__).parent / "cases"
NAMES = sorted(folder.name for folder in CASES.iterdir() if folder.is_dir())
HOUR = 36_000_000_000
SPAN = TileRange(NOW - HOUR, NOW, choose_grain(HOUR))
ROWS = 400
LACKED = [row.name for row in CAPABILITIES if row.is_needed and row not in CLICKHOUSE.capabilities]
MOST_REFUSED = {"cases": 38, "tiles": 1, "expressions": 40, "queries": 5, "known values": 13}
"""How many may be refused; whoever makes one run lowers it."""

refused: Counter[str] = Counter()


@pytest.fixture(scope="module")
def engines() -> Iterator[tuple[Engine, ClickHouseEngine]]:
    """DuckDB and ClickHouse's engine with the compiler's tables, empty."""
    session = pytest.importorskip("chdb.session", reason="chDB is not installed")
    from clickhouse_engine import ClickHouseEngine

    with session.Session() as held:
        asked = Engine()
        yield asked, ClickHouseEngine(held, asked)
        asked.connection.close()


@pytest.fixture(scope="module")
def filled(engines: tuple[Engine, ClickHouseEngine]) -> Iterator[tuple[Engine, ClickHouseEngine]]:
    """Both with all tables of a resource and the same random telemetry in them."""
    from clickhouse_engine import ClickHouseEngine

    database = Database(CLASSIC)
    asked = Engine(database)
    there = ClickHouseEngine(engines[1].session, asked, database, "telemetry")
    for table in CLASSIC:
        rows = rows_of(table, ROWS, NOW)
        there.insert(table.name, rows)
        listed = ", ".join(
            f"({', '.join(literal(row[c.name], c.type) for c in table.columns)})" for row in rows
        )
        asked.connection.execute(f"INSERT INTO {identifier(table.name)} VALUES {listed}")
    yield asked, there
    asked.connection.close()


def check(engines: tuple[Engine, ClickHouseEngine], text: str, kind: str) -> None:
    """Hold every result of a query on one engine against that on the other."""
    from clickhouse_engine import in_any_order, same

    asked, there = engines
    for place, statement in enumerate(asked.compile(text).statements):
        try:
            names, rows = there.run(text, place)
        except KqlUnsupported as error:
            if re.search(rf"is not run on ClickHouse: ({'|'.join(LACKED)});", str(error)) is None:
                raise
            refused[kind] += 1
            continue
        known, expected = asked.run(text, place)
        assert names == known
        if not statement.order:
            rows, expected = in_any_order(rows), in_any_order(expected)
        assert same(rows, expected), (rows, expected)


@pytest.mark.parametrize("name", NAMES)
def test_a_case_gives_equal_rows(name: str, engines: tuple[Engine, ClickHouseEngine]) -> None:
    check(engines, (CASES / name / "query.kql").read_text(), "cases")


@pytest.mark.parametrize("tile", TILES, ids=lambda tile: tile.name)
def test_a_tile_gives_equal_rows(tile: Tile, filled: tuple[Engine, ClickHouseEngine]) -> None:
    check(filled, tile_query(tile, SPAN, {}), "tiles")


@pytest.fixture(scope="module")
def sampled(engines: tuple[Engine, ClickHouseEngine]) -> Iterator[tuple[Engine, ClickHouseEngine]]:
    """Both with a table of random values of every type."""
    from clickhouse_engine import ClickHouseEngine

    database = Database((SAMPLES,))
    asked = Engine(database)
    there = ClickHouseEngine(engines[1].session, asked, database, "samples")
    rows = random_rows()
    there.insert(SAMPLES.name, rows)
    listed = ", ".join(
        f"({', '.join(literal(row[c.name], c.type) for c in SAMPLES.columns)})" for row in rows
    )
    asked.connection.execute(f"INSERT INTO {identifier(SAMPLES.name)} VALUES {listed}")
    yield asked, there
    asked.connection.close()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_of_random_values_is_equal(
    expression: str, sampled: tuple[Engine, ClickHouseEngine]
) -> None:
    """Of all rows; where a row among them makes either fail, of the everyday ones."""
    from clickhouse_engine import same

    asked, there = sampled
    for rows in ("samples", "samples | where plain"):
        text = f"{rows} | project n, r = {expression} | order by n asc"
        try:
            expected = asked.run(text)[1]
        except duckdb.Error:  # a number out of range, on the way to the result as well
            continue
        try:
            found = there.run(text)[1]
        except KqlUnsupported as error:
            if re.search(r"is not run on ClickHouse|refused by a row", str(error)) is None:
                raise
            refused["expressions"] += 1
            continue
        wrong = [
            (one, other) for one, other in zip(expected, found, strict=True) if not same(one, other)
        ]
        assert wrong == []
        return


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_of_random_values_gives_equal_rows(
    query: str, sampled: tuple[Engine, ClickHouseEngine]
) -> None:
    """Where a row makes DuckDB fail, nothing is asked of the other."""
    from clickhouse_engine import in_any_order, same

    asked, there = sampled
    for place, statement in enumerate(asked.compile(query).statements):
        try:
            names, expected = asked.run(query, place)
        except duckdb.Error:  # a number out of range
            continue
        try:
            known, rows = there.run(query, place)
        except KqlUnsupported as error:
            if re.search(r"is not run on ClickHouse|refused by a row", str(error)) is None:
                raise
            refused["queries"] += 1
            continue
        if not statement.order:
            rows, expected = in_any_order(rows), in_any_order(expected)
        assert known == names
        assert same(rows, expected)


@pytest.mark.parametrize("write", [constants, columns], ids=["constants", "columns"])
@pytest.mark.parametrize("expression", KNOWN)
def test_a_known_value_is_equal(
    expression: str,
    write: Callable[[str], str],
    engines: tuple[Engine, ClickHouseEngine],
) -> None:
    check(engines, write(expression), "known values")


def test_few_are_refused() -> None:
    """Runs after those above, in whose counts it looks."""
    assert {kind: count for kind, count in refused.items() if count > MOST_REFUSED[kind]} == {}
