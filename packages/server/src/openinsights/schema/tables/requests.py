"""Work that the application did for a caller: the table `requests`."""

from __future__ import annotations

from openinsights.schema.table import Column
from openinsights.schema.tables.shared_columns import classic_table
from openinsights.schema.types import KqlType

REQUESTS = classic_table(
    "requests",
    "request",
    "Work that the application did for a caller.",
    (
        Column(
            "id",
            KqlType.STRING,
            "Id of the request; the parent id of what it caused.",
            wire="baseData.id",
        ),
        Column(
            "source", KqlType.STRING, "Who called, when the caller said so.", wire="baseData.source"
        ),
        Column(
            "name",
            KqlType.STRING,
            "Verb and route, or another name of the operation.",
            wire="baseData.name",
        ),
        Column("url", KqlType.STRING, "Address that was called.", wire="baseData.url"),
        Column("success", KqlType.STRING, "'True' or 'False'.", wire="baseData.success"),
        Column(
            "resultCode", KqlType.STRING, "Status code of the answer.", wire="baseData.responseCode"
        ),
        Column("duration", KqlType.REAL, "Milliseconds that it took.", wire="baseData.duration"),
        Column("performanceBucket", KqlType.STRING, "Band of the duration, such as 250ms-500ms."),
    ),
)
