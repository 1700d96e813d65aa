"""Load of hosts and processes: the table `performanceCounters`."""

from __future__ import annotations

from openinsights.schema.table import Column
from openinsights.schema.tables.shared_columns import classic_table
from openinsights.schema.types import KqlType

PERFORMANCE_COUNTERS = classic_table(
    "performanceCounters",
    "performanceCounter",
    "Load of hosts and processes.",
    (
        Column("name", KqlType.STRING, "Whole name of the counter.", wire="baseData.metrics.name"),
        Column("category", KqlType.STRING, "Counter category, such as Process."),
        Column("counter", KqlType.STRING, "Counter within its category."),
        Column(
            "instance", KqlType.STRING, "Which instance of the category; empty when there is one."
        ),
        Column("value", KqlType.REAL, "Reading of the counter.", wire="baseData.metrics.value"),
    ),
    measurements=False,
)
