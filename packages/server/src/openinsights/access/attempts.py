"""How often somebody may try a password: after a few failures each further one has to wait."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from openinsights.clock import Clock

_MAX_KNOWN: Final = 10_000
_FORGET_S: Final = 3_600.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How many failures are free, and the longest wait after more of them."""

    free: int
    longest_s: float


PAIR: Final = Patience(5, 900.0)
"""For a name from an address."""
ADDRESS: Final = Patience(20, 900.0)
"""For an address, whatever the names."""
NAME: Final = Patience(50, 30.0)
"""For a name, whatever the addresses: short, so that nobody can lock somebody else out."""


@dataclass(slots=True)
class _Failures:
    count: int
    last_s: float


class Attempts:
    """Counts failures by name, by address and by both; bounded in memory.

    Args:
        clock: measures the waits.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: OrderedDict[tuple[str, ...], _Failures] = OrderedDict()

    def wait_s(self, name: str, address: str) -> float:
        """Return how long the next attempt has to wait; 0 when it may be made."""
        now = self._clock.monotonic_s()
        with self._lock:
            return max(
                0.0,
                *(self._left(key, patience, now) for key, patience in _keys(name, address)),
            )

    def failed(self, name: str, address: str) -> None:
        """Count a failure."""
        now = self._clock.monotonic_s()
        with self._lock:
            for key, _ in _keys(name, address):
                found = self._failures.pop(key, None)
                if found is None or now - found.last_s > _FORGET_S:
                    found = _Failures(0, now)
                found.count += 1
                found.last_s = now
                self._failures[key] = found
            while len(self._failures) > _MAX_KNOWN:
                self._failures.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """Forget the failures of a name from an address."""
        with self._lock:
            self._failures.pop(_keys(name, address)[0][0], None)

    def _left(self, key: tuple[str, ...], patience: Patience, now: float) -> float:
        found = self._failures.get(key)
        if found is None or found.count < patience.free:
            return 0.0
        doubled = 2.0 ** min(found.count - patience.free, 20)
        return found.last_s + min(doubled, patience.longest_s) - now


def _keys(name: str, address: str) -> tuple[tuple[tuple[str, ...], Patience], ...]:
    named = name.strip().lower()[:255]
    return (
        (("pair", named, address), PAIR),
        (("address", address), ADDRESS),
        (("name", named), NAME),
    )
