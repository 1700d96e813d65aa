"""A resource: one monitored application as users name it, its key, ids and connection string.

What lives here: the value and the rules of its parts. What does not: where resources are kept
(`resources.py`) and what their telemetry looks like.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from openinsights.catalog.errors import InvalidResource
from openinsights.catalog.resource_settings import DEFAULTS, ResourceSettings
from openinsights.catalog.retention import UNSAID, Retention

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
DEFAULT_RESOURCE_GROUP = "default"
DEFAULT_LOCATION = "local"
PROVIDER = "Microsoft.Insights"

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME = re.compile(r"[\w.()-]{0,254}[\w()-]")
_LABEL = re.compile(r"[\w .()-]{1,100}")
_BAD_NAME = {"resource": "InvalidResourceName", "resource group": "InvalidResourceGroup"}
_RESOURCE_ID = re.compile(
    r"/?subscriptions/(?P<subscription>[^/]+)/resourcegroups/(?P<group>[^/]+)"
    r"/providers/microsoft\.insights/components/(?P<name>[^/]+)/?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Resource:
    """One monitored application.

    Attributes:
        app_id: lower-case guid; replies, queries and stored rows name the resource by it.
        name: unique in its resource group, letter case aside.
        resource_group: as in Azure; a plain label here.
        location: as in Azure; a plain label here.
        instrumentation_key: lower-case guid that telemetry carries.
        resource_id: `/subscriptions/…/resourceGroups/…/providers/…/components/<name>`.
        created_ticks: when it was made, 100 ns ticks since 0001-01-01T00:00:00Z.
        tags: labels of the owner, kept and handed back.
        retention: how long its telemetry is kept.
        settings: how its telemetry is treated.
        labels: what tools set and read back, and nothing here looks at.
    """

    app_id: str
    name: str
    resource_group: str
    location: str
    instrumentation_key: str
    resource_id: str
    created_ticks: int
    tags: tuple[tuple[str, str], ...] = ()
    retention: Retention = UNSAID
    settings: ResourceSettings = DEFAULTS
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def subscription(self) -> str:
        """The subscription part of the resource id."""
        return self.resource_id.split("/")[2]


@dataclass(frozen=True, slots=True)
class NewResource:
    """A resource to make, as somebody asks for it: nothing of it is checked yet.

    Attributes:
        name: unique in its resource group, letter case aside.
        resource_group: a plain label.
        location: a plain label.
        instrumentation_key: a guid; None takes a new one.
        subscription: a part of its path.
        tags: labels of the owner.
        settings: values by name, see `resource_settings.changed`.
        retention: days by table name, see `Retention.changed`.
        labels: what tools keep, by name.
    """

    name: str
    resource_group: str = DEFAULT_RESOURCE_GROUP
    location: str = DEFAULT_LOCATION
    instrumentation_key: str | None = None
    subscription: str = DEFAULT_SUBSCRIPTION
    tags: tuple[tuple[str, str], ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    retention: Mapping[str, int | None] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ResourcePath:
    """The parts of a resource id."""

    subscription: str
    resource_group: str
    name: str

    def __str__(self) -> str:
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
            f"/providers/{PROVIDER}/components/{self.name}"
        )


def parse_resource_id(text: str) -> ResourcePath | None:
    """Return the parts of a resource id in any letter case; None for any other text."""
    match = _RESOURCE_ID.fullmatch(text)
    if match is None:
        return None
    return ResourcePath(match["subscription"], match["group"], match["name"])


def is_guid(text: str) -> bool:
    """Whether the text is a guid in its lower-case form with dashes."""
    return _GUID.fullmatch(text) is not None


def checked_name(kind: str, name: str) -> str:
    """Return a resource's or resource group's name without outer spaces.

    Args:
        kind: what the name is for, as the error says it ("resource", "resource group").
        name: letters, digits and `_ . - ( )`, at most 255 characters, no period at the end.

    Raises:
        InvalidResource: it has another form, or could be mistaken for an id.
    """
    name = name.strip()
    if is_guid(name.lower()):
        raise InvalidResource(
            f"cannot name a {kind} {name!r}: it looks like an id", code=_BAD_NAME[kind]
        )
    if _NAME.fullmatch(name) is None:
        raise InvalidResource(
            f"cannot name a {kind} {_shown(name)}: a name has 1 to 255 letters, digits or _ . - ( )"
            " and does not end with a period",
            code=_BAD_NAME[kind],
        )
    return name


def checked_label(kind: str, text: str) -> str:
    """Return a location or subscription without outer spaces.

    Args:
        kind: what the text is for, as the error says it.
        text: what the caller wrote.

    Raises:
        InvalidResource: it has another form.
    """
    label = text.strip()
    if _LABEL.fullmatch(label) is None:
        raise InvalidResource(
            f"cannot use {kind} {_shown(text)}: it has 1 to 100 letters, digits, spaces or _ . - ( )"
        )
    return label


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:79] + "…")


def checked_key(key: str) -> str:
    """Return an instrumentation key in its lower-case form.

    Raises:
        InvalidResource: it is no guid, which client SDKs would refuse.
    """
    normal = key.strip().lower()
    if not is_guid(normal):
        raise InvalidResource(
            f"cannot use instrumentation key {_shown(key)}: a guid is needed, like"
            " 2f1d3c5e-7a9b-4c1d-8e2f-3a4b5c6d7e8f"
        )
    return normal


def connection_string(resource: Resource, public_url: str) -> str:
    """Return what an application is configured with to send to this resource.

    No `;` at its end and no `=` inside a value: Python clients split on both.

    Args:
        resource: whose key and id it names.
        public_url: where the server is reached, with one slash at its end.
    """
    return (
        f"InstrumentationKey={resource.instrumentation_key};IngestionEndpoint={public_url};"
        f"LiveEndpoint={public_url};ApplicationId={resource.app_id}"
    )
