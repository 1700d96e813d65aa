"""Typical mistakes, and what was probably meant: rows, read from the first to the last.

A `Mistake` looks at the words around the place where reading stopped. Its fields hold alternatives,
parted by spaces; an empty field fits everything. Beside words themselves there are classes of words:
`<name>`, `<literal>`,
`<number>` (a literal that is no string), `<value>` (a name or a literal), `<start>`, `<end>`, `<operator>` (of tables), `<source>` (an operator
that starts a query), `<words>` (an operator between values that is spelt in letters), `<function>`,
`<unit>` (of timespans), `<line>` (the first word of its line). `<near-words>` and `<near-operator>`
fit near misses; `{near}` is then the word that is near.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.kql.lexer import TIMESPAN_UNITS
from openinsights.kql.suggest import nearest
from openinsights.kql.tokens import END, NAME, STRING, SYMBOL
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from openinsights.kql.tokens import Token

_LISTS: Final = "project extend summarize distinct order sort top project-reorder print"
_CONDITIONS: Final = "where filter search find"
_QUERY_END: Final = "<query-end>"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake of syntax.

    Attributes:
        found: the word at which reading stopped.
        hint: what to do; may hold `{found}`, `{before}`, `{after}`, `{near}`.
        before: the word before it.
        earlier: the word before that.
        after: the word that follows.
        within: the operator or statement that is being read.
        expected: what would have been right there; `<query-end>` where an operator is complete.
    """

    found: str
    hint: str
    before: str = ""
    earlier: str = ""
    after: str = ""
    within: str = ""
    expected: str = ""


SYNTAX: Final = (
    # Signs.
    Mistake("=", "did you mean '=='?", before="=="),
    Mistake("=", "did you mean '!='?", before="!="),
    Mistake("=", "did you mean '<='?", after="<"),
    Mistake("=>", "did you mean '>='?"),
    Mistake(":", "did you mean '='?", after="="),
    Mistake("==", "did you mean '='?", expected="="),
    Mistake("<value>", "is '=' missing before '{found}'?", expected="="),
    Mistake("=", "did you mean '=='?", before="<value> ) ]"),
    Mistake("|", "one '|' is enough", before="|", after="<operator> <near-operator>"),
    Mistake("|", "did you mean 'or'?", before="|"),
    Mistake(">", "did you mean '|'?", before="|"),
    Mistake("|", "a query starts with its table: requests | …", expected="<expression>",
            before="<start> ;"),
    Mistake("/", "a comment starts with '//'", after="*"),
    Mistake("!", "write not(…)"),
    Mistake("?", "write iff(condition, yes, no)"),
    Mistake(",", "did you mean '..'?", expected=".."),
    Mistake(",", "one ',' is enough", before=","),
    Mistake(",", "several values stand in parentheses: in ('a', 'b')", earlier="in has_any has_all"),
    Mistake(",", "did you mean 'and'?", within=_CONDITIONS, expected=_QUERY_END),
    Mistake("[", "values stand in parentheses: in ('a', 'b')", before="in has_any has_all ~"),
    Mistake(")", "is one ')' too many?", expected=_QUERY_END),
    # Words of other languages.
    Mistake("<value>", "KQL starts with the table: requests | where … | project …",
            expected="<table>"),
    Mistake("is", "did you mean isnotnull(…) or isnotempty(…)?", after="not"),
    Mistake("is", "did you mean isnull(…) or isempty(…)?"),
    Mistake("like ilike rlike", "did you mean 'contains' or 'matches regex'?"),
    Mistake("not", "did you mean '!contains'?", after="like ilike rlike"),
    Mistake("not", "did you mean '!{after}'?", after="<words>"),
    Mistake("matches regex regexp", "did you mean 'matches regex'?"),
    Mistake("beginswith", "did you mean 'startswith'?"),
    Mistake("<value>", "write not(…)", before="not"),
    Mistake("xor", "did you mean '!='?"),
    Mistake("<value>", "write between (low .. high)", before="between"),
    Mistake("as", "convert with toint(…), tostring(…), todatetime(…) and their kin", expected=")"),
    Mistake("as", "the name comes first: name = value"),
    Mistake("group", "did you mean 'by'?", within="summarize"),
    Mistake("group", "did you mean '| summarize … by …'?"),
    Mistake("having", "did you mean '| where'?"),
    Mistake("when then", "write case(condition, value, …, otherwise)"),
    Mistake("descending", "did you mean 'desc'?"),
    Mistake("ascending", "did you mean 'asc'?"),
    Mistake("<value>", "did you mean dcount({found})?", before="distinct", expected=")"),
    # What is missing.
    Mistake("<unit>", "a timespan has no space: write it as 1h, 5m or 30s", before="<number>"),
    Mistake("<end>", "is ')' missing?", expected=")"),
    Mistake("<end>", "write top 10 by duration", within="top", expected="by"),
    Mistake("<value>", "is 'by' missing before '{found}'?", expected="by"),
    Mistake("<end>", "say what to join on: on operation_Id", expected="on"),
    Mistake("<value>", "is 'on' missing before '{found}'?", expected="on"),
    Mistake("<value>", "is 'with' missing before '{found}'?", expected="with"),
    Mistake("by", "did you mean '| summarize count() by …'?", within="count"),
    Mistake("<value>", "a comment starts with '//'", earlier="-", within="<source-name>"),
    Mistake("<value>", "write {before}(…)", before="<function>"),
    Mistake("<source>", "is ';' missing before '{found}'?", within="let", expected=_QUERY_END),
    Mistake("<operator>", "is '|' missing before '{found}'?", expected=_QUERY_END),
    Mistake("<near-words>", "did you mean '{near}'?", after="<value> (", expected=_QUERY_END),
    Mistake("<line>", "is ';' missing before '{found}'?", within="let", expected=_QUERY_END),
    Mistake("<near-operator>", "did you mean '| {near}'?", expected=_QUERY_END,
            after="<value> by ( <end>", before="<value> ) ]", within=f"{_CONDITIONS} <source-name>"),
    Mistake("<value>", "is ',' missing before '{found}'?", expected=")", before="<value> )"),
    Mistake("<literal>", "is '=' missing before '{found}'?", within="project extend",
            before="<name>", expected="<query-end>"),
    Mistake("<value>", "is ',' missing before '{found}'?", within=f"{_LISTS} union",
            expected=_QUERY_END),
    Mistake("<value>", "is an operator such as '==' missing before '{found}'?",
            within=_CONDITIONS, expected=_QUERY_END),
)  # fmt: skip
"""Mistakes of syntax; the first row that fits gives the hint."""

SQL_STARTS: Final = ("select", "from", "insert", "update", "delete", "show", "describe")
"""First words of statements in other languages."""

OPERATORS: Final = {
    "select": "did you mean 'project'?",
    "group": "did you mean 'summarize … by …'?",
    "groupby": "did you mean 'summarize … by …'?",
    "agg": "did you mean 'summarize'?",
    "aggregate": "did you mean 'summarize'?",
    "stats": "did you mean 'summarize'?",
    "having": "did you mean 'where'?",
    "orderby": "did you mean 'order by'?",
    "sortby": "did you mean 'sort by'?",
    "head": "did you mean 'take'?",
    "first": "did you mean 'take'?",
    "tail": "did you mean 'top … by … asc'?",
    "drop": "did you mean 'project-away'?",
    "rename": "did you mean 'project-rename'?",
    "eval": "did you mean 'extend'?",
    "dedup": "did you mean 'distinct'?",
    "unique": "did you mean 'distinct'?",
    "or": "one '|' parts operators; conditions are joined by 'or'",
}
"""Names of operators in other languages."""

FUNCTIONS: Final = {
    "lower": "did you mean 'tolower'?",
    "upper": "did you mean 'toupper'?",
    "len": "did you mean 'strlen'?",
    "length": "did you mean 'strlen' or 'array_length'?",
    "concat": "did you mean 'strcat'?",
    "substr": "did you mean 'substring'?",
    "if": "did you mean 'iff'?",
    "ifnull": "did you mean 'coalesce'?",
    "nvl": "did you mean 'coalesce'?",
    "mean": "did you mean 'avg'?",
    "average": "did you mean 'avg'?",
    "median": "did you mean percentile(…, 50)?",
    "std": "did you mean 'stdev'?",
    "count_distinct": "did you mean 'dcount'?",
    "countdistinct": "did you mean 'dcount'?",
    "cast": "convert with toint(…), tostring(…), todatetime(…) and their kin",
    "convert": "convert with toint(…), tostring(…), todatetime(…) and their kin",
    "str": "did you mean 'tostring'?",
    "getdate": "did you mean 'now'?",
    "date_trunc": "did you mean 'bin' or 'startofday'?",
    "datediff": "did you mean 'datetime_diff'?",
    "dateadd": "did you mean 'datetime_add'?",
    "group_concat": "did you mean strcat_array(make_list(…), ',')?",
}
"""Names of functions in other languages."""

COUNTS: Final = {
    ("isnull", 2): "did you mean coalesce(…)?",
    ("bin", 1): "say how wide a bin is: bin(timestamp, 1h)",
    ("percentile", 1): "say which one: percentile(duration, 95)",
    ("count", 1): "did you mean countif(…) or dcount(…)?",
}
"""Functions with a wrong number of arguments."""

NAMES: Final = {
    "null": "nothing equals null; write isnull(…) or isempty(…)",
    "none": "nothing equals null; write isnull(…) or isempty(…)",
    "nil": "nothing equals null; write isnull(…) or isempty(…)",
    "true": "did you mean 'true'?",
    "false": "did you mean 'false'?",
}
"""Names that are no column, by their lower case."""

JOIN_KINDS: Final = {
    "left": "leftouter",
    "right": "rightouter",
    "full": "fullouter",
    "outer": "fullouter",
    "semi": "leftsemi",
    "cross": "inner",
}
"""Kinds of join in other languages."""

PATHS: Final = {KqlType.STRING: "read it first: parse_json(…)"}
"""Types that have no keys and elements."""

_NUMBERS: Final = (KqlType.INT, KqlType.LONG, KqlType.REAL, KqlType.DECIMAL)
_IS_TEXT_NUMBER: Final = "convert the string first: toint(…), todouble(…)"
_IS_TIME: Final = "a time is written datetime(2026-01-31) or ago(1h)"
_IS_LENGTH: Final = "a number is no timespan; duration is in milliseconds: 1 s is 1000"

TYPES: Final[dict[frozenset[KqlType], str]] = {
    frozenset({KqlType.STRING, KqlType.DATETIME}): "convert the string first: todatetime(…)",
    frozenset({KqlType.STRING, KqlType.TIMESPAN}): "convert the string first: totimespan(…)",
    frozenset({KqlType.STRING, KqlType.GUID}): "convert the string first: toguid(…)",
    frozenset({KqlType.STRING, KqlType.BOOL}): "convert the string first: tobool(…)",
    frozenset({KqlType.DATETIME, KqlType.TIMESPAN}): "did you mean ago(…)?",
    **{frozenset({KqlType.STRING, number}): _IS_TEXT_NUMBER for number in _NUMBERS},
    **{frozenset({KqlType.DATETIME, number}): _IS_TIME for number in _NUMBERS},
    **{frozenset({KqlType.TIMESPAN, number}): _IS_LENGTH for number in _NUMBERS},
}
"""Types that an operator does not take beside each other."""

ORDER_OF_DYNAMIC: Final = "convert the value first: todouble(…), tostring(…), todatetime(…)"
KINDS: Final = {
    ("timespan", KqlType.STRING): "a timespan has no quotes: 1h, 5m, 30s",
    ("datetime", KqlType.STRING): "convert the string first: todatetime(…)",
    ("integer", KqlType.STRING): "convert the string first: toint(…)",
    ("number", KqlType.STRING): "convert the string first: todouble(…)",
    ("real", KqlType.STRING): "convert the string first: todouble(…)",
    ("summable", KqlType.STRING): "convert the string first: todouble(…)",
    ("ordered", KqlType.DYNAMIC): ORDER_OF_DYNAMIC,
}
"""Arguments of a wrong type: what is needed and what is given."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where reading stopped.

    Attributes:
        tokens: all words.
        at: the place of the word that does not fit.
        within: operators and statements that are being read, the innermost last.
        expected: what would have been right.
        starts_line: whether the word is the first of its line.
    """

    tokens: Sequence[Token]
    at: int
    within: tuple[str, ...]
    expected: str
    starts_line: bool


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words with a meaning.

    Attributes:
        operators: of tables.
        sources: operators that start a query.
        words: operators between values that are spelt in letters.
        functions: built-in ones.
    """

    operators: Collection[str]
    sources: Collection[str]
    words: Collection[str]
    functions: Collection[str]


def syntax_hint(place: Place, vocabulary: Vocabulary) -> str:
    """What was probably meant, or ""."""
    near_words = near_operator = None
    found = _classes(place, place.at, vocabulary)
    if "<name>" in found:
        text = place.tokens[place.at].text
        near_words = nearest(text, vocabulary.words)
        near_operator = nearest(text, vocabulary.operators)
        found |= {"<near-words>"} if near_words else set()
        found |= {"<near-operator>"} if near_operator else set()
    found |= {"<line>"} if place.starts_line and "<value>" in found else set()
    around = {
        "found": found,
        "before": _classes(place, place.at - 1, vocabulary),
        "earlier": _classes(place, place.at - 2, vocabulary),
        "after": _classes(place, place.at + 1, vocabulary),
        "within": set(filter(None, place.within)) or {"<source-name>"},
        "expected": {place.expected},
    }
    for row in SYNTAX:
        if all(_fits(getattr(row, field), classes) for field, classes in around.items()):
            near = near_words if "<near-words>" in row.found else near_operator
            return row.hint.format(
                found=_text(place, place.at),
                before=_text(place, place.at - 1),
                after=_text(place, place.at + 1),
                near=near,
            )
    return ""


def _fits(alternatives: str, classes: set[str]) -> bool:
    return not alternatives or not classes.isdisjoint(alternatives.split())


def _text(place: Place, at: int) -> str:
    return place.tokens[at].text if 0 <= at < len(place.tokens) else ""


def _classes(place: Place, at: int, vocabulary: Vocabulary) -> set[str]:
    if at < 0:
        return {"<start>"}
    if at >= len(place.tokens) or place.tokens[at].kind is END:
        return {"<end>"}
    kind, text = place.tokens[at].kind, place.tokens[at].text
    if kind is SYMBOL:
        return {text}
    if kind is not NAME:
        return {"<value>", "<literal>", *([] if kind is STRING else ["<number>"])}
    classes = {"<name>", text.lower()}
    known = {
        "<operator>": vocabulary.operators,
        "<source>": vocabulary.sources,
        "<words>": vocabulary.words,
        "<function>": vocabulary.functions,
        "<unit>": TIMESPAN_UNITS,
    }
    classes |= {name for name, words in known.items() if text in words}
    if text not in vocabulary.words:
        classes.add("<value>")
    return classes
