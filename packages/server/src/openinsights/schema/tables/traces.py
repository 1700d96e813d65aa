"""Log lines: the table `traces`."""

from __future__ import annotations

from openinsights.schema.table import Column
from openinsights.schema.tables.shared_columns import classic_table
from openinsights.schema.types import KqlType

TRACES = classic_table(
    "traces",
    "trace",
    "Log lines.",
    (
        Column("message", KqlType.STRING, "Text of the log line.", wire="baseData.message"),
        Column(
            "severityLevel",
            KqlType.INT,
            "0 verbose, 1 information, 2 warning, 3 error, 4 critical.",
            wire="baseData.severityLevel",
        ),
    ),
)
