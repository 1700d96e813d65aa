"""The shapes that describe a table: one row per column, one value per table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openinsights.schema.types import KqlType


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table as a query sees it.

    Attributes:
        name: as users spell it in KQL (`operation_Id`).
        type: its scalar type.
        doc: one sentence for the schema browser.
        stored_as: for a column of an App* table, the classic column that holds its value
            ("" when the column is not stored; it then reads as `constant`, or as the type's
            missing value).
        wire: for a column of a classic table, where its value stands in an envelope:
            `envelope.<field>`, `tags.<tag name>` or `baseData.<field>`; "" when the server
            works it out.
        constant: the text that an unstored string column shows in every row.
    """

    name: str
    type: KqlType
    doc: str = ""
    stored_as: str = ""
    wire: str = ""
    constant: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table as a query sees it.

    Attributes:
        name: `requests`, `AppRequests`.
        columns: in the order in which replies list them.
        time_column: the column that a timespan filters (`timestamp`, `TimeGenerated`).
        alias_of: for an App* table the classic table that stores its rows, else "".
        doc: one sentence.
        item_type: what `itemType` says in each row of a classic table, else "".
        is_alternative: whether it names rows anew that other tables hold, as the App* tables do;
            a wildcard that fits other tables leaves it out.
    """

    name: str
    columns: tuple[Column, ...]
    time_column: str
    alias_of: str = ""
    doc: str = ""
    item_type: str = ""
    is_alternative: bool = False
