"""String operators and membership."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from openinsights.kql.functions.strings import negated
from openinsights.kql.functions.terms import AFTER, BEFORE, IGNORE_CASE, is_letter
from openinsights.kql.sql.clickhouse_functions.conversion import datetime_of_text, timespan_of_text
from openinsights.kql.sql.clickhouse_functions.json import element_text, elements
from openinsights.kql.sql.clickhouse_functions.spelling import known_text, named, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openinsights.kql.bound import Bound
    from openinsights.kql.functions.row import Lowering

_LETTER: Final = r"\p{L}\p{N}"
_LOWER_ALIKE: Final = frozenset("ik")
"""Letters of ASCII that are the lower case of others outside of it."""


def folded(text: str) -> str:
    """A text in lower case, letter by letter: the engine's own rule looks at neighbours too."""
    return f"lowerUTF8(replaceAll(replaceAll({text}, 'Σ', 'σ'), 'İ', 'i'))"


def folded_constant(text: str, bound: Bound) -> str:
    """A text in lower case; a constant is written so."""
    known = known_text(bound)
    if known is not None and known.isascii():
        return quoted(known.lower())
    return folded(text)


def _found(text: str, term: str, bound: Bound, *, ignore_case: bool) -> str:
    if not ignore_case:
        return f"(position({text}, {term}) > 0)"
    known = known_text(bound)
    if known is not None and known.isascii():
        plain = f"positionCaseInsensitive({text}, {quoted(known.lower())}) > 0"
        if not _LOWER_ALIKE & set(known.lower()):
            return f"({plain})"
        return (
            f"({plain} OR (NOT isValidASCII({text})"
            f" AND position({folded(text)}, {quoted(known.lower())}) > 0))"
        )
    return f"(position({folded(text)}, {folded_constant(term, bound)}) > 0)"


def _pattern(term: str, edges: int) -> str:
    """The expression for a term between edges."""
    before = edges & BEFORE and is_letter(term[0])
    after = edges & AFTER and is_letter(term[-1])
    flags = "(?si)" if edges & IGNORE_CASE else "(?s)"
    start = f"(?:^|[^{_LETTER}])" if before else ""
    end = f"(?:$|[^{_LETTER}])" if after else ""
    return f"{flags}{start}{re.escape(term.replace('İ', 'i'))}{end}"


def _term(*, before: bool, after: bool, ignore_case: bool) -> Lowering:
    edges = BEFORE * before | AFTER * after | IGNORE_CASE * ignore_case

    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        text, term = arguments
        known = known_text(bound[1])
        if known == "":
            return "true"
        quick = _found(text, term, bound[1], ignore_case=ignore_case)
        if known is not None:
            # Of letters that are alike but for their case, the engine does not know this one.
            where = folded(text) if ignore_case and "i" in known.lower() else text
            return f"({quick} AND match({where}, {quoted(_pattern(known, edges))}))"
        letter = quoted(f"[{_LETTER}]")
        start, end = quoted(f"(?:^|[^{_LETTER}])"), quoted(f"(?:$|[^{_LETTER}])")
        parts = [
            quoted("(?si)" if ignore_case else "(?s)"),
            f"if(match(substringUTF8({term}, 1, 1), {letter}), {start}, '')" if before else "''",
            f"regexpQuoteMeta({folded(term) if ignore_case else term})",
            f"if(match(substringUTF8({term}, -1), {letter}), {end}, '')" if after else "''",
        ]
        where = folded(text) if ignore_case else text
        return f"({term} = '' OR ({quick} AND match({where}, concat({', '.join(parts)}))))"

    return lower


def _contains(*, ignore_case: bool) -> Lowering:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        return _found(arguments[0], arguments[1], bound[1], ignore_case=ignore_case)

    return lower


def _at_end(function: str, *, ignore_case: bool) -> Lowering:
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        text, term = arguments
        if ignore_case:
            text, term = folded(text), folded_constant(term, bound[1])
        return f"{function}({text}, {term})"

    return lower


def _equal(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    left = folded_constant(arguments[0], bound[0])
    return f"({left} = {folded_constant(arguments[1], bound[1])})"


_POSITIVE: Final[dict[str, Lowering]] = {
    "=~": _equal,
    "contains": _contains(ignore_case=True),
    "contains_cs": _contains(ignore_case=False),
    "has": _term(before=True, after=True, ignore_case=True),
    "has_cs": _term(before=True, after=True, ignore_case=False),
    "hasprefix": _term(before=True, after=False, ignore_case=True),
    "hasprefix_cs": _term(before=True, after=False, ignore_case=False),
    "hassuffix": _term(before=False, after=True, ignore_case=True),
    "hassuffix_cs": _term(before=False, after=True, ignore_case=False),
    "startswith": _at_end("startsWith", ignore_case=True),
    "startswith_cs": _at_end("startsWith", ignore_case=False),
    "endswith": _at_end("endsWith", ignore_case=True),
    "endswith_cs": _at_end("endsWith", ignore_case=False),
    "matches regex": "match({0}, {1})",
}


def _in_constants(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    inside = f"{arguments[0]} IN ({', '.join(arguments[1:])})"
    return f"ifNull({inside}, false)" if bound[0].nullable else f"({inside})"


def _texts(json: str) -> str:
    """The elements of an array as texts; of what is none, the value itself."""

    def write(j: str) -> str:
        array = f"if(startsWith(ifNull({j}, ''), '['), {j}, concat('[', {j}, ']'))"
        return f"arrayMap(e -> {element_text('e')}, {elements(array)})"

    return named(json, write, "a")


def _in_array(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    return f"has({_texts(arguments[1])}, {arguments[0]})"


def _in_array_folded(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    texts = f"arrayMap(t -> {folded('t')}, {_texts(arguments[1])})"
    return f"has({texts}, {folded(arguments[0])})"


def _time_in_array(convert: Callable[[str], str]) -> Lowering:
    element = convert("ifNull(e, '')")

    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        times = f"arrayMap(e -> {element}, {_texts(arguments[1])})"
        return f"({arguments[0]} IS NOT NULL AND ifNull(has({times}, {arguments[0]}), false))"

    return lower


FUNCTIONS: Final[dict[str, Lowering]] = {
    **_POSITIVE,
    **{
        f"!{name}": negated(lowering)
        for name, lowering in _POSITIVE.items()
        if name != "matches regex"
    },
    "not": "(NOT {0})",
    "surely": "ifNull({0}, false)",
    "truly": "ifNull({0}, false)",
    "tolower": lambda arguments, _: folded(arguments[0]),
    "in": _in_constants,
    "in array": _in_array,
    "in array, ignoring case": _in_array_folded,
    "datetime in array": _time_in_array(datetime_of_text),
    "timespan in array": _time_in_array(timespan_of_text),
}
"""The family's rows."""
