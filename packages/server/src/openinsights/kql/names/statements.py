"""Statements: what a text consists of, separated by semicolons."""

from __future__ import annotations

from typing import Final

from openinsights.kql.names.name import Name

NAMES: Final = (
    Name("query", "source and operators, separated by pipes", "requests | count"),
    Name(
        "let",
        "let name = expression; let name = (parameters) { body };",
        "let twice = (n:long) { n * 2 }; print twice(21)",
    ),
    Name("set", "set option [= value];", "set notruncation; print 1"),
    Name(
        "declare query_parameters",
        "declare query_parameters (name:type = default, …);",
        "declare query_parameters (limit:long = 5); print limit",
    ),
    Name(
        "declare pattern",
        "declare pattern name = (argument:type) { (value) = { body }; };",
        "declare pattern P = (n:string)[m:string] { ('a').['b'] = { print 1 }; }; P('a').b",
    ),
    Name(
        "alias database",
        "alias database name = …;",
        "alias database X = cluster('c').database('d'); requests | count",
    ),
    Name(
        "restrict access to",
        "restrict access to (table, …);",
        "restrict access to (requests); requests | count",
    ),
)
