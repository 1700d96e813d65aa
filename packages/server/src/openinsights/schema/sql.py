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
    """

    text: str
    parameters: Mapping[str, object] = field(default_factory=dict)
