"""Passwords: how long they must be, and the hashes that are kept of them (argon2id)."""

from __future__ import annotations

import threading
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from openinsights.access.errors import InvalidAccess

MIN_LENGTH: Final = 12
MAX_LENGTH: Final = 1024
"""Characters of a password. Length is what makes one strong; what it is made of is free."""

_AT_ONCE: Final = threading.BoundedSemaphore(2)
"""Each hash takes 64 MiB for its time, so that guessing costs as much: not many at once."""


class Passwords:
    """Hashes and checks passwords. Blocks for about a tenth of a second."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._nobodys = ""

    def hash_of(self, password: str) -> str:
        """Return what is kept of a password.

        Raises:
            InvalidAccess: it is too short or too long.
        """
        if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
            raise InvalidAccess(
                f"cannot use the password: it needs {MIN_LENGTH} to {MAX_LENGTH} characters"
            )
        with _AT_ONCE:
            return self._hasher.hash(password)

    def fits(self, password: str, kept: str) -> bool:
        """Return whether a password is the one that a hash was made of.

        An empty hash fits none, and takes as long as any other to say so.
        """
        if not kept:
            self._nobodys = self._nobodys or self.hash_of("nobody has this password")
        with _AT_ONCE:
            try:
                return self._hasher.verify(kept or self._nobodys, password[:MAX_LENGTH]) and bool(
                    kept
                )
            except (VerificationError, InvalidHashError):
                return False
