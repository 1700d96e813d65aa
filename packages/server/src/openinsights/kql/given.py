"""A value that comes beside a query's text, for a name in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openinsights.schema.types import KqlType


@dataclass(frozen=True, slots=True)
class Given:
    """A query parameter's value; never part of the query's text, so no text can change the query.

    Attributes:
        type: its scalar type.
        value: in the server's own form (ticks, JSON text); None is null.
    """

    type: KqlType
    value: object
