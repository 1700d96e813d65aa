"""What of a log record waits in the queue: enough to format it later as it would be formatted now.

A formatter costs more than all the rest of a log call, so it is left to the sending thread, but only
where that cannot be noticed. What may change until then, such as arguments and dimensions, becomes
text at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opencensus.ext.azure.common.batch import as_text

if TYPE_CHECKING:
    import logging

    from opencensus.ext.azure.log_operation import Operation

CONSTANT_TYPES = frozenset({type(None), bool, bytes, float, int, str})
"""Types whose values never change and whose text is the same at any time and on any thread."""

OPERATION = "_opencensus_operation"
"""Where a snapshot has the operation during which its record was made."""

_NO_EXTRAS = {"custom_dimensions": None, "custom_measurements": None}


def snapshot(record: logging.LogRecord, operation: Operation) -> dict[str, Any]:
    """Return the record's fields, in which nothing of the host's can change any more.

    Raises:
        Exception: Whatever the arguments raise when they do not fit the text.
    """
    # Hot path, once per record.
    fields = record.__dict__.copy()
    if fields["args"] or fields["msg"].__class__ is not str:
        fields["msg"] = record.getMessage()
        fields["args"] = None
    if "custom_dimensions" in fields:
        fields["custom_dimensions"] = _constant(fields["custom_dimensions"])
    if "custom_measurements" in fields:
        fields["custom_measurements"] = _copy(fields["custom_measurements"])
    fields[OPERATION] = operation
    return fields


def unformatted(record: logging.LogRecord, operation: Operation) -> dict[str, Any]:
    """Return the fields of a record that cannot be formatted: its text as it stands, no extras."""
    changed = {"msg": as_text(record.msg), "args": None, "exc_info": None, OPERATION: operation}
    return {**record.__dict__, **_NO_EXTRAS, **changed}


def _constant(given: Any) -> Any:
    if not isinstance(given, dict):
        return None
    return {
        key: value if type(value) in CONSTANT_TYPES else as_text(value)
        for key, value in given.items()
    }


def _copy(given: Any) -> Any:
    return given.copy() if isinstance(given, dict) else None
