"""When the next attempt may be made after a server could not take telemetry. Pure."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_WAIT_S = 1.0
"""The wait after the first failure; each further failure doubles it."""

QUOTA_CAP_S = 3600.0
"""The longest wait when a server says that a quota is used up."""

RETRY_AFTER_CAP_S = 86_400.0
"""The longest wait that a server's ``Retry-After`` can ask for."""


class Backoff:
    """Exponential waits with jitter, overruled by what the server asked for.

    Args:
        cap_s: The longest wait between two attempts while nothing else was asked for.
        monotonic: The clock, in seconds.
        rng: Returns a number in [0, 1); spreads the attempts of many processes.
    """

    def __init__(
        self,
        cap_s: float,
        monotonic: Callable[[], float],
        rng: Callable[[], float] = random.random,
    ) -> None:
        self._cap_s = max(cap_s, 0.0)
        self._monotonic = monotonic
        self._rng = rng
        self._failures = 0
        self._open_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether an attempt may be made now."""
        return self._failures == 0 or self._monotonic() >= self._open_at

    @property
    def wait_s(self) -> float:
        """Seconds until the next attempt may be made; 0 when it may be made now."""
        return 0.0 if self._failures == 0 else max(0.0, self._open_at - self._monotonic())

    def succeeded(self) -> None:
        """Forget past failures."""
        self._failures = 0

    def failed(self, retry_after_s: float | None = None, *, quota: bool = False) -> None:
        """Note a failed attempt; the server's own wish beats the schedule."""
        self._failures += 1
        self._open_at = self._monotonic() + self._next_wait_s(retry_after_s, quota)

    def _next_wait_s(self, retry_after_s: float | None, quota: bool) -> float:
        if retry_after_s is not None:
            return min(retry_after_s, RETRY_AFTER_CAP_S)
        first = self._cap_s if quota else FIRST_WAIT_S
        cap = max(QUOTA_CAP_S, self._cap_s) if quota else self._cap_s
        wait = min(cap, first * 2.0 ** min(self._failures - 1, 30))
        return wait * (0.5 + self._rng() / 2)
