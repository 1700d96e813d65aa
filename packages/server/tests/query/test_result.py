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


def numbers(count):
    columns = (("n", KqlType.LONG), ("t", KqlType.STRING))
    return ResultTable("PrimaryResult", columns, [(n, f"text {n}") for n in range(count)])


def test_prompt_shows_the_first_rows_and_their_number():
    lines = repr(QueryResult(tables=(numbers(1234),), partial="too many rows")).splitlines()
    assert lines[:3] == [" n  t", "--  -------", " 0  text 0"]
    assert lines[-2:] == [
        "[the first 20 of 1,234 rows, 2 columns]",
        "the answer is not complete: too many rows",
    ]
    assert len(lines) == 2 + 20 + 2


def test_prompt_shows_every_table_under_its_name():
    shown = repr(QueryResult(tables=(numbers(1), ResultTable("other", COLUMNS, [ROW]))))
    assert "PrimaryResult\nn  t\n" in shown
    assert "\nother\n" in shown
    assert shown.endswith("[1 row, 10 columns]")


def test_prompt_stays_narrow():
    wide = ResultTable("P", tuple((f"column{n}", KqlType.STRING) for n in range(50)), [("x",) * 50])
    shown = repr(QueryResult(tables=(wide,)))
    assert max(map(len, shown.splitlines())) <= 120
    assert "more columns" in shown


def test_notebook_shows_escaped_text_and_numbers_at_the_right():
    hostile = "<script>alert(1)</script>\"'&"
    columns = (("<n>", KqlType.LONG), ("t", KqlType.STRING))
    html = QueryResult(tables=(ResultTable("P", columns, [(7, hostile)]),))._repr_html_()
    assert "<script>" not in html
    assert '<th title="long">&lt;n&gt;</th>' in html
    assert '<td style="text-align:right">7</td>' in html
    assert "[1 row, 2 columns]" in html


def test_notebook_shows_a_bounded_number_of_rows():
    html = QueryResult(tables=(numbers(1000),))._repr_html_()
    assert html.count("<tr>") == 101
    assert "the first 100 of 1,000 rows" in html


def test_result_without_rows_is_true_and_has_length_zero():
    result = QueryResult(tables=(numbers(0),))
    assert len(result) == 0
    assert result
