"""The dialects by the names that stores say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.kql.sql.clickhouse import CLICKHOUSE
from openinsights.kql.sql.duckdb import DUCKDB

if TYPE_CHECKING:
    from openinsights.kql.sql.dialect import Dialect

DIALECTS: Final[dict[str, Dialect]] = {dialect.name: dialect for dialect in (DUCKDB, CLICKHOUSE)}
"""Every engine's dialect."""


def dialect_named(name: str) -> Dialect:
    """The dialect of an engine.

    Raises:
        KeyError: there is none of that name.
    """
    return DIALECTS[name]
