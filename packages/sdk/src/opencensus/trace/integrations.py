"""Which integrations this process uses, one bit each."""

from __future__ import annotations

import threading

_INTEGRATIONS_BIT_MASK = 0
_INTEGRATIONS_LOCK = threading.Lock()


class _Integrations:
    """The bit of each integration. The value of SQLALCHEMY is what has always been sent."""

    NONE = 0
    DJANGO = 1
    FLASK = 2
    GOOGLE_CLOUD = 4
    HTTP_LIB = 8
    LOGGING = 16
    MYSQL = 32
    POSTGRESQL = 64
    PYMONGO = 128
    PYMYSQL = 256
    PYRAMID = 512
    REQUESTS = 1024
    SQLALCHEMY = 2056
    FASTAPI = 4194304
    HTTPX = 16777216


def get_integrations() -> int:
    """Return the bits of the integrations in use."""
    return _INTEGRATIONS_BIT_MASK


def add_integration(integration: int) -> None:
    """Say that an integration is in use."""
    global _INTEGRATIONS_BIT_MASK
    with _INTEGRATIONS_LOCK:
        _INTEGRATIONS_BIT_MASK |= integration


def remove_intregration(integration: int) -> None:
    """Say that an integration is not in use any more."""
    global _INTEGRATIONS_BIT_MASK
    with _INTEGRATIONS_LOCK:
        _INTEGRATIONS_BIT_MASK &= ~integration
