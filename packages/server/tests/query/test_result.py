from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pyarrow as pa
import pytest

from openinsights.query.result import QueryResult, ResultTable
from openinsights.schema.types import KqlType

GUID = UUID("2f1d3c5e-7a9b-4c1d-8e2f-3a4b5c6d7e8f")
COLUMNS = (
    ("b", KqlType.BOOL),
    ("i", KqlType.INT),
    ("l", KqlType.LONG),
    ("r", KqlType.REAL),
    ("c", KqlType.DECIMAL),
    ("s", KqlType.STRING),
    ("t", KqlType.DATETIME),
    ("d", KqlType.TIMESPAN),
    ("g", KqlType.GUID),
    ("y", KqlType.DYNAMIC),
)
ROW = (True, 1, 2, 1.5, Decimal("0.1"), "x", 636_188_255_999_999_999, 19, GUID, '{"a": 1}')
EMPTY = (None, None, None, None, None, "", None, None, None, None)
LAST_TICK = datetime(2016, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone.utc)


@pytest.fixture
def result():
    return QueryResult(tables=(ResultTable("PrimaryResult", COLUMNS, [ROW, EMPTY]),))


def test_rows_are_python_values(result):
    microsecond = timedelta(microseconds=1)
    assert list(COLUMNS) == result.columns
    assert result.rows == [
        (True, 1, 2, 1.5, Decimal("0.1"), "x", LAST_TICK, microsecond, GUID, {"a": 1}),
        EMPTY,
    ]


def test_rows_text_keeps_every_tick(result):
    text = result.rows_text()[0]
    assert (text[6], text[7]) == ("2016-12-31T23:59:59.9999999Z", "00:00:00.0000019")
    assert (str(GUID), '{"a": 1}', "0.1") == (text[8], text[9], text[4])


def test_data_frame_has_typed_columns(result):
    frame = result.df()
    assert [str(dtype) for dtype in frame.dtypes] == [
        "boolean",
        "Int32",
        "Int64",
        "float64",
        "object",
        "object",
        "datetime64[us, UTC]",
        "timedelta64[us]",
        "object",
        "object",
    ]
    assert frame["t"][0].to_pydatetime() == LAST_TICK
    assert frame["y"][0] == {"a": 1}
    assert bool(frame.isna()["l"][1])


def test_arrow_table_has_typed_columns(result):
    table = result.arrow()
    assert table.schema.field("t").type == pa.timestamp("us", tz="UTC")
    assert table.schema.field("l").type == pa.int64()
    first = table.to_pylist()[0]
    assert (first["t"], first["g"], first["y"]) == (LAST_TICK, str(GUID), '{"a": 1}')
    assert first["c"] == Decimal("0.1")


def test_no_rows_keep_their_columns():
    empty = QueryResult(tables=(ResultTable("PrimaryResult", COLUMNS, []),))
    assert empty.rows == empty.rows_text() == []
    assert list(empty.df().columns) == [name for name, _ in COLUMNS]
    assert empty.arrow().num_rows == 0
    assert str(empty.df()["t"].dtype) == "datetime64[us, UTC]"


def test_columns_of_one_name_are_all_kept():
    twice = QueryResult(
        tables=(ResultTable("P", (("x", KqlType.LONG), ("x", KqlType.LONG)), [(1, 2)]),)
    )
    assert twice.df().iloc[0].tolist() == [1, 2]
    assert twice.arrow().num_columns == 2
