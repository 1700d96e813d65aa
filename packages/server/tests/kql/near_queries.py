"""Writes queries that are nearly right, out of any source of choices: for fuzzing.

`Writer` follows the grammar loosely: names of columns are mostly there, arguments mostly fit. What
it writes is then mutated word by word, so that every stage of the compiler sees both what it
takes and what it must refuse. The same choices write the same query.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from openinsights.kql.functions import registry as functions
from openinsights.kql.functions.row import Kind
from openinsights.kql.operators.registry import BY_NAME as OPERATORS
from openinsights.kql.plugins import registry as plugins

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Choose = Callable[[int], int]
    """Gives a number from 0 up to, not including, the argument."""

_COLUMNS: Final = {
    "string": ("name", "operation_Id", "resultCode", "cloud_RoleName", "user_Id", "url"),
    "real": ("duration",),
    "int": ("itemCount",),
    "datetime": ("timestamp",),
    "dynamic": ("customDimensions", "customMeasurements"),
}
_LITERALS: Final = {
    "string": ("'a'", "''", "'GET /x'", "@'\\d+'", "'a,b;c=1'", "h'x'", "'(a|b)+'", "'week'",
               "'1.2.3.4'", "'{\"a\":[1,2]}'", "'yyyy-MM-dd'", "'é𝄞'", "'\\u0000'", "```a\nb```"),
    "long": ("0", "1", "-1", "5", "100", "9223372036854775807", "0x1F", "long(null)", "2"),
    "int": ("int(3)", "int(null)", "int(-2147483648)"),
    "real": ("1.5", "0.0", "1e308", "real(nan)", "real(+inf)", "real(null)", "-0.1"),
    "decimal": ("decimal(1.25)", "decimal(null)", "decimal(1e30)"),
    "bool": ("true", "false", "bool(null)"),
    "datetime": ("now()", "ago(1d)", "datetime(2024-12-01)", "datetime(null)", "datetime(0001-01-01)",
                 "datetime(9999-12-31 23:59:59.9999999)"),
    "timespan": ("1h", "1d", "0s", "-5m", "1tick", "time(1.02:03:04)", "timespan(null)", "10675199d"),
    "guid": ("guid(74be27de-1e4e-49d9-b579-fe0b331d3642)", "guid(null)"),
    "dynamic": ("dynamic([1,2,3])", "dynamic({'a':1,'b':[1]})", "dynamic(null)", "dynamic('x')",
                "dynamic([])", "dynamic([[1,'a'],null])", "dynamic([1.5,-2,0])"),
}  # fmt: skip
_TYPES: Final = tuple(_LITERALS)
_OF_KIND: Final = {
    Kind.TEXT: _TYPES, Kind.ANY: _TYPES, Kind.JSON: _TYPES, Kind.ORDERED: _TYPES,
    Kind.STRING: ("string",), Kind.PATTERN: ("string",), Kind.BOOL: ("bool",),
    Kind.INTEGER: ("long", "int"), Kind.NUMBER: ("long", "real", "int", "decimal"),
    Kind.REAL: ("real", "long"), Kind.DATETIME: ("datetime",), Kind.TIMESPAN: ("timespan",),
    Kind.GUID: ("guid",), Kind.DYNAMIC: ("dynamic",), Kind.SUMMABLE: ("real", "timespan", "long"),
}  # fmt: skip
_COMPARISONS: Final = ("==", "!=", "<", ">", "<=", ">=", "=~", "!~", "<>")
_WORDS: Final = (
    "has", "!has", "contains", "!contains_cs", "startswith", "endswith_cs", "matches regex",
    "hasprefix", "hassuffix_cs", "has_cs",
)  # fmt: skip
_NAMED: Final = ("a", "b", "c", "d", "x", "y", "name", "timestamp", "['odd \"name']", "n1")
_JOINS: Final = (
    "inner", "innerunique", "leftouter", "rightouter", "fullouter", "leftsemi", "leftanti",
    "rightsemi", "rightanti", "anti",
)  # fmt: skip
_TABLES: Final = (
    *["requests"] * 8,
    "datatable(timestamp:datetime, name:string, operation_Id:string, resultCode:string, duration:real,"
    " cloud_RoleName:string, user_Id:string, url:string, itemCount:int, customDimensions:dynamic,"
    " customMeasurements:dynamic)[datetime(2024-12-01), 'GET /', 'o1', '200', 1.5, '', 'u', '/', 1,"
    " dynamic({'a': 1}), dynamic(null), datetime(null), '', '', '', real(null), '', '', '', int(null),"
    " dynamic(null), dynamic([1])]",
    "traces", "range x from 1 to 5 step 1",
    "datatable(a:long, b:string)[1, 'x', 2, 'y', long(null), '']",
    "print x = 1, y = 'a', d = dynamic({'k': [1, 2]})",
)  # fmt: skip
_WINDOWS: Final = ("prev(duration)", "next(x, 1)", "row_number()", "row_cumsum(itemCount)",
                   "row_rank_dense(duration)", "row_window_session(timestamp, 1h, 5m, false)")  # fmt: skip
_REPLACING: Final = (
    "project ", "summarize ", "distinct ", "count", "getschema", "fork ", "facet ", "make-series ",
    "top-nested ", "evaluate ", "reduce ", "consume", "render ", "sample-distinct ",
)  # fmt: skip
_STRANGE: Final = (
    "|", ";", ",", "(", ")", "[", "]", "{", "}", "'", '"', "=", "==", "..", "*", "by", "on", "$left",
    "let", "set", "declare", "pattern", "dynamic(", "datetime(", "typeof(", "-", "!", "~", "\\", "\n",
    "//", "0x", "1e", "99999999999999999999", "@", "h'", "```", "null", "$k", "app('x').", "\0", "é",
    "\ud800", "where", "project", "in", "between", "and", "or", "not", "materialize(", "toscalar(",
)  # fmt: skip
_PIECE: Final = re.compile(r"\w+|\s+|[^\w\s]")


class Writer:
    """Writes one query after the other from a source of choices."""

    WORDS: Final = (
        *_REPLACING, *_STRANGE, *_COMPARISONS, "requests", "traces", "join", "on", "kind", "x", "f",
        "and", "in", "union", "mv-expand", "mv-apply", "with", "'a'", "1h", "now()", "count()",
        "datetime(2024-01-01)", "typeof(long)", "extend", "order", "top", "take", "1",
    )  # fmt: skip

    def __init__(self, choose: Choose, *, tables: Sequence[str] = _TABLES) -> None:
        self._choose = choose
        self._tables = tables
        self._lets: list[str] = []
        self._names = 0
        self._rest = 0

    def query(self) -> str:
        """A whole text."""
        self._lets, self._names, self._rest = [], 0, 80
        lines = [self._statement() for _ in range(self._choose(3))]
        return ";\n".join([*lines, self._pipeline()])

    def mutated(self, text: str) -> str:
        """The text with a few words dropped, doubled, swapped or replaced."""
        pieces = _PIECE.findall(text)
        for _ in range(self._choose(4)):
            if not pieces:
                break
            at, other = self._choose(len(pieces)), self._choose(len(pieces))
            action = self._choose(7)
            if action == 0:
                del pieces[at]
            elif action == 1:
                pieces.insert(at, pieces[other])
            elif action == 2:
                pieces[at], pieces[other] = pieces[other], pieces[at]
            elif action == 3:
                pieces[at] = self._one(_STRANGE)
            elif action == 4:
                pieces.insert(at, self._one(_STRANGE))
            elif action == 5:
                cut = self._choose(len(pieces[at]) + 1)
                pieces[at] = pieces[at][:cut] + pieces[at][cut + 1 :]
            else:
                pieces[at] = pieces[at] * (2 + self._choose(3))
        return "".join(pieces)

    # Choices.

    def _one(self, values: Sequence[str]) -> str:
        return values[self._choose(len(values))]

    def _rarely(self, one_of: int = 6) -> bool:
        return self._choose(one_of) == 0

    def _some(self, make: Callable[[], str], most: int = 3) -> str:
        return ", ".join(make() for _ in range(1 + self._choose(most)))

    # Statements and tables.

    def _statement(self) -> str:
        self._names += 1
        name = f"v{self._names}"
        form = self._choose(6)
        if form == 0:
            text = f"let {name} = {self._value(2)}"
        elif form == 1:
            parameters = f"p:{self._one(_TYPES)} = 1, q:{self._one(_TYPES)} = 'a'"
            text = f"let {name} = ({parameters}) {{ {self._value(2)} }}"
        elif form == 2:
            text = f"let {name} = (T:(*), p:long = 1) {{ T | {self._operator(1)} }}"
        elif form == 3:
            return f"declare query_parameters({name}:{self._one(_TYPES)} = {self._literal()})"
        elif form == 4:
            text = f"let {name} = materialize({self._pipeline()})"
        else:
            text = f"let {name} = {self._pipeline()}"
        self._lets.append(name)
        return text

    def _table(self) -> str:
        self._rest -= 1
        if self._rest < 0:
            return "requests"
        if self._lets and self._rarely(3):
            return self._one(self._lets) + (
                "" if self._choose(2) else f"({self._one(self._tables)})"
            )
        if self._rarely(12):
            return f"union {self._some(self._table)}"
        return self._one(self._tables)

    def _pipeline(self) -> str:
        steps = [self._operator(2) for _ in range(self._choose(4))]
        # What has other columns comes last, so that the names before it are there.
        steps.sort(key=lambda step: step.startswith(_REPLACING))
        return "\n| ".join([self._table(), *steps])

    def _inner(self) -> str:
        return f"({self._pipeline()})" if self._rest > 0 else "requests"

    # Operators.

    def _operator(self, depth: int) -> str:
        self._rest -= 1
        if self._rest < 0:
            return "take 1"
        forms = (
            lambda: f"where {self._condition(depth)}",
            lambda: f"extend {self._some(self._assignment)}",
            lambda: f"project {self._some(self._assignment)}",
            lambda: f"summarize {self._some(self._aggregate)} by {self._some(self._key, 2)}",
            lambda: f"summarize {self._some(self._aggregate)}",
            lambda: f"{self._one(('sort', 'order'))} by {self._some(self._ordering, 2)}",
            lambda: f"top {self._number()} by {self._ordering()}",
            lambda: f"{self._one(('take', 'limit', 'sample'))} {self._number()}",
            lambda: f"join kind={self._one(_JOINS)} {self._inner()} on {self._one(_COLUMNS['string'])}",
            lambda: f"join {self._inner()} on $left.{self._name()} == $right.{self._name()}",
            lambda: f"lookup kind=leftouter {self._inner()} on {self._name()}",
            lambda: f"union {self._option('kind=outer')}{self._option('withsource=T')}{self._inner()}",
            lambda: f"mv-expand {self._some(self._expanded, 2)}{self._option(' limit 3')}",
            lambda: f"mv-apply e = {self._of('dynamic', 1)} on ({self._operator(depth - 1)})",
            lambda: (
                f"make-series {self._aggregate()} default={self._literal()} on {self._name()}"
                f" from {self._of('datetime', 0)} to {self._of('datetime', 0)} step {self._one(('1h', '1d', '0s', '1'))}"
                f"{self._option(' by name')}"
            ),
            lambda: f"parse {self._option('kind=regex ')}{self._name()} with * {self._literal('string')} p1:{self._one(_TYPES)} *",
            lambda: f"parse-where {self._name()} with p1 {self._literal('string')} p2",
            lambda: f"parse-kv {self._name()} as (k1:string, k2:long) with (pair_delimiter=',', kv_delimiter='=')",
            lambda: f"evaluate {self._plugin(depth)}",
            lambda: f"distinct {self._one(('*', self._name()))}",
            lambda: f"{self._one(('project-away', 'project-keep', 'project-reorder'))} {self._one(('*', 'n*', self._name()))}",
            lambda: f"project-rename {self._one(_NAMED)} = {self._name()}",
            lambda: "count", lambda: "getschema", lambda: "consume", lambda: "serialize",
            lambda: f"serialize w = {self._one(_WINDOWS)}",
            lambda: f"extend w = {self._one(_WINDOWS)}",
            lambda: f"partition by {self._name()} ({self._operator(depth - 1)})",
            lambda: f"partition hint.strategy=native by {self._name()} ({self._operator(depth - 1)})",
            lambda: f"top-nested {self._number()} of {self._name()} by {self._aggregate()}, top-nested of {self._name()} by count()",
            lambda: (
                f"scan declare (s:long = 0) with (step s1: {self._condition(1)} => s = {self._one(('1', 's1.s + 1'))};"
                f" step s2: {self._condition(1)};)"
            ),
            lambda: f"reduce by {self._name()}{self._option(' with threshold=0.2')}",
            lambda: f"fork ({self._operator(depth - 1)}) n2 = ({self._operator(depth - 1)})",
            lambda: f"facet by {self._name()} with ({self._operator(depth - 1)})",
            lambda: f"search {self._option('kind=case_sensitive ')}{self._literal('string')}",
            lambda: f"as {self._one(_NAMED)}",
            lambda: f"render {self._one(('timechart', 'piechart', 'table', 'columnchart'))}{self._option(' with (title=t)')}",
            lambda: f"sample-distinct {self._number()} of {self._name()}",
            lambda: f"assert-schema (name:string, {self._name()}:{self._one(_TYPES)})",
            lambda: f"invoke {self._one([*self._lets, 'f'])}({self._literal()})",
            lambda: f"where {self._value(0)} in ({self._inner()})",
            lambda: f"{self._one(tuple(OPERATORS))} {self._some(self._assignment)}",
        )  # fmt: skip
        return forms[self._choose(len(forms))]()

    def _option(self, text: str) -> str:
        return text if self._choose(2) else ""

    def _assignment(self) -> str:
        value = self._value(2)
        form = self._choose(5)
        if form == 0:
            return value
        if form == 1 and self._rarely(4):
            return f"({self._one(_NAMED)}, {self._one(_NAMED)}) = {value}"
        return f"{self._one(_NAMED)} = {value}"

    def _key(self) -> str:
        if self._choose(2):
            return self._name()
        return f"bin({self._name()}, {self._one(('1h', '5', '0.1', '1d', '0'))})"

    def _ordering(self) -> str:
        value = self._value(1) if self._rarely(3) else self._name()
        return value + self._one(("", " asc", " desc", " nulls first", " asc nulls last"))

    def _expanded(self) -> str:
        value = self._of("dynamic", 1)
        text = value if self._choose(2) else f"{self._one(_NAMED)} = {value}"
        return text + self._option(f" to typeof({self._one(_TYPES)})")

    def _number(self) -> str:
        return self._one(("1", "3", "10", "0", "-1", "1 + 1", "toscalar(requests | count)", "x"))

    def _plugin(self, depth: int) -> str:
        name = self._one(tuple(plugins.REFUSED if self._rarely(20) else plugins.BY_NAME))
        arguments = [
            self._one((self._name(), self._literal(), self._aggregate(), self._value(1)))
            for _ in range(self._choose(5))
        ]
        return f"{name}({', '.join(arguments)})"

    # Values.

    def _name(self) -> str:
        if self._rarely(12):
            return self._one((*_NAMED, *self._lets, "nmae", "Name", "count_", "operation_*"))
        return self._one(_COLUMNS[self._one(tuple(_COLUMNS))])

    def _literal(self, type_: str = "") -> str:
        return self._one(_LITERALS[type_ or self._one(_TYPES)])

    def _of(self, type_: str, depth: int) -> str:
        if self._rarely(25):
            type_ = self._one(_TYPES)
        columns = _COLUMNS.get(type_)
        self._rest -= 1
        if columns and self._choose(2):
            return self._one(columns)
        if depth > 0 and self._rarely(3):
            return self._value(depth - 1)
        return self._literal(type_)

    def _value(self, depth: int) -> str:
        self._rest -= 1
        if depth <= 0 or self._rest < 0:
            return self._literal() if self._choose(2) else self._name()
        form = self._choose(12)
        if form < 6:
            return self._call(depth)
        if form == 6:
            type_ = self._one(("long", "real", "int", "decimal", "timespan", "dynamic"))
            operator = self._one(("+", "-", "*", "/", "%"))
            return f"({self._of(type_, depth - 1)} {operator} {self._of(type_, depth - 1)})"
        if form == 7:
            return self._condition(depth - 1)
        if form == 8:
            return f"customDimensions{self._one(('.a', '[0]', '[name]', '.a.b', '[-1]', '[1.5]'))}"
        if form == 9:
            return f"toscalar({self._pipeline()})"
        if form == 10:
            type_ = self._one(_TYPES)
            both = f"{self._of(type_, depth - 1)}, {self._of(type_, depth - 1)}"
            return f"iff({self._condition(depth - 1)}, {both})"
        return f"-{self._of(self._one(('long', 'real', 'timespan')), depth - 1)}"

    def _condition(self, depth: int) -> str:
        self._rest -= 1
        if self._rest < 0:
            return "true"
        form = self._choose(8)
        if depth > 0 and form == 0:
            word = self._one(("and", "or"))
            return f"({self._condition(depth - 1)} {word} {self._condition(depth - 1)})"
        if form == 1:
            return f"{self._of('string', 0)} {self._one(_WORDS)} {self._of('string', 0)}"
        if form == 2:
            word = self._one(("in", "!in", "in~", "has_any", "has_all"))
            return f"{self._name()} {word} ({self._some(self._literal)})"
        if form == 3:
            return f"{self._name()} between ({self._literal()} .. {self._literal()})"
        if form == 4:
            return f"not({self._condition(depth - 1)})" if depth > 0 else "true"
        type_ = self._one(_TYPES)
        left = self._of(type_, depth - 1)
        return f"{left} {self._one(_COMPARISONS)} {self._of(type_, 0)}"

    def _call(self, depth: int) -> str:
        if self._lets and self._rarely():
            return f"{self._one(self._lets)}({self._some(self._literal, 2)})"
        if self._rarely(3):
            names = tuple(functions.REFUSED if self._rarely(20) else functions.SPECIALS)
            type_ = self._one(_TYPES)
            arguments = [
                self._value(depth - 1) if self._rarely() else self._of(type_, depth - 1)
                for _ in range(self._choose(5))
            ]
            return f"{self._one(names)}({', '.join(arguments)})"
        row = functions.FUNCTIONS[self._one(tuple(functions.FUNCTIONS))]
        count = len(row.parameters) - self._choose(row.optional + 1)
        if row.variadic:
            count += self._choose(3)
        if self._rarely(15):
            count = self._choose(6)
        kinds = (
            [row.parameters[min(i, len(row.parameters) - 1)] for i in range(count)]
            if row.parameters
            else []
        )
        arguments = [self._of(self._one(_OF_KIND[kind]), depth - 1) for kind in kinds]
        return f"{row.name}({', '.join(arguments)})"

    def _aggregate(self) -> str:
        if self._rarely(8):
            return f"{self._one(tuple(functions.SEVERAL))}({self._some(self._name)}{self._option(', *')})"
        name = self._one(tuple(functions.AGGREGATES))
        row, is_conditional = functions.AGGREGATES[name]
        kinds = row.parameters[: len(row.parameters) - self._choose(row.optional + 1)]
        arguments = [self._of(self._one(_OF_KIND[kind]), 1) for kind in kinds]
        if is_conditional:
            arguments.append(self._condition(1))
        text = f"{name}({', '.join(arguments)})"
        form = self._choose(4)
        if form == 0:
            return f"{self._one(_NAMED)} = {text}"
        return f"{text} * 2" if form == 1 else text
