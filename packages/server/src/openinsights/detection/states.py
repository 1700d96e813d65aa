"""What becomes of a finding: it opens, stays while it lasts, and ends when all is usual again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openinsights.detection.look import Look

CALM_LOOKS: Final = 4
"""Looks in a row that have to be usual before a finding ends."""


@dataclass(frozen=True, slots=True)
class Open:
    """A finding that has not ended.

    Attributes:
        since: the look (in any count that grows) at which it opened.
        calm: looks in a row that were usual.
    """

    since: int
    calm: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """What a look changed.

    Attributes:
        open: all findings that are open after it, by unit.
        opened: units whose finding opened now.
        ended: units whose finding ended now.
    """

    open: Mapping[str, Open]
    opened: tuple[str, ...] = ()
    ended: tuple[str, ...] = field(default=())


def after(
    before: Mapping[str, Open],
    units: Sequence[str],
    look: Look,
    at: int,
    calm_looks: int = CALM_LOOKS,
) -> Change:
    """Return what becomes of the findings after a look.

    Args:
        before: those open until now.
        units: the names of the look's units. A unit that is not looked at stays as it is.
        look: what was seen.
        at: counts looks.
        calm_looks: how many usual ones end a finding.
    """
    now, opened, ended = dict(before), [], []
    for place, unit in enumerate(units):
        known = before.get(unit)
        if known is None:
            if look.fires[place]:
                now[unit] = Open(at)
                opened.append(unit)
        elif not look.calm[place]:
            now[unit] = replace(known, calm=0)
        elif known.calm + 1 >= calm_looks:
            del now[unit]
            ended.append(unit)
        else:
            now[unit] = replace(known, calm=known.calm + 1)
    return Change(now, tuple(opened), tuple(ended))
