"""Action groups as Azure's tools spell them, and back.

Source: `Microsoft.Insights/actionGroups` 2023-01-01; what Azure has no name for stands in
`OpenInsights`.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from openinsights.catalog.action_groups import (
    COMMAND,
    EMAIL,
    SLACK,
    TEAMS,
    WEBHOOK,
    ActionGroup,
    Receiver,
)
from openinsights.catalog.errors import InvalidActionGroup

TYPE: Final = "Microsoft.Insights/ActionGroups"
ONLY_AZURES: Final = (
    "smsReceivers",
    "azureAppPushReceivers",
    "itsmReceivers",
    "automationRunbookReceivers",
    "voiceReceivers",
    "logicAppReceivers",
    "azureFunctionReceivers",
    "armRoleReceivers",
    "eventHubReceivers",
    "incidentReceivers",
)
"""Lists of receivers that are kept for Azure's tools; nobody in them is told by this server."""
_HIDDEN: Final = "***"


class EmailReceiver(msgspec.Struct, rename="camel"):
    """A mailbox."""

    name: str
    email_address: str
    use_common_alert_schema: bool = False
    status: str = "Enabled"


class WebhookReceiver(msgspec.Struct, rename="camel"):
    """A webhook; it gets the common alert schema, whatever `useCommonAlertSchema` says."""

    name: str
    service_uri: str
    use_common_alert_schema: bool = False
    use_aad_auth: bool = False


class ChatReceiver(msgspec.Struct, rename="camel"):
    """A channel of Slack or Teams, by the URL of its webhook."""

    name: str
    service_uri: str


class CommandReceiver(msgspec.Struct):
    """A program, by its whole path; one that the setting `alert_programs` names."""

    name: str
    program: str


class OwnOfGroup(msgspec.Struct, rename="camel", omit_defaults=True):
    """What Azure has no name for.

    Attributes:
        slack_receivers: channels of Slack.
        teams_receivers: channels of Teams.
        command_receivers: programs.
        scope: the resource whose alerts alone are told, by its path; without one every resource's.
        signing_secret: what webhooks are signed with, 16 to 128 characters; never shown. Without
            one the server makes one, which `newSecret` replaces and shows once.
        not_delivered: the receivers that only Azure can tell; set by the server.
    """

    slack_receivers: list[ChatReceiver] = []
    teams_receivers: list[ChatReceiver] = []
    command_receivers: list[CommandReceiver] = []
    scope: str = ""
    signing_secret: str | None = None
    not_delivered: list[str] = []


class GroupProperties(msgspec.Struct, rename="camel"):
    """What an action group is; the lists that this server cannot serve are kept as they are."""

    group_short_name: str = ""
    enabled: bool = True
    email_receivers: list[EmailReceiver] = []
    webhook_receivers: list[WebhookReceiver] = []
    sms_receivers: list[dict[str, Any]] = []
    azure_app_push_receivers: list[dict[str, Any]] = []
    itsm_receivers: list[dict[str, Any]] = []
    automation_runbook_receivers: list[dict[str, Any]] = []
    voice_receivers: list[dict[str, Any]] = []
    logic_app_receivers: list[dict[str, Any]] = []
    azure_function_receivers: list[dict[str, Any]] = []
    arm_role_receivers: list[dict[str, Any]] = []
    event_hub_receivers: list[dict[str, Any]] = []
    incident_receivers: list[dict[str, Any]] = []
    own: OwnOfGroup = msgspec.field(name="OpenInsights", default_factory=OwnOfGroup)


class GroupBody(msgspec.Struct):
    """An action group to make, or what has to change of one.

    Attributes:
        properties: as Azure has them; of a PATCH those that are named change.
    """

    location: str | None = None
    tags: dict[str, str] | None = None
    properties: dict[str, Any] | None = None  # read as `GroupProperties` once it is whole


class GroupShown(msgspec.Struct, frozen=True):
    """An action group."""

    id: str
    name: str
    type: str
    location: str
    tags: dict[str, str]
    properties: GroupProperties


def properties_of(said: dict[str, Any]) -> GroupProperties:
    """Return the properties of a body, read.

    Raises:
        InvalidActionGroup: they have another form.
    """
    known = {field.lower(): field for field in _FIELDS}
    named = {known.get(name.lower(), name): value for name, value in said.items()}
    given = {name: value for name, value in named.items() if value is not None}
    try:
        return msgspec.convert(given, GroupProperties)
    except msgspec.ValidationError as error:
        why = str(error)
        raise InvalidActionGroup(
            f"cannot read the properties of the action group: {why[0].lower()}{why[1:]}"
        ) from None


def receivers_of(properties: GroupProperties) -> tuple[Receiver, ...]:
    """Return those of the receivers whom this server tells.

    Raises:
        InvalidActionGroup: one asks for what this server cannot do.
    """
    secure = next((each.name for each in properties.webhook_receivers if each.use_aad_auth), None)
    if secure is not None:
        raise InvalidActionGroup(
            f"cannot keep receiver {secure[:80]!r}: useAadAuth needs Microsoft's directory; what"
            " this server sends is signed, see the header x-openinsights-signature"
        )
    own = properties.own
    return (
        *(
            Receiver(EMAIL, each.name, each.email_address, each.use_common_alert_schema)
            for each in properties.email_receivers
        ),
        *(
            Receiver(WEBHOOK, each.name, each.service_uri, each.use_common_alert_schema)
            for each in properties.webhook_receivers
        ),
        *(Receiver(SLACK, each.name, each.service_uri) for each in own.slack_receivers),
        *(Receiver(TEAMS, each.name, each.service_uri) for each in own.teams_receivers),
        *(Receiver(COMMAND, each.name, each.program) for each in own.command_receivers),
    )


def others_of(
    properties: GroupProperties,
) -> tuple[tuple[str, tuple[dict[str, Any], ...]], ...]:
    """Return the receivers that are kept and not told, by the name of their list."""
    whole = msgspec.to_builtins(properties)
    return tuple((name, tuple(whole[name])) for name in ONLY_AZURES if whole[name])


def shown(group: ActionGroup, *, whole: bool) -> GroupShown:
    """Return a group as Azure's tools read it; without its addresses unless it is shown whole."""

    def target(receiver: Receiver) -> str:
        return receiver.target if whole else hidden(receiver)

    def of(kind: str) -> list[Receiver]:
        return [each for each in group.receivers if each.kind == kind]

    others = {name: [dict(each) for each in members] for name, members in group.others}
    if not whole:
        others = {
            name: [{"name": each.get("name", "")} for each in members]
            for name, members in others.items()
        }
    own = OwnOfGroup(
        [ChatReceiver(each.name, target(each)) for each in of(SLACK)],
        [ChatReceiver(each.name, target(each)) for each in of(TEAMS)],
        [CommandReceiver(each.name, target(each)) for each in of(COMMAND)],
        group.scope,
        None,
        [f"{kind}: {name}" for kind, name in group.unreached],
    )
    properties = msgspec.convert(others, GroupProperties)
    properties.group_short_name = group.short_name
    properties.enabled = group.enabled
    properties.email_receivers = [
        EmailReceiver(each.name, target(each), each.common_schema) for each in of(EMAIL)
    ]
    properties.webhook_receivers = [
        WebhookReceiver(each.name, target(each), each.common_schema) for each in of(WEBHOOK)
    ]
    properties.own = own
    return GroupShown(group.id, group.name, TYPE, group.location, dict(group.tags), properties)


def hidden(receiver: Receiver) -> str:
    """Return where a receiver is, without what is a secret or a person's."""
    if receiver.kind == EMAIL:
        return f"{_HIDDEN}@{receiver.target.rpartition('@')[2]}"
    if receiver.kind == COMMAND:
        return _HIDDEN
    parts = urlsplit(receiver.target)
    return f"{parts.scheme}://{parts.hostname}/{_HIDDEN}"


_FIELDS: Final = tuple(field.encode_name for field in msgspec.structs.fields(GroupProperties))
