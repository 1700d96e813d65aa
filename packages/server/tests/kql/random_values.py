"""A table of random values of every type, and expressions of them: one for each function that the
ClickHouse dialect has a row for, and more where a corner is likely.
"""

from __future__ import annotations

import json
import math
from random import Random
from typing import Any
from uuid import UUID

from engine import table

SAMPLES = table(
    "samples",
    "timestamp:datetime, n:long, plain:bool, a:long, b:long, i:int, k:int, x:real, y:real, s:string,"
    "t:string, w:string, num:string, d:datetime, e:datetime, p:timespan, q:timespan, g:guid,"
    "j:dynamic, l:dynamic, m:dynamic, f:bool",
)
"""`plain` rows have everyday values; the others have the odd ones too."""

_LONGS = (0, 1, -1, 7, -7, 10, 100, 2**31, -(2**31), 2**53, -(2**53), 2**62, -(2**62),
          2**63 - 1, -(2**63))  # fmt: skip
_REALS = (0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 0.1, 1e-5, 1.25e-6, 3e-7, 1e15, 1e16, 1.5e16,
          123456789012345680.0, 1e21, 1e22, -1.5e300, 5e-324, math.nan, math.inf, -math.inf,
          0.49999999999999994, 9.2e18, -9.3e18)  # fmt: skip
_TEXTS = ("", " ", "a", "A", "abc", "ABC", "a b", "foo-bar", "foo_bar", "Straße", "STRASSE", "éa",
          "ÉA", "aé", "Ελλάς", "ΟΔΟΣ", "İstanbul", "ıx", "K9", "ſs", "日本語", "日本 語", "😀x", "x😀",
          "a\nb", "a\tb", "a'b", 'a"b', "a\\b", "a/b", "a,b,c", "1.5", "-3", "a.b.c", "error: 17",
          "GET /x?y=z&w=%20", "x" * 30, "𝔘𝔫𝔦", "cafe\u0301", "a;b", "Aa", "aA")  # fmt: skip
_TERMS = ("a", "A", "b", "foo", "bar", "é", "É", "ss", "x", "abc", "17", "error", "k", "K", "語", "",
          ".", "a b", "o", "istanbul", "_bar", "-", "i", "σ", "😀")  # fmt: skip
_NUMBERS = ("1", "-1", "+5", " 7 ", "007", "1.5", "-2.50", "1e3", "1E-3", ".5", "5.", "abc", "", "0x1F",
            "0XFF", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "nan",
            "NaN", "inf", "-Infinity", "1_000", "1 000", "true", "False", "TRUE", "0", "1e400", "--1",
            "2147483648", "\t3", "3\n", "1.7976931348623157e308", "0.1", "123456789.123456789")  # fmt: skip
_DAY = 864_000_000_000
_DATETIMES = (0, 1, _DAY - 1, _DAY, 3_155_378_975_999_999_999, 621_355_968_000_000_000,
              621_355_967_999_999_999, 637_134_336_000_000_000, 638_448_479_999_999_999,
              630_822_816_000_000_000, 599_266_080_000_000_000)  # fmt: skip
_SPANS = (0, 1, -1, 10_000_000, -10_000_000, 36_000_000_000, _DAY, -_DAY, 5 * _DAY + 12_345_678_901,
          9_999_999, 10**15)  # fmt: skip
_DYNAMICS = (
    None, "1", "1.5", "1.0", "-7", '"text"', '"3"', '"a/b"', "true", "false", "[]", "{}", "[1,2,3]",
    "[1.0,2.5]", '["a","b"]', '{"a":1,"b":"x"}', '{"a":1.0,"b":[1.0,2]}', '{"b":{"c":"deep"}}',
    '{"a":null}', '[null,1]', '{"a":"é\\n\\"q\\""}', '{"a":true,"b":false}', '{"A":2}', '"2020-01-02"',
    '"01:02:03"', '{"a":{"b":[{"c":1.0}]}}', '{"a":"1.50","b":1e5}', '{"a":12345678901}', '"NaN"',
    '{"a":"17","b":"x y"}', '[[1,2],[3.0]]', '{"":1,"b":2}', '"0x10"', "3000000000",
)  # fmt: skip
_LISTS = (None, "[]", "[1,2,3]", '["a","b","a"]', "[1.0,2.5,3]", '["é","b/c"]', "[null,1]",
          '[{"a":1},"x"]', "[true,false]", '"none"', "{}", "[5]", '["1","2"]')  # fmt: skip
_BAGS = (None, "{}", '{"a":1}', '{"a":"x","b":[1,2]}', '{"b":2.0}', '{"c d":"é"}', "[]", "1",
         '{"a":{"b":"c"}}', '{"a":""}')  # fmt: skip


def rows(count: int = 240, seed: int = 7) -> list[dict[str, Any]]:
    """The rows: the first half plain, and nulls among the others."""
    random = Random(seed)
    return [_row(random, n, plain=n < count // 2) for n in range(count)]


def _row(random: Random, n: int, *, plain: bool) -> dict[str, Any]:
    def perhaps(value: Any) -> Any:
        return None if not plain and random.random() < 0.08 else value

    def long() -> int:
        return random.randrange(-1000, 1000) if plain else random.choice(_LONGS)

    def real() -> float:
        return random.uniform(-1000, 1000) if plain else random.choice(_REALS)

    def datetime() -> int:
        if plain:
            return random.randrange(636_000_000_000_000_000, 639_000_000_000_000_000)
        return random.choice(_DATETIMES)

    def span() -> int:
        return random.randrange(-30 * _DAY, 30 * _DAY) if plain else random.choice(_SPANS)

    return {
        "timestamp": n,
        "n": n,
        "plain": plain,
        "a": perhaps(long()),
        "b": perhaps(long()),
        "i": perhaps(
            random.randrange(-100, 100) if plain else random.choice((0, 2**31 - 1, -(2**31)))
        ),
        "k": perhaps(random.randrange(-3, 8)),
        "x": perhaps(real()),
        "y": perhaps(real()),
        "s": random.choice(_TEXTS),
        "t": random.choice(_TERMS),
        "w": "".join(random.choice(("a", "b", "É", " ", "-", "1", ".", "ß")) for _ in range(9)),
        "num": random.choice(_NUMBERS),
        "d": perhaps(datetime()),
        "e": perhaps(datetime()),
        "p": perhaps(span()),
        "q": perhaps(span()),
        "g": perhaps(UUID(int=random.getrandbits(128))),
        "j": random.choice(_DYNAMICS if not plain else _DYNAMICS[:-8]),
        "l": random.choice(_LISTS),
        "m": random.choice(_BAGS),
        "f": perhaps(random.random() < 0.5),
    }


def as_json(rows: list[dict[str, Any]]) -> str:
    """Rows as JSON lines, the form in which an engine is given them."""
    return "\n".join(json.dumps(row, default=str) for row in rows)


_PAIR = ("a + b", "a - b", "a * b", "a / b", "a % b", "x + y", "x - y", "x * y", "x / y", "x % y",
         "a == b", "a != b", "a < b", "x == y", "x != y", "x < y", "x >= y", "s == t", "s < w",
         "d - e", "d + p", "d - p", "p + q", "p - q", "p * 2", "p * x", "p / x", "p / q", "p % q",
         "d % p", "p / a", "-a", "-x", "-p", "i + k", "i * k", "a + 1", "a * 3", "a / 7", "a / -1",
         "a % 7", "a % -7", "d == e", "p > q", "g == g", "f == (a > 0)", "i * 1000000000 + i",
         "a == x", "x > 1.5", "x == 0.5")  # fmt: skip
_STRING = tuple(
    f"{left} {operator} {right}"
    for operator in ("has", "has_cs", "hasprefix", "hasprefix_cs", "hassuffix", "hassuffix_cs",
                     "contains", "contains_cs", "startswith", "startswith_cs", "endswith",
                     "endswith_cs", "=~", "!~", "!has", "!contains", "!startswith", "!endswith_cs")
    for left, right in (("s", "t"), ("s", "'a'"), ("s", "'K'"), ("w", "'a1'"), ("s", "'é'"),
                        ("s", "'i'"), ("w", "'ß'"), ("s", "''"), ("s", "'foo'"), ("s", "'_bar'"))
)  # fmt: skip
_TEXT = (
    "toupper(w)", "tolower(s)", "tolower(w)", "reverse(w)", "strlen(s)", "string_size(s)",
    "strcat(s, '-', t)", "strcat(s, a)", "strcat_delim('-', s, t, w)", "strrep(t, 3)",
    "strrep(t, 3, '-')", "strrep(t, k)", "strcmp(s, t)", "isempty(s)", "isnotempty(s)", "isascii(s)",
    "substring(s, 1)", "substring(s, 1, 2)", "substring(s, k)", "substring(s, k, 2)",
    "substring(s, -2)", "substring(s, 0, k)", "indexof(s, t)", "indexof(w, 'a')", "split(s, ',')",
    "split(s, t)", "split(w, '-', 1)", "split(w, ' ', k)", "replace_string(s, 'a', 'xyz')",
    "replace_string(s, t, '')", "replace_string(s, t, w)", "replace_regex(w, '[a-b]+', '<\\\\0>')",
    "replace_regex(w, '(a)(.)', '\\\\2\\\\1')", "trim('[ a]+', w)", "trim_start('a+', s)",
    "trim_end('[^a]+', w)", "extract('(a)(.)', 2, w)", "extract('a.', 0, w)", "extract('(z)?a', 1, w)",
    "extract('(a)', 3, w)", "extract('([0-9]+)', 1, num, typeof(long))", "extract_all('(a.)', w)",
    "extract_all('(a)(.)', w)", "countof(w, 'a')", "countof(s, t)", "countof(w, '[ab]', 'regex')",
    "translate('ab', 'xyz', w)", "translate('ab', '', w)", "url_encode(s)", "url_encode_component(s)",
    "url_decode(s)", "base64_encode_tostring(s)", "base64_decode_tostring(base64_encode_tostring(s))",
    "base64_decode_tostring(num)", "hash_md5(s)", "hash_sha1(s)", "hash_sha256(s)",
    "s matches regex 'a+'", "w matches regex '[0-9]'", "s in ('a', 'abc', '')", "s in~ ('A', 'é')",
    "s in (t, 'a')", "s in (l)", "a in (1, 7, 100)", "x in (0.5, 1.5)", "s !in ('a')",
    "a in (b, 0)", "tostring(s) == s",
)  # fmt: skip
_TIMES = (
    *(f"startof{unit}(d)" for unit in ("day", "week", "month", "year")),
    *(f"startof{unit}(d, k)" for unit in ("day", "week", "month", "year")),
    *(f"endof{unit}(d)" for unit in ("day", "week", "month", "year")),
    *(f"endof{unit}(d, k)" for unit in ("day", "week", "month", "year")),
    *(f"datetime_add('{part}', k, d)" for part in ("year", "quarter", "month", "week", "day", "hour",
                                                   "minute", "second", "millisecond", "nanosecond")),
    *(f"datetime_diff('{part}', d, e)" for part in ("year", "quarter", "month", "week", "day", "hour",
                                                    "minute", "second", "millisecond", "nanosecond")),
    *(f"datetime_part('{part}', d)" for part in ("year", "quarter", "month", "week_of_year", "day",
                                                 "dayofyear", "hour", "minute", "second",
                                                 "millisecond", "microsecond", "nanosecond")),
    "dayofweek(d)", "dayofmonth(d)", "dayofyear(d)", "hourofday(d)", "monthofyear(d)", "getyear(d)",
    "week_of_year(d)", "bin(d, 1h)", "bin(d, 7d)", "bin(p, 1m)", "bin(a, 10)", "bin(x, 0.5)",
    "bin(i, 7)", "bin(x, 1)", "bin_at(d, 1d, datetime(2020-01-01 12:00))", "bin_at(a, 10, 3)",
    "bin_at(p, 1h, 10m)", "bin_at(x, 2.5, 0.5)", "floor(x, 1)", "floor(a, 7)", "bin(a, b)",
    "format_datetime(d, 'yyyy-MM-dd HH:mm:ss')", "format_datetime(d, 'yy/M/d h:m:s.fff tt')",
    "format_datetime(d, 'yyyy-MM-dd HH:mm:ss.fffffff')", "format_datetime(d, 'dd/MM FFF')",
    "format_timespan(p, 'd.hh:mm:ss')", "format_timespan(p, 'hh:mm:ss.fffffff')",
    "format_timespan(p, 'ddd H:m:s.F')", "make_datetime(2020, k, 29)", "make_datetime(k, 2, 29, 1, 2)",
    "make_datetime(2024, 2, k, 1, 2, x)", "make_timespan(k, 30)", "make_timespan(1, k, x)",
    "make_timespan(k, 1, 2, 3.5)", "unixtime_seconds_todatetime(a)",
    "unixtime_milliseconds_todatetime(a)", "unixtime_microseconds_todatetime(a)",
    "unixtime_nanoseconds_todatetime(a)", "unixtime_seconds_todatetime(x)", "d between (e .. d)",
    "ago(p)", "now(p)", "todatetime('2020-01-01') + p",
)  # fmt: skip
_CONVERSIONS = tuple(
    f"{function}({value})"
    for function in ("tostring", "tolong", "toint", "todouble", "tobool", "todatetime", "totimespan",
                     "toguid")
    for value in ("a", "i", "x", "s", "num", "d", "p", "g", "j", "f", "j.a", "m.a", "l[0]")
    if not (value == "g" and function not in ("tostring", "toguid"))
    and not (function == "tobool" and value in ("d", "p"))
    and not (function in ("todatetime", "totimespan") and value in ("f", "g"))
    and not (function == "todatetime" and value == "p")
    and not (function == "toguid" and value not in ("s", "num", "g", "j", "tostring(g)"))
)  # fmt: skip
_DYNAMIC = (
    "j.a", "j.b", "j[0]", "j[-1]", "j.b[1]", "j.a.b[0].c", "j[k]", "j[t]", "j['b']['c']", "m.a.b",
    "tostring(j.b)", "tostring(j.a.b)", "tostring(j[0])", "tostring(l)", "tostring(j)",
    "parse_json(num)", "parse_json(s)", "parse_json(tostring(j))", "array_length(l)",
    "array_length(j)", "array_slice(l, 0, 1)", "array_slice(l, -2, -1)", "array_slice(l, k, 5)",
    "array_concat(l, j)", "array_reverse(l)", "array_sum(l)", "repeat(s, 3)", "repeat(a, 2)",
    "pack_array(a, s, x, d, l, f)", "bag_pack('n', a, 't', s, 'x', x, 'j', j)", "bag_keys(m)",
    "bag_keys(j)", "bag_has_key(m, 'a')", "gettype(j)", "gettype(l)", "strcat_array(l, '-')",
    "todynamic(s)", "extract_json('$.a', tostring(j))", "extract_json('$.b[0]', tostring(m))",
    "pack_all(true)", "range(1, coalesce(k, 2))", "range(0, 10, coalesce(k, 1))", "range(d, d + 2d, 1d)", "range(p, p + 3h, 1h)",
    "dynamic([1,2,3])[k]", "isnull(j)", "isnull(j.a)", "isempty(j)", "j.a == 1", "j.a == '17'",
    "j == l", "l has 'a'", "j contains 'x'", "todynamic(num)",
)  # fmt: skip
_NUMBERS_EXPRESSIONS = (
    "abs(a)", "abs(x)", "abs(i)", "abs(p)", "round(x)", "round(x, 1)", "round(x, 3)", "round(x, -1)",
    "round(a)", "round(a, 2)", "ceiling(x)", "sqrt(x)", "exp(x / 100)", "exp2(x / 100)",
    "exp10(x / 100)", "log(x)", "log2(x)", "log10(x)", "pow(x, 2)", "pow(2, k)", "pi()", "sin(x / 100)",
    "cos(x / 100)", "tan(x / 1000)", "cot(x / 1000)", "asin(x / 1000)", "acos(x / 1000)", "atan(x)",
    "atan2(x, y)", "degrees(x)", "radians(x)", "erf(x / 500)", "erfc(x / 500)", "sign(x)", "isnan(x)",
    "isinf(x)", "isfinite(x)", "binary_and(a, b)", "binary_or(a, b)", "binary_xor(a, b)",
    "binary_not(a)", "binary_shift_left(a, k)", "bitset_count_ones(a)", "tohex(a)", "tohex(a, 8)",
    "tohex(i)", "isnull(a)", "isnotnull(x)", "coalesce(a, b, 0)", "coalesce(s, t)", "coalesce(x, y)",
    "max_of(a, b)", "min_of(a, b)", "max_of(x, y)", "min_of(x, y)", "max_of(s, t)", "min_of(d, e)",
    "iff(a > 0, s, t)", "iff(f, a, b)", "case(a > 10, 'big', a < -10, 'small', 'mid')",
    "case(x > 0, x, y > 0, y, 0.0)", "f and a > 0", "f or x > 0", "not(f)", "a between (-5 .. 5)",
    "x between (0.0 .. 1.5)", "a !between (0 .. 10)", "iff(isnull(a), b, a)",
)  # fmt: skip
_MORE = (
    "w !contains_cs 'a'", "w !endswith 'A'", "s !has_cs t", "s !hasprefix t", "s !hasprefix_cs 'a'",
    "s !hassuffix t", "s !hassuffix_cs 'c'", "w !startswith_cs 'a'", "todecimal(i)", "todecimal(a)",
    "todecimal(f)", "d / 1d", "d in (l)", "p in (l)", "s in~ (l)", "isutf8(s)",
    "pack_array(g, d, p, i)", "repeat(d, 1)", "2.5 * p", "p + d", "replace('a', 'b', w)",
    "tostring(todecimal(i))", "tolong(todecimal(i))", "toint(todecimal(i))", "todouble(todecimal(i))",
    "todecimal(i) + todecimal(k)", "todecimal(i) - 1.5", "todecimal(i) == i", "pack_array(todecimal(i))",
    "g == toguid(tostring(g))", "iff(f, todynamic(tostring(a)), j)", "coalesce(j, l)",
    "iff(f, x, todouble(a))", "s > t", "s between ('a' .. 'c')", "j has t",
    "tostring(m) has t", "m.a has 'x'", "toupper(s) == 'ABC'", "bin(p, 1tick)", "bin(d, 10s) == d",
)  # fmt: skip
_AGGREGATES = (
    "count()", "countif(a > 0)", "sum(a % 1000)", "sum(i)", "sum(x / 1e10)", "sum(k)",
    "sumif(k, f)", "avg(k)", "avg(i)", "avg(p)", "avgif(k, f)", "min(a)", "max(a)", "min(x)", "max(x)",
    "min(s)", "max(s)", "min(d)", "max(d)", "min(p)", "max(g)", "minif(a, f)", "maxif(s, f)",
    "dcount(s)", "dcount(a)", "dcount(x)", "dcountif(s, f)", "count_distinct(t)", "stdev(k)",
    "stdevp(k)", "variance(k)", "variancep(k)", "stdevif(k, f)", "covariance(k, i)",
    "covariancep(k, i)", "make_list(n)", "make_list(n, 3)", "make_list(s)", "make_list(j)",
    "make_list_if(n, f)", "make_list_with_nulls(k)", "makelist(n)", "make_set(k)", "make_set(l)",
    "make_set(s, 2)", "makeset(t)", "make_set_if(k, f)", "percentile(a, 50)", "percentile(k, 90)",
    "percentile(x, 50)", "percentile(d, 25)", "percentile(p, 99.9)", "percentile(s, 50)",
    "percentiles(k, 5, 50, 95, 99)", "percentilew(k, n, 50)", "percentilesw(k, i, 10, 50, 99.9)",
    "percentiles_array(k, 10, 90)", "arg_max(n, s, x)", "arg_min(n, s, j)", "arg_max(d, n)",
    "arg_max(n, *)", "take_anyif(s, n == 7)", "binary_all_or(k)", "binary_all_and(k)",
    "binary_all_xor(k)",
)  # fmt: skip
QUERIES = (
    *(f"samples | summarize r = {each} by t" for each in _AGGREGATES if not each.startswith("arg")),
    *(f"samples | summarize r = {each}" for each in _AGGREGATES if not each.startswith("arg")),
    *(
        f"samples | where n < 0 | summarize r = {each}"
        for each in _AGGREGATES
        if not each.startswith("arg")
    ),
    *(
        f"samples | where plain | summarize r = {each} by t, f"
        for each in _AGGREGATES
        if not each.startswith("arg")
    ),
    *(f"samples | summarize {each} by t" for each in _AGGREGATES if each.startswith("arg")),
    "samples | sort by n desc | summarize make_list(n), make_set(t) by f",
    "samples | sort by t asc, n desc | summarize l = make_list(s) by k",
    "samples | summarize count() by bin(d, 30d), t | order by d asc, t asc",
    "samples | summarize count() by bin(a, 100), k",
    "samples | summarize by t, f",
    "samples | summarize count() by x | order by x asc",
    "samples | distinct x | count",
    "samples | distinct g | order by g desc",
    "samples | where n < 99 | project n, x | join kind=inner (samples | project x, z = n) on x",
    "samples | where n < 99 | summarize arg_max(g, n), arg_min(g, n) by t",
    "samples | summarize n = sum(k), m = max(n) by t, f | where n > 1 | order by t asc, f asc",
    "samples | distinct t, k",
    *(
        f"samples | where n < 0 | summarize r = {each}(timestamp)"
        for each in ("min", "max", "sum", "avg", "take_any", "dcount")
    ),
    "samples | where n < 0 | summarize arg_max(timestamp, n), arg_min(n, timestamp)",
    "samples | sort by n asc | extend p1 = prev(timestamp), n1 = next(timestamp) | project n, p1, n1",
    "samples | summarize maxif(x, f), minif(x, f), avgif(x, plain) by t",
    "samples | where plain | summarize percentile(x, 50), percentile(y, 90) by f",
    "samples | where n < 3 | project timestamp, n | join kind=leftouter (samples | where n < 2"
    " | project at = timestamp, n) on n",
    "samples | top 7 by n desc",
    "samples | top 5 by x asc, n asc | project n, x",
    "samples | order by x desc, n asc | project n, x",
    "samples | order by x asc, n asc | project n, x",
    "samples | order by s desc, n asc | project n, s",
    "samples | order by d asc nulls last, n asc | project n, d",
    "samples | order by k desc nulls first, n asc | take 20 | project n, k",
    "samples | sort by n asc | extend p1 = prev(k), n2 = next(s, 2), r = row_number() | project n, p1, n2, r",
    "samples | sort by n asc | extend c = row_cumsum(n), d2 = row_cumsum(k, k == 0) | project n, c, d2",
    "samples | sort by t asc, n asc | extend r = row_rank_dense(t), m = row_rank_min(t) | project n, r, m",
    "samples | sort by n asc | extend r = row_number(5, k == 1), q = prev(x, 3, -1.0) | project n, r, q",
    "samples | sort by n asc | extend c = row_cumsum(i) | project n, c",
    *(
        f"samples | where n < 40 | project n, t, k | join kind={kind} (samples | where n between (30 .. 70)"
        " | project t, z = n, s) on t"
        for kind in (
            "inner",
            "leftouter",
            "rightouter",
            "fullouter",
            "leftsemi",
            "leftanti",
            "rightsemi",
            "rightanti",
        )
    ),
    "samples | where plain | project k, n | join kind=inner (samples | project k, z = n) on k"
    " | summarize count(), sum(z) by k",
    "samples | where n < 20 | project n, k | lookup (samples | where n > 220 | project k, z = s) on k",
    "samples | where n < 9 | union (samples | where n > 230 | project n, other = s) | project n, s, other",
    "samples | where k in ((samples | where n < 5 | project k)) | project n",
    "samples | where t !in~ ((samples | where n < 5 | project t)) | project n",
    "samples | extend most = toscalar(samples | summarize max(n)) | where n == most | project n, most",
    "samples | where isnotempty(l) | mv-expand l | project n, l",
    "samples | mv-expand with_itemindex=at l limit 2 | project n, at, l",
    "samples | where n < 60 | mv-expand l, m | project n, l, m",
    "samples | where n < 60 | mv-expand l to typeof(string) | project n, l",
    "samples | mv-expand kind=array m | project n, m",
    "samples | where plain | mv-apply l to typeof(long) on (summarize s = sum(l)) | project n, s",
    "samples | make-series c = count(), s = sum(k) default = -1 on n from 0 to 240 step 20 by t",
    "samples | where plain | make-series m = avg(k) on d step 365d",
    "samples | make-series c = count() on n from 0 to 240 step 20",
    "samples | where plain | make-series c = dcount(t) on p from -30d to 30d step 5d by f",
    "samples | parse w with before 'a' after | project n, before, after",
    "samples | parse kind=regex w with '[ab]+' x1 '-' rest | project n, x1, rest",
    "samples | parse-where num with a1:long '.' b1:long | project n, a1, b1",
    "samples | partition by f (top 2 by n desc) | project n, f",
    "samples | partition hint.strategy=native by t (summarize c = count() by k) | summarize sum(c) by k",
    "samples | as held | where n < 3 | union (held | where n > 238) | project n, s",
    "let held = materialize(samples | summarize c = count() by t); held | join kind=inner held on t | project t, c, c1",
    "samples | evaluate pivot(f, count(), t) | order by t asc",
    "samples | where plain | project m | evaluate bag_unpack(m) | count",
    "range i from 1 to 10 step 3",
    "range x from 0.5 to 3.0 step 0.5",
    "range d from datetime(2020-01-01) to datetime(2020-01-03) step 7h",
    "range p from 1h to -1h step -30m",
    "range i from 5 to 1 step 1",
    "print a = 1, b = 'x', c = dynamic([1,2.0]), d = datetime(2020-01-01), e = 1.5h, f = 1.0, g = decimal(1.50)",
    "samples | count",
    "samples | getschema | project ColumnName, ColumnType",
    "samples | search 'foo' | project n",
    "samples | where * has 'foo' | project n",
    "samples | sample-distinct 1000 of t | summarize count()",
    "samples | sample 300 | summarize count(), sum(n)",
    "samples | facet by t, f",
    "samples | reduce by t | count",
    "samples | top-nested 3 of t by count(), top-nested 2 of f by sum(k) | count",
    "samples | project-away s, t | project-rename z = n | project z, k | where z < 4",
    "samples | project n, r = case(isnull(k), 'none', k < 0, 'less', 'more') | summarize count() by r",
    "samples | where n % 2 == 0 and (f or k > 3) and not(s has 'a') | project n",
    "samples | summarize c = count(), big = countif(a > 0) by t | extend share = 100.0 * big / c | order by share desc, t asc",
    "union withsource=src samples, (samples | where n < 2) | summarize count() by src",
)
"""Whole queries of the same table."""
EXPRESSIONS = (
    *_MORE, *_PAIR, *_STRING, *_TEXT, *_TIMES, *_CONVERSIONS, *_DYNAMIC, *_NUMBERS_EXPRESSIONS,
)  # fmt: skip
"""What each row is asked for."""
