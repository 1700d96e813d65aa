"""One stage only: a body is acknowledged when it is committed. For stores without a disk."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from openinsights.store.group_writer import GroupTarget, GroupWriter, Pending
from openinsights.store.record import Recorded, decode_record
from openinsights.store.times import UNTIMED

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from openinsights.store.errors import StoreError
    from openinsights.store.limits import StoreLimits
    from openinsights.store.rows import Rows
    from openinsights.store.times import StoreTimes

T = TypeVar("T")


class DirectAppend:
    """Takes bodies and has them committed; used as `JournaledAppend` is.

    Args:
        engine: commits.
        limits: bounds.
        times: told how long a commit takes.
        linger_s: under load, how long a commit waits for its group to grow.
        group_rows: rows after which a group takes no further body; `StoreLimits.group_rows` when 0.
    """

    stalled = ""

    def __init__(
        self,
        engine: GroupTarget[Pending],
        limits: StoreLimits,
        times: StoreTimes = UNTIMED,
        *,
        linger_s: float = 0.0,
        group_rows: int = 0,
    ) -> None:
        target = _Timed(engine, times)
        self._commits = GroupWriter(
            target, limits, "openinsights-store-writer", linger_s, group_rows
        )

    @property
    def pending_bytes(self) -> int:
        """Size of the bodies that are not committed yet."""
        return self._commits.pending_bytes

    def submit(self, rows: Rows | Recorded) -> Future[None]:
        """Take a body; the future resolves when it is committed.

        Raises:
            StoreUnavailable: when too much waits or the store is closing.
        """
        pending = Pending(decode_record(rows.record) if isinstance(rows, Recorded) else rows)
        self._commits.submit(pending)
        return pending.future

    def settle(self, timeout_s: float) -> bool:
        """Return at once: everything acknowledged is committed."""
        return True

    def gather(self, timeout_s: float) -> bool:
        """Return at once: there is no journal."""
        return True

    def call(self, errand: Callable[[], T]) -> T:
        """Run something between two commits, on the engine's thread, and return its result."""
        return self._commits.call(errand)

    def fail_waiting(self, error: StoreError) -> None:
        """Tell whoever waits for what is not being committed yet; for the engine, while held up."""
        self._commits.fail_waiting(error)

    def close(self) -> None:
        """Commit what was taken."""
        self._commits.close()


class _Timed:
    """A target whose commits are timed."""

    def __init__(self, engine: GroupTarget[Pending], times: StoreTimes) -> None:
        self._engine = engine
        self._times = times

    def commit(self, group: list[Pending]) -> None:
        """Commit the bodies."""
        begun = monotonic()
        self._engine.commit(group)
        self._times.on_commit(monotonic() - begun)

    def rest(self) -> None:
        """Let the engine tidy up."""
        self._engine.rest()
