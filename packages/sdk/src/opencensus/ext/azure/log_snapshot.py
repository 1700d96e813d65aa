"""What of a log record waits in the queue: enough to format it later as it would be formatted now.

A formatter costs more than all the rest of a log call, so it is left to the sending thread, but only
where that cannot be noticed. What may change until then, such as arguments and dimensions, becomes
text at once.
"""

from __future__ import annotations

import logging
from typing import Any

from opencensus.ext.azure.common.text import as_text

CONSTANT_TYPES = frozenset({type(None), bool, bytes, float, int, str})
"""Types whose values never change and whose text is the same at any time and on any thread."""

_NO_EXTRAS = {"custom_dimensions": None, "custom_measurements": None}


def snapshot(record: logging.LogRecord, operation: Any) -> dict[str, Any]:
    """Return the record's fields, in which nothing of the host's can change any more.

    The message has its arguments in it; :func:`restore` gives back what stands in their place.

    Raises:
        Exception: Whatever the arguments raise when they do not fit the text.
    """
    # Hot path, once per record. A further key would make the copied dict grow, which costs more
    # than all the rest; so the operation takes the place of the arguments.
    fields = record.__dict__.copy()
    message = fields["msg"]
    if message.__class__ is not str:
        fields["msg"] = record.getMessage()
    elif fields["args"]:
        # What ``getMessage`` does; a class of the host's own may do something else.
        plain = record.__class__ is logging.LogRecord
        fields["msg"] = message % fields["args"] if plain else record.getMessage()
    fields["args"] = operation
    if "custom_dimensions" in fields:
        fields["custom_dimensions"] = _constant(fields["custom_dimensions"])
    if "custom_measurements" in fields:
        fields["custom_measurements"] = _copy(fields["custom_measurements"])
    return fields


def unformatted(record: logging.LogRecord, operation: Any) -> dict[str, Any]:
    """Return a snapshot of a record that cannot be formatted: its text as it stands, no extras."""
    changed = {"msg": as_text(record.msg), "args": operation, "exc_info": None}
    return {**record.__dict__, **_NO_EXTRAS, **changed}


def restore(fields: dict[str, Any]) -> tuple[logging.LogRecord, Any]:
    """Return the record of a snapshot, and the operation that was given with it."""
    operation, fields["args"] = fields["args"], None
    return logging.makeLogRecord(fields), operation


def _constant(given: Any) -> Any:
    if not isinstance(given, dict):
        return None
    return {
        key: value if type(value) in CONSTANT_TYPES else as_text(value)
        for key, value in given.items()
    }


def _copy(given: Any) -> Any:
    return given.copy() if isinstance(given, dict) else None
