"""What names mean to a query: its tables, and how it finds those of other resources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.schema.table import Table


class ResourceUnavailable(Exception):
    """What `app('x')` names is not there, or its caller may not read it; the message says which."""


@dataclass(frozen=True, slots=True)
class OtherResource:
    """Another resource whose tables a query may read.

    Attributes:
        id: how scans name it, whatever the query called it.
        tables: its tables.
    """

    id: str
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Database:
    """What names mean to a query.

    Attributes:
        tables: those that it may read, in the order in which wildcards list them.
        name: what `.show` calls it.
        resource: finds what `app('x')`, `workspace('x')` and `resource('x')` name: which of these
            calls it is, and the name. MUST raise ResourceUnavailable for what is not there and
            for what the caller may not read, in the same words. None: there are no others.
    """

    tables: tuple[Table, ...]
    name: str = "default"
    resource: Callable[[str, str], OtherResource] | None = None
