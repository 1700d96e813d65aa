"""Plugins whose columns depend on the rows ask the engine, or want a declared schema."""

from __future__ import annotations

import pytest
from engine import DATABASE, OPTIONS, Engine

from openinsights.kql.api import compile
from openinsights.kql.errors import KqlError, KqlUnsupported


def test_without_anybody_to_ask_the_schema_must_be_declared() -> None:
    with pytest.raises(KqlUnsupported) as caught:
        compile("requests | evaluate bag_unpack(customDimensions)", DATABASE, OPTIONS)
    assert caught.value.hint.startswith("declare them")


def test_the_question_reads_only_what_it_needs(kql_engine: Engine) -> None:
    asked = []

    class Asking(Engine):
        def ask(self, statement):  # type: ignore[no-untyped-def]
            asked.append(statement)
            return super().ask(statement)

    engine = Asking()
    engine.insert("requests", [{"timestamp": 5, "customDimensions": '{"a":1}'}])
    names, rows = engine.run(
        "requests | where timestamp >= datetime(0001-01-01) | project customDimensions"
        " | evaluate bag_unpack(customDimensions)"
    )
    assert (names, rows) == (["a"], [(1,)])
    assert asked[0].scans[0].columns == ("timestamp", "customDimensions")
    assert asked[0].scans[0].time_from == 0


def test_conflicting_columns_are_an_error_unless_told_otherwise(kql_engine: Engine) -> None:
    text = "datatable(a:long, d:dynamic)[1, dynamic({'a':2})] | evaluate bag_unpack(d"
    with pytest.raises(KqlError, match="there is a column 'a' already"):
        kql_engine.run(text + ")")
    assert kql_engine.run(text + ", columnsConflict='keep_source')")[1] == [(1,)]
    assert kql_engine.run(text + ", columnsConflict='replace_source')")[1] == [(2,)]
