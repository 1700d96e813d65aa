"""Secrets that the server hands out: how they are made, and what is kept of them."""

from __future__ import annotations

import hashlib
import secrets

_BYTES = 30


def new_secret() -> str:
    """Return a secret that nobody guesses: 40 letters, digits, `-` and `_`."""
    return secrets.token_urlsafe(_BYTES)


def hash_of(secret: str) -> str:
    """Return what is kept of a secret.

    One round is enough: there are too many secrets of this length to try them. What people choose
    themselves goes through `passwords`.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
