"""A self-hosted, wire-compatible Application Insights.

`openinsights.open(target)` opens a data folder, `":memory:"` or a running server for queries.
"""

from openinsights.database import Database, open

__all__ = ["Database", "open"]
