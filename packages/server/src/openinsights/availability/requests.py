"""A probe over HTTP: its steps in order, with what pages load and how the certificate is."""

from __future__ import annotations

import asyncio
import time
from datetime import timezone
from typing import TYPE_CHECKING

from openinsights.availability.certificate import certificate_of
from openinsights.availability.checks import wrong_certificate, wrong_content, wrong_status
from openinsights.availability.connection import since_ms
from openinsights.availability.errors import ProbeFailed
from openinsights.availability.outcome import Outcome, StepOutcome, Timings
from openinsights.availability.resources import dependents
from openinsights.availability.web import Visitor

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from openinsights.availability.certificate import Certificate
    from openinsights.availability.connection import Dialing
    from openinsights.availability.test import HttpProbe, Step
    from openinsights.availability.web import Answer

_DEPENDENTS_AT_ONCE = 4


class HttpAttempt:
    """One attempt of a probe over HTTP; what was done stays readable when time ends it.

    Args:
        probe: what is done.
        dialing: how connections come about.
        headers: of every request.
        now: tells what is left of certificates.
    """

    def __init__(
        self,
        probe: HttpProbe,
        dialing: Dialing,
        headers: tuple[tuple[str, str], ...],
        now: Callable[[], datetime],
    ) -> None:
        self._probe = probe
        self._now = now
        check = probe.certificate
        self._visitor = Visitor(dialing, headers, check is not None and check.is_verified)
        self._steps: list[StepOutcome] = []
        self._first: Answer | None = None
        self._certificate: Certificate | None = None
        self._size_bytes = 0
        self._under_way = ""
        self._begun = time.perf_counter()

    async def run(self) -> Outcome:
        """Do all steps, or those until one fails."""
        message = ""
        for step in self._probe.steps:
            self._under_way, self._begun = step.name or step.url, time.perf_counter()
            message, answer = await self._step(step)
            self._end(message, answer)
            if message:
                break
        return self._outcome(message)

    def out_of_time(self, timeout_s: float) -> Outcome:
        """Return what was done until the time was over."""
        message = f"no whole answer came within {timeout_s:g} s"
        self._end(message, None)
        return self._outcome(message)

    async def _step(self, step: Step) -> tuple[str, Answer | None]:
        try:
            answer = await self._visitor.fetch(
                step.url, step.verb, step.headers, step.body, follows=step.follows_redirects
            )
        except ProbeFailed as error:
            return error.message, None
        self._size_bytes += len(answer.body)
        if self._first is None:
            self._first = answer
            if answer.connected.certificate and self._probe.certificate is not None:
                now = self._now().astimezone(timezone.utc)
                self._certificate = certificate_of(answer.connected.certificate, now)
        message = wrong_status(step, answer.status)
        if not message and step.content:
            message = wrong_content(step.content, answer.text, answer.is_whole)
        if not message:
            message = wrong_certificate(self._probe.certificate, self._certificate)
        if not message and step.loads_dependents and answer.is_html:
            message = await self._load(dependents(answer.text, answer.url))
        return message, answer

    async def _load(self, urls: list[str]) -> str:
        """Load what a page needs; return what is wrong with the first that fails."""
        room = asyncio.Semaphore(_DEPENDENTS_AT_ONCE)

        async def load(url: str) -> str:
            async with room:
                try:
                    answer = await self._visitor.fetch(url)
                except ProbeFailed as error:
                    return f"{_short(url)}, which the page loads, failed: {error.message}"
            self._size_bytes += len(answer.body)
            if answer.status < 400:
                return ""
            return f"{_short(url)}, which the page loads, answered with status {answer.status}"

        found = await asyncio.gather(*map(load, urls))
        return next((each for each in found if each), "")

    def _end(self, message: str, answer: Answer | None) -> None:
        self._steps.append(
            StepOutcome(
                self._under_way,
                message,
                since_ms(self._begun),
                0 if answer is None else answer.status,
                Timings() if answer is None else answer.timings,
            )
        )

    def _outcome(self, message: str) -> Outcome:
        first, steps = self._first, tuple(self._steps)
        if message and len(self._probe.steps) > 1:
            message = f"step {len(steps)} of {len(self._probe.steps)}, {steps[-1].name}: {message}"
        days = None if self._certificate is None else self._certificate.days_left
        return Outcome(
            message or _passed(steps, days),
            not message,
            steps,
            Timings() if first is None else first.timings,
            self._size_bytes,
            "" if first is None else first.connected.address,
            days,
        )


def _passed(steps: tuple[StepOutcome, ...], days: float | None) -> str:
    done = f"status {steps[-1].status}" if len(steps) == 1 else f"all {len(steps)} steps passed"
    return done if days is None else f"{done}; the certificate ends in {days:.0f} days"


def _short(url: str) -> str:
    return url if len(url) <= 200 else f"{url[:200]}…"
