"""Exceptions, with their stack frames in details: the table `exceptions`."""

from __future__ import annotations

from openinsights.schema.table import Column
from openinsights.schema.tables.shared_columns import classic_table
from openinsights.schema.types import KqlType

EXCEPTIONS = classic_table(
    "exceptions",
    "exception",
    "Exceptions, with their stack frames in `details`.",
    (
        Column(
            "problemId",
            KqlType.STRING,
            "What groups equal problems: type and place.",
            wire="baseData.problemId",
        ),
        Column("handledAt", KqlType.STRING, "Where it was handled, when the sender said so."),
        Column("type", KqlType.STRING, "Type of the exception."),
        Column("message", KqlType.STRING, "Text of the exception."),
        Column("assembly", KqlType.STRING, "Module of the frame that raised."),
        Column("method", KqlType.STRING, "Function that raised."),
        Column("outerType", KqlType.STRING, "Type of the outermost exception."),
        Column("outerMessage", KqlType.STRING, "Text of the outermost exception."),
        Column("outerAssembly", KqlType.STRING, "Module of its frame."),
        Column("outerMethod", KqlType.STRING, "Function of its frame."),
        Column("innermostType", KqlType.STRING, "Type of the first cause."),
        Column("innermostMessage", KqlType.STRING, "Text of the first cause."),
        Column("innermostAssembly", KqlType.STRING, "Module of its frame."),
        Column("innermostMethod", KqlType.STRING, "Function of its frame."),
        Column(
            "severityLevel",
            KqlType.INT,
            "0 verbose, 1 information, 2 warning, 3 error, 4 critical.",
            wire="baseData.severityLevel",
        ),
        Column(
            "details",
            KqlType.DYNAMIC,
            "The chain of exceptions, each with its stack frames.",
            wire="baseData.exceptions",
        ),
    ),
)
