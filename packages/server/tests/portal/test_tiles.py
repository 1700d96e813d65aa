from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from openinsights.clock import TICKS_PER_SECOND, UNIX_EPOCH_TICKS
from openinsights.kql.api import CompileOptions, Database, compile
from openinsights.kql.bound import Constant, Reference, Symbol, symbols_of
from openinsights.kql.plan import Extend, Filter, Group, Join, Limit, Plan, Scan, Union
from openinsights.portal.errors import PortalNotFoundError, PortalRequestError
from openinsights.portal.filters import parse_filter
from openinsights.portal.grain import choose_grain
from openinsights.portal.tiles import TILES, Tile, TileRange, tile_named, tile_query, tile_text
from openinsights.schema.catalog import ALL

HOUR = 3_600 * TICKS_PER_SECOND
COLUMNS = Path(__file__).parent / "tile_columns.txt"
SPAN = TileRange(UNIX_EPOCH_TICKS, UNIX_EPOCH_TICKS + HOUR, choose_grain(HOUR))


def test_each_row_has_its_file_and_each_file_its_row() -> None:
    folder = files("openinsights.portal") / "queries"
    on_disk = {entry.name.removesuffix(".kql") for entry in folder.iterdir()}
    assert on_disk == {tile.name for tile in TILES}


@pytest.mark.parametrize("tile", TILES, ids=lambda tile: tile.name)
def test_a_row_declares_exactly_the_values_its_text_uses(tile: Tile) -> None:
    words = set(re.findall(r"\w+", tile_text(tile.name)))
    assert tile.ranged == ({"start", "end"} <= words)
    assert tile.bucketed == ("grain" in words)
    assert {parameter.name for parameter in tile.parameters} <= words


def test_each_tile_answers_with_the_columns_that_its_view_reads() -> None:
    database, options = Database(ALL), CompileOptions(SPAN.end_ticks)
    lines = []
    for tile in TILES:
        (answer,) = compile(tile_query(tile, SPAN, {}), database, options).statements
        columns = ", ".join(f"{name}:{kind}" for name, kind in answer.columns)
        lines.append(f"{tile.name}: {columns}")
    assert lines == COLUMNS.read_text("utf-8").splitlines()


UNIQUE = frozenset(("id", "itemId"))
"""Columns that tell two items apart."""


def keys_of(plan: Plan) -> set[Symbol] | None:
    """The columns that tell the rows of a plan apart; None for a single row."""
    if isinstance(plan, Group):
        return {symbol for symbol, _ in plan.keys} or None
    if isinstance(plan, Join):
        return keys_of(plan.left)
    if isinstance(plan, Union):
        found: set[Symbol] = set()
        for source, values in plan.branches:
            keys = keys_of(source) or set()
            for symbol, value in zip(plan.symbols, values, strict=True):
                if isinstance(value, Constant) or symbols_of(value) & keys:
                    found.add(symbol)
                if isinstance(value, Reference) and value.symbol.name in UNIQUE:
                    return {symbol}
        return found
    if isinstance(plan, Scan):
        return {symbol for name, symbol in plan.columns if name in UNIQUE}
    return keys_of(plan.inputs()[0])


@pytest.mark.parametrize("tile", TILES, ids=lambda tile: tile.name)
def test_the_rows_have_one_order(tile: Tile) -> None:
    """Rows that are equal in what is shown first do not change places, nor come and go at a limit,
    from one refresh to the next: each tile sorts by something that tells its rows apart.
    """
    database, options = Database(ALL), CompileOptions(SPAN.end_ticks)
    chosen = {"split": "dim.queue"} if tile.split else {}
    (answer,) = compile(tile_query(tile, SPAN, chosen), database, options).statements
    keys = keys_of(answer.plan)
    if keys is None:
        return
    plan = answer.plan
    while isinstance(plan, (Extend, Filter)):
        plan = plan.input
    order = plan.order if isinstance(plan, Limit) else answer.order
    sorted_by = set().union(*(symbols_of(key.value) for key in order))
    names = {symbol.name for symbol in sorted_by}
    assert sorted_by >= keys or names & UNIQUE or names >= {symbol.name for symbol in keys}


def test_a_query_starts_with_one_let_line_for_each_value() -> None:
    query = tile_query(tile_named("overview.requests"), SPAN, {})
    assert query.splitlines()[:4] == [
        "let start = datetime(1970-01-01T00:00:00.0000000Z);",
        "let end = datetime(1970-01-01T01:00:00.0000000Z);",
        "let grain = timespan(0.00:00:15.0000000);",
        "requests",
    ]


def test_a_parameter_takes_its_default_or_the_requests_value() -> None:
    tile = tile_named("overview.operations")
    assert "let rows = long(8);" in tile_query(tile, SPAN, {})
    assert "let rows = long(50);" in tile_query(tile, SPAN, {"rows": "50"})


@pytest.mark.parametrize("text", ["0", "-1", "1001", "8.5", "8; requests", "", "９", "9" * 5_000])
def test_a_parameter_of_the_wrong_type_is_refused(text: str) -> None:
    with pytest.raises(PortalRequestError, match="a whole number from 1 to 1000 is expected"):
        tile_query(tile_named("overview.operations"), SPAN, {"rows": text})


def test_a_number_with_a_fraction_takes_any_finite_number() -> None:
    tile = tile_named("performance.samples")
    query = tile_query(tile, SPAN, {"lo": "12.5"})
    assert "let lo = real(12.5);" in query
    assert "let hi = real(1e+300);" in query


@pytest.mark.parametrize("text", ["", "fast", "nan", "inf", "-inf", "1e999", "1; requests"])
def test_a_number_with_a_fraction_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(PortalRequestError, match="for lo: a number is expected"):
        tile_query(tile_named("performance.samples"), SPAN, {"lo": text})


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(PortalRequestError, match="has no such parameter"):
        tile_query(tile_named("overview.requests"), SPAN, {"rows": "8"})


def test_an_unknown_tile_is_refused() -> None:
    with pytest.raises(PortalNotFoundError, match=r"cannot find the tile '\.\./secrets'"):
        tile_named("../secrets")


@pytest.mark.parametrize("tile", [tile for tile in TILES if tile.filtered], ids=lambda one: one.name)
def test_filters_stand_beside_each_time_window(tile: Tile) -> None:
    filters = [
        parse_filter("role:orders-api"),
        parse_filter("-code:404"),
        parse_filter('dim.pay"ment:stripe'),
    ]
    text = tile_query(tile, SPAN, {}, filters)
    windows = tile_text(tile.name).count("timestamp < end")
    assert windows > 0
    assert text.count("cloud_RoleName == filter_1") == windows
    assert text.count('column_ifexists("resultCode", "") != filter_2') == windows
    assert text.count('tostring(customDimensions["pay\\"ment"]) == filter_3') == windows
    assert compile(text, Database(ALL), CompileOptions(SPAN.end_ticks)).statements


def test_a_searched_word_is_looked_for_in_every_text_and_id() -> None:
    words = [parse_filter("word:stripe"), parse_filter("-fragment:time out")]
    text = tile_query(tile_named("search.items"), SPAN, {}, words)
    assert 'tostring(column_ifexists("outerMessage", ""))' in text
    assert ") has filter_1" in text
    assert 'column_ifexists("operation_Id", "") == filter_1' in text
    assert "and not(strcat_delim" in text
    assert 'let filter_2 = "time out";' in text
    assert compile(text, Database(ALL), CompileOptions(SPAN.end_ticks)).statements


def test_a_tile_about_everything_ignores_filters() -> None:
    tile = tile_named("map.nodes")
    assert tile_query(tile, SPAN, {}, [parse_filter("role:a")]) == tile_query(tile, SPAN, {})


def test_a_tile_of_several_resources_says_whose_tables_it_reads() -> None:
    ids = ["5e6b7c8d-0000-4000-8000-000000000001", 'quo"te']
    text = tile_query(tile_named("map.edges"), SPAN, {}, app_ids=ids)
    assert text.splitlines()[0] == (
        f'let requests = union app("{ids[0]}").requests, app("quo\\"te").requests;'
    )
    assert text.splitlines()[1].startswith("let dependencies = union app(")
    assert "traces" not in text
    alone = tile_query(tile_named("map.edges"), SPAN, {}, app_ids=ids[:1])
    assert alone == tile_query(tile_named("map.edges"), SPAN, {})


def test_only_tiles_made_for_it_are_asked_of_several_resources() -> None:
    with pytest.raises(PortalRequestError, match=r"overview\.latest of several"):
        tile_query(tile_named("overview.latest"), SPAN, {}, app_ids=["a", "b"])
    with pytest.raises(PortalRequestError, match="at most 20"):
        tile_query(tile_named("map.nodes"), SPAN, {}, app_ids=[str(n) for n in range(21)])


@pytest.mark.parametrize("text", ["", "role", "secret:x", "dim.:x", "--role:x", ":x"])
def test_a_filter_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(PortalRequestError, match="write dimension:value"):
        parse_filter(text)


def test_more_filters_than_a_page_can_hold_are_refused() -> None:
    with pytest.raises(PortalRequestError, match="at most 20"):
        tile_query(tile_named("search.items"), SPAN, {}, [parse_filter("role:a")] * 21)
