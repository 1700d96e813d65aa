"""What can go wrong with alerts and their rules, with the status of the reply."""

from __future__ import annotations

from openinsights.api.errors import ApiError


class InvalidRule(ApiError):
    """A rule cannot be as asked for; the message says what to change."""

    def __init__(self, message: str) -> None:
        super().__init__(400, "InvalidAlertRule", message)


class RuleNotFound(ApiError):
    """There is no such rule."""

    def __init__(self, name: str) -> None:
        super().__init__(404, "ResourceNotFound", f"cannot find alert rule {name[:200]!r}")


class AlertNotFound(ApiError):
    """There is no such alert."""

    def __init__(self, alert_id: str) -> None:
        super().__init__(404, "AlertNotFound", f"cannot find alert {alert_id[:80]!r}")
