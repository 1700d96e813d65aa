"""Queries that people published run on telemetry; so do all tables under both of their names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from openinsights.kql.errors import KqlError, KqlUnsupported
from openinsights.query.service import QueryRequest
from openinsights.schema.catalog import ALL

if TYPE_CHECKING:
    from openinsights.query.service import QueryService

SAMPLES = Path(
    os.environ.get("OPENINSIGHTS_KQL_SAMPLES", Path(__file__).parents[5] / "shared" / "kql")
)
QUERIES = SAMPLES / "corpus.jsonl"
FEWEST_ANSWERED = 102
"""So many have no holes, or holes that were filled with something that is KQL."""
WITHOUT_ITEMS = ("AppSystemEvents",)


@pytest.mark.skipif(not QUERIES.exists(), reason="the published queries are not on this machine")
def test_published_queries_run_on_telemetry(filled_queries: QueryService) -> None:
    answered, refused = 0, []
    for line in QUERIES.read_text(encoding="utf-8").splitlines():
        query = json.loads(line)
        try:
            filled_queries.run(QueryRequest(query["query"]))
            answered += 1
        except KqlUnsupported as error:
            refused.append((query["id"], str(error)))
        except KqlError:
            # Texts with holes, and parameters that only their page declares, are no whole queries.
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
