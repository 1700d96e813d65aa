"""The portal's tiles through the whole server: the same answers on ClickHouse."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from conftest import NOW

from openinsights.clock import TICKS_PER_DAY
from openinsights.kql.errors import KqlUnsupported
from openinsights.portal.grain import choose_grain
from openinsights.portal.tiles import TILES, Tile, TileRange, tile_query
from openinsights.query.service import QueryRequest

if TYPE_CHECKING:
    from openinsights.query.service import QueryService

pytestmark = pytest.mark.clickhouse

SPAN = TileRange(NOW - TICKS_PER_DAY, NOW + 1, choose_grain(TICKS_PER_DAY))
OWN = frozenset(("itemId", "_ResourceId", "appId", "iKey", "instrumentationKey", "app"))
"""Columns of what each server makes of an item itself."""
ANY_ROWS = ("settings.sizes",)
"""Tiles that look at some rows, whichever they are."""


def alike(left: object, right: object) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return (math.isnan(left) and math.isnan(right)) or math.isclose(
            left, right, rel_tol=1e-9, abs_tol=1e-9
        )
    return left == right


def compare(
    here: QueryService,
    there: QueryService,
    text: str,
    *,
    whole: bool = True,
) -> None:
    """Hold one answer against the other, or only what columns it has; rows in any order."""
    request = QueryRequest(text)
    expected = here.run(request)
    try:
        found = there.run(request)
    except KqlUnsupported as error:
        if " is not run on ClickHouse: " not in str(error):
            raise
        return
    assert len(found.tables) == len(expected.tables)
    for one, other in zip(expected.tables, found.tables, strict=True):
        assert other.columns == one.columns
        if not whole:
            continue
        kept = [at for at, (name, _) in enumerate(one.columns) if name not in OWN]
        rows, others = (
            sorted(([row[at] for at in kept] for row in table.raw), key=_key)
            for table in (one, other)
        )
        assert len(rows) == len(others)
        wrong = [pair for pair in zip(rows, others, strict=True) if not all(map(alike, *pair))]
        assert wrong == []


def _key(row: list[object]) -> str:
    return repr([f"{cell:.6g}" if isinstance(cell, float) else cell for cell in row])


@pytest.mark.parametrize("tile", TILES, ids=lambda tile: tile.name)
def test_a_tile_answers_the_same(
    tile: Tile, filled_queries: QueryService, filled_clickhouse: QueryService
) -> None:
    compare(
        filled_queries,
        filled_clickhouse,
        tile_query(tile, SPAN, {}),
        whole=tile.name not in ANY_ROWS,
    )


@pytest.mark.parametrize(
    ("what", "by"),
    [
        ("percentilesw(duration, itemCount, 0, 5, 50, 95, 99.9, 100)", "name"),
        ("percentilew(duration, itemCount, 95), count(), sum(itemCount), max(duration)", ""),
        (
            "percentilew(duration, itemCount, 50), min(duration)",
            "cloud_RoleName, bin(timestamp, 1h)",
        ),
        ("percentilesw(duration, itemCount, 1, 2), dcount(success)", "success"),
    ],
)
def test_percentiles_of_kept_bands_are_those_of_the_rows(
    what: str, by: str, filled_queries: QueryService, filled_clickhouse: QueryService
) -> None:
    text = f"requests | where timestamp > ago(1d) | summarize {what}{f' by {by}' if by else ''}"
    assert "_in_bands" in filled_clickhouse.run(QueryRequest(text)).sql
    compare(filled_queries, filled_clickhouse, text)
