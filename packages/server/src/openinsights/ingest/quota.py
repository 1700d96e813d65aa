"""How many items a resource may send: a rate per second, averaged over a minute."""

from __future__ import annotations

from collections import defaultdict

_WINDOW_S = 60


class ItemQuota:
    """Counts items per resource and minute; not safe for use from several threads."""

    def __init__(self) -> None:
        self._minute = -1
        self._taken: defaultdict[str, int] = defaultdict(int)

    def retry_after_s(self, app_id: str, count: int, items_per_s: int, now_s: float) -> int | None:
        """Take `count` items; return None when they fit, else how long to wait.

        What does not fit is not taken. The first items of a minute always fit.

        Args:
            app_id: of the resource.
            count: items.
            items_per_s: the rate of the resource, averaged over a minute; 0 means no bound.
            now_s: a monotonic time.
        """
        if not items_per_s:
            return None
        minute = int(now_s) // _WINDOW_S
        if minute != self._minute:
            self._minute = minute
            self._taken.clear()
        taken = self._taken[app_id]
        if taken and taken + count > items_per_s * _WINDOW_S:
            return _WINDOW_S - int(now_s) % _WINDOW_S
        self._taken[app_id] = taken + count
        return None
