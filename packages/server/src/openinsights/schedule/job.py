"""A job: what is done at regular instants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class NotDone(Exception):
    """What a job raises that could not do its work yet: that instant does not count as done."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is done at regular instants.

    Attributes:
        key: its name; a schedule has one job of a name.
        every_ticks: the period.
        run: does it, given the instant for which it is due, in ticks. What it raises is logged
            and that instant counts as done; but for `NotDone`, after which it is run again a few
            seconds later.
        delay_ticks: how long after the instant it is run.
        last_due: the instant for which it was last done; 0 when it never was, then it is due at
            once for the newest instant.
        is_spread: whether its instants fall at a place in the period that comes from its key, so
            that many jobs of one period do not fall due together.
        made_up: how many instants that were missed are made up for at most, the newest ones.
    """

    key: str
    every_ticks: int
    run: Callable[[int], None]
    delay_ticks: int = 0
    last_due: int = 0
    is_spread: bool = False
    made_up: int = 1

    def __post_init__(self) -> None:
        if self.every_ticks <= 0 or self.delay_ticks < 0 or self.made_up < 1:
            raise ValueError(
                f"job {self.key!r}: every_ticks has to be above 0, delay_ticks not below 0 and"
                " made_up at least 1"
            )
