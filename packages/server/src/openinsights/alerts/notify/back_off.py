"""When a message that has not arrived is tried again, and when no more: pure."""

from __future__ import annotations

from typing import Final

from openinsights.clock import TICKS_PER_SECOND

DELAYS_S: Final = (5, 15, 45, 120, 300, 600, 900)
"""Behind the first try, the second, and so on; behind all others as behind the last of these."""
JITTER: Final = 0.2
"""The share of a delay by which it may be longer, so that messages do not come together again."""
GIVES_UP_AFTER_S: Final = 6 * 3_600
"""Behind the change that is told of."""


def next_try(
    created_ticks: int, now_ticks: int, attempts: int, asked_s: float, chance: float
) -> int | None:
    """Return when a message is tried again; None gives it up.

    Args:
        created_ticks: when the alert changed.
        now_ticks: the time.
        attempts: how often it has been tried, at least once.
        asked_s: how long the receiver wants to be left alone.
        chance: from 0 to 1.
    """
    delay_s = DELAYS_S[min(attempts, len(DELAYS_S)) - 1] * (1 + JITTER * chance)
    due = now_ticks + round(max(delay_s, asked_s) * TICKS_PER_SECOND)
    return due if due - created_ticks <= GIVES_UP_AFTER_S * TICKS_PER_SECOND else None
