"""Tables, columns, order and types are those that the published list of them has."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from openinsights.schema.catalog import BY_NAME

SAMPLES = Path(
    os.environ.get("OPENINSIGHTS_KQL_SAMPLES", Path(__file__).parents[5] / "shared" / "kql")
)
PUBLISHED = SAMPLES / "oracle" / "ai_schema.js"


def published_tables(text: str) -> dict[str, list[tuple[str, str]]]:
    """Return each table's columns: a template for each family, with the table's own put in."""
    constants = dict(re.findall(r"const (\w+)='([^']*)'", text))
    tables = {}
    for name, family, own, more in re.findall(r"(\w+): (mk|wk)\('([^']*)'(,\s*\w+)?\)", text):
        template, measured = ("common", "m") if family == "mk" else ("wc", "wm")
        measurements = "" if "false" in more else constants[measured]
        columns = constants[template].replace("{X}", own).replace("{M}", measurements)
        tables[name] = [
            (column, kind)
            for column, kind in (pair.strip().split(":") for pair in columns.split(","))
        ]
    return tables


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published tables are not on this machine")
def test_tables_are_the_published_ones() -> None:
    published = published_tables(PUBLISHED.read_text(encoding="utf-8"))
    ours = {
        name: [(column.name, str(column.type)) for column in table.columns]
        for name, table in BY_NAME.items()
    }
    assert len(published) == 21
    assert ours == published
