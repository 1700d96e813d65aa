"""All tables, by name: what a query may read and a store has to hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openinsights.schema.app_tables import APP_TABLES
from openinsights.schema.tables.availability_results import AVAILABILITY_RESULTS
from openinsights.schema.tables.browser_timings import BROWSER_TIMINGS
from openinsights.schema.tables.custom_events import CUSTOM_EVENTS
from openinsights.schema.tables.custom_metrics import CUSTOM_METRICS
from openinsights.schema.tables.dependencies import DEPENDENCIES
from openinsights.schema.tables.exceptions import EXCEPTIONS
from openinsights.schema.tables.page_views import PAGE_VIEWS
from openinsights.schema.tables.performance_counters import PERFORMANCE_COUNTERS
from openinsights.schema.tables.requests import REQUESTS
from openinsights.schema.tables.traces import TRACES

if TYPE_CHECKING:
    from openinsights.schema.table import Table

CLASSIC: tuple[Table, ...] = (
    REQUESTS,
    DEPENDENCIES,
    TRACES,
    EXCEPTIONS,
    CUSTOM_EVENTS,
    PAGE_VIEWS,
    BROWSER_TIMINGS,
    AVAILABILITY_RESULTS,
    CUSTOM_METRICS,
    PERFORMANCE_COUNTERS,
)
"""The tables that hold telemetry."""

APP: tuple[Table, ...] = APP_TABLES
"""The same rows under the names of workspaces."""

ALL: tuple[Table, ...] = (*CLASSIC, *APP)

BY_NAME: dict[str, Table] = {table.name: table for table in ALL}
"""Each table by its name; names are case-sensitive, as in KQL."""
