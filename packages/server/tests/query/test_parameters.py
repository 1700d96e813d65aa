from __future__ import annotations

import json
import math
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import openinsights
from openinsights.kql.errors import KqlError
from openinsights.kql.given import Given
from openinsights.query.errors import BadQueryArgument
from openinsights.query.parameters import from_python, to_json, typed
from openinsights.schema.types import KqlType

GUID = UUID("2f1d3c5e-7a9b-4c1d-8e2f-3a4b5c6d7e8f")


@pytest.fixture(scope="module")
def database():
    with openinsights.open(":memory:") as opened:
        yield opened


VALUES = [
    (True, "bool"),
    (7, "long"),
    (1.5, "real"),
    (Decimal("0.1"), "decimal"),
    ("o'brien", "string"),
    (datetime(2026, 1, 1, 12, tzinfo=timezone.utc), "datetime"),
    (timedelta(days=1, microseconds=1), "timespan"),
    (GUID, "guid"),
    ([1, "a", None], "dynamic"),
    ({"k": [1.5]}, "dynamic"),
]


@pytest.mark.parametrize(("value", "kind"), VALUES)
def test_python_value_has_its_type_in_the_query(value, kind, database):
    result = database.kql("print x = p, kind = gettype(p)", parameters={"p": value})
    assert result.columns[0] == ("x", KqlType(kind))
    assert result.rows[0][0] == value


@pytest.mark.parametrize(
    ("value", "same"),
    [
        (np.int64(7), 7),
        (np.float64(1.5), 1.5),
        (np.bool_(True), True),
        (datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=timezone.utc)),  # noqa: DTZ001
        (date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=timezone.utc)),
        (
            pd.Timestamp("2026-01-01", tz="Europe/Berlin"),
            datetime(2025, 12, 31, 23, tzinfo=timezone.utc),
        ),
        (pd.Timedelta("1h"), timedelta(hours=1)),
        ((1, 2), [1, 2]),
        (float("inf"), math.inf),
    ],
)
def test_values_of_other_libraries_are_taken(value, same, database):
    assert database.kql("print p", parameters={"p": value}).rows == [(same,)]


def test_nanoseconds_are_kept_to_the_tick(database):
    stamp = pd.Timestamp("2026-01-01T00:00:00.123456700Z")
    assert database.kql("print p", parameters={"p": stamp}).rows_text() == [
        ("2026-01-01T00:00:00.1234567Z",)
    ]


def test_missing_values_are_null(database):
    parameters = {"a": None, "b": pd.NaT}
    assert database.kql("print isnull(a), isnull(b)", parameters=parameters).rows == [(True, True)]


def test_list_is_a_set_to_look_in(database):
    text = "range x from 1 to 9 step 1 | where x in (wanted)"
    assert database.kql(text, parameters={"wanted": [2, 5, 77]}).rows == [(2,), (5,)]


@given(st.text())
def test_no_text_can_change_the_query(database, text):
    assert database.kql("print p", parameters={"p": text}).rows == [(text,)]


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        ("datetime", "2026-01-01", "2026-01-01T00:00:00Z"),
        ("long", "12", 12),
        ("real", 3, 3.0),
        ("string", 5, "5"),
        ("guid", str(GUID), str(GUID)),
        ("timespan", "01:00:00", "01:00:00"),
    ],
)
def test_declared_type_wins(kind, value, found, database):
    text = f"declare query_parameters(p:{kind}); print p"
    result = database.kql(text, parameters={"p": value})
    assert (result.columns[0][1], result.rows_text()) == (kind, [(found,)])


def test_value_that_is_none_of_the_declared_type_is_refused(database):
    with pytest.raises(
        KqlError, match="the value given for the query parameter 'p' is no datetime"
    ):
        database.kql("declare query_parameters(p:datetime); print p", parameters={"p": "soon"})


def test_declared_parameter_without_a_value_has_its_default(database):
    text = "declare query_parameters(p:long = 4); print p"
    assert database.kql(text).rows == [(4,)]
    assert database.kql(text, parameters={"p": 5}).rows == [(5,)]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"p": object()}, "a object has no KQL type"),
        ({"p": 1 << 63}, "too large for long"),
        ({"p": {"k": object()}}, "no KQL type"),
        ({"a b": 1}, "no plain name"),
        ({1: 1}, "no plain name"),
    ],
)
def test_what_has_no_type_is_refused(values, says):
    with pytest.raises(BadQueryArgument, match=says):
        from_python(values)


@pytest.mark.parametrize(("value", "_"), [*VALUES, (math.inf, ""), (None, ""), ("dynamic(x)", "")])
def test_json_form_is_read_back(value, _):
    parameters = from_python({"p": value})
    body = json.loads(json.dumps(to_json(parameters)))
    assert typed(body["parameters"], body["parameterTypes"]) == parameters


def test_values_without_a_type_wait_for_a_declaration():
    assert typed({"a": 1, "b": "2"}, {"b": "long"}) == {"a": 1, "b": Given(KqlType.LONG, 2)}
    assert typed({"a": 1}, None) == {"a": 1}


@pytest.mark.parametrize(
    ("value", "types"),
    [
        (1, []),
        (1, {"p": "row"}),
        (1, {"p": []}),
        (1, {"q": "long"}),
        (1, {"p;": "long"}),
        ("x", {"p": "long"}),
        (1.5, {"p": "long"}),
        (1 << 40, {"p": "int"}),
        (True, {"p": "long"}),
        (1, {"p": "bool"}),
        (1, {"p": "string"}),
        ([], {"p": "datetime"}),
        ("{", {"p": "dynamic"}),
    ],
)
def test_types_of_another_form_are_refused(value, types):
    with pytest.raises(BadQueryArgument, match="cannot use"):
        typed({"p": value}, types)
