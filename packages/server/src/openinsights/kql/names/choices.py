"""Functions that choose values, and that ask what a row has."""

from __future__ import annotations

from typing import Final

from openinsights.kql.names.name import Name

NAMES: Final = (
    Name("assert", "assert(predicate, message)", "print assert(1 < 2, 'one is less')"),
    Name(
        "case",
        "case(predicate, …, then, …, else)",
        "print case(503 >= 500, 'server', 503 >= 400, 'client', 'fine')",
    ),
    Name("coalesce", "coalesce(arg, …)", "print coalesce(long(null), 3)"),
    Name(
        "column_ifexists",
        "column_ifexists(column_name, defaultValue)",
        "print a = 1 | project column_ifexists('b', 'none')",
    ),
    Name(
        "column_names_of", "column_names_of(table)", "print column_names_of(availabilityResults)[0]"
    ),
    Name(
        "columnifexists",
        "columnifexists(column_name, defaultValue)",
        "print a = 1 | project columnifexists('a', 0)",
    ),
    Name(
        "estimate_data_size",
        "estimate_data_size(column, …)",
        "print a = 'abc' | project estimate_data_size(a)",
    ),
    Name("iff", "iff(if, then, else)", "print iff(503 >= 500, 'failed', 'fine')"),
    Name("iif", "iif(if, then, else)", "print iif(200 >= 500, 'failed', 'fine')"),
    Name(
        "iscolumnexists", "iscolumnexists(column_name)", "print a = 1 | project iscolumnexists('a')"
    ),
    Name("isnotnull", "isnotnull(expression)", "print isnotnull(5)"),
    Name("isnull", "isnull(expression)", "print isnull(int(null))"),
    Name("new_guid", "new_guid()", "print gettype(new_guid())"),
    Name("not", "not(expression)", "print not(1 == 2)"),
    Name("notnull", "notnull(expression)", "print notnull(5)"),
)
