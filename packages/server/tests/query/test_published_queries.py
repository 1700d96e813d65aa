"""Queries that people published run on telemetry; so do all tables under both of their names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import NOW

from openinsights.clock import TICKS_PER_DAY
from openinsights.kql.errors import KqlError, KqlUnsupported
from openinsights.kql.given import Given
from openinsights.query.service import QueryRequest
from openinsights.schema.catalog import ALL
from openinsights.schema.types import DATETIME, STRING

if TYPE_CHECKING:
    from openinsights.query.service import QueryService

SAMPLES = Path(
    os.environ.get("OPENINSIGHTS_KQL_SAMPLES", Path(__file__).parents[5] / "shared" / "kql")
)
QUERIES = SAMPLES / "corpus.jsonl"
FEWEST_ANSWERED = 158
"""So many have no holes, or holes that were filled with something that is KQL."""
STARTS = ("_startTime", "_fromStartTime", "Start")
ENDS = ("_endTime", "_toEndTime", "End")
TEXTS = (
    "ApiAction", "ApiController", "ScaleUnitName", "ServerName", "_city", "_queryType", "city",
    "dataSyncMode", "pFlowID", "pFlowRunID", "region", "state", "tableName", "userId",
)  # fmt: skip
PARAMETERS = {
    **dict.fromkeys(STARTS, Given(DATETIME, NOW - TICKS_PER_DAY)),
    **dict.fromkeys(ENDS, Given(DATETIME, NOW)),
    **dict.fromkeys(TEXTS, Given(STRING, "shop")),
}
"""Names that the queries' own pages give a value to."""
WITHOUT_ITEMS = ("AppSystemEvents",)


@pytest.mark.skipif(not QUERIES.exists(), reason="the published queries are not on this machine")
def test_published_queries_run_on_telemetry(filled_queries: QueryService) -> None:
    answered, refused = 0, []
    for line in QUERIES.read_text(encoding="utf-8").splitlines():
        query = json.loads(line)
        try:
            filled_queries.run(QueryRequest(query["query"], parameters=PARAMETERS))
            answered += 1
        except KqlUnsupported as error:
            refused.append((query["id"], str(error)))
        except KqlError:
            # Texts with holes are no whole queries.
            continue
    assert refused == []
    assert answered >= FEWEST_ANSWERED


@pytest.mark.parametrize("table", [table.name for table in ALL])
def test_every_table_answers_with_its_declared_columns(
    filled_queries: QueryService, table: str
) -> None:
    (found,) = filled_queries.run(QueryRequest(f"{table} | take 5")).tables
    stored = next(one for one in ALL if one.name == table)
    assert found.columns == tuple((column.name, column.type) for column in stored.columns)
    assert bool(found.rows) == (table not in WITHOUT_ITEMS)
