"""`.show`: what tables and columns there are, in the shape that query editors read.

Other commands are refused: a query changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Symbol, constant
from openinsights.kql.errors import KqlSemanticError, KqlUnsupported
from openinsights.kql.operators.naming import NET_TYPES
from openinsights.kql.operators.operator import Operator
from openinsights.kql.plan import Values
from openinsights.kql.scope import Column, Relation
from openinsights.kql.spelling import json_text
from openinsights.kql.suggest import did_you_mean
from openinsights.kql.syntax import Node
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Scope
    from openinsights.schema.table import Table

_S: Final = KqlType.STRING
_B: Final = KqlType.BOOL
FORMS: Final = (
    "tables", "table NAME schema as json", "table NAME cslschema", "database schema",
    "database schema as json", "schema", "databases", "functions",
)  # fmt: skip
"""What may follow `.show`."""


@dataclass(slots=True)
class Show(Node):
    """`.show tables (a, b)` and its kin; `form` is a key of the table below."""

    form: str
    names: list[tuple[str, int, int]]


def parse(parser: Parser, start: int) -> Show:
    """Read what is to be shown; `.show` was taken."""
    word = parser.accept_word("tables", "table", "database", "schema", "databases", "functions")
    if word is None:
        hint = f"write .show {', .show '.join(FORMS)}"
        raise KqlUnsupported("this is not shown", start, max(parser.token.end, start + 5), hint)
    names: list[tuple[str, int, int]] = []
    form = word
    if word == "tables" and parser.accept("("):
        names.append(_name(parser))
        while parser.accept(","):
            names.append(_name(parser))
        parser.expect(")")
    elif word == "table":
        names.append(_name(parser))
        shape = parser.expect_word("schema", "cslschema").text
        form = "table csl"
        if shape == "schema":
            parser.expect_word("as")
            form = "table json" if parser.expect_word("json", "csl").text == "json" else "table csl"
    elif word in ("database", "schema"):
        form = "schema"
        if word == "database":
            if not parser.is_word("schema"):
                names.append(_name(parser))
            parser.expect_word("schema")
        if parser.accept_word("as"):
            parser.expect_word("json")
            form = "schema json"
    return Show(start, parser.last_end, form, names)


def _name(parser: Parser) -> tuple[str, int, int]:
    start = parser.token.start
    return parser.name("a name"), start, parser.last_end


def bind_source(binder: Binder, node: Show, scope: Scope) -> Relation:
    """The rows that the command shows."""
    tables = binder.tables(scope)
    database = binder.database.name
    if node.form.startswith("schema"):
        for name, start, end in node.names:
            if name != database:
                raise KqlSemanticError(
                    f"unknown database '{name}'", start, end, did_you_mean(name, [database])
                )
    else:
        tables = _named(tables, node.names) if node.names else tables
    columns, rows = _FORMS[node.form]
    symbols = tuple(Symbol(name, type_) for name, type_ in columns)
    cells = tuple(
        tuple(constant(cell, type_) for cell, (_, type_) in zip(row, columns, strict=True))
        for row in rows(database, list(tables.values()))
    )
    return Relation(Values(symbols, cells), tuple(Column(s.name, s) for s in symbols))


def _named(tables: Mapping[str, Table], names: list[tuple[str, int, int]]) -> dict[str, Table]:
    found: dict[str, Table] = {}
    for name, start, end in names:
        if name not in tables:
            hint = did_you_mean(name, tables)
            raise KqlSemanticError(f"unknown table '{name}'", start, end, hint)
        found[name] = tables[name]
    return found


_Row = tuple[object, ...]
_TABLE_COLUMNS: Final = (
    ("TableName", _S), ("DatabaseName", _S), ("Folder", _S), ("DocString", _S),
)  # fmt: skip
_SCHEMA_COLUMNS: Final = (
    ("TableName", _S), ("Schema", _S), ("DatabaseName", _S), ("Folder", _S), ("DocString", _S),
)  # fmt: skip


def _tables(database: str, tables: list[Table]) -> list[_Row]:
    return [(table.name, database, "", table.doc) for table in tables]


def _as_csl(database: str, tables: list[Table]) -> list[_Row]:
    return [
        (
            table.name,
            ",".join(f"{column.name}:{column.type}" for column in table.columns),
            database,
            "",
            table.doc,
        )
        for table in tables
    ]


def _as_json(database: str, tables: list[Table]) -> list[_Row]:
    return [(table.name, json_text(_described(table)), database, "", table.doc) for table in tables]


def _described(table: Table) -> dict[str, object]:
    columns = [
        {"Name": c.name, "Type": NET_TYPES[c.type], "CslType": str(c.type)}
        | ({"DocString": c.doc} if c.doc else {})
        for c in table.columns
    ]
    return {"Name": table.name, "OrderedColumns": columns, "DocString": table.doc}


def _schema(database: str, tables: list[Table]) -> list[_Row]:
    rows: list[_Row] = [(database, "", "", "", False, False, "", "v1.0")]
    for table in tables:
        rows.append((database, table.name, "", "", True, False, "", ""))
        rows += [
            (database, table.name, column.name, NET_TYPES[column.type], False, True, "", "")
            for column in table.columns
        ]
    return rows


def _schema_as_json(database: str, tables: list[Table]) -> list[_Row]:
    described = {
        "Name": database,
        "Tables": {table.name: _described(table) for table in tables},
        "ExternalTables": {},
        "MaterializedViews": {},
        "Functions": {},
        "MajorVersion": 1,
        "MinorVersion": 0,
    }
    return [(json_text({"Databases": {database: described}}),)]


def _databases(database: str, tables: list[Table]) -> list[_Row]:
    return [(database, "", "v1.0", True, "ReadOnly", database)]


_FORMS: Final[
    dict[
        str,
        tuple[Sequence[tuple[str, KqlType]], Callable[[str, list[Table]], Sequence[_Row]]],
    ]
] = {
    "tables": (_TABLE_COLUMNS, _tables),
    "table csl": (_SCHEMA_COLUMNS, _as_csl),
    "table json": (_SCHEMA_COLUMNS, _as_json),
    "schema": (
        (
            ("DatabaseName", _S), ("TableName", _S), ("ColumnName", _S), ("ColumnType", _S),
            ("IsDefaultTable", _B), ("IsDefaultColumn", _B), ("PrettyName", _S), ("Version", _S),
        ),
        _schema,
    ),
    "schema json": ((("DatabaseSchema", _S),), _schema_as_json),
    "databases": (
        (
            ("DatabaseName", _S), ("PersistentStorage", _S), ("Version", _S), ("IsCurrent", _B),
            ("DatabaseAccessMode", _S), ("PrettyName", _S),
        ),
        _databases,
    ),
    "functions": (
        (("Name", _S), ("Parameters", _S), ("Body", _S), ("Folder", _S), ("DocString", _S)),
        lambda database, tables: (),
    ),
}  # fmt: skip
"""What each form shows: its columns, and its rows of the tables in question."""

OPERATOR = Operator(
    (".show",), Show, parse, bind_source=bind_source, doc="What tables and columns there are."
)
