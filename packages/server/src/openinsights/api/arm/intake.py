"""What a component was sent: how much on each day, and what was not taken and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from starlette.concurrency import run_in_threadpool

from openinsights.access.rights import Right
from openinsights.api.arm.callers import caller_of
from openinsights.api.arm.components import ROOM
from openinsights.api.arm.route import API_VERSION, COMPONENT, ArmRoute, component_of
from openinsights.api.errors import BAD_ARGUMENT, ApiError, json_response
from openinsights.clock import TICKS_PER_DAY
from openinsights.operation import Parameter, promises
from openinsights.query.values import datetime_text
from openinsights.refusals import NOBODYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.requests import Request
    from starlette.responses import Response

    from openinsights.catalog.resources import ResourceStore
    from openinsights.clock import Clock
    from openinsights.refusals import Refused

_HOURS_PER_DAY: Final = 24
_MOST_DAYS: Final = 366
_DEFAULT_DAYS: Final = 30
_DAYS = Parameter("days", f"How many, today included: 1 to {_MOST_DAYS}.", int)


class DayOfUse(msgspec.Struct, rename="camel"):
    """What was taken on a day (UTC).

    Attributes:
        items: that were stored.
        size_bytes: of the bodies that brought them, unpacked: what the daily cap counts.
    """

    day: str
    items: int
    size_bytes: int


class DaysOfUse(msgspec.Struct):
    """Days on which something was taken, oldest first."""

    value: list[DayOfUse]


class RefusedReason(msgspec.Struct):
    """How many items were not taken in the last hour for one reason."""

    reason: str
    items: int


class RefusedItems(msgspec.Struct):
    """Items of one body that were not taken for one reason.

    Attributes:
        message: as the sender was told.
        items: how many; 0 for a body that could not be read.
        sender: role and SDK, "" when the items tell neither.
    """

    time: str
    reason: str
    message: str
    items: int
    sender: str


class RejectedItems(msgspec.Struct, rename="camel"):
    """What was not taken since the server started.

    Attributes:
        last_hour: items by reason, the most first.
        recent: the last refusals, newest first.
        of_nobody: items that name no resource that there is; null for callers who may not read
            every resource.
    """

    last_hour: list[RefusedReason]
    recent: list[RefusedItems]
    of_nobody: RejectedItems | None = None


class IntakeApi:
    """The routes about what came.

    Args:
        resources: to which it came.
        hours_of: returns (app id, hour, items, bytes) of a resource from an hour on.
        refused_of: returns what was not taken of a resource.
        clock: tells the day.
    """

    def __init__(
        self,
        resources: ResourceStore,
        hours_of: Callable[[str, int], Iterable[tuple[str, int, int, int]]],
        refused_of: Callable[[str, int], Refused],
        clock: Clock,
    ) -> None:
        self._resources = resources
        self._hours_of = hours_of
        self._refused_of = refused_of
        self._clock = clock

    def routes(self) -> list[ArmRoute]:
        """Return the routes."""
        return [
            ArmRoute(f"{COMPONENT}/usage", self.usage, right=Right.READ),
            ArmRoute(f"{COMPONENT}/rejecteditems", self.rejected, right=Right.READ),
        ]

    @promises(ROOM, DaysOfUse, parameters=(API_VERSION, _DAYS), errors=(400, 404))
    async def usage(self, request: Request) -> Response:
        """Show what a component was sent, day by day."""
        resource = component_of(request, self._resources)
        first = self._clock.now_ticks() // TICKS_PER_DAY - _days(request) + 1
        hours = await run_in_threadpool(self._hours_of, resource.app_id, first * _HOURS_PER_DAY)
        days: dict[int, DayOfUse] = {}
        for _, hour, items, size_bytes in hours:
            day = hour // _HOURS_PER_DAY
            name = datetime_text(day * TICKS_PER_DAY)[:10]
            known = days.setdefault(day, DayOfUse(name, 0, 0))
            known.items += items
            known.size_bytes += size_bytes
        return json_response(DaysOfUse([days[day] for day in sorted(days)]))

    @promises(ROOM, RejectedItems, parameters=(API_VERSION,), errors=(404,))
    async def rejected(self, request: Request) -> Response:
        """Show what was not taken of a component lately, and why; forgotten by a restart."""
        resource = component_of(request, self._resources)
        now = self._clock.now_ticks()
        told = _told(self._refused_of(resource.app_id, now))
        if caller_of(request).may_everywhere(Right.READ):
            told.of_nobody = _told(self._refused_of(NOBODYS, now))
        return json_response(told, headers={"cache-control": "no-store"})


def _told(refused: Refused) -> RejectedItems:
    return RejectedItems(
        [RefusedReason(reason, items) for reason, items in refused.reasons],
        [
            RefusedItems(
                datetime_text(each.at_ticks), each.reason, each.message, each.items, each.sender
            )
            for each in refused.recent
        ],
    )


def _days(request: Request) -> int:
    text = request.query_params.get("days", str(_DEFAULT_DAYS))
    if text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= _MOST_DAYS:
        return int(text)
    raise ApiError(
        400,
        BAD_ARGUMENT,
        f"cannot use days = {text[:40]!r}: a whole number from 1 to {_MOST_DAYS} is needed",
    )
