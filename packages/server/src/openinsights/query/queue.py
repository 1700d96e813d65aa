"""The turnstile of queries: a few run at the same time, some wait, more are turned away.

Whose turn it is: each query is due when it comes, later by a handicap of its kind, and later still
when its caller has others waiting; who is due first goes first. So nobody waits for ever, and one
caller's hundred queries do not stand before another's one.

A query that runs for long gives its place to another and goes on beside the usual ones; so few of
these run at once that they leave the machine to the others. A text that was slow begins there.
One place is kept for questions that the product itself asks: no queries that people write, however
many and however slow, keep the portal from answering.

All queries share the memory of the engine. One that finds too little of it runs again once another
has ended; when it is a tile, the typed query that has run longest is made to end.
"""

from __future__ import annotations

import contextvars
import functools
import heapq
import itertools
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from openinsights.query.errors import QueryError
from openinsights.store.errors import QueryTooLarge
from openinsights.thread_names import show_thread_name

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from openinsights.query.limits import QueryLimits
    from openinsights.store.api import Cancellation

_Answer = TypeVar("_Answer")
RETRY_AFTER_S = 5
"""What a caller that was turned away is told to wait."""
_CALLER_SPACING_S = 0.25
"""How much later a query is due for each one that its caller has waiting."""
_HEAVY_HANDICAP_S = 5.0
_LOOKS_EVERY_S = 0.05
_ROOM_S = 10.0
"""How long a query that found too little memory waits for another to end."""
_TOO_LARGE = (
    "cannot finish the query: it takes memory that others need; narrow its time range, filter or"
    " summarize earlier, or take fewer rows"
)
_REMEMBERED = 256
"""Texts of which it is known that they are slow."""


class TooManyQueries(QueryError):
    """As many queries as allowed wait already."""

    code = "TooManyRequests"


class Kind(Enum):
    """What a query is for; the value is how much later it is due than one that is typed."""

    TYPED = 0.0
    TILE = 0.1


@dataclass(slots=True)
class _Turn(Generic[_Answer]):
    work: Callable[[], _Answer]
    kind: Kind
    caller: str
    text: Hashable
    is_heavy: bool
    cancellation: Cancellation | None = None
    future: Future[_Answer] = field(default_factory=Future)
    began_s: float = 0.0
    waits_for_room: bool = False


class QueryQueue:
    """Runs work on a bounded number of threads; safe to use from any thread.

    Args:
        limits: how many run and wait.
        monotonic_s: the time.
    """

    def __init__(
        self, limits: QueryLimits, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._limits = limits
        self._monotonic_s = monotonic_s
        self._capacity = limits.at_once + limits.max_waiting
        self._for_typed = max(1, limits.at_once - 1)
        self._changed = threading.Condition()
        self._waiting: list[tuple[float, int, _Turn[Any]]] = []
        self._running: list[_Turn[Any]] = []
        self._callers: dict[str, int] = {}
        self._slow: OrderedDict[Hashable, None] = OrderedDict()
        self._numbers = itertools.count()
        self._closed = False
        self._threads = ThreadPoolExecutor(
            limits.at_once + limits.heavy_at_once,
            thread_name_prefix="query",
            initializer=show_thread_name,
        )
        self._watch: threading.Thread | None = None

    def submit(
        self,
        work: Callable[[], _Answer],
        kind: Kind = Kind.TYPED,
        caller: str = "",
        text: Hashable = None,
        cancellation: Cancellation | None = None,
    ) -> Future[_Answer]:
        """Run the work when its turn comes.

        Args:
            work: what to run.
            kind: what it is for.
            caller: who asks; the queries of one caller wait for each other.
            text: what recognises the query when it is asked again; None for nothing.
            cancellation: stops it; None for work that nothing stops.

        Raises:
            TooManyQueries: the queue is full.
        """
        with self._changed:
            if len(self._waiting) + len(self._running) >= self._capacity:
                raise TooManyQueries(
                    f"cannot run the query: {self._capacity} are running or waiting; try again in"
                    f" {RETRY_AFTER_S} s"
                )
            context = contextvars.copy_context()  # who asks is looked up on the thread too
            within = functools.partial(context.run, work)
            turn = _Turn(within, kind, caller, text, text in self._slow, cancellation)
            others = self._callers.get(caller, 0)
            self._callers[caller] = others + 1
            due = self._monotonic_s() + kind.value + others * _CALLER_SPACING_S
            due += _HEAVY_HANDICAP_S if turn.is_heavy else 0.0
            heapq.heappush(self._waiting, (due, next(self._numbers), turn))
            self._begin_what_may()
        return turn.future

    @property
    def waiting(self) -> int:
        """How many queries run or wait."""
        with self._changed:
            return len(self._waiting) + len(self._running)

    def close(self) -> None:
        """Drop what waits and wait for what runs."""
        with self._changed:
            self._closed = True
            for _, _, turn in self._waiting:
                turn.future.cancel()
            self._waiting.clear()
            self._changed.notify_all()
        self._threads.shutdown()

    def _begin_what_may(self) -> None:
        """Start every query whose turn it is. Called with the lock held."""
        now_s = self._monotonic_s()
        self._set_aside(now_s)
        left = []
        while self._waiting:
            entry = heapq.heappop(self._waiting)
            turn = entry[2]
            if not turn.future.cancelled() and not self._has_room(turn):
                left.append(entry)
                continue
            self._forget_caller(turn.caller)
            if turn.future.set_running_or_notify_cancel():
                turn.began_s = now_s
                self._running.append(turn)
                self._threads.submit(self._run, turn)
        self._waiting = left  # popped in order, so it is a heap
        if left:
            self._keep_watch()

    def _has_room(self, turn: _Turn[Any]) -> bool:
        usual = [each for each in self._running if not each.is_heavy]
        if turn.is_heavy:
            return len(self._running) - len(usual) < self._limits.heavy_at_once
        if len(usual) >= self._limits.at_once:
            return False
        typed = sum(each.kind is Kind.TYPED for each in usual)
        return turn.kind is not Kind.TYPED or typed < self._for_typed

    def _set_aside(self, now_s: float) -> None:
        """Let queries that have run for long go on beside the usual ones, as far as may be."""
        heavy = sum(turn.is_heavy for turn in self._running)
        for turn in self._running:
            if heavy >= self._limits.heavy_at_once:
                return
            if not turn.is_heavy and now_s - turn.began_s >= self._limits.heavy_after_s:
                turn.is_heavy = True
                heavy += 1

    def _run(self, turn: _Turn[Any]) -> None:
        try:
            try:
                answer = turn.work()
            except QueryTooLarge:
                if not self._is_room_made(turn):
                    raise
                answer = turn.work()
        except BaseException as error:  # the future carries it to who waits
            self._leave(turn)
            turn.future.set_exception(error)
        else:
            self._leave(turn)
            turn.future.set_result(answer)

    def _is_room_made(self, turn: _Turn[Any]) -> bool:
        """Wait until another query has ended; False when there is none, or it takes too long."""
        if turn.cancellation is not None and turn.cancellation.cancelled:
            return False
        with self._changed:
            others = [each for each in self._running if each is not turn]
            holders = [each for each in others if not each.waits_for_room]
            if not holders:
                return bool(others)  # those that wait have given back what they had
            if turn.kind is Kind.TILE:
                self._stop_longest(holders)
            turn.waits_for_room = True
            try:
                return self._changed.wait_for(
                    lambda: any(each not in self._running for each in holders), _ROOM_S
                )
            finally:
                turn.waits_for_room = False

    def _stop_longest(self, holders: list[_Turn[Any]]) -> None:
        typed = [each for each in holders if each.kind is Kind.TYPED]
        if typed:
            longest = min(typed, key=lambda each: each.began_s)
            if longest.cancellation is not None:
                longest.cancellation.cancel(_TOO_LARGE)

    def _leave(self, turn: _Turn[Any]) -> None:
        with self._changed:
            self._running.remove(turn)
            self._changed.notify_all()
            self._remember(turn, self._monotonic_s() - turn.began_s)
            if not self._closed:
                self._begin_what_may()

    def _remember(self, turn: _Turn[Any], took_s: float) -> None:
        if turn.text is None or not self._limits.heavy_at_once:
            return
        self._slow.pop(turn.text, None)
        if took_s >= self._limits.heavy_after_s:
            self._slow[turn.text] = None
            if len(self._slow) > _REMEMBERED:
                self._slow.popitem(last=False)

    def _forget_caller(self, caller: str) -> None:
        left = self._callers[caller] - 1
        if left:
            self._callers[caller] = left
        else:
            del self._callers[caller]

    def _keep_watch(self) -> None:
        """See to it that a slow query is set aside although nothing else happens."""
        if self._watch is None:
            self._watch = threading.Thread(target=self._set_aside_in_time, daemon=True)
            self._watch.start()

    def _set_aside_in_time(self) -> None:
        with self._changed:
            while self._waiting and not self._closed:
                ages = [
                    self._monotonic_s() - turn.began_s
                    for turn in self._running
                    if not turn.is_heavy
                ]
                due_s = self._limits.heavy_after_s - max(ages, default=0.0)
                # one that has no room aside is looked at again when another ends
                again_s = max(_LOOKS_EVERY_S, self._limits.heavy_after_s)
                self._changed.wait(due_s if due_s > 0 else again_s)
                if not self._closed:
                    self._begin_what_may()
            self._watch = None
