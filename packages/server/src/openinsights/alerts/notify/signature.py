"""How a receiver knows that a message is this server's, whole, and not an old one sent again."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

DELIVERY_HEADER: Final = "x-openinsights-delivery"
"""Names the message: one that comes again has the same."""
TIMESTAMP_HEADER: Final = "x-openinsights-timestamp"
"""When it was sent, in seconds since 1970."""
SIGNATURE_HEADER: Final = "x-openinsights-signature"
"""`sha256=` and the HMAC-SHA256, in hex, of timestamp, a period and the body."""


def signature_of(secret: str, timestamp: str, body: bytes) -> str:
    """Return what the signature header says."""
    signed = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={signed.hexdigest()}"


def signed_headers(secret: str, delivery_id: str, unix_s: int, body: bytes) -> dict[str, str]:
    """Return the headers that say which message this is, and that it is ours."""
    timestamp = str(unix_s)
    return {
        DELIVERY_HEADER: delivery_id,
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: signature_of(secret, timestamp, body),
    }
