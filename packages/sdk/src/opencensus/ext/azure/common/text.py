"""Values of the host as text: what properties hold. Everything else about envelopes is elsewhere."""

from __future__ import annotations

import json


def as_text(value: object) -> str:
    """Return a property's value as text; mappings and sequences become JSON. Never raises."""
    if isinstance(value, str):
        return value
    try:
        if isinstance(value, dict | list | tuple):
            return json.dumps(value, default=str)
    except Exception:  # noqa: S110 - what JSON has no form for has a text of its own
        pass
    try:
        return str(value)
    except Exception:
        # The host's code: an object whose text cannot be had still has a type.
        return f"<{type(value).__name__} without a text>"
