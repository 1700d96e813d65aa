"""The daily cap of a component in the shape that Azure's tools read and write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from starlette.concurrency import run_in_threadpool

from openinsights.access.rights import Right
from openinsights.api.arm.components import ROOM
from openinsights.api.arm.route import API_VERSION, COMPONENT, ArmRoute, component_of
from openinsights.api.body import body_as
from openinsights.api.errors import BAD_ARGUMENT, ApiError, json_response
from openinsights.catalog.resource_settings import BY_NAME
from openinsights.clock import TICKS_PER_SECOND
from openinsights.operation import promises
from openinsights.query.values import datetime_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from openinsights.catalog.resource import Resource
    from openinsights.catalog.resources import ResourceStore
    from openinsights.clock import Clock

BYTES_OF_GB: Final = 1_000_000_000
_BASIC = "Basic"
_WARNING_PERCENT = 90
_UNSET = msgspec.UNSET


class DataVolumeCap(msgspec.Struct, kw_only=True):
    """How much telemetry a day may bring.

    Attributes:
        Cap: in GB (10^9 bytes) as sent and unpacked; null is no cap.
        ResetTime: the hour (UTC) at which the day begins.
        WarningThreshold: percent of the cap; nobody is notified, so it cannot be changed.
        StopSendNotificationWhenHitThreshold: always true: nobody is notified.
        StopSendNotificationWhenHitCap: always true: nobody is notified.
        MaxHistoryCap: the highest cap that can be set, in GB.
    """

    Cap: float | None
    ResetTime: int
    WarningThreshold: int = _WARNING_PERCENT
    StopSendNotificationWhenHitThreshold: bool = True
    StopSendNotificationWhenHitCap: bool = True
    MaxHistoryCap: float = 2**63 // BYTES_OF_GB


class BillingFeatures(msgspec.Struct):
    """The cap, and the one plan that there is."""

    DataVolumeCap: DataVolumeCap
    CurrentBillingFeatures: list[str]


class CapChanges(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is set of the cap; what is left out stays."""

    Cap: float | msgspec.UnsetType | None = _UNSET
    ResetTime: int | None = None
    WarningThreshold: int | None = None
    StopSendNotificationWhenHitThreshold: bool | None = None
    StopSendNotificationWhenHitCap: bool | None = None
    MaxHistoryCap: float | None = None


class BillingChanges(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is set of the billing features; what is left out stays."""

    DataVolumeCap: CapChanges | None = None
    CurrentBillingFeatures: list[str] | None = None


class QuotaStatus(msgspec.Struct):
    """Whether the cap is reached.

    Attributes:
        ExpirationTime: when the day of the cap ends; null while it is not reached.
    """

    AppId: str
    ShouldBeThrottled: bool
    ExpirationTime: str | None


class BillingApi:
    """The routes of the cap.

    Args:
        resources: whose cap it is.
        cap_left_s: how long the day of a cap that is reached still lasts, None while it is not.
        clock: tells the time.
        max_body_bytes: longest request body.
    """

    def __init__(
        self,
        resources: ResourceStore,
        cap_left_s: Callable[[Resource], int | None],
        clock: Clock,
        max_body_bytes: int,
    ) -> None:
        self._resources = resources
        self._cap_left_s = cap_left_s
        self._clock = clock
        self._max_body_bytes = max_body_bytes

    def routes(self) -> list[ArmRoute]:
        """Return the routes."""
        features = f"{COMPONENT}/currentbillingfeatures"
        return [
            ArmRoute(features, self.show, right=Right.READ),
            ArmRoute(features, self.put, right={"PUT": Right.MANAGE}),
            ArmRoute(f"{COMPONENT}/quotastatus", self.quota, right=Right.READ),
        ]

    @promises(ROOM, BillingFeatures, parameters=(API_VERSION,), errors=(404,))
    async def show(self, request: Request) -> Response:
        """Show the daily cap of a component."""
        return json_response(_features(component_of(request, self._resources)))

    @promises(
        ROOM,
        BillingFeatures,
        body=BillingChanges,
        parameters=(API_VERSION,),
        errors=(400, 404, 413),
    )
    async def put(self, request: Request) -> Response:
        """Change the daily cap of a component."""
        body = await body_as(request, self._max_body_bytes, BillingChanges)
        known = component_of(request, self._resources)
        if body.CurrentBillingFeatures is not None and _BASIC not in body.CurrentBillingFeatures:
            raise ApiError(
                400, BAD_ARGUMENT, f"cannot change the plan: this server has only {_BASIC!r}"
            )
        cap = body.DataVolumeCap or CapChanges()
        _refuse_notifications(cap)
        changed = await run_in_threadpool(
            self._resources.update, known.app_id, settings=_settings(cap)
        )
        return json_response(_features(changed))

    @promises(ROOM, QuotaStatus, parameters=(API_VERSION,), errors=(404,))
    async def quota(self, request: Request) -> Response:
        """Show whether a component has reached its daily cap."""
        resource = component_of(request, self._resources)
        left_s = self._cap_left_s(resource)
        ends = None
        if left_s is not None:
            ends = datetime_text(self._clock.now_ticks() + left_s * TICKS_PER_SECOND)
        return json_response(QuotaStatus(resource.app_id, left_s is not None, ends))


def _features(resource: Resource) -> BillingFeatures:
    settings = resource.settings
    cap = settings.daily_cap_bytes / BYTES_OF_GB if settings.daily_cap_bytes else None
    return BillingFeatures(DataVolumeCap(Cap=cap, ResetTime=settings.cap_reset_hour), [_BASIC])


def _settings(cap: CapChanges) -> dict[str, object]:
    changes: dict[str, object] = {}
    if not isinstance(cap.Cap, msgspec.UnsetType):
        if cap.Cap is not None and not 0 < cap.Cap * BYTES_OF_GB < 2**63:
            raise ApiError(
                400,
                BAD_ARGUMENT,
                f"cannot set Cap to {cap.Cap:g}: it is a number of GB above 0, or null for no cap",
            )
        size = None if cap.Cap is None else max(1, round(cap.Cap * BYTES_OF_GB))
        changes[BY_NAME["daily_cap_bytes"].name] = size
    if cap.ResetTime is not None:
        changes[BY_NAME["cap_reset_hour"].name] = cap.ResetTime
    return changes


def _refuse_notifications(cap: CapChanges) -> None:
    told = (cap.StopSendNotificationWhenHitCap, cap.StopSendNotificationWhenHitThreshold)
    if False in told or cap.WarningThreshold not in (None, _WARNING_PERCENT):
        raise ApiError(
            400,
            BAD_ARGUMENT,
            "cannot set up notifications of the cap: this server sends none; leave"
            f" WarningThreshold at {_WARNING_PERCENT} and StopSendNotification… at true",
        )
