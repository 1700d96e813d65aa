"""Queries written by chance, run on a store with rows: an answer, or an error that has a name.

What the engine says about SQL that nobody wrote must not come out (`QueryFailed` is a defect of the
server), nor any exception that is not ours.
"""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parents[1] / "kql"))

from near_queries import Writer

from openinsights.errors import OpenInsightsError
from openinsights.query.service import QueryRequest
from openinsights.store.errors import QueryFailed

if TYPE_CHECKING:
    from openinsights.query.service import QueryService
LONGEST_S = 5.0


def outcome(service: QueryService, text: str) -> str:
    """Run a query; return `rows`, or the name of the error that the caller gets."""
    try:
        result = service.run(QueryRequest(text, timeout_s=LONGEST_S))
    except OpenInsightsError as error:
        if type(error) is QueryFailed:
            raise AssertionError(f"{error.__cause__}\n{text}") from error
        return type(error).__name__
    for table in result.tables:
        table.rows_text()
    return "rows"


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**63))
def test_queries_by_the_grammar_are_answered_or_refused(few_rows: QueryService, seed: int) -> None:
    assert outcome(few_rows, Writer(Random(seed).randrange).query())


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**63))
def test_nearly_right_queries_are_answered_or_refused(few_rows: QueryService, seed: int) -> None:
    writer = Writer(Random(seed).randrange)
    assert outcome(few_rows, writer.mutated(writer.query()))


def test_many_written_queries_have_rows(few_rows: QueryService) -> None:
    texts = [Writer(Random(seed).randrange).query() for seed in range(100)]
    assert [outcome(few_rows, text) for text in texts].count("rows") >= 15


def test_a_table_that_is_read_twice_has_the_columns_of_both(few_rows: QueryService) -> None:
    text = "requests | partition by name (summarize n = max(duration), s = make_set(itemCount))"
    assert outcome(few_rows, text) == "rows"
