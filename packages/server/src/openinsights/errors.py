"""The root of every error that the server tells a caller about."""

from __future__ import annotations


class OpenInsightsError(Exception):
    """An error with a code that programs read and a sentence that people read.

    Each room derives its own. The message has the form "cannot <verb> <what> <value>: <cause>"
    and says what to do next where that is not obvious.
    """

    code = "InternalError"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
