"""From a run to the item of telemetry that tells of it, and how such items travel.

They take the way of everybody's telemetry: what is kept, capped and scrubbed of it is decided
there.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.availability.trace import SYNTHETIC_SOURCE
from openinsights.clock import TICKS_PER_SECOND
from openinsights_wire import tags as tag_names
from openinsights_wire.encode import encode_envelope, join_batch
from openinsights_wire.envelope import Data, Envelope
from openinsights_wire.stamps import format_duration, format_time
from openinsights_wire.types.availability import AvailabilityData

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from openinsights.availability.outcome import Outcome, Run
    from openinsights.availability.test import AvailabilityTest
    from openinsights.clock import Clock

logger = logging.getLogger(__name__)

NAME: Final = "Microsoft.ApplicationInsights.Availability"
SDK_VERSION: Final = "openinsights:availability"
_MOST_STEPS_TOLD: Final = 40
_LONGEST_STEPS: Final = 8_000
_LONGEST_MESSAGE: Final = 8_000
_AT_ONCE: Final = 500


def item_of(test: AvailabilityTest, run: Run, location: str, key: str) -> bytes:
    """Return the item that tells of a run, as JSON.

    Args:
        test: that was run.
        run: what came of it.
        location: where it was run.
        key: the instrumentation key of its resource.
    """
    outcome = run.outcome
    data = AvailabilityData(
        id=run.span_id,
        name=test.name,
        duration=format_duration(run.duration_ms),
        success=outcome.passed,
        runLocation=location,
        message=outcome.message[:_LONGEST_MESSAGE],
        properties=_properties(test, run, outcome),
        measurements=(
            None
            if outcome.certificate_days is None
            else {"certificateDaysLeft": outcome.certificate_days}
        ),
    )
    return encode_envelope(
        Envelope(
            name=NAME,
            time=format_time(run.began_ticks),
            iKey=key,
            tags={
                tag_names.OPERATION_ID: run.trace_id,
                tag_names.OPERATION_NAME: test.name[:1_024],
                tag_names.OPERATION_SYNTHETIC_SOURCE: SYNTHETIC_SOURCE,
                tag_names.SESSION_ID: run.trace_id,
                tag_names.INTERNAL_SDK_VERSION: SDK_VERSION,
            },
            data=Data(baseType="AvailabilityData", baseData=data),
        )
    )


def _properties(test: AvailabilityTest, run: Run, outcome: Outcome) -> dict[str, str]:
    told = {
        "WebtestArmResourceName": test.resource_name,
        "testId": test.test_id,
        "target": test.target[:2_048],
        "timings": json.dumps(outcome.timings.to_json()),
        "steps": _steps(outcome),
        "attempts": str(run.attempts),
        "bytes": str(outcome.size_bytes),
    }
    if outcome.address:
        told["address"] = outcome.address
    if outcome.steps and outcome.steps[-1].status:
        told["status"] = str(outcome.steps[-1].status)
    return told


def _steps(outcome: Outcome) -> str:
    """Return steps as JSON, as many as a property has room for."""
    steps = [
        {
            "name": each.name[:200],
            "message": each.message[:300],
            "duration": round(each.duration_ms, 3),
            "status": each.status,
            "timings": each.timings.to_json(),
        }
        for each in outcome.steps[:_MOST_STEPS_TOLD]
    ]
    while len(text := json.dumps(steps)) > _LONGEST_STEPS:
        steps.pop()
    return text


@dataclass(frozen=True, slots=True)
class _Item:
    content: bytes
    made_ticks: int


class ResultSender:
    """Sends results soon, several together, and keeps them while they cannot be taken.

    In one event loop.

    Args:
        send: takes a body; raises when it has not.
        clock: tells how old a result is.
        waits_s: how long results wait for others.
        retry_s: how long they wait when they were not taken.
        most: how many are kept; the oldest go.
        oldest_s: how old they may become.
    """

    def __init__(
        self,
        send: Callable[[bytes], Awaitable[None]],
        clock: Clock,
        waits_s: float = 2.0,
        retry_s: float = 5.0,
        most: int = 10_000,
        oldest_s: float = 3_600.0,
    ) -> None:
        self._send = send
        self._clock = clock
        self._waits_s = waits_s
        self._retry_s = retry_s
        self._oldest_ticks = round(oldest_s * TICKS_PER_SECOND)
        self._waiting: deque[_Item] = deque(maxlen=most)
        self._come = asyncio.Event()
        self.lost = 0

    def put(self, content: bytes) -> None:
        """Keep an item until it is sent."""
        self.lost += len(self._waiting) == self._waiting.maxlen
        self._waiting.append(_Item(content, self._clock.now_ticks()))
        self._come.set()

    async def run(self) -> None:
        """Send what comes, until cancelled."""
        while True:
            await self._come.wait()
            await asyncio.sleep(self._waits_s)
            if not await self.flush():
                await asyncio.sleep(self._retry_s)

    async def flush(self) -> bool:
        """Send what there is; return whether it was taken."""
        self._come.clear()
        self._forget_old()
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), _AT_ONCE))]
        if not batch:
            return True
        try:
            await self._send(join_batch(each.content for each in batch))
        except asyncio.CancelledError:
            raise
        except Exception as error:
            logger.warning("results of availability tests wait cause=%s", error)
            room = (self._waiting.maxlen or 0) - len(self._waiting)
            self.lost += max(0, len(batch) - room)
            self._waiting.extendleft(reversed(batch[max(0, len(batch) - room) :]))
            self._come.set()
            return False
        if self._waiting:
            self._come.set()
        return True

    def _forget_old(self) -> None:
        oldest = self._clock.now_ticks() - self._oldest_ticks
        while self._waiting and self._waiting[0].made_ticks < oldest:
            self._waiting.popleft()
            self.lost += 1
