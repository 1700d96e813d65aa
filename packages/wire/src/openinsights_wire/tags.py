"""The tags of an envelope: their names and how long their values may be.

Keys that are not listed travel as they are and land in no column.
"""

from __future__ import annotations

APPLICATION_VERSION = "ai.application.ver"
DEVICE_ID = "ai.device.id"
DEVICE_LOCALE = "ai.device.locale"
DEVICE_MODEL = "ai.device.model"
DEVICE_OEM_NAME = "ai.device.oemName"
DEVICE_OS_VERSION = "ai.device.osVersion"
DEVICE_TYPE = "ai.device.type"
LOCATION_IP = "ai.location.ip"
LOCATION_COUNTRY = "ai.location.country"
LOCATION_PROVINCE = "ai.location.province"
LOCATION_CITY = "ai.location.city"
OPERATION_ID = "ai.operation.id"
OPERATION_NAME = "ai.operation.name"
OPERATION_PARENT_ID = "ai.operation.parentId"
OPERATION_SYNTHETIC_SOURCE = "ai.operation.syntheticSource"
OPERATION_CORRELATION_VECTOR = "ai.operation.correlationVector"
SESSION_ID = "ai.session.id"
SESSION_IS_FIRST = "ai.session.isFirst"
USER_ID = "ai.user.id"
USER_ACCOUNT_ID = "ai.user.accountId"
USER_AUTHENTICATED_ID = "ai.user.authUserId"
CLOUD_ROLE = "ai.cloud.role"
CLOUD_ROLE_VERSION = "ai.cloud.roleVer"
CLOUD_ROLE_INSTANCE = "ai.cloud.roleInstance"
CLOUD_LOCATION = "ai.cloud.location"
INTERNAL_SDK_VERSION = "ai.internal.sdkVersion"
INTERNAL_AGENT_VERSION = "ai.internal.agentVersion"
INTERNAL_NODE_NAME = "ai.internal.nodeName"

MAX_LENGTHS: dict[str, int] = {
    APPLICATION_VERSION: 1024,
    DEVICE_ID: 1024,
    DEVICE_LOCALE: 64,
    DEVICE_MODEL: 256,
    DEVICE_OEM_NAME: 256,
    DEVICE_OS_VERSION: 256,
    DEVICE_TYPE: 64,
    LOCATION_IP: 46,
    LOCATION_COUNTRY: 256,
    LOCATION_PROVINCE: 256,
    LOCATION_CITY: 256,
    OPERATION_ID: 128,
    OPERATION_NAME: 1024,
    OPERATION_PARENT_ID: 512,
    OPERATION_SYNTHETIC_SOURCE: 1024,
    OPERATION_CORRELATION_VECTOR: 64,
    SESSION_ID: 64,
    SESSION_IS_FIRST: 5,
    USER_ID: 128,
    USER_ACCOUNT_ID: 1024,
    USER_AUTHENTICATED_ID: 1024,
    CLOUD_ROLE: 256,
    CLOUD_ROLE_VERSION: 256,
    CLOUD_ROLE_INSTANCE: 256,
    CLOUD_LOCATION: 256,
    INTERNAL_SDK_VERSION: 64,
    INTERNAL_AGENT_VERSION: 64,
    INTERNAL_NODE_NAME: 256,
}
