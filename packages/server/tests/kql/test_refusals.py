"""What is known and not run is refused by its name, with a reason and, where there is one, a way
round; nobody is told to look for a typing mistake.
"""

from __future__ import annotations

import pytest
from engine import DATABASE, OPTIONS

from openinsights.kql.api import compile
from openinsights.kql.errors import KqlUnsupported
from openinsights.kql.functions import registry
from openinsights.kql.plugins import registry as plugins


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
