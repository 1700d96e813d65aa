"""Who is told how long the store takes for what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable


def _nobody(seconds: float) -> None:
    pass


@dataclass(frozen=True, slots=True)
class StoreTimes:
    """Called from the threads that write; MUST be quick and MUST NOT raise.

    Attributes:
        on_sync: told how many seconds the journal took for a group of bodies.
        on_commit: told how many seconds a commit of a group took, one that failed too.
    """

    on_sync: Callable[[float], None] = _nobody
    on_commit: Callable[[float], None] = _nobody


UNTIMED: Final = StoreTimes()
