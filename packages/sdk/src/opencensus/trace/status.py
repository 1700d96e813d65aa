"""How an operation ended: a canonical code with an optional message and details."""

from __future__ import annotations

from typing import Any

from opencensus.trace import _canonical_code as code_pb2


class Status:
    """The outcome of a span.

    Args:
        code: A canonical RPC code; 0 is OK.
        message: A sentence for developers, in English.
        details: Further facts, one mapping each.
    """

    def __init__(
        self, code: int, message: str | None = None, details: list[dict[str, Any]] | None = None
    ) -> None:
        self.code = code
        self.message = message
        self.details = details

    @property
    def canonical_code(self) -> int:
        """The canonical RPC code."""
        return self.code

    @property
    def description(self) -> str | None:
        """The message."""
        return self.message

    @property
    def is_ok(self) -> bool:
        """Whether the code says that the operation succeeded."""
        return self.code == code_pb2.OK

    @classmethod
    def as_ok(cls) -> Status:
        """Return the status of an operation about which nothing else is known: it succeeded."""
        return cls(code_pb2.OK)

    @classmethod
    def from_exception(cls, exc: BaseException) -> Status:
        """Return the status of an operation that ended in `exc`."""
        return cls(code_pb2.UNKNOWN, str(exc))

    def format_status_json(self) -> dict[str, Any]:
        """Return the legacy JSON form; absent parts are left out."""
        json: dict[str, Any] = {"code": self.code}
        if self.message is not None:
            json["message"] = self.message
        if self.details is not None:
            json["details"] = self.details
        return json

    def __repr__(self) -> str:
        return f"Status(code={self.code!r}, message={self.message!r}, details={self.details!r})"
