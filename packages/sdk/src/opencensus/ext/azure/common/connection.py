"""One POST of encoded envelopes to a server, and nothing that remembers more than a connection.

What a reply means is decided in ``reply``; what happens to the batch next is decided in
``delivery``.
"""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from opencensus.ext.azure.common import debug
from opencensus.ext.azure.common.link import Link, Unreachable
from opencensus.ext.azure.common.reply import Outcome, Verdict, judge
from openinsights_wire.encode import join_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from opencensus.ext.azure.common.debug import Tell
    from opencensus.ext.azure.common.link import Credential

TRACK_PATH = "/v2.1/track"
COMPRESS_FROM_BYTES = 256
"""Smaller bodies are sent as they are: hardly anything would be saved.

Bodies for this machine are compressed too, so that what is tried there is what runs elsewhere: 100
spans of 66 kB become 3.4 kB in 0.11 ms, and the post takes 1.5 µs more of a processor per span, on
a 2-core virtual machine.
"""
CANNOT_READ_IT = 415
"""The status of a server, or of a proxy before it, that does not take compressed bodies."""
MAX_REPLY_BYTES = 4 * 1024 * 1024
MAX_REDIRECTS = 10


class Connection:
    """Sends batches over reused connections. Used by one thread at a time.

    Args:
        endpoint: Base address of the server; its trailing slashes do not matter.
        timeout_s: The most that one attempt may take to connect and to answer.
        proxies: Scheme to proxy address, as requests takes it, or the JSON text of it; empty means
            those of the system.
        credential: Hands out bearer tokens; None sends without.
        compress: Whether bodies are sent with gzip, to a server that takes them so.
        environ: Read for certificate bundles, unless some are named.
        certificates: As the option of that name.
        user_agent: How the client introduces itself.
        tell: Told of each attempt; None where nobody listens.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        timeout_s: float,
        proxies: Mapping[str, str] | str,
        credential: Credential | None,
        compress: bool,
        environ: Mapping[str, str],
        user_agent: str,
        certificates: str | None = None,
        tell: Tell | None = None,
    ) -> None:
        self._link = Link(
            endpoint,
            proxies=proxies,
            credential=credential,
            environ=environ,
            certificates=certificates,
            user_agent=user_agent,
        )
        self._timeout_s = timeout_s
        self._compress = compress
        self._tell = tell

    @property
    def endpoint(self) -> str:
        """Where the next attempt goes."""
        return self._link.endpoint

    def post(self, items: Sequence[bytes], timeout_s: float | None = None) -> Outcome:
        """Send encoded envelopes as one JSON array; never raises for anything the network does."""
        body = join_batch(items)
        for _ in range(MAX_REDIRECTS):
            began = time.monotonic()
            outcome, location = self._attempt(body, len(items), timeout_s or self._timeout_s)
            if self._tell is not None:
                self._tell(self._told(outcome, len(items), len(body), time.monotonic() - began))
            if outcome.status == CANNOT_READ_IT and self._compress:
                self._compress = False
                continue
            if outcome.verdict is not Verdict.REDIRECT:
                return outcome
            if not self._link.follow(location):
                return Outcome(Verdict.RETRY, outcome.status, f"cannot follow to {location!r}")
        return Outcome(Verdict.RETRY, detail=f"more than {MAX_REDIRECTS} redirects")

    def _told(self, outcome: Outcome, items: int, size: int, took_s: float) -> str:
        end = f"status {outcome.status}" if outcome.status is not None else outcome.detail
        how = "gzip" if self._compress and size >= COMPRESS_FROM_BYTES else "plain"
        what = f"{debug.items(items)}, {size / 1000:.1f} kB {how}"
        return f"posted {what}, to {debug.address(self.endpoint)}: {end}, {took_s * 1000:.0f} ms"

    def close(self) -> None:
        """Close the connections."""
        self._link.close()

    def _attempt(
        self, body: bytes, item_count: int, timeout_s: float
    ) -> tuple[Outcome, str | None]:
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if self._compress and len(body) >= COMPRESS_FROM_BYTES:
            import gzip

            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body, compresslevel=1, mtime=0)
        try:
            reply = self._link.post(
                TRACK_PATH, body, headers, timeout_s=timeout_s, max_reply_bytes=MAX_REPLY_BYTES
            )
        except Unreachable as error:
            return Outcome(Verdict.RETRY, detail=str(error)), None
        retry_after_s = parse_retry_after(
            reply.headers.get("Retry-After"), lambda: datetime.now(timezone.utc)
        )
        outcome = judge(reply.status, reply.body, item_count, retry_after_s)
        return outcome, reply.headers.get("Location")


def parse_retry_after(text: str | None, now: Callable[[], datetime]) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks for; None when it asks for nothing."""
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text)
    from email.utils import parsedate_to_datetime

    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=timezone.utc)
    return max(0.0, (at - now()).total_seconds())
