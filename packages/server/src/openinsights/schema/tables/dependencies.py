"""Calls that the application made to others: the table `dependencies`."""

from __future__ import annotations

from openinsights.schema.table import Column
from openinsights.schema.tables.shared_columns import classic_table
from openinsights.schema.types import KqlType

DEPENDENCIES = classic_table(
    "dependencies",
    "dependency",
    "Calls that the application made to others.",
    (
        Column(
            "id",
            KqlType.STRING,
            "Id of the call; the parent id of what it caused.",
            wire="baseData.id",
        ),
        Column(
            "target", KqlType.STRING, "Host or service that was called.", wire="baseData.target"
        ),
        Column(
            "type", KqlType.STRING, "Kind of dependency, such as HTTP or SQL.", wire="baseData.type"
        ),
        Column(
            "name",
            KqlType.STRING,
            "Verb and path, or the name of the command.",
            wire="baseData.name",
        ),
        Column("data", KqlType.STRING, "Full command: address, statement.", wire="baseData.data"),
        Column("success", KqlType.STRING, "'True' or 'False'.", wire="baseData.success"),
        Column(
            "resultCode", KqlType.STRING, "Status code of the answer.", wire="baseData.resultCode"
        ),
        Column("duration", KqlType.REAL, "Milliseconds that it took.", wire="baseData.duration"),
        Column("performanceBucket", KqlType.STRING, "Band of the duration, such as 250ms-500ms."),
    ),
)
