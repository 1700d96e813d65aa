"""Secrets and personal data are replaced in accepted items, before anybody sees or stores them.

Ids of operations and spans are left alone: nothing could be joined without them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import re2

from openinsights.catalog.scrub_rules import BY_NAME, REPLACEMENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.catalog.resource_settings import ResourceSettings
    from openinsights_wire.envelope import Envelope

_TEXTS = ("name", "url", "source", "target", "data", "message", "referrerUri", "problemId")
_TAGS = ("ai.operation.name", "ai.user.id", "ai.user.authUserId", "ai.user.accountId")
_KEPT_COMPILED = 256


class Scrubber:
    """Replaces what some rules find.

    Args:
        patterns: RE2; of one with a group, the group alone is replaced.
        keys: RE2 of property names whose whole value is replaced.
    """

    def __init__(self, patterns: Sequence[str], keys: Sequence[str]) -> None:
        self._patterns = [re2.compile(pattern) for pattern in patterns]
        self._keys = [re2.compile(key) for key in keys]

    def text(self, text: str) -> str:
        """Return a text without what the rules find."""
        for pattern in self._patterns:
            text = pattern.sub(_replaced, text)
        return text

    def item(self, item: Envelope) -> None:
        """Rewrite an item in place."""
        data: Any = item.data.baseData
        self._fields(data, _TEXTS)
        for link in getattr(data, "exceptions", ()):
            self._fields(link, ("message", "stack"))
        if data.properties:
            data.properties = {name: self._value(name, v) for name, v in data.properties.items()}
        for tag in _TAGS:
            if tag in item.tags:
                item.tags[tag] = self.text(item.tags[tag])

    def _fields(self, owner: Any, names: Sequence[str]) -> None:
        for name in names:
            text = getattr(owner, name, None)
            if text:
                setattr(owner, name, self.text(text))

    def _value(self, name: str, value: str) -> str:
        if any(key.search(name) for key in self._keys):
            return REPLACEMENT
        return self.text(value)


def scrubber_of(settings: ResourceSettings) -> Scrubber | None:
    """Return what scrubs a resource's items, None when nothing does."""
    if not settings.scrub and not settings.scrub_patterns:
        return None
    return _scrubber(settings.scrub, settings.scrub_patterns)


@lru_cache(_KEPT_COMPILED)
def _scrubber(names: tuple[str, ...], patterns: tuple[str, ...]) -> Scrubber:
    rules = [BY_NAME[name] for name in names if name in BY_NAME]
    return Scrubber(
        [*(rule.pattern for rule in rules), *patterns], [rule.keys for rule in rules if rule.keys]
    )


def _replaced(match: Any) -> str:  # re2 has no types
    if not match.re.groups or match.start(1) < 0:
        return REPLACEMENT
    whole, start = match.group(0), match.start()
    return str(whole[: match.start(1) - start] + REPLACEMENT + whole[match.end(1) - start :])
