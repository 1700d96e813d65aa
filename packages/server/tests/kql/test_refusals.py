"""What is known and not run is refused by its name, with a reason and, where there is one, a way
round; nobody is told to look for a typing mistake.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from engine import DATABASE, OPTIONS

from openinsights.kql.api import compile
from openinsights.kql.errors import KqlUnsupported
from openinsights.kql.functions import registry
from openinsights.kql.plugins import registry as plugins

INVENTORY = (
    Path(os.environ.get("OPENINSIGHTS_KQL_SAMPLES", Path(__file__).parents[5] / "shared" / "kql"))
    / "inventory.json"
)
ELSEWHERE = {"database", "table"}
"""Names that are no functions here but ways to name a table."""


def refused(text: str) -> KqlUnsupported:
    with pytest.raises(KqlUnsupported) as caught:
        compile(text, DATABASE, OPTIONS)
    return caught.value


@pytest.mark.parametrize("name", sorted(registry.REFUSED))
def test_a_function_that_is_not_run_is_refused_by_name(name: str) -> None:
    error = refused(f"requests | extend x = {name}(id)")
    row = registry.REFUSED[name]
    assert (error.message, error.hint) == (f"{name}(…) is not run: {row.reason}", row.instead)
    assert error.token == name


@pytest.mark.parametrize("name", sorted(plugins.REFUSED))
def test_a_plugin_that_is_not_run_is_refused_by_name(name: str) -> None:
    error = refused(f"requests | evaluate {name}(id)")
    row = plugins.REFUSED[name]
    assert error.message == f"the plugin '{name}' is not run: {row.reason}"
    assert (error.token, error.hint) == (name, row.instead)


@pytest.mark.parametrize("name", ["cluster", "external_table", "materialized_view"])
def test_a_function_that_gives_a_table_is_refused_where_a_table_stands(name: str) -> None:
    assert refused(f"{name}('x') | take 5").message.startswith(f"{name}(…) is not run")
    assert refused(f"union requests, {name}('x')").message.startswith(f"{name}(…) is not run")


def test_a_table_of_another_cluster_is_refused_with_a_way_round() -> None:
    error = refused("cluster('x').database('y').requests")
    assert "name a resource" in error.hint


@pytest.mark.skipif(not INVENTORY.exists(), reason="the published inventory is not here")
def test_no_published_name_is_called_unknown() -> None:
    published = json.loads(INVENTORY.read_text())
    functions = {*registry.names(), *registry.REFUSED, *ELSEWHERE}
    assert {*published["functions"], *published["aggregates"]} - functions == set()
    assert set(published["plugins"]) - {*plugins.BY_NAME, *plugins.REFUSED} == set()
