"""A piece of SQL and the values that belong to it: the one form in which rooms hand SQL around."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Sql:
    """SQL text with named parameters (`$k1`), and the parameters' values.

    The compiler names its parameters `$k…`, a store its own `$s…`, so that texts nest without
    renaming.

    Attributes:
        text: with `$name` where a parameter stands.
        parameters: values by name.
        bounds: of a relation, columns of whole numbers that are never null, beside the least and
            the largest value that they may have.
        rows: how many rows a relation has at most, roughly; None when that is not known.
        is_rolled_up: whether some of a relation's rows stand for several of the table's.
        branches: of a relation of stored rows, queries that are it together, to each of which
            ` and …` may be added about the table's time column, under its own name.
        together: how many of its rows stand for several, roughly, where that is known.
    """

    text: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    bounds: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    rows: int | None = None
    is_rolled_up: bool = False
    branches: tuple[str, ...] = ()
    together: int = 0
