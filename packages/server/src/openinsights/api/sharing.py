"""Equal questions share one answer: while it is made, and for a short time afterwards.

Then the next one who asks has it made anew. Who may be given an older one does not wait for long:
if the new one is not there soon, the older one is the answer, and the new one is for the others.

Whoever asks has been let in before: what is shared here is never looked up by who asks. A question
whose answer depends on its caller has the caller in its key.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from openinsights.api.turn import disconnected
from openinsights.store.api import Cancellation
from openinsights.store.errors import QueryCancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from concurrent.futures import Future

    from starlette.requests import Request

_Answer = TypeVar("_Answer")
PATIENCE_S = 0.25
"""How long somebody waits for a new answer who may be given an older one."""
MAX_BYTES = 16 * 1024 * 1024
"""Answers that are kept at most."""


@dataclass(frozen=True, slots=True)
class Kept(Generic[_Answer]):
    """An answer that may be given to others.

    Attributes:
        answer: what the work returned.
        size_bytes: what it takes.
        fresh_s: how long after its question it may be given to others.
    """

    answer: _Answer
    size_bytes: int
    fresh_s: float


@dataclass(slots=True, eq=False)
class _Flight(Generic[_Answer]):
    """A question that is being answered, or was.

    Attributes:
        before: the answer that was there before, and when its question was asked.
    """

    asked_s: float
    running: asyncio.Future[Kept[_Answer]]
    turn: Future[Kept[_Answer]]
    cancellation: Cancellation
    waiting: int = 0
    size_bytes: int = field(default=0)
    before: tuple[Kept[_Answer], float] | None = None


class SharedAnswers(Generic[_Answer]):
    """The answers that are shared; for the event loop's thread alone.

    Args:
        max_bytes: kept at most; those longest unasked go first.
        monotonic_s: the time.
    """

    def __init__(
        self, max_bytes: int = MAX_BYTES, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_bytes = max_bytes
        self._monotonic_s = monotonic_s
        self._flights: OrderedDict[Hashable, _Flight[_Answer]] = OrderedDict()
        self._held_bytes = 0

    async def answer(
        self,
        request: Request,
        key: Hashable,
        max_age_s: float,
        begin: Callable[[Cancellation], Future[Kept[_Answer]]],
        stale_s: float = 0.0,
    ) -> tuple[_Answer, float]:
        """Return the answer to a question, and how old it is in seconds.

        The work stops when all who wait for it left.

        Args:
            request: whose body has been read.
            key: what equal questions have in common.
            max_age_s: how old an answer may be that another's question brought; 0 asks anew.
            begin: puts the question; called when there is no such answer.
            stale_s: how old an answer may be when a new one takes longer than `PATIENCE_S`.

        Raises:
            QueryCancelled: the caller left.
            OpenInsightsError: what `begin` and the work raise.
        """
        now_s = self._monotonic_s()
        flight = self._flights.get(key)
        if flight is None or not self._is_fresh(flight, now_s, max_age_s):
            flight = self._begun(key, now_s, begin)
        self._flights.move_to_end(key)
        older = flight.before
        if older is None or now_s - older[1] >= stale_s:
            kept = await self._awaited(request, key, flight, None)
        else:
            kept = await self._awaited(request, key, flight, PATIENCE_S)
        if kept is not None:
            return kept.answer, max(0.0, now_s - flight.asked_s)
        assert older is not None, "BUG: nobody waits shortly without an older answer"  # noqa: S101
        return older[0].answer, now_s - older[1]

    def _is_fresh(self, flight: _Flight[_Answer], now_s: float, max_age_s: float) -> bool:
        age_s = now_s - flight.asked_s
        if not flight.running.done():
            return age_s < max_age_s
        return age_s < min(max_age_s, flight.running.result().fresh_s)

    def _begun(
        self,
        key: Hashable,
        now_s: float,
        begin: Callable[[Cancellation], Future[Kept[_Answer]]],
    ) -> _Flight[_Answer]:
        cancellation = Cancellation()
        turn = begin(cancellation)
        flight = _Flight(now_s, asyncio.wrap_future(turn), turn, cancellation)
        old = self._flights.get(key)
        if old is not None and old.running.done():
            flight.before = (old.running.result(), old.asked_s)
        self._forget(key)
        self._flights[key] = flight
        flight.running.add_done_callback(lambda running: self._landed(key, flight, running))
        return flight

    async def _awaited(
        self, request: Request, key: Hashable, flight: _Flight[_Answer], patience_s: float | None
    ) -> Kept[_Answer] | None:
        """Return the answer, None when it was not there in time."""
        if flight.running.done():
            return flight.running.result()
        flight.waiting += 1
        watch = asyncio.ensure_future(disconnected(request))
        try:
            await asyncio.wait(
                (flight.running, watch), timeout=patience_s, return_when=asyncio.FIRST_COMPLETED
            )
            if flight.running.done():
                return flight.running.result()
            if watch.done():
                raise QueryCancelled("cannot finish the query: its caller left")
            return None
        finally:
            watch.cancel()
            flight.waiting -= 1
            # what renews an older answer goes on: somebody was given that one
            if not flight.waiting and not flight.running.done() and flight.before is None:
                self._stop(key, flight)

    def _stop(self, key: Hashable, flight: _Flight[_Answer]) -> None:
        if self._flights.get(key) is flight:
            self._forget(key)
        if not flight.turn.cancel():
            flight.cancellation.cancel()

    def _landed(
        self, key: Hashable, flight: _Flight[_Answer], running: asyncio.Future[Kept[_Answer]]
    ) -> None:
        is_answer = not running.cancelled() and running.exception() is None
        flight.before = None
        if self._flights.get(key) is not flight:
            return
        if not is_answer or running.result().fresh_s <= 0:
            self._forget(key)
            return
        flight.size_bytes = running.result().size_bytes
        self._held_bytes += flight.size_bytes
        while self._held_bytes > self._max_bytes:
            self._forget(next(iter(self._flights)))

    def _forget(self, key: Hashable) -> None:
        flight = self._flights.pop(key, None)
        if flight is not None:
            self._held_bytes -= flight.size_bytes
