"""Availability tests for people and for probes: how they stand, running one at once, their budget.

What manages them is `arm.py`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.api.body import json_object
from openinsights.api.errors import BAD_ARGUMENT, ApiError, json_response
from openinsights.api.turn import answer_in_turn, caller_of
from openinsights.availability.arm import ROOM
from openinsights.availability.budget import budget_of, downtimes
from openinsights.availability.errors import NotProbing
from openinsights.availability.locations import AZURE, shown
from openinsights.availability.shape import WebTestShape, test_of
from openinsights.availability.test import LOCAL, MOST_LOCATIONS
from openinsights.catalog.availability_tests import availability_test_not_found
from openinsights.clock import TICKS_PER_SECOND
from openinsights.kql.given import Given
from openinsights.operation import Content, Parameter, promises
from openinsights.query.queue import Kind
from openinsights.query.service import QueryRequest
from openinsights.query.timespan import parse_timespan
from openinsights.query.values import datetime_text
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from starlette.requests import Request

    from openinsights.availability.outcome import Run
    from openinsights.availability.parts import Availability
    from openinsights.availability.test import AvailabilityTest
    from openinsights.catalog.availability_tests import KeptTest
    from openinsights.catalog.resources import ResourceStore
    from openinsights.clock import Clock
    from openinsights.query.queue import QueryQueue
    from openinsights.query.service import QueryService

_BASE: Final = "/portal/api/availability/{app}"
_RANGE: Final = Parameter("timespan", "In ISO 8601, such as P7D or start/end; a week by default.")
_PROBES_NAME: Final = Parameter("location", "The probe's own name.", required=True)
_DOWN_BIN_S: Final = 300


class LocationStand(msgspec.Struct, rename="camel"):
    """A location of a test.

    Attributes:
        id: its name, or Azure's tag.
        name: as people call it.
        is_probed: whether somebody probes from there; else it has no runs and counts as nothing.
    """

    id: str
    name: str
    is_probed: bool


class TestStand(msgspec.Struct, rename="camel"):
    """A test as pages and commands show it.

    Attributes:
        id: its path.
        target: what is probed.
        objective: the percentage of runs that is meant to pass.
        properties: as its author sent them.
    """

    id: str
    test_id: str
    name: str
    resource_name: str
    target: str
    kind: str
    is_enabled: bool
    frequency_s: int
    timeout_s: float
    retries: bool
    alerts: bool
    objective: float
    locations: list[LocationStand]
    properties: dict[str, Any]  # as their author sent them


class TestsStand(msgspec.Struct, rename="camel"):
    """The tests of a resource, and from where one can be run.

    Attributes:
        locations: from which the resource is probed now.
        tags: Azure's locations, whose place a probe can take.
    """

    tests: list[TestStand]
    locations: list[LocationStand]
    tags: list[LocationStand]


class StepShown(msgspec.Struct, rename="camel"):
    """A step of a run; times in milliseconds."""

    name: str
    message: str
    duration: float
    status: int
    timings: dict[str, float]


class RunShown(msgspec.Struct, rename="camel"):
    """A run; times in milliseconds."""

    time: str
    location: str
    passed: bool
    message: str
    duration: float
    timings: dict[str, float]
    steps: list[StepShown]
    certificate_days_left: float | None
    operation_id: str


class DowntimeShown(msgspec.Struct, rename="camel"):
    """A time in which every run failed."""

    start: str
    end: str


class TestReport(msgspec.Struct, rename="camel"):
    """How a test did against its objective.

    Attributes:
        percent: of runs that passed; null without runs.
        allowed_failures: that the objective grants for so many runs.
        budget_left_percent: of what may fail, how much is left; negative when it is overdrawn.
        downtime_s: in which every run failed, in bins of five minutes.
    """

    name: str
    objective: float
    runs: int
    failed: int
    percent: float | None
    allowed_failures: float
    budget_left_percent: float | None
    is_met: bool | None
    downtime_s: int
    downtimes: list[DowntimeShown]


class Report(msgspec.Struct, rename="camel"):
    """How the tests of a resource did in a window; those of `track_availability()` have 99.9 %."""

    start: str
    end: str
    tests: list[TestReport]


class ProbeTest(msgspec.Struct, rename="camel"):
    """A test for a probe to run, and where its results belong.

    Attributes:
        suspended: whether it failed last at this location, as far as the probe has told: it is
            tried once until it passes.
    """

    test_id: str
    app_id: str
    resource_name: str
    instrumentation_key: str
    properties: dict[str, Any]  # as their author sent them
    suspended: bool


class ProbeTests(msgspec.Struct, rename="camel"):
    """The tests that a probe runs at its location."""

    location: str
    tests: list[ProbeTest]


class ProbeRetries(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """What changed at a probe.

    Attributes:
        suspended: by the id of a test, whether it is tried once only until it passes.
    """

    suspended: dict[str, bool]


class AvailabilityApi:
    """The routes.

    Args:
        parts: the tests and who runs them.
        resources: what they are about.
        queries: answers queries.
        queue: gives them their turn.
        clock: tells when a window ends.
        max_body_bytes: longest request body.
    """

    def __init__(
        self,
        parts: Availability,
        resources: ResourceStore,
        queries: QueryService,
        queue: QueryQueue,
        clock: Clock,
        max_body_bytes: int,
    ) -> None:
        self._parts = parts
        self._resources = resources
        self._queries = queries
        self._queue = queue
        self._clock = clock
        self._max_body_bytes = max_body_bytes

    def routes(self) -> list[Guarded]:
        """Return the routes."""
        return [
            Guarded(_BASE, self.stand, right=Right.READ),
            Guarded(f"{_BASE}/report", self.report, right=Right.READ),
            Guarded(f"{_BASE}/try", self.attempt, right={"POST": Right.WRITE}),
            Guarded(f"{_BASE}/{{test}}/run", self.run, right={"POST": Right.WRITE}),
            Guarded("/api/probe/tests", self.for_probe, right=Right.PROBE),
            Guarded("/api/probe/retries", self.keep_retries, right={"PUT": Right.PROBE}),
        ]

    @promises(ROOM, TestsStand, errors=(404,))
    async def stand(self, request: Request) -> Response:
        """Show the tests of a resource and who probes it from where."""
        app_id = self._app_id(request)
        found = await run_in_threadpool(self._parts.book.of, app_id)
        locations = self._parts.locations
        return json_response(
            TestsStand(
                [self._stand(kept, test) for kept, test in found],
                [LocationStand(each, shown(each), True) for each in locations.of(app_id)],
                [
                    LocationStand(each, name, locations.is_probed(app_id, each))
                    for each, name in AZURE.items()
                ],
            ),
            headers={"cache-control": "no-store"},
        )

    @promises(ROOM, RunShown, errors=(400, 404, 409))
    async def run(self, request: Request) -> Response:
        """Run a test once from the server, at once; its result counts like every other."""
        app_id = self._app_id(request)
        wanted = request.path_params["test"]
        for kept, test in await run_in_threadpool(self._parts.book.of, app_id):
            if wanted.lower() in (kept.test_id, kept.name.lower(), test.name.lower()):
                return await self._run(test, counts=True)
        raise availability_test_not_found(wanted)

    @promises(
        ROOM,
        RunShown,
        body=Content(WebTestShape, example={"Request": {"RequestUrl": "http://127.0.0.1:8000/"}}),
        errors=(400, 404, 409, 413),
    )
    async def attempt(self, request: Request) -> Response:
        """Run a test that is not kept, once, from the server; nothing is stored of it."""
        app_id = self._app_id(request)
        properties = await json_object(request, self._max_body_bytes)
        return await self._run(test_of("", app_id, "test", properties), counts=False)

    @promises(ROOM, Report, parameters=(_RANGE,), errors=(400, 404, 429, 499, 503, 504))
    async def report(self, request: Request) -> Response:
        """Say how the tests did against their objectives."""
        app_id = self._app_id(request)
        text = request.query_params.get("timespan") or "P7D"
        span = parse_timespan(text, self._clock.now_ticks())
        start = span.start_ticks or 0
        end = span.end_ticks or self._clock.now_ticks()
        found = await run_in_threadpool(self._parts.book.of, app_id)
        objectives = {test.name: test.objective for _, test in found}
        counts = await self._ask(request, app_id, _COUNTS, start, end)
        down = await self._ask(request, app_id, _DOWN, start, end)
        bins: dict[str, list[int]] = {}
        for name, begin in down:
            bins.setdefault(name, []).append(begin)
        counted = {name: (runs, passed) for name, runs, passed in counts}
        tests = [
            _report(
                name, *counted.get(name, (0, 0)), objectives.get(name, 99.9), bins.get(name, [])
            )
            for name in sorted({*objectives, *counted})
        ]
        return json_response(Report(datetime_text(start), datetime_text(end), tests))

    @promises(
        ROOM,
        ProbeTests,
        parameters=(_PROBES_NAME,),
        errors=(400,),
    )
    async def for_probe(self, request: Request) -> Response:
        """List the tests that a probe runs at its location; asking says that it is there."""
        location = _location_of(request)
        resources = self._resources.list()
        self._parts.locations.note(location, (each.app_id for each in resources))
        keys = {each.app_id: each.instrumentation_key for each in resources}
        every = await run_in_threadpool(self._parts.book.runnable)
        return json_response(
            ProbeTests(
                location,
                [
                    ProbeTest(
                        kept.test_id,
                        kept.app_id,
                        kept.name,
                        keys[kept.app_id],
                        dict(kept.properties),
                        location in kept.suspended,
                    )
                    for kept, test in every
                    if kept.app_id in keys and test.is_enabled and location in test.locations
                ],
            ),
            headers={"cache-control": "no-store"},
        )

    @promises(
        ROOM,
        None,
        status=204,
        parameters=(_PROBES_NAME,),
        body=Content(
            ProbeRetries, example={"suspended": {"6f1b0f9e-3c0e-4d8e-9d55-0b8f2f4f0b7e": True}}
        ),
        errors=(400, 413),
    )
    async def keep_retries(self, request: Request) -> Response:
        """Keep which tests a probe tries once only, so that one that restarts knows it."""
        location = _location_of(request)
        told = await json_object(request, self._max_body_bytes)
        try:
            suspended = msgspec.convert(told, ProbeRetries).suspended
        except msgspec.ValidationError as error:
            raise ApiError(400, BAD_ARGUMENT, f"cannot read the body: {error}") from None
        app_ids = {each.app_id for each in self._resources.list()}
        await run_in_threadpool(self._parts.book.keep_retries, location, suspended, app_ids)
        return Response(status_code=204)

    def _app_id(self, request: Request) -> str:
        return self._resources.named(request.path_params["app"]).app_id

    def _stand(self, kept: KeptTest, test: AvailabilityTest) -> TestStand:
        locations = self._parts.locations
        return TestStand(
            id=kept.id,
            test_id=kept.test_id,
            name=test.name,
            resource_name=kept.name,
            target=test.target,
            kind=kept.kind,
            is_enabled=test.is_enabled,
            frequency_s=test.frequency_s,
            timeout_s=test.timeout_s,
            retries=test.retries,
            alerts=test.alerts,
            objective=test.objective,
            locations=[
                LocationStand(each, shown(each), locations.is_probed(test.app_id, each))
                for each in test.locations[:MOST_LOCATIONS]
            ],
            properties=dict(kept.properties),
        )

    async def _run(self, test: AvailabilityTest, *, counts: bool) -> Response:
        try:
            run = await asyncio.wrap_future(self._parts.watcher.run_now(test, counts=counts))
        except NotProbing as error:
            raise ApiError(409, error.code, error.message) from None
        return json_response(_run_shown(run))

    async def _ask(
        self, request: Request, app_id: str, text: str, start: int, end: int
    ) -> list[tuple[Any, ...]]:
        query = QueryRequest(
            text=text,
            app_ids=(app_id,),
            parameters={
                "start": Given(KqlType.DATETIME, start),
                "end": Given(KqlType.DATETIME, end),
            },
        )
        turn = self._queue.submit(
            lambda: self._queries.run(query),
            Kind.TILE,
            caller_of(request),
            text,
            query.cancellation,
        )
        result = await answer_in_turn(request, turn, query.cancellation)
        return list(result.tables[0].raw)


def _location_of(request: Request) -> str:
    """Return the name of the probe that asks."""
    location = request.query_params.get("location", "").strip()
    if not location or len(location) > 100 or location == LOCAL:
        raise ApiError(
            400,
            BAD_ARGUMENT,
            f"cannot probe from {location[:80]!r}: a name of 1 to 100 characters is needed that"
            f" is not {LOCAL!r}, which is the server itself",
        )
    return location


_COUNTS: Final = """availabilityResults
| where timestamp >= start and timestamp < end
| summarize runs = count(), passed = countif(success in ("1", "True", "true")) by name
| project name, runs, passed"""
_DOWN: Final = """availabilityResults
| where timestamp >= start and timestamp < end
| summarize passed = countif(success in ("1", "True", "true")) by name, begin = bin(timestamp, 5m)
| where passed == 0
| project name, begin
| order by name asc, begin asc"""


def _report(name: str, runs: int, passed: int, objective: float, bins: list[int]) -> TestReport:
    budget = budget_of(runs, passed, objective)
    down = downtimes(bins, _DOWN_BIN_S * TICKS_PER_SECOND)
    return TestReport(
        name=name,
        objective=objective,
        runs=runs,
        failed=budget.failed,
        percent=budget.percent,
        allowed_failures=budget.allowed,
        budget_left_percent=budget.left_percent,
        is_met=budget.is_met,
        downtime_s=sum(each.end_ticks - each.start_ticks for each in down) // TICKS_PER_SECOND,
        downtimes=[
            DowntimeShown(datetime_text(each.start_ticks), datetime_text(each.end_ticks))
            for each in down
        ],
    )


def _run_shown(run: Run) -> RunShown:
    outcome = run.outcome
    return RunShown(
        time=datetime_text(run.began_ticks),
        location=LOCAL,
        passed=outcome.passed,
        message=outcome.message,
        duration=run.duration_ms,
        timings=outcome.timings.to_json(),
        steps=[
            StepShown(
                each.name, each.message, each.duration_ms, each.status, each.timings.to_json()
            )
            for each in outcome.steps
        ],
        certificate_days_left=outcome.certificate_days,
        operation_id=run.trace_id,
    )
