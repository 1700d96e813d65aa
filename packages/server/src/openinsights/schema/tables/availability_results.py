"""Runs of availability tests: the table `availabilityResults`."""

from __future__ import annotations

from openinsights.schema.table import Column
from openinsights.schema.tables.shared_columns import classic_table
from openinsights.schema.types import KqlType

AVAILABILITY_RESULTS = classic_table(
    "availabilityResults",
    "availabilityResult",
    "Runs of availability tests.",
    (
        Column("id", KqlType.STRING, "Id of the run.", wire="baseData.id"),
        Column("name", KqlType.STRING, "Name of the test.", wire="baseData.name"),
        Column("location", KqlType.STRING, "Where the test ran.", wire="baseData.runLocation"),
        Column("success", KqlType.STRING, "'1' or '0'.", wire="baseData.success"),
        Column("message", KqlType.STRING, "What the test found.", wire="baseData.message"),
        Column("size", KqlType.REAL, "Bytes of the answer."),
        Column("duration", KqlType.REAL, "Milliseconds that it took.", wire="baseData.duration"),
        Column("performanceBucket", KqlType.STRING, "Band of the duration, such as 250ms-500ms."),
    ),
)
