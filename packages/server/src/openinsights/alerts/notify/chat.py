"""Tells a channel of Slack or Teams, through the kind of webhook that each of them offers.

What came in with telemetry is shown as plain text: it makes no links and calls nobody.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from openinsights.alerts.notify.http import post
from openinsights.alerts.notify.notification import links_of
from openinsights.alerts.notify.signature import DELIVERY_HEADER
from openinsights.alerts.notify.words import facts_of, headline, shortened

if TYPE_CHECKING:
    from openinsights.alerts.notify.means import Means
    from openinsights.alerts.notify.message import Message
    from openinsights.alerts.notify.notification import Links, Notification
    from openinsights.alerts.notify.outcome import Outcome

_SLACK_COLORS: Final = ("#c4314b", "#c4314b", "#d86c08", "#0b62d6", "#5f6b7a")
_TEAMS_COLORS: Final = ("Attention", "Attention", "Warning", "Accent", "Default")
_SLACK_FIELDS: Final = 10
_SLACK_HEADER: Final = 150
_SLACK_FIELD: Final = 1_900
_TEAMS_TEXT: Final = 1_500
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]()#+!|<>~-])")


async def tell_slack(message: Message, means: Means) -> Outcome:
    """Send a message to an incoming webhook of Slack's; see `Notifier`."""
    return await _send(message, means, slack_message)


async def tell_teams(message: Message, means: Means) -> Outcome:
    """Send a message to a workflow of Teams that takes adaptive cards; see `Notifier`."""
    return await _send(message, means, teams_message)


async def _send(message: Message, means: Means, shape: Any) -> Outcome:  # one of the two below
    links = links_of(message.notification, means.public_url)
    body = msgspec.json.encode(shape(message.notification, links))
    headers = {DELIVERY_HEADER: message.delivery_id}
    return await post(means.http, message.receiver.target, body, headers, means.unix_s())


def slack_message(notification: Notification, links: Links) -> dict[str, Any]:
    """Return a message in blocks, with a text for notifications on a screen."""
    title = shortened(headline(notification), _SLACK_HEADER)
    fields = [
        _plain(shortened(f"{name}\n{value}", _SLACK_FIELD))
        for name, value in facts_of(notification)
    ]
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain(title)}]
    if notification.description:
        described = _plain(shortened(notification.description, _SLACK_FIELD))
        blocks.append({"type": "section", "text": described})
    if fields:
        blocks.append({"type": "section", "fields": fields[:_SLACK_FIELDS]})
    buttons = [("Open the alert", links.alert), ("See the evidence", links.evidence)]
    blocks.append(
        {
            "type": "actions",
            "elements": [
                {"type": "button", "text": _plain(text), "url": url}
                for text, url in buttons
                if len(url) <= 3_000
            ],
        }
    )
    color = "#1a7f5a" if notification.is_resolved else _SLACK_COLORS[notification.severity]
    return {"text": _escaped(title), "attachments": [{"color": color, "blocks": blocks}]}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def teams_message(notification: Notification, links: Links) -> dict[str, Any]:
    """Return a message that carries an adaptive card."""
    color = "Good" if notification.is_resolved else _TEAMS_COLORS[notification.severity]
    body: list[dict[str, Any]] = [
        {
            "type": "TextBlock",
            "text": _literal(headline(notification)),
            "weight": "Bolder",
            "size": "Medium",
            "color": color,
            "wrap": True,
        }
    ]
    if notification.description:
        described = _literal(notification.description)
        body.append({"type": "TextBlock", "text": described, "wrap": True})
    facts = [
        {"title": _literal(name), "value": _literal(value)}
        for name, value in facts_of(notification)
    ]
    body.append({"type": "FactSet", "facts": facts})
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": [
            {"type": "Action.OpenUrl", "title": "Open the alert", "url": links.alert},
            {"type": "Action.OpenUrl", "title": "See the evidence", "url": links.evidence},
        ],
    }
    content_type = "application/vnd.microsoft.card.adaptive"
    attachment = {"contentType": content_type, "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _literal(text: str) -> str:
    """Return text that an adaptive card, which reads Markdown, shows as it is."""
    return _MARKDOWN.sub(r"\\\1", shortened(text, _TEAMS_TEXT))
