"""No value of a row makes a call long, large or fatal: it is null, cut, or refused by name."""

from __future__ import annotations

import random
import signal
import warnings
from typing import TYPE_CHECKING

import duckdb
import pytest
from engine import DATABASE, OPTIONS

from openinsights.kql.api import compile
from openinsights.kql.errors import KqlError
from openinsights.kql.functions import patterns
from openinsights.kql.functions.limits import MAX_RESULT
from openinsights.kql.sql.udf import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine import Engine

SHORT_TEXTS = [
    "", "null", "[]", "{}", "[1,2,3]", "[null]", '["a"]', '{"a":1}', "x", "1", "-1", "a/b", "%",
    "[[1]]", "(", "\\", "é", "1.2.3.4/24", "[1000000000000]", "[1,1e18,-1e300]", '"\\ud800"',
    '{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}', "a" * 50 + "b", "(a+)+$",
]  # fmt: skip
LONG_TEXTS = ["[" + ",".join(str(i % 97) for i in range(20_000)) + "]", "ab" * 50_000]
VALUES: dict[str, list[object]] = {
    "VARCHAR": [*SHORT_TEXTS, *LONG_TEXTS],
    "BIGINT": [0, 1, -1, 5, 1 << 62, -(1 << 63), 1_000_000_000, None],
    "DOUBLE": [0.0, 1.0, -1.0, float("nan"), float("inf"), 1e308, 1e-308, 1e12, None],
    "BOOLEAN": [True, False, None],
    "INTEGER": [0, 1, -1, (1 << 31) - 1, None],
}


class _TooLong(BaseException):
    pass


@pytest.fixture
def alarm() -> Iterator[None]:
    def ring(*_: object) -> None:
        raise _TooLong

    before = signal.signal(signal.SIGALRM, ring)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("row", FUNCTIONS, ids=lambda row: row.name)
@pytest.mark.usefixtures("alarm")
def test_a_function_gives_a_value_or_null_in_time(row: object) -> None:
    picker = random.Random(row.name)  # type: ignore[attr-defined]
    for _ in range(40):
        arguments: list[object] = []
        for kind in row.parameters:  # type: ignore[attr-defined]
            choices = VALUES.get(kind.removesuffix("[]"), [None])
            if kind.endswith("[]"):
                arguments.append([picker.choice(choices) for _ in range(picker.randint(0, 3))])
            else:
                arguments.append(picker.choice(choices))
        signal.setitimer(signal.ITIMER_REAL, 20)
        result = row.function(*arguments)  # type: ignore[attr-defined]
        signal.setitimer(signal.ITIMER_REAL, 0)
        if isinstance(result, str):
            assert len(result.encode()) <= 4 * MAX_RESULT
        if isinstance(result, int):
            assert -(1 << 63) <= result < 1 << 63


HARD = "'" + "a" * 50 + "b'"


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("trim('(a+)+$', s) == s", True),
        ("trim_start('(a+)+$', s) == s", True),
        ("trim_end('(a+)+$', s) == s", True),
        ("countof(s, '(a+)+$', 'regex')", 0),
        ("indexof_regex(s, '(a+)+$')", -1),
        ("replace_regex(s, '(a+)+$', 'x') == s", True),
        ("extract('(a+)+$', 1, s)", ""),
        ("extract_all('(a+)+$', s)", None),
        ("s matches regex '(a+)+$'", False),
        ("array_length(split(s, '(a+)+$'))", 1),
        ('indexof_regex("abcabc", @"a.c")', 0),
        ('indexof_regex("abcabcdefg", @"a.c", 0, 9, 2)', 3),
        ('indexof_regex("abcabc", @"a.c", 1, -1, 2)', -1),
        ('indexof_regex("ababaa", @"a.a", 0, -1, 2)', -1),
        ('indexof_regex("abcabc", "c", -2)', None),
        ('indexof_regex("abc", "b", 0, -1, 0)', None),
        ('trim("[[a]", "[a]b")', "a]b"),
        ('extract("[[:alpha:]]+", 0, "12ab")', "ab"),
        ('extract("(?i)a(?-i:b)", 0, "Ab")', "Ab"),
        ('extract(@"\\Qa.b\\E\\z", 0, "xa.b")', "a.b"),
        ('extract_all(@"(?P<first>\\w)(\\w+)", dynamic(["first"]), "ab cd")', ["a", "c"]),
        ("strlen(strrep(s, 100000000))", 51 * 1024),
        ("array_length(repeat(1, 100000000))", None),
        ("strlen(tohex(1, 100000000))", 1_048_576),
        ("unixtime_seconds_todatetime(1e18)", None),
        ("unixtime_seconds_todatetime(strlen(s) * 1000000000000)", None),
        ("unixtime_milliseconds_todatetime(1700000000000)", "2023-11-14T22:13:20.0000000Z"),
        ("unixtime_seconds_todatetime(1700000000.5)", "2023-11-14T22:13:20.5000000Z"),
        ("make_datetime(strlen(s) * 1000000, 1, 1)", None),
        ("make_timespan(1e300, 1, 1, 1)", None),
        ("strlen(s) * 1e300 * 1d", None),
        ("datetime_diff('nanosecond', now(), datetime(0001-01-01))", None),
        ("round(strlen(s) * 1.5, strlen(s) * 100000000000)", 76.5),
        ("unicode_codepoints_to_string(55296)", "\ufffd"),
        ("tohex(strlen(s) * 1e300)", ""),
        ("9223372036854775807 + 1", None),
    ],
)  # fmt: skip
def test_hard_values_have_a_plain_answer(
    kql_engine: Engine, expression: str, value: object
) -> None:
    if expression.startswith("9223"):
        with pytest.raises(duckdb.OutOfRangeException):
            kql_engine.run(f"print y = {expression}")
        return
    text = f"range i from 1 to 1 step 1 | extend s = strcat({HARD}, '') | project y = {expression}"
    assert kql_engine.run(text)[1] == [(value,)]


@pytest.mark.parametrize(
    "text",
    [
        "print s='aaaaaaaaaa'" + " | extend s = replace_string(s, 'a', 'aaaaaaaaaa')" * 8,
        "print s=strrep('a', 1024) | project strrep(strrep(s, 1024), 1024)",
        "print s='ab' | extend s=strcat(s, '')" + " | extend s=strcat(s, s, s, s, s, s, s, s)" * 9,
        "print s='ab' | extend s=strcat(s, '')"
        + " | extend a=tolower(s) | extend s=strcat(s, a)" * 20,
    ],
)
def test_texts_that_grow_are_refused_before_they_are_made(kql_engine: Engine, text: str) -> None:
    with pytest.raises((KqlError, duckdb.InvalidInputException), match=r"1048576|262144"):
        kql_engine.run(text)


@pytest.mark.parametrize(
    "series",
    [
        "make-series count() on x from 1 to 1000000000 step 1",
        "make-series count() on x from 1 to 30000 step 1 by k = x % 2",
    ],
)
def test_series_that_are_too_long_are_refused(kql_engine: Engine, series: str) -> None:
    with pytest.raises(duckdb.InvalidInputException, match="a series of more than"):
        kql_engine.run(f"range x from 1 to 3 step 1 | {series}")


def test_texts_that_grow_a_little_are_replaced(kql_engine: Engine) -> None:
    text = "print s='a-b' | project replace_string(s, '-', ' to '), replace_string(s, '', 'x')"
    assert kql_engine.run(text)[1] == [("a to b", "a-b")]


def test_a_pattern_with_many_gaps_is_parsed_at_once(kql_engine: Engine) -> None:
    gaps = "*" + "".join(f" 'a' c{i}" for i in range(6))
    text = f"print s=strrep('a', 1024) | extend s=strcat(s, s, s, s, s, s, s, s) | parse s with {gaps} 'b' | project c5"
    assert kql_engine.run(text)[1] == [("",)]


@pytest.mark.parametrize(
    "call",
    [
        "trim('(a', 'x')", "trim_start('(a', 'x')", "trim_end('[z-a]', 'x')",
        "extract_all('a+', 'a')", "replace_regex('x', '(a', 'b')", "extract('a{1001}', 0, 'a')", "extract_all('a(?=b)', 'a')",
        "indexof_regex('a', '*a')", "countof('a', '(', 'regex')", "extract('a++', 0, 'aa')",
        r"extract(@'(a)\1', 0, 'aa')", r"extract(@'\y', 0, 'aa')", "'a' matches regex '(?<n>a)'",
    ],
)  # fmt: skip
def test_a_bad_pattern_is_a_mistake_with_a_place(call: str) -> None:
    with pytest.raises(KqlError, match="regular expression") as caught:
        compile(f"print {call}", DATABASE, OPTIONS)
    assert caught.value.column > 6


@pytest.mark.parametrize(
    "pattern",
    [
        "[[a]", "[a--b]", "[a&&b]", "[a||b]", "[]a]", "[^]a]", r"[\]a]", r"\pL+", r"[\pL\d]",
        r"\x{41}", "(?:a|b)*?", "a{2,3}?", "(?i:a)", r"\.\*\[", "[[:^alpha:]x]", r"a\/b", "a{,3}",
    ],
)  # fmt: skip
def test_what_the_engine_reads_is_accepted_silently(kql_engine: Engine, pattern: str) -> None:
    try:
        kql_engine.connection.execute("SELECT regexp_matches('a', ?)", [pattern]).fetchall()
        reads = True
    except duckdb.Error:
        reads = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (patterns.problem(pattern) == "") is reads
