"""Mutes: findings that nobody wants to be told of, by what they are like, until an instant."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from openinsights.clock import TICKS_PER_DAY
from openinsights.detection.errors import DetectionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_MUTES: Final = 200
LONGEST_TICKS: Final = 366 * TICKS_PER_DAY
_MOST_VALUES: Final = 8


@dataclass(frozen=True, slots=True)
class Mute:
    """A mute of one detector's findings on one resource.

    Attributes:
        id: a guid.
        about: the operation, dependency, type, role or instance; None for any.
        values: what their items have in common (`resultCode`: `502`); all of it has to fit.
        until_ticks: when it ends.
        who: asked for it.
        made_ticks: when.
    """

    id: str
    about: str | None
    values: Mapping[str, str] = field(default_factory=dict)
    until_ticks: int = 0
    who: str = ""
    made_ticks: int = 0

    def fits(self, about: str, common: Iterable[tuple[str, str]], at_ticks: int) -> bool:
        """Whether a finding is like this, at an instant."""
        if at_ticks >= self.until_ticks or self.about not in (None, about):
            return False
        known = set(common)
        return all((key, value) in known for key, value in self.values.items())

    def facts(self) -> dict[str, Any]:  # JSON
        """Return what is kept of it."""
        return asdict(self)


def checked(mute: Mute, now_ticks: int) -> Mute:
    """Return a mute that can be kept.

    Raises:
        DetectionError: it ends in the past or in more than a year, or names too many values.
    """
    if not now_ticks < mute.until_ticks <= now_ticks + LONGEST_TICKS:
        raise DetectionError("cannot mute: its end has to be in the future and within a year")
    if len(mute.values) > _MOST_VALUES:
        raise DetectionError(f"cannot mute by more than {_MOST_VALUES} values")
    return mute
