"""Who tells which kind of receiver: one row each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openinsights.alerts.notify.chat import tell_slack, tell_teams
from openinsights.alerts.notify.command import tell_command
from openinsights.alerts.notify.email import tell_mailbox
from openinsights.alerts.notify.webhook import tell_webhook
from openinsights.catalog.action_groups import COMMAND, EMAIL, SLACK, TEAMS, WEBHOOK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openinsights.alerts.notify.means import Notifier

NOTIFIERS: Final[Mapping[str, Notifier]] = {
    WEBHOOK: tell_webhook,
    EMAIL: tell_mailbox,
    SLACK: tell_slack,
    TEAMS: tell_teams,
    COMMAND: tell_command,
}

TIME_LIMITS_S: Final[Mapping[str, float]] = {
    WEBHOOK: 10.0,
    EMAIL: 30.0,
    SLACK: 10.0,
    TEAMS: 20.0,
    COMMAND: 30.0,
}
"""How long one try may take, from the lookup of a name to the end of the reply."""
