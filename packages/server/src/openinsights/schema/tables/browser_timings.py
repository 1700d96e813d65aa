"""Where the time of loading a page went: the table `browserTimings`."""

from __future__ import annotations

from openinsights.schema.table import Column
from openinsights.schema.tables.shared_columns import classic_table
from openinsights.schema.types import KqlType

BROWSER_TIMINGS = classic_table(
    "browserTimings",
    "browserTiming",
    "Where the time of loading a page went.",
    (
        Column("name", KqlType.STRING, "Title of the page.", wire="baseData.name"),
        Column("url", KqlType.STRING, "Address of the page.", wire="baseData.url"),
        Column(
            "networkDuration",
            KqlType.REAL,
            "Milliseconds to connect.",
            wire="baseData.networkConnect",
        ),
        Column(
            "sendDuration",
            KqlType.REAL,
            "Milliseconds to send the request.",
            wire="baseData.sentRequest",
        ),
        Column(
            "receiveDuration",
            KqlType.REAL,
            "Milliseconds to receive the answer.",
            wire="baseData.receivedResponse",
        ),
        Column(
            "processingDuration",
            KqlType.REAL,
            "Milliseconds to build the page.",
            wire="baseData.domProcessing",
        ),
        Column("totalDuration", KqlType.REAL, "Milliseconds in all.", wire="baseData.perfTotal"),
        Column("performanceBucket", KqlType.STRING, "Band of the total, such as 250ms-500ms."),
    ),
)
