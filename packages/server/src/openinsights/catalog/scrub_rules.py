"""What can be scrubbed out of telemetry by name: one row per rule.

What lives here: the rules' names and patterns. What does not: their use, which is ingestion's.
Patterns are RE2: no text makes one slow.
"""

from __future__ import annotations

from typing import NamedTuple

REPLACEMENT = "***"


class ScrubRule(NamedTuple):
    """One kind of secret or personal data.

    Attributes:
        name: what people choose it by.
        pattern: RE2; when it has a group, the group alone is replaced.
        doc: what it finds.
        keys: RE2 of names of custom dimensions whose whole value is replaced, "" for none.
    """

    name: str
    pattern: str
    doc: str
    keys: str = ""


SCRUB_RULES: tuple[ScrubRule, ...] = (
    ScrubRule(
        "url-credentials",
        r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/\s:@]*:([^/\s@]+)@",
        "The password in `scheme://user:password@host`.",
    ),
    ScrubRule(
        "secrets",
        r"(?i)\b[\w.-]*(?:password|passwd|pwd|secret|api[_-]?key|access[_-]?key|token|sig|signature)"
        r"[\"']?\s*[=:]\s*[\"']?([^\s\"'&;,}]+)",
        "The value behind `password=`, `secret:`, `api_key=`, `token=`, `sig=` and their like, and"
        " custom dimensions of such names.",
        keys=r"(?i)(?:password|passwd|pwd|secret|api[_-]?key|access[_-]?key|token)$",
    ),
    ScrubRule(
        "authorization",
        r"(?i)\b(?:bearer|basic)\s+([a-z0-9._~+/-]{8,}=*)",
        "What follows `Bearer` or `Basic`, and custom dimensions named authorization or cookie.",
        keys=r"(?i)(?:authorization|cookie)$",
    ),
    ScrubRule(
        "jwt",
        r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
        "JSON web tokens.",
    ),
    ScrubRule(
        "email",
        r"[\pL\pN_.!#$%&'*+/=?^`{|}~-]+@[\pL\pN-]+(?:\.[\pL\pN-]+)+",
        "E-mail addresses.",
    ),
    ScrubRule(
        "card-numbers",
        r"\b(?:\d{4}[ -]?){3}\d{1,7}\b",
        "Numbers of 13 to 19 digits, in groups of four or in one, as payment cards have.",
    ),
    ScrubRule(
        "addresses",
        r"\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b",
        "IPv4 addresses.",
    ),
)

BY_NAME: dict[str, ScrubRule] = {rule.name: rule for rule in SCRUB_RULES}
