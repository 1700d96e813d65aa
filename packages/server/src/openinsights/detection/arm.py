"""Detectors as Azure's `ProactiveDetectionConfigs`: its rule names and fields, in and out.

Azure has some of our detectors under several names; each of them is shown and can be set, and stands
for the same detector. Rules of Azure that have no detector here are not there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import msgspec
from starlette.concurrency import run_in_threadpool

from openinsights.access.rights import Right
from openinsights.api.arm.route import API_VERSION, COMPONENT, ArmRoute, component_of
from openinsights.api.body import json_object
from openinsights.api.errors import BAD_ARGUMENT, ApiError, json_response
from openinsights.catalog.action_groups import EMAIL, ActionGroup, Receiver, group_path
from openinsights.catalog.detector_settings import UNSET
from openinsights.detection.choices import DetectorChoices, choices_of, setting_of
from openinsights.detection.errors import DetectorNotFound
from openinsights.detection.routes import ROOM
from openinsights.detection.rows import DETECTORS, DetectorRow, detector_named
from openinsights.operation import Content, promises
from openinsights.query.values import datetime_text

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from openinsights.catalog.action_groups import ActionGroupStore
    from openinsights.catalog.resource import Resource
    from openinsights.catalog.resources import ResourceStore
    from openinsights.clock import Clock
    from openinsights.detection.parts import Detection

_LIST: Final = f"{COMPONENT}/ProactiveDetectionConfigs"
_MOST_EMAILS: Final = 100


class RuleDefinitions(msgspec.Struct, frozen=True):
    """What a rule is."""

    Name: str
    DisplayName: str
    Description: str
    HelpUrl: str
    IsHidden: bool
    IsEnabledByDefault: bool
    IsInPreview: bool
    SupportsEmailNotifications: bool


class DetectionConfig(msgspec.Struct, frozen=True):
    """A rule of smart detection, as Azure shows it.

    Attributes:
        send_emails_to_subscription_owners: kept and shown; there are no subscription owners here.
        custom_emails: who is sent mail of findings: the receivers of an action group that is kept
            for them. Without a mail server (`smtp_host`) the alert's history says that none is sent.
    """

    name: str = msgspec.field(name="Name")
    enabled: bool = msgspec.field(name="Enabled")
    send_emails_to_subscription_owners: bool = msgspec.field(name="SendEmailsToSubscriptionOwners")
    custom_emails: list[str] = msgspec.field(name="CustomEmails")
    last_updated_time: str | None = msgspec.field(name="LastUpdatedTime")
    rule_definitions: RuleDefinitions = msgspec.field(name="RuleDefinitions")


class DetectionConfigBody(msgspec.Struct):
    """A rule to set; what is left out is as by default. Names may be in either letter case."""

    enabled: bool = True
    send_emails_to_subscription_owners: bool = msgspec.field(
        default=True, name="sendEmailsToSubscriptionOwners"
    )
    custom_emails: list[str] = msgspec.field(default_factory=list, name="customEmails")


class DetectionConfigsApi:
    """The routes.

    Args:
        parts: the room's.
        resources: what the rules are of.
        groups: where those who are sent mail are kept.
        clock: tells when one was set.
        max_body_bytes: longest request body.
    """

    def __init__(
        self,
        parts: Detection,
        resources: ResourceStore,
        groups: ActionGroupStore,
        clock: Clock,
        max_body_bytes: int,
    ) -> None:
        self._parts = parts
        self._groups = groups
        self._resources = resources
        self._clock = clock
        self._max_body_bytes = max_body_bytes

    def routes(self) -> list[ArmRoute]:
        """Return the routes."""
        one = f"{_LIST}/{{config}}"
        return [
            ArmRoute(_LIST, self.listed, right=Right.READ),
            ArmRoute(one, self.show, right=Right.READ),
            ArmRoute(one, self.put, right={"PUT": Right.WRITE}),
        ]

    @promises(ROOM, list[DetectionConfig], parameters=(API_VERSION,), errors=(404,))
    async def listed(self, request: Request) -> Response:
        """List the rules of smart detection of a component."""
        resource = component_of(request, self._resources)
        kept = await run_in_threadpool(self._parts.settings.of, resource.app_id)
        return json_response(
            [
                _shown(name, row, choices_of(kept.get(row.id, UNSET)))
                for row in DETECTORS
                for name in row.azure
            ]
        )

    @promises(ROOM, DetectionConfig, parameters=(API_VERSION,), errors=(404,))
    async def show(self, request: Request) -> Response:
        """Show a rule of smart detection."""
        resource, row, name = self._named(request)
        kept = await run_in_threadpool(self._parts.settings.of, resource.app_id)
        return json_response(_shown(name, row, choices_of(kept.get(row.id, UNSET))))

    @promises(
        ROOM,
        DetectionConfig,
        body=Content(
            DetectionConfigBody,
            example={
                "enabled": True,
                "sendEmailsToSubscriptionOwners": False,
                "customEmails": ["ops@shop.example"],
            },
        ),
        parameters=(API_VERSION,),
        errors=(400, 404, 413),
    )
    async def put(self, request: Request) -> Response:
        """Set a rule of smart detection; doing it twice is doing it once."""
        resource, row, name = self._named(request)
        sent = await json_object(request, self._max_body_bytes)
        body = _body({key[:1].lower() + key[1:]: value for key, value in sent.items()})
        now = self._clock.now_ticks()
        mailed = await run_in_threadpool(self._mail, resource, row, tuple(body.custom_emails))

        def told(known: DetectorChoices) -> tuple[str, ...]:
            others = (each for each in known.action_groups if each.lower() != mailed.lower())
            return (*others, *((mailed,) if body.custom_emails else ()))

        kept = await run_in_threadpool(
            self._parts.settings.change,
            resource.app_id,
            row.id,
            lambda setting: setting_of(
                replace(
                    known := choices_of(setting),
                    action_groups=told(known),
                    is_enabled=body.enabled,
                    emails_owners=body.send_emails_to_subscription_owners,
                    custom_emails=tuple(body.custom_emails),
                    updated_ticks=now,
                )
            ),
        )
        return json_response(_shown(name, row, choices_of(kept)))

    def _mail(self, resource: Resource, row: DetectorRow, addresses: tuple[str, ...]) -> str:
        """Keep who is sent mail of a detector's findings; return the path of their group."""
        _, _, subscription, _, group, *_ = resource.resource_id.split("/")
        path = group_path(subscription, group, f"smart-{row.id}-{resource.name}"[:128])
        if not addresses:
            self._groups.delete(path)
            return path
        self._groups.put(
            ActionGroup(
                subscription,
                group,
                path.rpartition("/")[2],
                "smart",
                resource.app_id,
                resource.resource_id,
                receivers=tuple(
                    Receiver(EMAIL, each, each)
                    for each in {address.lower(): address for address in addresses}.values()
                ),
            )
        )
        return path

    def _named(self, request: Request) -> tuple[Resource, DetectorRow, str]:
        resource = component_of(request, self._resources)
        name = request.path_params["config"]
        try:
            row = detector_named(name)
        except DetectorNotFound as error:
            raise ApiError(404, error.code, error.message) from None
        return resource, row, next((each for each in row.azure if each == name.lower()), name)


def _body(sent: dict[str, object]) -> DetectionConfigBody:
    try:
        body = msgspec.convert(sent, DetectionConfigBody)
    except msgspec.ValidationError as error:
        raise ApiError(400, BAD_ARGUMENT, f"cannot read the body: {error}") from None
    if len(body.custom_emails) > _MOST_EMAILS:
        raise ApiError(400, BAD_ARGUMENT, f"cannot keep more than {_MOST_EMAILS} customEmails")
    return body


def _shown(name: str, row: DetectorRow, choices: DetectorChoices) -> DetectionConfig:
    definitions = RuleDefinitions(name, row.title, row.promise, "", False, True, False, False)
    updated = datetime_text(choices.updated_ticks) if choices.updated_ticks else None
    return DetectionConfig(
        name,
        choices.is_enabled,
        choices.emails_owners,
        list(choices.custom_emails),
        updated,
        definitions,
    )
