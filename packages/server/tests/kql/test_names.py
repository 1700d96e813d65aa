"""Every name of the language is run or refused, with an example that shows it."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from engine import NOW

from openinsights.kql.api import CompileOptions
from openinsights.kql.database import Database, OtherResource
from openinsights.kql.functions import registry as functions
from openinsights.kql.names.registry import KINDS, named
from openinsights.kql.names.verdict import Verdict, verdict
from openinsights.kql.operators.registry import BY_NAME
from openinsights.kql.plugins import registry as plugins
from openinsights.schema.catalog import ALL

if TYPE_CHECKING:
    from openinsights.kql.names.name import Name

SAMPLES = os.environ.get("OPENINSIGHTS_KQL_SAMPLES", Path(__file__).parents[5] / "shared" / "kql")
INVENTORY = Path(SAMPLES) / "inventory.json"
EVERYWHERE = Database(ALL, "openinsights", lambda call, name: OtherResource(name, ALL))
ROWS = [(kind, row) for kind, rows in KINDS.items() for row in rows]
AS_QUERIES_SPELL = {
    "Add": "+", "And": "and", "BangTilde": "!~", "Between": "between", "Contains": "contains",
    "Divide": "/", "EndsWith": "endswith", "Equal": "==", "EqualTilde": "=~", "GreaterThan": ">",
    "GreaterThanOrEqual": ">=", "Has": "has", "HasAll": "has_all", "HasAny": "has_any",
    "HasPrefix": "hasprefix", "HasSuffix": "hassuffix", "In": "in~", "InCs": "in", "LessThan": "<",
    "LessThanOrEqual": "<=", "Like": "like", "LikeCs": "likecs", "MatchRegex": "matches regex",
    "Modulo": "%", "Multiply": "*", "NotEqual": "!=", "NotIn": "!in~", "NotInCs": "!in",
    "NotLike": "notlike", "NotLikeCs": "notlikecs", "Or": "or", "Search": ":",
    "StartsWith": "startswith", "Subtract": "-", "UnaryMinus": "-", "UnaryPlus": "+",
    "FilterOperator": "filter", "ReduceByOperator": "reduce", "MvApplyOperator": "mv-apply",
    "GetSchemaOperator": "getschema", "ExecuteAndCacheOperator": "__executeAndCache",
    "PartitionByOperator": "__partitionby", "AliasStatement": "alias database",
    "ExpressionStatement": "query", "LetStatement": "let", "PatternStatement": "declare pattern",
    "QueryParametersStatement": "declare query_parameters",
    "RestrictStatement": "restrict access to", "SetOptionStatement": "set",
}  # fmt: skip
NO_OPERATOR = "BadQueryOperator"
"""What a parser makes of a mistake."""


def said(row: Name) -> Verdict:
    return verdict(row, EVERYWHERE, CompileOptions(NOW, ask=lambda _: None))


def spelt(name: str) -> str:
    if name in AS_QUERIES_SPELL:
        return AS_QUERIES_SPELL[name]
    if name.endswith("Operator"):
        return re.sub(r"(?<!^)(?=[A-Z])", "-", name.removesuffix("Operator")).lower()
    if name.startswith("Not"):
        return f"!{spelt(name.removeprefix('Not'))}"
    if name.endswith("Cs"):
        return f"{spelt(name.removesuffix('Cs'))}_cs"
    return name


@pytest.mark.parametrize(("kind", "row"), ROWS, ids=[f"{kind}-{row.name}" for kind, row in ROWS])
def test_a_name_is_run_or_refused_with_a_reason(kind: str, row: Name) -> None:
    found = said(row)

    assert found.is_run or found.reason
    assert row.name == "query" or row.name.strip("[ ]") in row.example


def test_every_name_that_the_compiler_knows_has_an_example() -> None:
    rows = {row.name for _, row in ROWS}

    assert set(functions.names()) - rows == set()
    assert set(functions.REFUSED) - rows == set()
    assert set(BY_NAME) - rows == set()
    assert {*plugins.BY_NAME, *plugins.REFUSED} - rows == set()


def test_what_the_compiler_refuses_by_name_is_shown_as_refused() -> None:
    shown = {row.name for kind, row in ROWS if kind == "function" and not said(row).is_run}

    # Functions of patterns are refused elsewhere than in graph-match.
    patterns = {"all", "inner_nodes", "map", "node_degree_in", "node_degree_out"}
    assert set(functions.REFUSED) - shown - patterns - {"passthrough"} == set()
    assert not said(named("python")[0][1]).is_run
    assert said(named("substring")[0][1]).is_run


def test_no_kind_has_a_name_twice() -> None:
    for kind, rows in KINDS.items():
        names = [row.usage if kind == "operator" else row.name for row in rows]
        assert len(names) == len(set(names)), kind


@pytest.mark.parametrize("name", sorted(functions.FUNCTIONS))
def test_a_function_is_written_with_as_many_arguments_as_it_takes(name: str) -> None:
    row = functions.FUNCTIONS[name]
    (usage,) = [each.usage for kind, each in named(name) if kind == "function"]
    inside = usage.partition("(")[2].removesuffix(")")
    arguments = [each for each in inside.split(", ") if each.strip("[]") not in ("", "…")]

    needed = len(row.parameters) - row.optional
    assert all(not each.startswith("[") for each in arguments[:needed])
    if not row.variadic:
        assert len(arguments) == len(row.parameters)


@pytest.mark.skipif(not INVENTORY.exists(), reason="the list of all names is not here")
def test_every_name_of_the_language_is_listed() -> None:
    inventory = json.loads(INVENTORY.read_text(encoding="utf-8"))
    listed = {
        "functions": "function",
        "aggregates": "aggregate",
        "plugins": "plugin",
        "operators": "operator",
        "queryops": "tabular operator",
        "statements": "statement",
    }
    for key, kind in listed.items():
        names = {row.name for row in KINDS[kind]}
        wanted = {spelt(name) for name in inventory[key] if name != NO_OPERATOR}
        assert wanted - names == set(), key
