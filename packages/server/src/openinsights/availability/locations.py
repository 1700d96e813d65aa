"""From where tests run: who probes, and since when nobody was heard of."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from openinsights.availability.test import LOCAL
from openinsights.clock import TICKS_PER_SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openinsights.clock import Clock

_SILENT_AFTER: Final = 120 * TICKS_PER_SECOND
"""Longer than a probe takes from one look at its tests to the next."""
_MOST: Final = 10_000

AZURE: Final[dict[str, str]] = {
    "us-va-ash-azr": "East US",
    "us-fl-mia-edge": "Central US",
    "us-tx-sn1-azr": "South Central US",
    "us-ca-sjc-azr": "West US",
    "us-il-ch1-azr": "North Central US",
    "emea-nl-ams-azr": "West Europe",
    "emea-gb-db3-azr": "North Europe",
    "emea-fr-pra-edge": "France Central",
    "emea-ch-zrh-edge": "France South",
    "emea-se-sto-edge": "UK West",
    "emea-ru-msa-edge": "UK South",
    "apac-sg-sin-azr": "Southeast Asia",
    "apac-hk-hkn-azr": "East Asia",
    "apac-jp-kaw-edge": "Japan East",
    "emea-au-syd-edge": "Australia East",
    "latam-br-gru-edge": "Brazil South",
}
"""Azure's tags of locations, and how its portal calls them. A probe takes one's place by its name."""


def shown(location: str) -> str:
    """Return how people call a location."""
    return AZURE.get(location, location)


class Locations:
    """Who probes, kept in memory: who probes says so again soon. Safe to use from any thread.

    Args:
        clock: tells since when somebody is silent.
        is_local_probed: whether the server itself runs tests.
    """

    def __init__(self, clock: Clock, is_local_probed: bool = True) -> None:
        self._clock = clock
        self._is_local_probed = is_local_probed
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str], int] = {}

    def note(self, location: str, app_ids: Iterable[str]) -> None:
        """Say that somebody probes these resources from a location."""
        now = self._clock.now_ticks()
        with self._lock:
            for app_id in app_ids:
                self._seen.pop((app_id, location), None)
                self._seen[app_id, location] = now
            while len(self._seen) > _MOST:
                del self._seen[next(iter(self._seen))]

    def seen_ticks(self, app_id: str, location: str) -> int | None:
        """Return when somebody probed a resource from a location last; None is never, or too long ago."""
        if location == LOCAL:
            return self._clock.now_ticks() if self._is_local_probed else None
        with self._lock:
            return self._seen.get((app_id, location))

    def is_probed(self, app_id: str, location: str) -> bool:
        """Return whether somebody probes a resource from a location now."""
        seen = self.seen_ticks(app_id, location)
        return seen is not None and self._clock.now_ticks() - seen <= _SILENT_AFTER

    def of(self, app_id: str) -> list[str]:
        """Return the locations from which a resource is probed, by their names."""
        with self._lock:
            known = [location for app, location in self._seen if app == app_id]
        return sorted(each for each in (*known, LOCAL) if self.is_probed(app_id, each))
