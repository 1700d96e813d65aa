"""Things that the application found worth counting: the table `customEvents`."""

from __future__ import annotations

from openinsights.schema.table import Column
from openinsights.schema.tables.shared_columns import classic_table
from openinsights.schema.types import KqlType

CUSTOM_EVENTS = classic_table(
    "customEvents",
    "customEvent",
    "Things that the application found worth counting.",
    (Column("name", KqlType.STRING, "Name of the event.", wire="baseData.name"),),
)
