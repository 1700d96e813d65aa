"""Runs tests: one attempt, or as many as a test that retries takes before it has failed."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from openinsights.availability.dns import probe_dns
from openinsights.availability.journey_run import JourneyAttempt
from openinsights.availability.outcome import Outcome, Run, StepOutcome, Timings
from openinsights.availability.requests import HttpAttempt
from openinsights.availability.sockets import probe_tcp, probe_tls
from openinsights.availability.test import (
    ATTEMPTS,
    DnsProbe,
    HttpProbe,
    JourneyProbe,
    TcpProbe,
    TlsProbe,
)
from openinsights.availability.trace import new_trace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from openinsights.availability.connection import Dialing
    from openinsights.availability.journey_run import Journeys
    from openinsights.availability.test import AvailabilityTest
    from openinsights.clock import Clock

logger = logging.getLogger(__name__)

_RETRY_S: Final = 20.0
"""Between two attempts, where the frequency leaves that much time."""


_AT_ONCE: Final = 200
"""Attempts under way together, most of which wait for somebody; more wait for one to end."""
_JOURNEYS_AT_ONCE: Final = 2
"""Each is a process, which takes a processor for a fifth of a second before it does anything."""


def retry_after_s(frequency_s: float) -> float:
    """Return how long a failed attempt waits for the next one."""
    return min(_RETRY_S, frequency_s / 6)


class Prober:
    """Runs tests, in one event loop.

    Args:
        dialing: how connections come about.
        journeys: where those are that operators write; None refuses them.
        clock: tells when a run began.
        sleep: waits between attempts.
    """

    def __init__(
        self,
        dialing: Dialing,
        journeys: Journeys | None,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._dialing = dialing
        self._journeys = journeys
        self._clock = clock
        self._sleep = sleep
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._journey_room = asyncio.Semaphore(_JOURNEYS_AT_ONCE)

    async def run(self, test: AvailabilityTest, location: str, attempts: int = ATTEMPTS) -> Run:
        """Run a test until an attempt passes, at most so many times; the last attempt counts.

        Args:
            test: what is run.
            location: from where, as the results say it.
            attempts: 1 for a test that does not retry.
        """
        for attempt in range(1, attempts + 1):
            trace = new_trace()
            async with self._room:
                began_ticks, begun = self._clock.now_ticks(), time.perf_counter()
                outcome = await self._attempt(test, trace.headers(location))
                duration_ms = (time.perf_counter() - begun) * 1_000
            if outcome.passed or attempt == attempts:
                break
            await self._sleep(retry_after_s(test.frequency_s))
        return Run(began_ticks, duration_ms, outcome, trace.trace_id, trace.span_id, attempt)

    async def _attempt(
        self, test: AvailabilityTest, headers: tuple[tuple[str, str], ...]
    ) -> Outcome:
        begun = time.perf_counter()
        try:
            if isinstance(test.probe, HttpProbe):
                http = HttpAttempt(test.probe, self._dialing, headers, _now)
                return await self._in_time(test, http.run(), http.out_of_time)
            if isinstance(test.probe, JourneyProbe):
                return await self._journey(test, test.probe, headers)
            return await self._in_time(
                test,
                self._below_http(test.probe),
                lambda timeout_s: _failed(
                    f"no answer came within {timeout_s:g} s", test.target, begun
                ),
            )
        except Exception as error:
            # whatever a peer provokes, the run has to be told of and the next one has to come
            logger.exception("availability test failed unexpectedly test=%s", test.test_id)
            message = f"the probe itself failed: {type(error).__name__}: {error}"
            return _failed(message[:1_000], test.target, begun)

    async def _journey(
        self,
        test: AvailabilityTest,
        probe: JourneyProbe,
        headers: tuple[tuple[str, str], ...],
    ) -> Outcome:
        async with self._journey_room:  # its wait is no part of the journey's time
            journey = JourneyAttempt(probe, self._journeys, headers, self._dialing.policy.private)
            return await self._in_time(test, journey.run(), journey.out_of_time)

    async def _below_http(self, probe: TcpProbe | TlsProbe | DnsProbe) -> Outcome:
        if isinstance(probe, TcpProbe):
            return await probe_tcp(probe, self._dialing)
        if isinstance(probe, DnsProbe):
            return await probe_dns(probe, self._dialing)
        return await probe_tls(probe, self._dialing, _now)

    @staticmethod
    async def _in_time(
        test: AvailabilityTest,
        work: Coroutine[Any, Any, Outcome],
        out_of_time: Callable[[float], Outcome],
    ) -> Outcome:
        try:
            async with asyncio.timeout(test.timeout_s):
                return await work
        except TimeoutError:
            return out_of_time(test.timeout_s)


def _failed(message: str, name: str, begun: float) -> Outcome:
    duration_ms = (time.perf_counter() - begun) * 1_000
    step = StepOutcome(name, message, duration_ms)
    return Outcome(message, False, (step,), Timings(whole=duration_ms))


def _now() -> datetime:
    return datetime.now(timezone.utc)
