"""Secrets that the server hands out: how they are made, and what is kept of them."""

from __future__ import annotations

import hashlib
import hmac
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


class OwnersSecret:
    """What proves that somebody reads the data folder's files, whose owner may do everything.

    A server makes a new one when it starts and leaves it in its data folder.
    """

    def __init__(self) -> None:
        self._hash = ""

    def new(self) -> str:
        """Return a new secret; the one before is worth nothing any more."""
        secret = new_secret()
        self._hash = hash_of(secret)
        return secret

    def fits(self, secret: str) -> bool:
        """Return whether a secret is the one that was made last."""
        return bool(self._hash) and hmac.compare_digest(self._hash, hash_of(secret))
