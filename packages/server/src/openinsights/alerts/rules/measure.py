"""What a rule measures: rows of a resource in a window, split, and a number made of them.

Measures that read the same rows are asked for together (`alerts/questions.py`); so a source says
apart what it reads, by what it tells its rows apart, and which of these it wants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.alerts.rules.filtered import Filtered


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of stored tables.

    Attributes:
        tables: `requests`, or `union requests, traces`.
        where: which of their rows count; "" for all.
        keys: expressions whose values `Source.key` names: sources that differ in their key alone
            are one question.
        then: an operator that these rows go through; "" for none.
    """

    tables: str
    where: str = ""
    keys: tuple[str, ...] = ()
    then: str = ""


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody's query returns, asked for the times of a window.

    Attributes:
        kql: the whole query, without what draws it.
        is_workspace: whether only the App* tables are there.
        filtered: the same as a table and a condition, where it is no more than that.
    """

    kql: str
    is_workspace: bool = False
    filtered: Filtered | None = None


@dataclass(frozen=True, slots=True)
class Only:
    """Which values of a dimension count.

    Attributes:
        place: of the dimension, counted from 0.
        values: as texts.
        is_included: whether these count; otherwise all others do.
        are_beginnings: whether each stands for all values that begin with it, in any letter case.
    """

    place: int
    values: frozenset[str]
    is_included: bool
    are_beginnings: bool = False

    def fits(self, texts: Sequence[str]) -> bool:
        """Return whether a combination, as the texts of its values, counts."""
        text = texts[self.place]
        if self.are_beginnings:
            return any(text.lower().startswith(each.lower()) for each in self.values)
        return (text in self.values) is self.is_included


@dataclass(frozen=True, slots=True)
class Source:
    """The rows that a measure is made of.

    Attributes:
        app_ids: of the resources.
        rows: where they come from.
        range_ticks: how far back from the end of a window rows are read.
        by: dimensions, each with the expression of its value, in order.
        key: values of the keys of `rows`.
        only: which combinations count; sources that differ in this alone are one question too.
    """

    app_ids: tuple[str, ...]
    rows: Rows | Typed
    range_ticks: int
    by: tuple[tuple[str, str], ...] = ()
    key: tuple[str, ...] = ()
    only: tuple[Only, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """A number made of rows.

    Attributes:
        source: the rows.
        value: an aggregate of KQL, over rows of one window; over a typed query's it is `count()`,
            or one of a number that leaves nulls out.
        is_total: whether it is 0 over nothing; other aggregates of nothing are nothing.
    """

    source: Source
    value: str
    is_total: bool
