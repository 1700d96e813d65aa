"""Why a construct that is known is not run, and what to write instead."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason.

    Attributes:
        reason: why, to stand after a colon.
        instead: what does the same or nearly so, or "" where nothing does.
    """

    reason: str
    instead: str = ""
