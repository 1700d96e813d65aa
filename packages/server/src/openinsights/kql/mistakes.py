"""Typical mistakes, and what was probably meant: rows, read from the first to the last.

A `Mistake` looks at the words around the place where reading stopped. Its fields hold alternatives,
parted by spaces; an empty field fits everything. Beside words themselves there are classes of words:
`<name>`, `<literal>`,
`<number>` (a literal that is no string), `<value>` (a name or a literal), `<start>`, `<end>`, `<operator>` (of tables), `<source>` (an operator
that starts a query), `<words>` (an operator between values that is spelt in letters), `<function>`,
`<unit>` (of timespans), `<timespan>`, `<line>` (the first word of its line), `<touching>` (a word that
starts where a text ends). `<near-words>` and `<near-operator>`
fit near misses; `{near}` is then the word that is near.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.kql.lexer import TIMESPAN_UNITS
from openinsights.kql.suggest import nearest
from openinsights.kql.tokens import END, NAME, STRING, SYMBOL, TIMESPAN
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from openinsights.kql.tokens import Token

_LISTS: Final = (
    "project extend summarize distinct order sort top project-reorder project-away project-keep"
    " project-rename serialize print"
)
_CONDITIONS: Final = "where filter search find"
_QUERY_END: Final = "<query-end>"
QUERY_START: Final = "a query starts with its table: requests | where …"
SEVERAL: Final = "several texts: has_any ('a', 'b'), or in ('a', 'b') for whole values"
LEFT_OUT: Final = "the rows have no such column here; does an operator before leave it out?"
STARTS_WITH_DIGIT: Final = (
    "the units of timespans are d, h, m, s, ms, microsecond and tick;"
    " a name that starts with a digit is written ['5a']"
)


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
    Mistake("<touching>", "a quote inside of a text is written \\' or \\\", or the text has the other"
            " kind of quotes"),
    # Signs.
    Mistake("=", "write let name = value", expected="<let-name>"),
    Mistake("; <end>", "write let {before} = value", within="let", expected="="),
    Mistake("~", "did you mean '=~'?", after="="),
    Mistake("=", "write x = x + 1", before="+ - * /", within="extend project"),
    Mistake("<end> | ,", "write x = x + 1", before="+", earlier="+"),
    Mistake("<value>", "write pow(a, b)", before="*", earlier="*"),
    Mistake(">", "did you mean '|'?", before="-", within="<source-name>"),
    Mistake("@", "a name stands alone: {after}", expected="<expression>"),
    Mistake("=", "did you mean '=='?", before="=="),
    Mistake("=", "did you mean '!='?", before="!="),
    Mistake("=", "did you mean '<='?", after="<"),
    Mistake("=>", "did you mean '>='?"),
    Mistake(":", "did you mean '='?", after="="),
    Mistake("==", "did you mean '='?", expected="="),
    Mistake("<value>", "is '=' missing before '{found}'?", expected="="),
    Mistake("=", "did you mean '=='?", before="<value> ) ]"),
    Mistake("|", "one '|' is enough", before="|", after="<operator> <near-operator>"),
    Mistake("|", "did you mean 'or'? texts are joined by strcat(…)", before="|"),
    Mistake(">", "did you mean '|'?", before="|"),
    Mistake("|", QUERY_START, expected="<expression>", before="<start> ;"),
    Mistake("/", "a comment starts with '//'", after="*"),
    Mistake("!", "write not(…)"),
    Mistake("?", "write iff(condition, yes, no)"),
    Mistake(",", "did you mean '..'?", expected=".."),
    Mistake(",", "one ',' is enough", before=","),
    Mistake("", "is one ',' too many?", expected="<list-item>"),
    Mistake(",", "there is no offset: sort, then take what is left of | where row_number() > 5",
            within="take limit", expected=_QUERY_END),
    Mistake(",", "several values stand in parentheses: in ('a', 'b')", earlier="in has_any has_all"),
    Mistake(",", "did you mean 'and'?", within=_CONDITIONS, expected=_QUERY_END),
    Mistake("[ {", "values stand in parentheses: in ('a', 'b')", before="in has_any has_all ~"),
    Mistake("(", "values stand in brackets: [1, 2]", within="datatable", expected="["),
    Mistake(":", "did you mean '='?", within="project extend summarize print", expected=_QUERY_END),
    Mistake(")", "write {before}(…)", before="<function>", expected=_QUERY_END),
    Mistake(")", "is one ')' too many?", expected=_QUERY_END),
    # Words of other languages.
    Mistake("and or", "is a condition missing before '{found}'?", expected="<expression>"),
    Mistake("<words>", "write: column {found} 'text'", expected="<expression>"),
    Mistake("equals eq", "did you mean '=='?", expected=_QUERY_END),
    Mistake("ne neq", "did you mean '!='?", expected=_QUERY_END),
    Mistake("gt", "did you mean '>'?", expected=_QUERY_END),
    Mistake("ge gte", "did you mean '>='?", expected=_QUERY_END),
    Mistake("lt", "did you mean '<'?", expected=_QUERY_END),
    Mistake("le lte", "did you mean '<='?", expected=_QUERY_END),
    Mistake("over", "look at other rows with sort by … | extend row_number(), prev(…), row_cumsum(…)"),
    Mistake("<value>", "write iff(condition, yes, no)", before="if"),
    Mistake("<literal>", "a timespan is written 1h, 5m or 30s", before="interval"),
    Mistake("<literal>", "texts are joined by strcat(…)", before="f", within="project extend"),
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
    Mistake("<timespan>", "lengths of time are added: 1h + 5m", before="<timespan>"),
    Mistake("<name>", "is ')' missing before '{before}'?", before="by", expected=")"),
    Mistake("<name>", "write typeof({found})", expected="typeof"),
    Mistake("<operator>", "operators stand in parentheses: ({found} …)", expected="("),
    Mistake("<name>", "tables stand in parentheses: in ({found})", before="in", within="search"),
    Mistake("<value>", "write {before}=…", before="withsource isfuzzy kind", within="union join"),
    Mistake("", "types are bool, datetime, decimal, dynamic, guid, int, long, real, string, timespan",
            expected="<type>"),
    Mistake("from to in step", "say which column is the axis: on timestamp", expected="on",
            within="make-series"),
    Mistake("on", "name a table, or a query in parentheses: join (traces) on operation_Id",
            expected="<joined>"),
    Mistake("<end>", "say what orders the groups: by count()", within="top-nested", expected="by"),
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
    Mistake("<name>", "is ';' missing before '{found}'?", within="let", expected=_QUERY_END),
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
    "fields": "did you mean 'project'?",
    "table": "did you mean 'project'?",
    "columns": "did you mean 'project'?",
    "keep": "did you mean 'project-keep'?",
    "offset": "there is no offset: sort, then | where row_number() > 5",
    "skip": "there is no offset: sort, then | where row_number() > 5",
    "let": "variables stand before the query: let x = 5; requests | …",
    "set": "options stand before the query: set notruncation; requests | …",
    "pivot": "did you mean 'evaluate pivot(…)'?",
    "bag_unpack": "did you mean 'evaluate bag_unpack(…)'?",
    "narrow": "did you mean 'evaluate narrow()'?",
    "autocluster": "did you mean 'evaluate autocluster()'?",
    "basket": "did you mean 'evaluate basket()'?",
    "union_all": "did you mean 'union'?",
    "leftjoin": "did you mean 'join kind=leftouter'?",
    "append": "did you mean 'union'?",
    "rex": "did you mean 'parse' or extract(…)?",
    "timechart": "did you mean 'render timechart'?",
    "chart": "did you mean 'render'?",
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
    "array_agg": "did you mean 'make_list'?",
    "collect_list": "did you mean 'make_list'?",
    "collect_set": "did you mean 'make_set'?",
    "string_agg": "did you mean strcat_array(make_list(…), ',')?",
    "listagg": "did you mean strcat_array(make_list(…), ',')?",
    "array_contains": "did you mean 'set_has_element'?",
    "date_format": "did you mean 'format_datetime'?",
    "strftime": "did you mean 'format_datetime'?",
    "to_char": "did you mean 'format_datetime'?",
    "to_date": "did you mean 'todatetime'?",
    "to_timestamp": "did you mean 'todatetime'?",
    "strptime": "did you mean 'todatetime'?",
    "date_add": "did you mean 'datetime_add'?",
    "date_sub": "did you mean 'datetime_add'?",
    "date_diff": "did you mean 'datetime_diff'?",
    "year": "did you mean 'getyear'?",
    "month": "did you mean 'getmonth'?",
    "day": "did you mean 'dayofmonth'?",
    "hour": "did you mean 'hourofday'?",
    "minute": "write datetime_part('minute', …)",
    "second": "write datetime_part('second', …)",
    "today": "write startofday(now())",
    "getutcdate": "did you mean 'now'?",
    "sysdate": "did you mean 'now'?",
    "current_timestamp": "did you mean 'now'?",
    "parseint": "did you mean 'toint'?",
    "to_number": "did you mean 'todouble'?",
    "json_extract": "write parse_json(…).key",
    "json_value": "write parse_json(…).key",
    "regexp_extract": "did you mean 'extract'?",
    "regexp_replace": "did you mean 'replace_regex'?",
    "charindex": "did you mean 'indexof'?",
    "strpos": "did you mean 'indexof'?",
    "instr": "did you mean 'indexof'?",
    "ltrim": "write trim_start(@'\\s+', …)",
    "rtrim": "write trim_end(@'\\s+', …)",
    "left": "write substring(…, 0, length)",
    "right": "write substring(…, -length)",
    "ceil": "did you mean 'ceiling'?",
    "power": "did you mean 'pow'?",
    "greatest": "did you mean 'max_of'?",
    "least": "did you mean 'min_of'?",
    "lag": "did you mean 'prev'?",
    "lead": "did you mean 'next'?",
    "rank": "did you mean 'row_rank_dense'?",
    "dense_rank": "did you mean 'row_rank_dense'?",
    "nullif": "write iff(a == b, …, a)",
    "uuid": "did you mean 'new_guid'?",
    "newid": "did you mean 'new_guid'?",
    "md5": "did you mean 'hash_md5'?",
    "sha256": "did you mean 'hash_sha256'?",
    "group_concat": "did you mean strcat_array(make_list(…), ',')?",
}
"""Names of functions in other languages."""

COUNTS: Final = {
    ("iff", 2): "say what it is otherwise: iff(condition, yes, no)",
    ("iif", 2): "say what it is otherwise: iif(condition, yes, no)",
    ("replace_string", 2): "say what to write instead: replace_string(text, 'old', 'new')",
    ("extract", 2): "say which group: extract(pattern, 1, text)",
    ("split", 1): "say where: split(text, ',')",
    ("percentiles", 1): "say which ones: percentiles(duration, 50, 95)",
    ("sumif", 1): "say when: sumif(value, condition)",
    ("datetime_diff", 2): "the unit comes first: datetime_diff('hour', later, earlier)",
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

DATE_PARTS: Final = frozenset(
    ("year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond")
)
"""Texts that functions of dates take, and people write without quotes."""

_PARTS: Final = (
    "year",
    "quarter",
    "month",
    "week",
    "day",
    "hour",
    "minute",
    "second",
    "millisecond",
    "microsecond",
    "nanosecond",
)
CHOICES: Final = {
    "datetime_diff": _PARTS,
    "datetime_part": (
        *(part for part in _PARTS if part != "week"),
        "week_of_year",
        "weekofyear",
        "dayofyear",
        "day_of_year",
    ),
}
"""What the first argument of a function may be."""

TYPE_NAMES: Final = {
    "varchar": "string",
    "text": "string",
    "str": "string",
    "char": "string",
    "integer": "long",
    "bigint": "long",
    "number": "real",
    "float": "real",
    "timestamp": "datetime",
    "interval": "timespan",
    "json": "dynamic",
    "array": "dynamic",
}
"""Types of other languages."""

LITERALS: Final = {
    KqlType.DATETIME: "write datetime(2026-01-31) or datetime(2026-01-31 18:05)",
    KqlType.TIMESPAN: "write 1h, 5m, 30s or time(1.02:03:04)",
    KqlType.GUID: "a guid has 32 digits from 0 to f, in groups of 8, 4, 4, 4 and 12",
    KqlType.BOOL: "write true or false",
}
"""How constants of a type are spelt."""

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
    frozenset({KqlType.STRING}): _IS_TEXT_NUMBER,
    frozenset({KqlType.DATETIME}): "times are subtracted from each other; a timespan can be added",
    **{frozenset({KqlType.STRING, number}): _IS_TEXT_NUMBER for number in _NUMBERS},
    **{frozenset({KqlType.DATETIME, number}): _IS_TIME for number in _NUMBERS},
    **{frozenset({KqlType.TIMESPAN, number}): _IS_LENGTH for number in _NUMBERS},
}
"""Types that an operator does not take beside each other."""

ORDER_OF_DYNAMIC: Final = "convert the value first: todouble(…), tostring(…), todatetime(…)"
KINDS: Final = {
    ("timespan", KqlType.STRING): "a timespan has no quotes: 1h, 5m, 30s",
    ("timespan", KqlType.LONG): "a timespan has a unit: 1h, 5m, 30s",
    ("timespan", KqlType.DATETIME): "a timespan is a length of time: 1h, 5m, 30s",
    ("bool", KqlType.STRING): "compare it, or convert it: tobool(…)",
    ("bool", KqlType.REAL): "compare it with a number",
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
    before = place.tokens[place.at - 1] if place.at else None
    if before is not None and before.kind is STRING and "<name>" in found:
        found |= {"<touching>"} if before.end == place.tokens[place.at].start else set()
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
        classes = {"<value>", "<literal>"}
        classes |= set() if kind is STRING else {"<number>"}
        return classes | ({"<timespan>"} if kind is TIMESPAN else set())
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
