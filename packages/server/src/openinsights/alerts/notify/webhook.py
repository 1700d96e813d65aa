"""Tells a webhook: the common alert schema, signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openinsights.alerts.notify.http import post
from openinsights.alerts.notify.schema import payload
from openinsights.alerts.notify.signature import signed_headers

if TYPE_CHECKING:
    from openinsights.alerts.notify.means import Means
    from openinsights.alerts.notify.message import Message
    from openinsights.alerts.notify.outcome import Outcome


async def tell_webhook(message: Message, means: Means) -> Outcome:
    """Send a message to a webhook; see `Notifier`."""
    body = payload(message.notification, means.public_url, message.delivery_id)
    headers = signed_headers(message.secret, message.delivery_id, means.unix_s(), body)
    return await post(means.http, message.receiver.target, body, headers, means.unix_s())
