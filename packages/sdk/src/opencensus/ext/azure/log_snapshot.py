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
_BRIEF_FIELDS = (
    "args",
    "msg",
    "name",
    "levelno",
    "levelname",
    "pathname",
    "module",
    "lineno",
    "created",
    "processName",
    "custom_dimensions",
    "custom_measurements",
)
_NO_ERROR = {"exc_info": None, "exc_text": None, "stack_info": None}


class BriefRecord(logging.LogRecord):
    """A record that has its text as the message, and of all other fields those that are sent."""


def brief_snapshot(record: logging.LogRecord, place: Any) -> tuple[Any, ...]:
    """Return the fields that are sent, and no other.

    That is enough for a record of the standard class that has no error and no formatter.

    Raises:
        Exception: Whatever the arguments raise when they do not fit the text.
    """
    # Hot path, once per record. Whoever asks a record for its dict makes the interpreter build one,
    # which costs as much as all of this.
    message, args = record.msg, record.args
    if message.__class__ is not str:
        message = str(message)
    if args:
        message = message % args
    given = getattr(record, "custom_dimensions", None)
    measured = getattr(record, "custom_measurements", None)
    return (
        place,
        message,
        record.name,
        record.levelno,
        record.levelname,
        record.pathname,
        record.module,
        record.lineno,
        record.created,
        record.processName,
        given if given is None else _constant(given),
        measured if measured is None else _copy(measured),
    )


def snapshot(record: logging.LogRecord, place: Any) -> dict[str, Any]:
    """Return the record's fields, in which nothing of the host's can change any more.

    The message has its arguments in it; :func:`restore` gives back what stands in their place.

    Raises:
        Exception: Whatever the arguments raise when they do not fit the text.
    """
    # Hot path, once per record. A further key would make the copied dict grow, which costs more
    # than all the rest; so the place stands where the arguments were.
    fields = record.__dict__.copy()
    message = fields["msg"]
    if message.__class__ is not str:
        fields["msg"] = record.getMessage()
    elif fields["args"]:
        # What ``getMessage`` does; a class of the host's own may do something else.
        plain = record.__class__ is logging.LogRecord
        fields["msg"] = message % fields["args"] if plain else record.getMessage()
    fields["args"] = place
    if "custom_dimensions" in fields:
        fields["custom_dimensions"] = _constant(fields["custom_dimensions"])
    if "custom_measurements" in fields:
        fields["custom_measurements"] = _copy(fields["custom_measurements"])
    return fields


def unformatted(record: logging.LogRecord, place: Any) -> dict[str, Any]:
    """Return a snapshot of a record that cannot be formatted: its text as it stands, no extras."""
    changed = {"msg": as_text(record.msg), "args": place, "exc_info": None}
    return {**record.__dict__, **_NO_EXTRAS, **changed}


def restore(item: dict[str, Any] | tuple[Any, ...]) -> tuple[logging.LogRecord, Any]:
    """Return the record of a snapshot, and the place that was given with it."""
    # What ``makeLogRecord`` works out first would be replaced by the fields.
    record: logging.LogRecord
    if isinstance(item, tuple):
        record = BriefRecord.__new__(BriefRecord)
        record.__dict__ = dict(zip(_BRIEF_FIELDS, item, strict=True), **_NO_ERROR)
    else:
        record = logging.LogRecord.__new__(logging.LogRecord)
        record.__dict__ = item
    place, record.args = record.args, None
    return record, place


def _constant(given: Any) -> Any:
    if not isinstance(given, dict):
        return None
    if given.__class__ is dict:
        # Hot path: to look at the values costs less than to make another dict of them.
        for value in given.values():
            if value.__class__ not in CONSTANT_TYPES:
                break
        else:
            return given.copy()
    return {
        key: value if type(value) in CONSTANT_TYPES else as_text(value)
        for key, value in given.items()
    }


def _copy(given: Any) -> Any:
    return given.copy() if isinstance(given, dict) else None
