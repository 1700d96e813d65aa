"""The application's own numbers over time: the table `customMetrics`."""

from __future__ import annotations

from openinsights.schema.table import Column
from openinsights.schema.tables.shared_columns import classic_table
from openinsights.schema.types import KqlType

CUSTOM_METRICS = classic_table(
    "customMetrics",
    "customMetric",
    "The application's own numbers over time.",
    (
        Column("name", KqlType.STRING, "Name of the metric.", wire="baseData.metrics.name"),
        Column(
            "value",
            KqlType.REAL,
            "The value, or the sum of an aggregation.",
            wire="baseData.metrics.value",
        ),
        Column(
            "valueCount",
            KqlType.INT,
            "How many measurements the row stands for.",
            wire="baseData.metrics.count",
        ),
        Column("valueSum", KqlType.REAL, "Sum of the measurements.", wire="baseData.metrics.value"),
        Column("valueMin", KqlType.REAL, "Least measurement.", wire="baseData.metrics.min"),
        Column("valueMax", KqlType.REAL, "Greatest measurement.", wire="baseData.metrics.max"),
        Column(
            "valueStdDev",
            KqlType.REAL,
            "Standard deviation of the measurements.",
            wire="baseData.metrics.stdDev",
        ),
    ),
    measurements=False,
)
