"""Smart detection for people: findings, mutes, what people think of them, and settings."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from openinsights.access.rights import Right
from openinsights.access.routes import Guarded
from openinsights.api.arm.callers import caller_of
from openinsights.api.body import json_object
from openinsights.api.errors import BAD_ARGUMENT, ApiError, json_response
from openinsights.catalog.findings import ACTIVE, MUTED, RESOLVED
from openinsights.clock import TICKS_PER_DAY, TICKS_PER_SECOND
from openinsights.detection.choices import (
    DetectorChoices,
    choices_of,
    sensitivity_named,
    setting_of,
)
from openinsights.detection.errors import DetectionError, DetectorNotFound
from openinsights.detection.mutes import MOST_MUTES, Mute, checked
from openinsights.detection.rows import DETECTORS, DetectorRow, detector_named
from openinsights.detection.telling import azure_of
from openinsights.operation import Content, Parameter, promises
from openinsights.query.values import datetime_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

    from openinsights.catalog.findings import KeptFinding
    from openinsights.catalog.resources import ResourceStore
    from openinsights.clock import Clock
    from openinsights.detection.parts import Detection

ROOM: Final = "smart detection"
_BASE: Final = "/portal/api/detection/{app}"
_STATES: Final = {"active": (ACTIVE,), "muted": (MUTED,), "resolved": (RESOLVED,), "all": None}
_LONGEST_NOTE: Final = 500
_DISMISSED_TICKS: Final = 7 * TICKS_PER_DAY
_STATE: Final = Parameter("state", "active (the default), muted, resolved or all.")


class FindingShown(msgspec.Struct, rename="camel"):
    """A finding.

    Attributes:
        about: the operation, dependency, page, role, exception type or instance; "" for all.
        about_kind: which of these it is.
        state: active, muted or resolved.
        kind: what values are: share (0 to 1), ms, count or bytes.
        worst_start: the window that the figures are of, when it was worst: where it begins; ""
            for a finding that an earlier release kept.
        worst_end: and where it ends.
        low: where the expected band begins, at the worst of it.
        score: deviations from what is usual.
        days: days that it is learned from.
        count: items in the window.
        hits: those that the finding is about.
        chart: [ms since 1970, value, expected, low, high].
        changed: what its items have in common: key, value, support, in_rest, lift, points.
        joined: values that go together.
        versions: that came when it began.
        related: what else failed.
        azure: the finding by the names of Azure's alert context.
    """

    id: str
    detector: str
    title: str
    summary: str
    about: str
    about_kind: str
    state: str
    start: str
    end: str
    worst_start: str
    worst_end: str
    kind: str
    value: float
    expected: float
    low: float
    high: float
    effect: str
    score: float
    confidence: str
    days: float
    count: float
    hits: float
    window_minutes: int
    chart: list[list[float | None]]
    changed: list[dict[str, Any]]  # JSON
    joined: list[list[str]]
    versions: list[dict[str, Any]]  # JSON
    related: list[dict[str, Any]]  # JSON
    samples: list[dict[str, Any]]  # JSON
    kql: str
    kql_start: str
    feedback: str
    ended_because: str
    azure: dict[str, Any]  # JSON


class FindingsShown(msgspec.Struct, rename="camel"):
    """Findings, the newest first.

    Attributes:
        active: how many are active, whatever is asked for.
    """

    findings: list[FindingShown]
    active: int


class MuteShown(msgspec.Struct, rename="camel"):
    """A mute: findings that are like this are told to nobody.

    Attributes:
        about: null for any.
        values: what their items have in common.
    """

    id: str
    about: str | None
    values: dict[str, str]
    until: str
    who: str


class DetectorShown(msgspec.Struct, rename="camel"):
    """A detector, as it is set.

    Attributes:
        azure: the rule names that Azure has for it.
        sensitivity: low, medium or high.
        action_groups: resource ids of whom to tell.
    """

    id: str
    title: str
    promise: str
    azure: list[str]
    enabled: bool
    sensitivity: str
    action_groups: list[str]
    mutes: list[MuteShown]


class DetectorsShown(msgspec.Struct):
    """The detectors of a resource."""

    detectors: list[DetectorShown]


class DetectorBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """What to set; what is left out stays."""

    enabled: bool | None = None
    sensitivity: str | None = None
    action_groups: list[str] | None = None


class MuteBody(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """A mute to make.

    Attributes:
        detector: whose findings.
        about: the operation, dependency, type, role or instance; null for any.
        values: what their items have in common, such as `{"resultCode": "502"}`.
        hours: how long it lasts.
    """

    detector: str
    about: str | None = None
    values: dict[str, str] = {}
    hours: float = 24.0


class FeedbackBody(msgspec.Struct, forbid_unknown_fields=True):
    """Why a finding is of no use; it ends, and the like of it is muted for a week."""

    note: str = ""


class DetectionApi:
    """The routes.

    Args:
        parts: the room's.
        resources: what findings are about.
        clock: tells when a mute ends.
        max_body_bytes: longest request body.
    """

    def __init__(
        self, parts: Detection, resources: ResourceStore, clock: Clock, max_body_bytes: int
    ) -> None:
        self._parts = parts
        self._resources = resources
        self._clock = clock
        self._max_body_bytes = max_body_bytes

    def routes(self) -> list[Guarded]:
        """Return the routes."""
        return [
            Guarded(_BASE, self.listed, right=Right.READ),
            Guarded(f"{_BASE}/detectors", self.detectors, right=Right.READ),
            Guarded(f"{_BASE}/detectors/{{detector}}", self.change, right={"PATCH": Right.WRITE}),
            Guarded(f"{_BASE}/mutes", self.mute, right={"POST": Right.WRITE}),
            Guarded(f"{_BASE}/mutes/{{mute}}", self.unmute, right={"DELETE": Right.WRITE}),
            Guarded(f"{_BASE}/{{finding}}", self.show, right=Right.READ),
            Guarded(f"{_BASE}/{{finding}}/not-useful", self.dismiss, right={"POST": Right.WRITE}),
        ]

    @promises(ROOM, FindingsShown, parameters=(_STATE,), errors=(400, 404))
    async def listed(self, request: Request) -> Response:
        """List what smart detection has found, the newest first."""
        app_id = self._app_id(request)
        state = request.query_params.get("state", "active").lower()
        if state not in _STATES:
            raise ApiError(
                400, BAD_ARGUMENT, f"cannot list {state[:40]!r}: use {', '.join(_STATES)}"
            )
        every = await run_in_threadpool(
            self._parts.findings.of, app_id, open_only=state in ("active", "muted")
        )
        wanted = _STATES[state]
        active = sum(each.state == ACTIVE for each in every)
        if state == "resolved":
            active = len(await run_in_threadpool(self._parts.findings.of, app_id, open_only=True))
        found = [_shown(each) for each in every if wanted is None or each.state in wanted]
        return json_response(FindingsShown(found, active))

    @promises(ROOM, FindingShown, errors=(404,))
    async def show(self, request: Request) -> Response:
        """Show a finding."""
        return json_response(_shown(await self._finding(request)))

    @promises(ROOM, DetectorsShown, errors=(404,))
    async def detectors(self, request: Request) -> Response:
        """List the detectors of a resource as they are set, with their mutes."""
        kept = await run_in_threadpool(self._parts.settings.of, self._app_id(request))
        now = self._clock.now_ticks()
        return json_response(
            DetectorsShown(
                [
                    _detector(
                        row,
                        choices_of(kept[row.id]) if row.id in kept else DetectorChoices(),
                        now,
                    )
                    for row in DETECTORS
                ]
            )
        )

    @promises(
        ROOM,
        DetectorShown,
        body=Content(DetectorBody, example={"enabled": True, "sensitivity": "high"}),
        errors=(400, 404, 413),
    )
    async def change(self, request: Request) -> Response:
        """Switch a detector on or off, set its sensitivity, or whom its findings are told to."""
        app_id = self._app_id(request)
        row = _detector_of(request.path_params["detector"])
        body = await self._body(request, DetectorBody)

        def changed(known: DetectorChoices) -> DetectorChoices:
            return replace(
                known,
                is_enabled=known.is_enabled if body.enabled is None else body.enabled,
                sensitivity=known.sensitivity
                if body.sensitivity is None
                else sensitivity_named(body.sensitivity),
                action_groups=known.action_groups
                if body.action_groups is None
                else tuple(body.action_groups),
            )

        kept = await self._change(app_id, row, changed)
        return json_response(_detector(row, kept, self._clock.now_ticks()))

    @promises(
        ROOM,
        MuteShown,
        body=Content(
            MuteBody,
            example={
                "detector": "failed_requests",
                "about": "POST /charge",
                "values": {"resultCode": "502"},
                "hours": 24,
            },
        ),
        errors=(400, 404, 413),
    )
    async def mute(self, request: Request) -> Response:
        """Mute findings of a detector that are like this, until an instant."""
        app_id = self._app_id(request)
        body = await self._body(request, MuteBody)
        row = _detector_of(body.detector)
        ticks = round(body.hours * 3600 * TICKS_PER_SECOND)
        made = await self._mute(app_id, row, request, body.about, body.values, ticks)
        return json_response(_mute(made))

    @promises(ROOM, replies={204: None}, errors=(404,))
    async def unmute(self, request: Request) -> Response:
        """Take a mute back."""
        app_id = self._app_id(request)
        wanted = request.path_params["mute"]
        for name, setting in (await run_in_threadpool(self._parts.settings.of, app_id)).items():
            if any(each.id == wanted for each in choices_of(setting).mutes):
                await self._change(
                    app_id,
                    detector_named(name),
                    lambda known: replace(
                        known, mutes=tuple(each for each in known.mutes if each.id != wanted)
                    ),
                )
                return Response(status_code=204)
        raise ApiError(404, "MuteNotFound", f"cannot find the mute {wanted[:80]!r}")

    @promises(
        ROOM, FindingShown, body=Content(FeedbackBody, example={"note": ""}), errors=(400, 404, 413)
    )
    async def dismiss(self, request: Request) -> Response:
        """Say that a finding is of no use: it ends, and the like of it is muted for a week."""
        finding = await self._finding(request)
        body = await self._body(request, FeedbackBody)
        row = detector_named(finding.detector)
        who = caller_of(request).name
        noted = replace(
            finding, facts={**finding.facts, "feedback": body.note[:_LONGEST_NOTE] or "not useful"}
        )
        await self._mute(finding.app_id, row, request, finding.about, {}, _DISMISSED_TICKS)
        ended = await run_in_threadpool(self._parts.engine.end, noted, f"{who} found it not useful")
        return json_response(_shown(ended))

    async def _mute(
        self,
        app_id: str,
        row: DetectorRow,
        request: Request,
        about: str | None,
        values: dict[str, str],
        ticks: int,
    ) -> Mute:
        now = self._clock.now_ticks()
        who = caller_of(request).name
        try:
            made = checked(Mute(str(uuid.uuid4()), about, values, now + ticks, who, now), now)
        except DetectionError as error:
            raise ApiError(400, error.code, error.message) from None

        def changed(known: DetectorChoices) -> DetectorChoices:
            mutes = [each for each in known.mutes if each.until_ticks > now]
            if len(mutes) >= MOST_MUTES:
                raise DetectionError(f"cannot keep more than {MOST_MUTES} mutes of a detector")
            return replace(known, mutes=(*mutes, made))

        await self._change(app_id, row, changed)
        return made

    async def _change(
        self,
        app_id: str,
        row: DetectorRow,
        changed: Callable[[DetectorChoices], DetectorChoices],
    ) -> DetectorChoices:
        now = self._clock.now_ticks()
        try:
            kept = await run_in_threadpool(
                self._parts.settings.change,
                app_id,
                row.id,
                lambda known: setting_of(replace(changed(choices_of(known)), updated_ticks=now)),
            )
        except DetectionError as error:
            raise ApiError(400, error.code, error.message) from None
        return choices_of(kept)

    async def _finding(self, request: Request) -> KeptFinding:
        app_id, wanted = self._app_id(request), request.path_params["finding"]
        found = await run_in_threadpool(self._parts.findings.get, app_id, wanted)
        if found is None:
            raise ApiError(404, "FindingNotFound", f"cannot find the finding {wanted[:80]!r}")
        return found

    async def _body(self, request: Request, shape: type[Any]) -> Any:
        sent = await json_object(request, self._max_body_bytes)
        try:
            return msgspec.convert(sent, shape)
        except msgspec.ValidationError as error:
            raise ApiError(400, BAD_ARGUMENT, f"cannot read the body: {error}") from None

    def _app_id(self, request: Request) -> str:
        return self._resources.named(request.path_params["app"]).app_id


def _detector_of(name: str) -> DetectorRow:
    try:
        return detector_named(name)
    except DetectorNotFound as error:
        raise ApiError(404, error.code, error.message) from None


def _detector(row: DetectorRow, choices: DetectorChoices, now: int) -> DetectorShown:
    return DetectorShown(
        row.id,
        row.title,
        row.promise,
        list(row.azure),
        choices.is_enabled,
        choices.sensitivity.name.lower(),
        list(choices.action_groups),
        [_mute(each) for each in choices.mutes if each.until_ticks > now],
    )


def _mute(mute: Mute) -> MuteShown:
    return MuteShown(
        mute.id, mute.about, dict(mute.values), datetime_text(mute.until_ticks), mute.who
    )


def _shown(finding: KeptFinding) -> FindingShown:
    row, facts = detector_named(finding.detector), finding.facts
    worst_start, worst_end = _worst(facts)
    return FindingShown(
        id=finding.finding_id,
        detector=row.id,
        title=row.title,
        summary=facts["summary"],
        about=finding.about,
        about_kind=row.about,
        state=finding.state,
        start=datetime_text(finding.first_ticks),
        end=datetime_text(finding.last_ticks),
        worst_start=worst_start,
        worst_end=worst_end,
        kind=facts["kind"],
        value=facts["value"],
        expected=facts["expected"],
        low=facts["low"],
        high=facts["high"],
        effect=facts["effect"],
        score=facts["score"],
        confidence=facts["confidence"],
        days=facts["days"],
        count=facts["count"],
        hits=facts["hits"],
        window_minutes=facts["window_minutes"],
        chart=facts.get("chart", []),
        changed=facts.get("changed", []),
        joined=facts.get("joined", []),
        versions=facts.get("versions", []),
        related=facts.get("related", []),
        samples=facts.get("samples", []),
        kql=facts["kql"],
        kql_start=datetime_text(facts["kql_start"]),
        feedback=facts.get("feedback", ""),
        ended_because=facts.get("ended_because", ""),
        azure=azure_of(row, finding),
    )


def _worst(facts: Mapping[str, Any]) -> tuple[str, str]:
    """Return where the window begins and ends that a finding's figures are of; "" if unknown."""
    end = facts.get("worst_ticks")
    if end is None:
        return "", ""
    length = int(facts["window_minutes"]) * 60 * TICKS_PER_SECOND
    return datetime_text(end - length), datetime_text(end)
