"""Asks telemetry what rules measure: each question once, with a bound in time."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from openinsights.alerts.questions import TooManyRows, answers, questions
from openinsights.catalog.errors import ResourceNotFound
from openinsights.errors import OpenInsightsError
from openinsights.query.errors import QueryTimedOut
from openinsights.query.queue import Kind
from openinsights.store.errors import QueryCancelled, QueryTimeout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from openinsights.alerts.evaluate import Values
    from openinsights.alerts.questions import Question
    from openinsights.alerts.rules.measure import Measure
    from openinsights.catalog.resource import Resource
    from openinsights.query.queue import QueryQueue
    from openinsights.query.result import QueryResult
    from openinsights.query.service import QueryRequest, QueryService
    from openinsights.store.api import Cancellation

logger = logging.getLogger(__name__)

_FAULT: Final = "the server failed to answer what the rule asks; its log tells more"
_CALLER: Final = "alerts"
_SETTLE_S: Final = 2.0
_SETTLES_EVERY_S: Final = 10.0
_APART_S: Final = 3_600.0
_TURN_S: Final = 30.0
"""How long a question waits for its turn."""


@dataclass(slots=True)
class Answers:
    """What was measured in one window.

    Attributes:
        values: by measure and combination.
        problems: why a measure could not be told.
        took_s: how long the question of a measure took.
    """

    values: dict[Measure, Values] = field(default_factory=dict)
    problems: dict[Measure, str] = field(default_factory=dict)
    took_s: dict[Measure, float] = field(default_factory=dict)


class Telemetry:
    """Answers what rules ask; safe to use from any thread.

    Args:
        queries: answers a query about the resources that it names.
        queue: gives it its turn.
        find: the resource of an application id, None when there is none.
        settle: waits for what was acknowledged.
        monotonic_s: the time.
        timeout_s: the longest that one question may take.
    """

    def __init__(
        self,
        queries: QueryService,
        queue: QueryQueue,
        find: Callable[[str], Resource | None],
        settle: Callable[[float], object],
        monotonic_s: Callable[[], float],
        timeout_s: float,
    ) -> None:
        self._queries = queries
        self._queue = queue
        self._find = find
        self._settle = settle
        self._monotonic_s = monotonic_s
        self._settled_s = -_SETTLES_EVERY_S
        self._running: set[Cancellation] = set()
        self._apart: dict[Measure, float] = {}
        self._is_stopped = False
        self._turn = threading.Lock()
        self.timeout_s = timeout_s

    def settle(self) -> None:
        """Wait for what was acknowledged.

        What came in the last seconds may not be waited for: windows close later than that, and
        each wait makes the store commit before it would.
        """
        now_s = self._monotonic_s()
        if now_s - self._settled_s >= _SETTLES_EVERY_S:
            self._settle(_SETTLE_S)
            self._settled_s = now_s

    def window(
        self, measures: Iterable[Measure], end: int, timeout_s: float | None = None
    ) -> Answers:
        """Return what measures are in the window that ends at `end`; a problem stops no other.

        Queries that share a question and cannot be answered together are asked one by one, and
        those to whom it is due share none for an hour.
        """
        found = Answers()
        for question in questions(measures, self._now_apart()):
            problem = self._window(question, end, timeout_s, found)
            if problem is None or not question.is_shared:
                continue
            if isinstance(problem, QueryTimeout | QueryTimedOut | QueryCancelled):
                self._keep_apart(
                    question.measures
                )  # to ask again now would keep the others waiting
                continue
            for alone in questions(question.measures, frozenset(question.measures)):
                self._window(alone, end, timeout_s, found)
            at_fault = [each for each in question.measures if each in found.problems]
            self._keep_apart(at_fault or question.measures)
        return found

    def _window(
        self, question: Question, end: int, timeout_s: float | None, found: Answers
    ) -> Exception | None:
        """Add the answer to a question, or why there is none, which is returned then."""
        started = self._monotonic_s()
        start = end - question.source.range_ticks
        problem: Exception | None = None
        for each in question.measures:
            found.problems.pop(each, None)
        try:
            result = self.ask(question.request(start, end, timeout_s or self.timeout_s))
            found.values |= answers(question, result)
        except (OpenInsightsError, TooManyRows) as error:
            problem = error
            found.problems |= dict.fromkeys(question.measures, str(error))
        except Exception as error:
            problem = error
            logger.exception("BUG: a question of alert rules failed text=%s", question.text)
            found.problems |= dict.fromkeys(question.measures, _FAULT)
        took_s = self._monotonic_s() - started
        found.took_s |= dict.fromkeys(question.measures, took_s)
        return problem

    def _keep_apart(self, measures: Iterable[Measure]) -> None:
        until_s = self._monotonic_s() + _APART_S
        with self._turn:
            self._apart |= dict.fromkeys(measures, until_s)

    def _now_apart(self) -> frozenset[Measure]:
        now_s = self._monotonic_s()
        with self._turn:
            self._apart = {each: until for each, until in self._apart.items() if until > now_s}
            return frozenset(self._apart)

    def ask(self, request: QueryRequest) -> QueryResult:
        """Answer a query about the resources that it names, and about no others.

        Raises:
            OpenInsightsError: what `QueryService.run` and `QueryQueue.submit` raise.
        """
        own = replace(request, resource_named=self._only(request.app_ids or ()))
        with self._turn:
            if self._is_stopped:
                raise QueryCancelled("cannot ask what a rule measures: the server stops")
            self._running.add(own.cancellation)
        try:
            return self._answer(own)
        finally:
            with self._turn:
                self._running.discard(own.cancellation)

    def stop(self) -> None:
        """Stop the questions that are asked, and ask no more."""
        with self._turn:
            self._is_stopped = True
            running = list(self._running)
        for each in running:
            each.cancel()

    def _answer(self, own: QueryRequest) -> QueryResult:
        turn = self._queue.submit(
            lambda: self._queries.run(own),
            Kind.TILE,
            _CALLER,
            hash((own.app_ids, own.text)),
            own.cancellation,
        )
        try:
            return turn.result(_TURN_S + (own.timeout_s or self.timeout_s))
        except TimeoutError:
            turn.cancel()
            own.cancellation.cancel()
            raise QueryTimedOut(
                "cannot ask what a rule measures: other queries have kept the server busy for"
                f" {_TURN_S:.0f} s; the next evaluation tries again"
            ) from None

    def check(self, request: QueryRequest) -> None:
        """Make sure that a query can be asked.

        Raises:
            OpenInsightsError: it cannot; the message says why.
        """
        self._queries.scans(replace(request, resource_named=self._only(request.app_ids or ())))

    def _only(self, app_ids: tuple[str, ...]) -> Callable[[str], Resource]:
        """Return what `app('…')` means to a rule: the resources of its scopes alone."""

        def named(reference: str) -> Resource:
            for app_id in app_ids:
                found = self._find(app_id)
                if found is not None and reference.strip().lower() in _names(found):
                    return found
            raise ResourceNotFound(
                f"cannot read resource {reference[:80]!r} in a rule: add it to its scopes"
            )

        return named


def _names(resource: Resource) -> tuple[str, ...]:
    return (
        resource.app_id,
        resource.name.lower(),
        resource.resource_id.lower(),
        f"{resource.resource_group}/{resource.name}".lower(),
    )
