"""The statuses of the ways in which an outgoing call fails without an answer."""

from __future__ import annotations

from opencensus.trace import _canonical_code as code_pb2
from opencensus.trace.status import Status

CANCELLED = Status(code_pb2.CANCELLED)
INVALID_URL = Status(code_pb2.INVALID_ARGUMENT, message="invalid URL")
TIMEOUT = Status(code_pb2.DEADLINE_EXCEEDED, message="request timed out")


def unknown(exception: BaseException) -> Status:
    """Return the status of a call that failed for a reason without a code of its own."""
    return Status.from_exception(exception)
