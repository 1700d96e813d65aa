"""What of a log record waits in the queue: enough to format it later as it would be formatted now.

A formatter costs more than all the rest of a log call, so it is left to the sending thread, but only
where that cannot be noticed. What may change until then, such as arguments and dimensions, becomes
text at once.
"""

from __future__ import annotations

import datetime
import decimal
import logging
import uuid
from types import NoneType
from typing import Any

from opencensus.ext.azure.common.batch import as_text

CONSTANT_TYPES = frozenset(
    {
        NoneType,
        bool,
        bytes,
        complex,
        datetime.date,
        datetime.datetime,
        datetime.time,
        datetime.timedelta,
        decimal.Decimal,
        float,
        int,
        str,
        uuid.UUID,
    }
)
"""Types whose values never change and whose text is the same at any time and on any thread."""


def formats_later(record: logging.LogRecord, formatter: logging.Formatter | None) -> bool:
    """Return whether a record may be formatted on another thread without a difference.

    A formatter of the host's own may read anything, the current thread included; an exception
    keeps the frames alive that it went through.
    """
    return not record.exc_info and (formatter is None or type(formatter) is logging.Formatter)


def snapshot(record: logging.LogRecord) -> dict[str, Any]:
    """Return the record's fields, in which nothing of the host's can change any more.

    Raises:
        Exception: Whatever the arguments raise when they do not fit the text.
    """
    # Hot path, once per record.
    fields = record.__dict__.copy()
    if record.args or type(record.msg) is not str:
        fields["msg"] = record.getMessage()
        fields["args"] = None
    for name in ("custom_dimensions", "custom_measurements"):
        given = fields.get(name)
        if isinstance(given, dict):
            fields[name] = _constant(given)
    return fields


def _constant(given: dict[Any, Any]) -> dict[Any, Any]:
    return {
        key: value if type(value) in CONSTANT_TYPES else as_text(value)
        for key, value in given.items()
    }
