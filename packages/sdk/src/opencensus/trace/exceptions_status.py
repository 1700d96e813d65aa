"""The statuses of the ways in which an outgoing call fails without an answer."""

from __future__ import annotations

from opencensus.trace import _canonical_code
from opencensus.trace.status import Status

CANCELLED = Status(_canonical_code.CANCELLED)
INVALID_URL = Status(_canonical_code.INVALID_ARGUMENT, message="invalid URL")
TIMEOUT = Status(_canonical_code.DEADLINE_EXCEEDED, message="request timed out")


def unknown(exception: BaseException) -> Status:
    """Return the status of a call that failed for a reason without a code of its own."""
    return Status.from_exception(exception)
