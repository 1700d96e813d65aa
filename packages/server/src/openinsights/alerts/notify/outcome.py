"""What came of one try to tell somebody, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FINAL_STATUSES: Final = frozenset((400, 405, 410, 411, 413, 414, 415, 422, 431, 505))
"""Replies that say that this very message is not taken, now or later; every other failure passes."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one try.

    Attributes:
        why: it failed; "" when it did not. It never holds a secret.
        retry_after_s: how long the receiver wants to be left alone; 0 when it says nothing.
        is_final: whether trying again is of no use.
    """

    why: str = ""
    retry_after_s: float = 0.0
    is_final: bool = False

    @property
    def delivered(self) -> bool:
        """Whether it arrived."""
        return not self.why


DELIVERED: Final = Outcome()
