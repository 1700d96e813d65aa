"""Two stages of the same kind: a body is acknowledged once journaled, and committed after that.

The first writer's thread journals what waits and resolves the senders' futures; the second one's
commits it to the day files in larger groups.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Protocol, TypeVar

from openinsights.store.errors import StoreError, StoreFull, StoreUnavailable
from openinsights.store.group_writer import GroupTarget, GroupWriter, Pending, Promised
from openinsights.store.record import Recorded, decode_record, encode_record
from openinsights.store.rows import Rows
from openinsights.store.times import UNTIMED

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from openinsights.store.journal import Journal
    from openinsights.store.limits import StoreLimits
    from openinsights.store.times import StoreTimes

logger = logging.getLogger(__name__)

_RETRY_AFTER_S = 30
_AGAIN_AFTER_S = 1.0

T = TypeVar("T")


class Engine(GroupTarget[Pending], Protocol):
    """What commits in the end."""

    @property
    def broken(self) -> str:
        """Why nothing can be committed until a restart, "" when it can."""
        ...


@dataclass(frozen=True, slots=True)
class Journaled:
    """A body that is durable and waits for its commit.

    It waits as the record that was written: that takes a fifth of the memory of its rows.
    """

    record: bytes
    count: int
    segment: int

    @property
    def size_bytes(self) -> int:
        """What waiting costs in memory."""
        return len(self.record)

    def fail(self, error: BaseException) -> None:
        """Nobody waits for it any more, and the journal keeps it."""


@dataclass(slots=True)
class Unjournaled(Promised[Rows | Recorded]):
    """A body that waits to be journaled."""


class JournaledAppend:
    """Takes bodies, acknowledges them when they are durable, and has them committed.

    Args:
        journal: where bodies are durable first.
        engine: commits them.
        limits: bounds.
        check: raises StoreUnavailable when no telemetry may be taken now.
        times: told how long things take.
    """

    def __init__(
        self,
        journal: Journal,
        engine: Engine,
        limits: StoreLimits,
        check: Callable[[], None],
        times: StoreTimes = UNTIMED,
    ) -> None:
        self._journal = journal
        self._committing = _Committing(journal, engine, times)
        left = self._replay(limits)
        self._commits = GroupWriter(
            self._committing,
            limits,
            "openinsights-store-writer",
            limits.linger_s,
            limits.commit_rows,
        )
        self._committing.between = self._commits.run_errands
        self._commits.hand_over(left)
        self._appends = GroupWriter(
            _Journaling(journal, self._commits, limits, check, lambda: self.stalled, times),
            limits,
            "openinsights-journal",
        )

    @property
    def pending_bytes(self) -> int:
        """Size of the bodies that are not committed yet."""
        return self._appends.pending_bytes + self._commits.pending_bytes

    @property
    def stalled(self) -> str:
        """Why commits do not succeed now, "" when they do."""
        return self._committing.stalled

    def submit(self, rows: Rows | Recorded) -> Future[None]:
        """Take a body; the future resolves when it is durable.

        Raises:
            StoreUnavailable: when too much waits or the store is closing.
        """
        pending = Unjournaled(rows)
        self._appends.submit(pending)
        return pending.future

    def settle(self, timeout_s: float) -> bool:
        """Wait until everything acknowledged before this call is committed; say whether it is."""
        return self._commits.settle(timeout_s)

    def gather(self, timeout_s: float) -> bool:
        """Wait until nothing acknowledged before this call is in the journal alone; see `settle`.

        What is deleted from the days afterwards does not come back from the journal.
        """
        # the file that is written to goes only when it is closed and all of it is committed
        self._appends.call(self._journal.turn)
        return self.settle(timeout_s)

    def call(self, errand: Callable[[], T]) -> T:
        """Run something between two commits, on the engine's thread, and return its result."""
        return self._commits.call(errand)

    def close(self) -> None:
        """Journal and commit what was taken; what cannot be committed stays in the journal."""
        self._committing.closing.set()
        self._appends.close()
        self._commits.close()
        self._journal.close()

    def _replay(self, limits: StoreLimits) -> list[Journaled]:
        """Commit what an earlier process left; return what waits because that cannot be done now."""
        group: list[Pending] = []
        rows = 0
        for body in self._journal.leftover():
            group.append(Pending(body))
            rows += body.count
            if rows >= limits.commit_rows:
                if self._committing.attempt(group):
                    return self._adopted(limits)
                group, rows = [], 0
        if group and self._committing.attempt(group):
            return self._adopted(limits)
        self._journal.drop_leftover()
        return []

    def _adopted(self, limits: StoreLimits) -> list[Journaled]:
        # bodies that were committed meanwhile are recognised
        left = [
            Journaled(record, decode_record(record).count, segment)
            for segment, record in self._journal.adopt_leftover()
        ]
        logger.error(
            "acknowledged telemetry of the last run cannot be committed now: bodies=%s wait",
            len(left),
        )
        return left


class _Journaling:
    """The first stage's target."""

    def __init__(
        self,
        journal: Journal,
        commits: GroupWriter[Journaled],
        limits: StoreLimits,
        check: Callable[[], None],
        stalled: Callable[[], str],
        times: StoreTimes,
    ) -> None:
        self._times = times
        self._journal = journal
        self._commits = commits
        self._stalled = stalled
        self._limits = limits
        self._check = check

    def commit(self, group: list[Unjournaled]) -> None:
        """Make the bodies durable and resolve their futures."""
        try:
            self._check()
        except StoreUnavailable as error:
            _fail(group, error)
            return
        records: list[bytes] = []
        taken: list[Unjournaled] = []
        for pending in group:
            try:
                records.append(encode_record(pending.rows))
            except StoreError as error:
                pending.future.set_exception(error)
            else:
                taken.append(pending)
        if not records:
            return
        begun = monotonic()
        try:
            segment = self._journal.write(records)
        except OSError as error:
            logger.error("cannot write the journal error=%s", error)
            _fail(taken, _not_written(error))
            return
        self._times.on_sync(monotonic() - begun)
        # first handed over, then acknowledged: whoever is answered finds its rows behind `settle`
        self._commits.hand_over(
            [
                Journaled(record, pending.count, segment)
                for record, pending in zip(records, taken, strict=True)
            ]
        )
        for pending in taken:
            pending.future.set_result(None)
        # senders wait for what is journaled here when the commits fall behind
        while not self._commits.wait_for_room(self._limits.uncommitted_bytes, _AGAIN_AFTER_S):
            if self._stalled():
                return  # the check refuses those that come now

    def rest(self) -> None:
        """Let go of a segment whose bodies are all committed."""
        self._journal.tidy()


class _Committing:
    """The second stage's target: nothing acknowledged is given up."""

    def __init__(self, journal: Journal, engine: Engine, times: StoreTimes) -> None:
        self._times = times
        self._journal = journal
        self._engine = engine
        self.closing = threading.Event()
        self.between: Callable[[], None] = lambda: None
        self.stalled = ""

    def commit(self, group: list[Journaled]) -> None:
        """Commit the bodies; try again as long as the disk or memory does not allow it."""
        left = [(Pending(decode_record(one.record)), one.segment) for one in group]
        while True:
            kept = {id(pending) for pending in self.attempt([pending for pending, _ in left])}
            done = Counter(segment for pending, segment in left if id(pending) not in kept)
            for segment, count in done.items():
                self._journal.committed(segment, count)
            left = [one for one in left if id(one[0]) in kept]
            if not left or self._engine.broken:
                self.stalled = ""
                return
            error = left[0][0].future.exception()
            self.stalled = f"journaled telemetry cannot be committed: {error}"
            logger.error("%s", self.stalled)
            if self.closing.wait(_AGAIN_AFTER_S):
                return
            # an errand may be what makes room
            self.between()
            left = [(Pending(pending.rows), segment) for pending, segment in left]

    def attempt(self, group: list[Pending]) -> list[Pending]:
        """Commit the bodies and return those that could not be committed now.

        What the engine will never take is set aside.
        """
        begun = monotonic()
        self._engine.commit(group)
        self._times.on_commit(monotonic() - begun)
        kept: list[Pending] = []
        for pending in group:
            error = pending.future.exception()
            if error is None:
                continue
            if isinstance(error, StoreUnavailable) or not self._set_aside(pending.rows, error):
                kept.append(pending)
        return kept

    def rest(self) -> None:
        """Let the engine tidy up."""
        self._engine.rest()

    def _set_aside(self, rows: Rows, error: BaseException) -> bool:
        try:
            self._journal.set_aside.add(rows)
        except OSError as failure:
            logger.error("cannot set a refused body aside error=%s", failure)
            return False
        logger.error("the engine refused an acknowledged body, set aside: %s", error)
        return True


def _fail(group: list[Unjournaled], error: BaseException) -> None:
    for pending in group:
        pending.future.set_exception(error)


def _not_written(error: OSError) -> StoreUnavailable:
    return StoreFull(f"cannot store telemetry: {error}", retry_after_s=_RETRY_AFTER_S)
