"""Pages that a browser showed: the table `pageViews`."""

from __future__ import annotations

from openinsights.schema.table import Column
from openinsights.schema.tables.shared_columns import classic_table
from openinsights.schema.types import KqlType

PAGE_VIEWS = classic_table(
    "pageViews",
    "pageView",
    "Pages that a browser showed.",
    (
        Column("id", KqlType.STRING, "Id of the page view.", wire="baseData.id"),
        Column("name", KqlType.STRING, "Title of the page.", wire="baseData.name"),
        Column("url", KqlType.STRING, "Address of the page.", wire="baseData.url"),
        Column(
            "duration",
            KqlType.REAL,
            "Milliseconds until the page was there.",
            wire="baseData.duration",
        ),
        Column("performanceBucket", KqlType.STRING, "Band of the duration, such as 250ms-500ms."),
    ),
)
