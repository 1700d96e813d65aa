"""One message to one receiver."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openinsights.alerts.notify.notification import Notification
    from openinsights.catalog.action_groups import Receiver


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said, and to whom.

    Attributes:
        delivery_id: the same whenever the message is sent again.
        notification: what is said.
        receiver: who is told.
        secret: of the receiver's action group; it signs what webhooks are sent.
        first_id: the delivery id of what told the same receiver that the alert fired.
    """

    delivery_id: str
    notification: Notification
    receiver: Receiver
    secret: str = field(repr=False)
    first_id: str = ""
