"""Equal questions share one answer: while it is made, and for a short time afterwards.

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
    """A question that is being answered, or was."""

    asked_s: float
    running: asyncio.Future[Kept[_Answer]]
    turn: Future[Kept[_Answer]]
    cancellation: Cancellation
    waiting: int = 0
    size_bytes: int = field(default=0)


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
    ) -> tuple[_Answer, float]:
        """Return the answer to a question, and how old it is in seconds.

        The work stops when all who wait for it left.

        Args:
            request: whose body has been read.
            key: what equal questions have in common.
            max_age_s: how old an answer may be that another's question brought; 0 asks anew.
            begin: puts the question; called when there is no such answer.

        Raises:
            QueryCancelled: the caller left.
            OpenInsightsError: what `begin` and the work raise.
        """
        now_s = self._monotonic_s()
        flight = self._flights.get(key)
        if flight is None or not self._is_fresh(flight, now_s, max_age_s):
            flight = self._begun(key, now_s, begin)
        self._flights.move_to_end(key)
        kept = await self._awaited(request, key, flight)
        return kept.answer, max(0.0, now_s - flight.asked_s)

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
        self._forget(key)
        self._flights[key] = flight
        flight.running.add_done_callback(lambda running: self._landed(key, flight, running))
        return flight

    async def _awaited(
        self, request: Request, key: Hashable, flight: _Flight[_Answer]
    ) -> Kept[_Answer]:
        if flight.running.done():
            return flight.running.result()
        flight.waiting += 1
        watch = asyncio.ensure_future(disconnected(request))
        try:
            await asyncio.wait((flight.running, watch), return_when=asyncio.FIRST_COMPLETED)
            if flight.running.done():
                return flight.running.result()
            raise QueryCancelled("cannot finish the query: its caller left")
        finally:
            watch.cancel()
            flight.waiting -= 1
            if not flight.waiting and not flight.running.done():
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
