"""How the metrics and events endpoints call columns: `operation/name`, `request/duration`.

Facts alone. A path means an expression of KQL over the rows of some tables; where rows of several
kinds are read at once, a field of one kind is empty in those of the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from openinsights.query.errors import BadQueryArgument
from openinsights.query.literals import literal
from openinsights.schema.catalog import CLASSIC
from openinsights.schema.types import KqlType

ALL_EVENTS: Final = "$all"
OBJECTS: Final[dict[str, str]] = {table.name: table.item_type for table in CLASSIC}
"""The kinds of events, and what an event calls its own fields: `requests` has `request`."""

COMMON: Final[dict[str, str]] = {
    "id": "itemId",
    "type": "itemType",
    "count": "itemCount",
    "timestamp": "timestamp",
    "operation/name": "operation_Name",
    "operation/id": "operation_Id",
    "operation/parentId": "operation_ParentId",
    "operation/syntheticSource": "operation_SyntheticSource",
    "session/id": "session_Id",
    "user/id": "user_Id",
    "user/accountId": "user_AccountId",
    "user/authenticatedId": "user_AuthenticatedId",
    "cloud/roleName": "cloud_RoleName",
    "cloud/roleInstance": "cloud_RoleInstance",
    "ai/iKey": "iKey",
    "ai/appName": "appName",
    "ai/appId": "appId",
    "ai/sdkVersion": "sdkVersion",
    "application/version": "application_Version",
    "client/model": "client_Model",
    "client/os": "client_OS",
    "client/type": "client_Type",
    "client/browser": "client_Browser",
    "client/ip": "client_IP",
    "client/city": "client_City",
    "client/stateOrProvince": "client_StateOrProvince",
    "client/countryOrRegion": "client_CountryOrRegion",
}
BAGS: Final = ("customDimensions", "customMeasurements")

_WORKED_OUT: Final[dict[str, tuple[str, KqlType]]] = {
    "operation/synthetic": ("isnotempty(operation_SyntheticSource)", KqlType.BOOL),
    "user/authenticated": ("isnotempty(user_AuthenticatedId)", KqlType.BOOL),
    "request/urlHost": ("tostring(parse_url(url).Host)", KqlType.STRING),
    "request/urlPath": ("tostring(parse_url(url).Path)", KqlType.STRING),
    "pageView/urlHost": ("tostring(parse_url(url).Host)", KqlType.STRING),
    "pageView/urlPath": ("tostring(parse_url(url).Path)", KqlType.STRING),
}
OLDER_NAMES: Final[dict[str, str]] = {
    "applicationVersion": "application/version",
    "authenticatedOrAnonymousTraffic": "user/authenticated",
    "browser": "client/browser",
    "city": "client/city",
    "cloudRoleName": "cloud/roleName",
    "countryOrRegion": "client/countryOrRegion",
    "deviceType": "client/type",
    "instanceName": "cloud/roleInstance",
    "model": "client/model",
    "operatingSystem": "client/os",
    "operationName": "operation/name",
    "realOrTestTraffic": "operation/synthetic",
    "stateOrProvince": "client/stateOrProvince",
}
"""Names that the service's first clients give to dimensions."""

_SHARED: Final = frozenset.intersection(
    *(frozenset(column.name for column in table.columns) for table in CLASSIC)
)
_TYPES: Final = {column.name: column.type for table in CLASSIC for column in table.columns}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of events.

    Attributes:
        path: as it is asked for.
        kql: its value in a row.
        type: of the value.
    """

    path: str
    kql: str
    type: KqlType


def own_columns(kind: str) -> tuple[str, ...]:
    """Return the columns that only rows of a kind of events have, in order."""
    (table,) = (table for table in CLASSIC if table.name == kind)
    return tuple(
        column.name
        for column in table.columns
        if column.name not in _SHARED and column.name not in (*BAGS, "itemCount")
    )


def paths(kind: str) -> tuple[str, ...]:
    """Return the paths of all fields of a kind of events, bags apart."""
    kinds = OBJECTS if kind == ALL_EVENTS else (kind,)
    own = [f"{OBJECTS[each]}/{column}" for each in kinds for column in own_columns(each)]
    return (*COMMON, *own)


def field(path: str, kind: str) -> Field:
    """Return the field of a path.

    Args:
        path: `operation/name`, `request/duration`, `customDimensions/key`.
        kind: of the events that are read, or `ALL_EVENTS`.

    Raises:
        BadQueryArgument: there is none.
    """
    path = OLDER_NAMES.get(path, path)
    head, _, rest = path.partition("/")
    if path in COMMON:
        return Field(path, COMMON[path], _TYPES[COMMON[path]])
    if head in BAGS and rest:
        key = literal(KqlType.STRING, rest)
        return Field(path, f"{head}[{key}]", KqlType.DYNAMIC)
    kinds = [each for each, name in OBJECTS.items() if name == head]
    if path in _WORKED_OUT and (not kinds or kind in (kinds[0], ALL_EVENTS)):
        return Field(path, *_WORKED_OUT[path])
    if kinds and kind in (kinds[0], ALL_EVENTS) and rest in own_columns(kinds[0]):
        column, type_ = rest, _TYPES[rest]
        if kind == ALL_EVENTS:
            empty = '""' if type_ is KqlType.STRING else f"{type_}(null)"
            column = f'iff(itemType == "{head}", {rest}, {empty})'
        return Field(path, column, type_)
    raise BadQueryArgument(
        f"cannot find the field {path!r} of {kind}: there is"
        f" {', '.join((*paths(kind)[:6], '…', *paths(kind)[-3:]))} and customDimensions/<key>"
    )
