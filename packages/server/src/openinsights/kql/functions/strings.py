"""String operators and membership: contains, has, startswith, matches regex, in, ….

What a term is stands in terms.py. Operators without `_cs` ignore case. Strings are never null, so neither are the results.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from openinsights.kql.functions import terms
from openinsights.kql.functions.row import Function, Kind, Lowering, Null
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openinsights.kql.bound import Bound

_BOOL: Final = KqlType.BOOL


def quoted(text: str) -> str:
    """A SQL string literal."""
    plain = "'" + text.replace("'", "''") + "'"
    if "\0" not in plain:
        return plain
    return "(" + plain.replace("\0", "' || chr(0) || '") + ")"


def constant_text(bound: Bound) -> str | None:
    """The value of a constant string; None for all else."""
    value = getattr(bound, "value", None)
    return value if isinstance(value, str) else None


def _folded(sql: str, bound: Bound) -> str:
    text = constant_text(bound)
    return quoted(text.lower()) if text is not None else f"lower({sql})"


_OF_COLUMN: Final = re.compile(
    r"""COALESCE\(json_extract_string\(("(?:[^"]|"")*"), '(?:[^']|'')*'\), ''\)"""
)
"""The SQL of a text that is taken out of the JSON of a column."""
_SAME_IN_JSON: Final = re.compile(r"[0-9A-Za-z]*[A-DF-Za-df-z][0-9A-Za-z]*")
"""Terms that JSON spells as they are; numbers, also those with an exponent, may be spelt anew."""


def _in_json(text: str, known: str | None, *, ignore_case: bool) -> str:
    r"""SQL, with AND behind it, that is cheap and that no column passes whose JSON lacks the term.

    Reading JSON costs a multiple of a look at its text, and most texts have no such term. Only a
    text with \u in it may spell a term otherwise.
    """
    column = _OF_COLUMN.fullmatch(text)
    if column is None or known is None or _SAME_IN_JSON.fullmatch(known) is None:
        return ""
    name = column[1]
    found = f"contains({name}, {quoted(known)})"
    if ignore_case:
        found = f"contains(lower({name}), {quoted(known.lower())})"
    return f"({found} OR contains({name}, '\\u')) AND "


def _term(*, before: bool, after: bool, ignore_case: bool) -> Lowering:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        text, term = arguments
        known = constant_text(bound[1])
        if known == "":
            return "true"
        edges = terms.BEFORE * before | terms.AFTER * after | terms.IGNORE_CASE * ignore_case
        if ignore_case:
            quick = f"contains(lower({text}), {_folded(term, bound[1])})"
        else:
            quick = f"contains({text}, {term})"
        exact = f"kql_has_term({text}, {term}, {edges})"
        if known is None:
            return f"({term} = '' OR ({quick} AND {exact}))"
        first = _in_json(text, known, ignore_case=ignore_case) or f"{quick} AND "
        found = f"regexp_matches({text}, {quoted(terms.ascii_pattern(known, edges))})"
        if terms.has_edges(known, edges):
            # a text in ASCII has as many bytes as characters, and no other edges
            rest = f"strlen({text}) > length({text}) AND {exact}"
            found = f"CASE WHEN {found} THEN true ELSE {rest} END"
        return f"({first}{found})"

    return lower


def _plain(function: str, *, ignore_case: bool) -> Lowering:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        text, term = arguments
        first = _in_json(text, constant_text(bound[1]), ignore_case=ignore_case)
        found = f"{function}({text}, {term})"
        if ignore_case:
            found = f"{function}(lower({text}), {_folded(term, bound[1])})"
        return f"({first}{found})" if first else found

    return lower


def _equal_ignoring_case(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    left = _folded(arguments[0], bound[0])
    return f"({left} = {_folded(arguments[1], bound[1])})"


_POSITIVE: Final[dict[str, Lowering]] = {
    "=~": _equal_ignoring_case,
    "contains": _plain("contains", ignore_case=True),
    "contains_cs": _plain("contains", ignore_case=False),
    "has": _term(before=True, after=True, ignore_case=True),
    "has_cs": _term(before=True, after=True, ignore_case=False),
    "hasprefix": _term(before=True, after=False, ignore_case=True),
    "hasprefix_cs": _term(before=True, after=False, ignore_case=False),
    "hassuffix": _term(before=False, after=True, ignore_case=True),
    "hassuffix_cs": _term(before=False, after=True, ignore_case=False),
    "startswith": _plain("starts_with", ignore_case=True),
    "startswith_cs": _plain("starts_with", ignore_case=False),
    "endswith": _plain("ends_with", ignore_case=True),
    "endswith_cs": _plain("ends_with", ignore_case=False),
    "matches regex": "regexp_matches({0}, {1})",
}


def negated(lowering: Lowering) -> Lowering:
    """SQL of the opposite, on every engine."""
    if isinstance(lowering, str):
        return f"(NOT {lowering})"
    inner: Callable[[Sequence[str], Sequence[Bound]], str] = lowering

    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        return f"(NOT {inner(arguments, bound)})"

    return lower


def _row(name: str, lowering: Lowering) -> Function:
    return Function(
        name=name,
        parameters=(Kind.STRING, Kind.STRING),
        result=_BOOL,
        duckdb=lowering,
        null=Null.NEVER,
    )


OPERATORS: Final[dict[str, Function]] = {
    **{name: _row(name, lowering) for name, lowering in _POSITIVE.items()},
    **{
        "!~" if name == "=~" else f"!{name}": _row(f"!{name}", negated(lowering))
        for name, lowering in _POSITIVE.items()
        if name != "matches regex"
    },
}
"""The string operators, their negations included."""
OPERATORS["containscs"] = OPERATORS["contains_cs"]
OPERATORS["notcontains"] = OPERATORS["!contains"]

NOT: Final = Function(
    name="not",
    parameters=(Kind.BOOL,),
    result=_BOOL,
    duckdb="(NOT {0})",
    fold=lambda value: not value,
)
SURELY: Final = Function(
    name="surely",
    parameters=(Kind.BOOL,),
    result=_BOOL,
    duckdb="COALESCE({0}, false)",
    null=Null.NEVER,
    fold=bool,
)
"""Whether a condition holds, null for false."""
LOWER: Final = Function(
    name="tolower",
    parameters=(Kind.TEXT,),
    result=KqlType.STRING,
    duckdb="lower({0})",
    fold=lambda text: text.lower(),
)


def _in_constants(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    inside = f"{arguments[0]} IN ({', '.join(arguments[1:])})"
    return f"COALESCE({inside}, false)" if bound[0].nullable else f"({inside})"


IN_CONSTANTS: Final = Function(
    name="in",
    parameters=(Kind.ANY,),
    result=_BOOL,
    duckdb=_in_constants,
    variadic=True,
    null=Null.NEVER,
)
"""Whether a value is among constants."""

_TEXTS: Final = (
    "json_extract_string(CASE WHEN starts_with({1}, '[') THEN {1} ELSE concat('[', {1}, ']') END,"
    " '$[*]')"
)
"""The elements of an array; of what is none, the value itself."""
_HAS_TEXT: Final = f"list_contains({_TEXTS}, {{0}})"
_HAS_NUMBER: Final = (
    f"list_contains(list_transform({_TEXTS}, lambda e: TRY_CAST(e AS DOUBLE)),"
    " CAST({0} AS DOUBLE))"
)
_HAS_WHOLE: Final = (
    f"(list_contains({_TEXTS}, CAST({{0}} AS VARCHAR))"
    f" OR (abs({{0}}) < 9007199254740992 AND {_HAS_NUMBER}))"
)


def _has_time(conversion: str) -> str:
    return f"list_contains(list_transform({_TEXTS}, lambda e: {conversion}(e)), {{0}})"


def _in_array(name: str, kind: Kind, found: str) -> Function:
    return Function(name, (kind, Kind.DYNAMIC), _BOOL, f"COALESCE({found}, false)", null=Null.NEVER)


IN_ARRAY: Final = _in_array("in array", Kind.STRING, _HAS_TEXT)
"""Whether a string is among the elements of an array."""

IN_ARRAY_OF: Final = {
    KqlType.INT: _in_array("whole number in array", Kind.NUMBER, _HAS_WHOLE),
    KqlType.LONG: _in_array("whole number in array", Kind.NUMBER, _HAS_WHOLE),
    KqlType.REAL: _in_array("real in array", Kind.NUMBER, f"(NOT isnan({{0}}) AND {_HAS_NUMBER})"),
    KqlType.DECIMAL: _in_array("decimal in array", Kind.NUMBER, _HAS_NUMBER),
    KqlType.DATETIME: _in_array("datetime in array", Kind.DATETIME, _has_time("kql_to_datetime")),
    KqlType.TIMESPAN: _in_array("timespan in array", Kind.TIMESPAN, _has_time("kql_to_timespan")),
}
"""Whether a value is among the elements of an array, which are read as values of its type; values
of all other types are held against them as texts."""

IN_ARRAY_IGNORE_CASE: Final = Function(
    name="in array, ignoring case",
    parameters=(Kind.STRING, Kind.DYNAMIC),
    result=_BOOL,
    duckdb=f"COALESCE(list_contains({_TEXTS.replace('{1}', 'lower({1})')}, lower({{0}})), false)",
    null=Null.NEVER,
)


HAS_ARRAY: Final = {
    name: _row(f"{name} of an array", f"kql_{name}_term({{0}}, json_extract_string({{1}}, '$[*]'))")
    for name in ("has_any", "has_all")
}
"""has_any and has_all for an array that is not known at compile time."""
