"""The columns that every classic table has: who sent the item, on behalf of what, and when."""

from __future__ import annotations

from openinsights.schema.table import Column, Table
from openinsights.schema.types import KqlType

TIME_COLUMN = "timestamp"

_TIMESTAMP = Column(
    TIME_COLUMN,
    KqlType.DATETIME,
    "When it happened, as the sender's clock says.",
    wire="envelope.time",
)

_BEFORE_MEASUREMENTS = (
    Column("itemType", KqlType.STRING, "Which kind of telemetry the row is."),
    Column(
        "customDimensions",
        KqlType.DYNAMIC,
        "The sender's own text values by name.",
        wire="baseData.properties",
    ),
)

_MEASUREMENTS = Column(
    "customMeasurements",
    KqlType.DYNAMIC,
    "The sender's own numbers by name.",
    wire="baseData.measurements",
)


def _tag(name: str, tag: str, doc: str) -> Column:
    return Column(name, KqlType.STRING, doc, wire=f"tags.{tag}")


_AFTER_MEASUREMENTS = (
    _tag("operation_Name", "ai.operation.name", "Name of the operation that the item belongs to."),
    _tag("operation_Id", "ai.operation.id", "Id of the whole transaction (the trace id)."),
    _tag("operation_ParentId", "ai.operation.parentId", "Id of the item that caused this one."),
    _tag(
        "operation_SyntheticSource",
        "ai.operation.syntheticSource",
        "Which robot or probe caused the operation; empty for real traffic.",
    ),
    _tag("session_Id", "ai.session.id", "Id of the user's session."),
    _tag("user_Id", "ai.user.id", "Anonymous id of the user."),
    _tag("user_AuthenticatedId", "ai.user.authUserId", "Id of the signed-in user."),
    _tag("user_AccountId", "ai.user.accountId", "Id of the user's account or tenant."),
    _tag("application_Version", "ai.application.ver", "Version of the application."),
    _tag("client_Type", "ai.device.type", "Kind of device: PC for servers, Browser for pages."),
    _tag("client_Model", "ai.device.model", "Model of the device."),
    _tag("client_OS", "ai.device.osVersion", "Operating system of the device."),
    _tag("client_IP", "ai.location.ip", "Address of the client, masked to 0.0.0.0 before storing."),
    _tag("client_City", "ai.location.city", "City of the client."),
    _tag("client_StateOrProvince", "ai.location.province", "State or province of the client."),
    _tag("client_CountryOrRegion", "ai.location.country", "Country or region of the client."),
    Column("client_Browser", KqlType.STRING, "Browser of the client."),
    _tag("cloud_RoleName", "ai.cloud.role", "Name of the service that sent the item."),
    _tag("cloud_RoleInstance", "ai.cloud.roleInstance", "Instance of the service, such as a host."),
    Column("appId", KqlType.STRING, "Application id of the resource that the item was sent to."),
    Column("appName", KqlType.STRING, "Name of the resource."),
    Column("iKey", KqlType.STRING, "Instrumentation key of the resource."),
    _tag("sdkVersion", "ai.internal.sdkVersion", "Name and version of the sending SDK."),
    Column("itemId", KqlType.STRING, "Id that the server gave to the row."),
    Column(
        "itemCount",
        KqlType.INT,
        "How many items the row stands for, 100 / sample rate.",
        wire="envelope.sampleRate",
    ),
    Column("_ResourceId", KqlType.STRING, "Path of the resource."),
)


def classic_table(
    name: str, item_type: str, doc: str, specific: tuple[Column, ...], *, measurements: bool = True
) -> Table:
    """Return a classic table: its own columns between the ones that all tables share.

    Args:
        name: as users spell it in KQL.
        item_type: the text of `itemType` in its rows.
        doc: one sentence.
        specific: the table's own columns, in order.
        measurements: whether its items carry `customMeasurements`.
    """
    middle = (_MEASUREMENTS,) if measurements else ()
    columns = (_TIMESTAMP, *specific, *_BEFORE_MEASUREMENTS, *middle, *_AFTER_MEASUREMENTS)
    return Table(name, columns, TIME_COLUMN, doc=doc, item_type=item_type)
