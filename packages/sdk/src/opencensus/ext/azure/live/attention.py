"""Whether somebody watches, and when the server is asked next. Pure."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PING_S = 5.0
POST_S = 1.0
BACKED_OFF_S = 60.0
"""Between pings of a server that has not answered for a while."""
BACK_OFF_AFTER_S = 60.0
GIVE_UP_AFTER_S = 20.0
"""Posts that fail for so long mean that nobody watches any more."""
HINT_RANGE_S = (1.0, 60.0)


class Heard(Enum):
    """What came of a ping or post."""

    WATCHED = "somebody watches"
    UNWATCHED = "nobody watches"
    FAILED = "no answer that makes sense"


class Attention:
    """Turns what is heard from the server into what to do next.

    Args:
        monotonic: The clock, in seconds.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.is_watched = False
        self._monotonic = monotonic
        self._ping_s = PING_S
        self._succeeded_at = self._next_at = monotonic()

    @property
    def wait_s(self) -> float:
        """Seconds until the next ping or post."""
        return max(0.0, self._next_at - self._monotonic())

    def hear(self, heard: Heard, hint_s: float | None = None) -> None:
        """Take the outcome of a ping or post.

        Args:
            heard: The outcome.
            hint_s: How long the server wants between pings; None when it does not say.
        """
        now = self._monotonic()
        if hint_s is not None:
            self._ping_s = min(max(hint_s, HINT_RANGE_S[0]), HINT_RANGE_S[1])
        if heard is not Heard.FAILED:
            self._succeeded_at = now
            self.is_watched = heard is Heard.WATCHED
        elif self.is_watched and now - self._succeeded_at >= GIVE_UP_AFTER_S:
            self.is_watched = False
            self._succeeded_at = now
        self._next_at = self._next(now)

    def _next(self, now: float) -> float:
        if self.is_watched:
            # the beat is kept: a post that took long does not delay those after it
            return max(self._next_at + POST_S, now)
        failing_s = now - self._succeeded_at
        return now + (BACKED_OFF_S if failing_s >= BACK_OFF_AFTER_S else self._ping_s)
