"""What goes wrong on the wire: one error type with the status code of the reply.

Messages about a field have the form that clients of Application Insights already log:
`<code>: Field '<field>' on type '<type>' <what is wrong>. Expected: <expected>, Actual: <actual>`.
"""

from __future__ import annotations

BAD_BODY = 100
FIELD_MISSING = 101
FIELD_WRONG_TYPE = 102
FIELD_OUT_OF_RANGE = 103
UNKNOWN_BASE_TYPE = 104


class WireError(Exception):
    """Telemetry that cannot be read or written.

    Attributes:
        message: the sentence for the sender.
        status_code: HTTP status of the item or of the whole reply.
        index: position of the item in its batch, when the error belongs to one item.
    """

    def __init__(self, message: str, status_code: int = 400, index: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status_code = status_code
        self.index = index

    def __reduce__(self) -> tuple[type[WireError], tuple[str, int, int | None]]:
        return type(self), (self.message, self.status_code, self.index)


def field_error(
    code: int, field: str, owner: str, problem: str, expected: str, actual: str
) -> WireError:
    """Return the error that says what is wrong with one field of one type."""
    return WireError(
        f"{code}: Field '{field}' on type '{owner}' {problem}. "
        f"Expected: {expected}, Actual: {actual}"
    )
