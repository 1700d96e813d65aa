"""Action groups as resources of Azure's management API, and messages that try them out."""

from __future__ import annotations

import dataclasses
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool

from openinsights.access.rights import Right
from openinsights.alerts.kept_kind import KeptKind
from openinsights.alerts.notify.arm_groups import (
    TYPE,
    GroupBody,
    GroupShown,
    others_of,
    properties_of,
    receivers_of,
    shown,
)
from openinsights.alerts.notify.trial import trial_notification
from openinsights.api.arm.route import (
    API_VERSION,
    GROUP,
    IF_MATCH,
    IF_NONE_MATCH,
    ArmRoute,
    routes_of_kind,
)
from openinsights.api.body import body_as
from openinsights.api.errors import json_response
from openinsights.api.lists import PAGING, Page
from openinsights.catalog.action_groups import ActionGroup, group_path
from openinsights.operation import Content, promises
from openinsights.query.values import datetime_text

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from openinsights.alerts.notify.deliverer import Deliverer
    from openinsights.alerts.notify.outcome import Outcome
    from openinsights.api.arm.resources import AnyResource
    from openinsights.catalog.action_groups import ActionGroupStore, Receiver
    from openinsights.catalog.resources import ResourceStore
    from openinsights.clock import Clock

ROOM: Final = "action groups"
PROVIDER: Final = "/providers/Microsoft.Insights/actionGroups"
_BODY = Content(
    GroupBody,
    example={
        "location": "Global",
        "properties": {
            "groupShortName": "ops",
            "enabled": True,
            "webhookReceivers": [
                {
                    "name": "pager",
                    "serviceUri": "https://pager.example/alerts",
                    "useCommonAlertSchema": True,
                }
            ],
            "emailReceivers": [{"name": "duty", "emailAddress": "duty@shop.example"}],
        },
    },
)


class NewSecret(msgspec.Struct, rename="camel", frozen=True):
    """What a group's webhooks are signed with from now on; it is not shown again."""

    signing_secret: str


class Trial(msgspec.Struct, rename="camel"):
    """A message that tries a group out.

    Attributes:
        alert_type: which kind of alert it looks like: `metricstaticthreshold`,
            `metricsdynamicthreshold`, `logalertv2`, `webtestalert` or `smartalert`.
    """

    alert_type: str = "metricstaticthreshold"


class TrialAction(msgspec.Struct, rename="pascal", frozen=True):
    """What came of the message to one receiver: `Status` is Succeeded or Failed."""

    mechanism_type: str
    name: str
    status: str
    send_time: str
    detail: str


class TrialReply(msgspec.Struct, rename="camel", frozen=True):
    """What came of a message that tries a group out."""

    state: str
    completed_time: str
    action_details: list[TrialAction]


class ActionGroupsApi:
    """The routes that manage action groups.

    Args:
        groups: where they are kept.
        deliverer: tries them out.
        resources: whose alerts they take, as the caller sees them.
        clock: tells the time.
        public_url: of this server, for links.
        max_body_bytes: longest request body.
    """

    def __init__(
        self,
        groups: ActionGroupStore,
        deliverer: Deliverer,
        resources: ResourceStore,
        clock: Clock,
        public_url: str,
        max_body_bytes: int,
    ) -> None:
        self._groups = groups
        self._kind = _kind(groups)
        self._deliverer = deliverer
        self._resources = resources
        self._clock = clock
        self._public_url = public_url
        self._max_body_bytes = max_body_bytes

    def routes(self) -> list[ArmRoute]:
        """Return the routes; `providers/…` alone lists the groups of every subscription."""
        one = f"{GROUP}{PROVIDER}/{{name}}"
        return [
            *routes_of_kind(PROVIDER, self.listed, self.show, self.put, self.patch, self.delete),
            ArmRoute(f"{one}/newSecret", self.new_secret, right={"POST": Right.WRITE}),
            ArmRoute(f"{one}/createNotifications", self.try_out, right={"POST": Right.WRITE}),
        ]

    @promises(ROOM, Page[GroupShown], parameters=(API_VERSION, *PAGING), errors=(400,))
    async def listed(self, request: Request) -> Response:
        """List action groups by their path; addresses are shown to who may change the group."""
        page = await self._kind.page(request)
        return json_response(
            Page([self._shown(request, each) for each in page.value], page.next_link)
        )

    @promises(ROOM, GroupShown, parameters=(API_VERSION,), errors=(404,))
    async def show(self, request: Request) -> Response:
        """Show an action group; addresses are shown to who may change it."""
        return self._reply(request, await self._kind.found(request))

    @promises(
        ROOM,
        GroupShown,
        body=_BODY,
        replies={201: GroupShown},
        parameters=(API_VERSION, IF_MATCH, IF_NONE_MATCH),
        errors=(400, 403, 404, 409, 412, 413),
    )
    async def put(self, request: Request) -> Response:
        """Make or replace an action group; its signing secret stays."""
        body = await body_as(request, self._max_body_bytes, GroupBody)
        parts = request.path_params
        new = ActionGroup(parts["subscription"], parts["group"], parts["name"])
        return await self._keep(request, new, body, body.properties or {})

    @promises(
        ROOM,
        GroupShown,
        body=_BODY,
        parameters=(API_VERSION, IF_MATCH),
        errors=(400, 403, 404, 412, 413),
    )
    async def patch(self, request: Request) -> Response:
        """Change an action group: the tags and properties that are named."""
        body = await body_as(request, self._max_body_bytes, GroupBody)
        known = await self._kind.found(request)
        self._kind.refuse_others(request, known)
        was: dict[str, Any] = msgspec.to_builtins(shown(known, whole=True).properties)
        own = was.pop("OpenInsights", {})
        said = dict(body.properties or {})
        changed = said.pop("OpenInsights", None) or {}
        own = own | changed if isinstance(changed, dict) else changed
        return await self._keep(request, known, body, was | said | {"OpenInsights": own})

    @promises(ROOM, replies={204: None}, parameters=(API_VERSION, IF_MATCH), errors=(403, 412))
    async def delete(self, request: Request) -> Response:
        """Delete an action group; 204 when there is none."""
        return await self._kind.delete(request)

    @promises(ROOM, NewSecret, parameters=(API_VERSION,), errors=(403, 404))
    async def new_secret(self, request: Request) -> Response:
        """Sign what the group's webhooks are sent with another secret, and show it once."""
        found = await self._kind.found(request)
        self._kind.refuse_others(request, found)
        secret = await run_in_threadpool(self._groups.renew_secret, found.id)
        return json_response(NewSecret(secret), headers={"cache-control": "no-store"})

    @promises(
        ROOM,
        TrialReply,
        body=Content(Trial, required=False),
        parameters=(API_VERSION,),
        errors=(400, 403, 404, 413),
    )
    async def try_out(self, request: Request) -> Response:
        """Send a message to every receiver of a group once, and tell what came of it."""
        trial = await body_as(request, self._max_body_bytes, Trial)
        found = await self._kind.found(request)
        self._kind.refuse_others(request, found)
        notification = trial_notification(trial.alert_type, found, self._clock.now_ticks())
        outcomes = await self._deliverer.try_group(
            found, notification, lambda: str(uuid.uuid4()), self._public_url
        )
        now = datetime_text(self._clock.now_ticks())
        return json_response(
            TrialReply(
                "Completed",
                now,
                [
                    *(_action(receiver, outcome, now) for receiver, outcome in outcomes),
                    *(
                        TrialAction(kind, name, "Failed", now, "not told by this server")
                        for kind, name in found.unreached
                    ),
                ],
            )
        )

    async def _keep(
        self, request: Request, base: ActionGroup, body: GroupBody, said: dict[str, Any]
    ) -> Response:
        properties = properties_of(said)
        scope = properties.own.scope.strip()
        wanted = dataclasses.replace(
            base,
            short_name=properties.group_short_name,
            enabled=properties.enabled,
            receivers=receivers_of(properties),
            others=others_of(properties),
            scope=scope,
            app_id=self._resources.named(scope).app_id if scope else "",
            location=body.location or base.location,
            tags=base.tags if body.tags is None else tuple(body.tags.items()),
        )
        check = self._kind.check_for(request, wanted)
        kept, is_new = await run_in_threadpool(
            self._groups.put, wanted, check, properties.own.signing_secret
        )
        return self._reply(request, kept, 201 if is_new and request.method == "PUT" else 200)

    def _shown(self, request: Request, group: ActionGroup) -> GroupShown:
        return shown(group, whole=self._kind.may(request, Right.WRITE, group))

    def _reply(self, request: Request, group: ActionGroup, status: int = 200) -> Response:
        return json_response(self._shown(request, group), status, {"etag": self._kind.etag(group)})


def groups_among_all(request: Request, groups: ActionGroupStore) -> list[AnyResource]:
    """Return the groups that a caller sees as lists of every type show them; it may block."""
    return _kind(groups).among_all(request, TYPE)


def _kind(groups: ActionGroupStore) -> KeptKind[ActionGroup]:
    return KeptKind(
        "action group",
        groups,
        group_path,
        partial(shown, whole=True),
        "it takes alerts of all",
        is_open=True,
    )


def _action(receiver: Receiver, outcome: Outcome, now: str) -> TrialAction:
    status = "Succeeded" if outcome.delivered else "Failed"
    return TrialAction(receiver.kind, receiver.name, status, now, outcome.why)
