"""Values of the host as text: what properties hold. Everything else about envelopes is elsewhere."""

from __future__ import annotations

import json


def as_text(value: object) -> str:
    """Return a property's value as text, in JSON's spelling where JSON has one. Never raises.

    So a query finds what it found when the value itself was sent; None is the empty text.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    try:
        if isinstance(value, bool | dict | list | tuple):
            return json.dumps(value, default=str, ensure_ascii=False, separators=(",", ":"))
    except Exception:  # noqa: S110 - what JSON has no form for has a text of its own
        pass
    try:
        return str(value)
    except Exception:
        # The host's code: an object whose text cannot be had still has a type.
        return f"<{type(value).__name__} without a text>"
