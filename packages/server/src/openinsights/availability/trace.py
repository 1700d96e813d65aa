"""How the requests of a probe tell what they belong to, so that servers report them as such."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

SYNTHETIC_SOURCE: Final = "Application Insights Availability Monitoring"
"""What Azure's SDKs make of the headers, and what availability results say of themselves."""
USER_AGENT: Final = "Mozilla/5.0 (compatible; OpenInsights availability test)"


@dataclass(frozen=True, slots=True)
class Trace:
    """One attempt of a test.

    Attributes:
        trace_id: 32 hexadecimal digits: the operation.
        span_id: 16 hexadecimal digits: what its requests hang below.
    """

    trace_id: str
    span_id: str

    def headers(self, location: str) -> tuple[tuple[str, str], ...]:
        """Return the headers that every request of the attempt has."""
        return (
            ("user-agent", USER_AGENT),
            ("accept", "*/*"),
            ("accept-encoding", "gzip, deflate"),
            ("traceparent", f"00-{self.trace_id}-{self.span_id}-01"),
            ("request-id", f"|{self.trace_id}.{self.span_id}."),
            ("synthetictest-runid", self.trace_id),
            ("synthetictest-location", location),
        )


def new_trace() -> Trace:
    """Return a trace that no other has."""
    return Trace(secrets.token_hex(16), secrets.token_hex(8))
