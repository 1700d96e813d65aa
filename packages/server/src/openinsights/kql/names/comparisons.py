"""Operators between values."""

from __future__ import annotations

from typing import Final

from openinsights.kql.names.name import Name

NAMES: Final = (
    Name("+", "a + b", "print 1 + 2"),
    Name("and", "a and b", "print true and false"),
    Name("!~", "text !~ text", "print 'GET' !~ 'put'"),
    Name("between", "value between (low .. high)", "print 5 between (1 .. 10)"),
    Name("contains", "text contains part", "print 'checkout' contains 'OUT'"),
    Name("contains_cs", "text contains_cs part", "print 'checkout' contains_cs 'OUT'"),
    Name("/", "a / b", "print 7 / 2"),
    Name("endswith", "text endswith part", "print 'orders' endswith 'ERS'"),
    Name("endswith_cs", "text endswith_cs part", "print 'orders' endswith_cs 'ERS'"),
    Name("==", "a == b", "print 'a' == 'A'"),
    Name("=~", "text =~ text", "print 'a' =~ 'A'"),
    Name(">", "a > b", "print 2 > 1"),
    Name(">=", "a >= b", "print 2 >= 2"),
    Name("has", "text has term", "print 'payment timed out' has 'TIMED'"),
    Name(
        "has_all", "text has_all (term, …)", "print 'payment timed out' has_all ('payment', 'out')"
    ),
    Name(
        "has_any", "text has_any (term, …)", "print 'payment timed out' has_any ('refused', 'out')"
    ),
    Name("has_cs", "text has_cs term", "print 'payment timed out' has_cs 'TIMED'"),
    Name("hasprefix", "text hasprefix start", "print 'payment timed out' hasprefix 'pay'"),
    Name("hasprefix_cs", "text hasprefix_cs start", "print 'payment timed out' hasprefix_cs 'Pay'"),
    Name("hassuffix", "text hassuffix end", "print 'payment timed out' hassuffix 'MENT'"),
    Name("hassuffix_cs", "text hassuffix_cs end", "print 'payment timed out' hassuffix_cs 'MENT'"),
    Name("in~", "value in~ (value, …)", "print 'GET' in~ ('get', 'put')"),
    Name("in", "value in (value, …)", "print 'GET' in ('get', 'put')"),
    Name("<", "a < b", "print 1 < 2"),
    Name("<=", "a <= b", "print 3 <= 2"),
    Name("like", "text like pattern", "print 'checkout' like 'check*'"),
    Name("likecs", "text likecs pattern", "print 'checkout' likecs 'Check*'"),
    Name(
        "matches regex", "text matches regex pattern", "print '/orders/42' matches regex @'/\\d+$'"
    ),
    Name("%", "a % b", "print 7 % 5"),
    Name("*", "a * b", "print 6 * 7"),
    Name("!between", "value !between (low .. high)", "print 5 !between (1 .. 10)"),
    Name("!contains", "text !contains part", "print 'checkout' !contains 'cart'"),
    Name("!contains_cs", "text !contains_cs part", "print 'checkout' !contains_cs 'OUT'"),
    Name("!endswith", "text !endswith part", "print 'orders' !endswith 'ERS'"),
    Name("!endswith_cs", "text !endswith_cs part", "print 'orders' !endswith_cs 'ERS'"),
    Name("!=", "a != b", "print 1 != 2"),
    Name("<>", "a <> b", "print 1 <> 2"),
    Name("!has", "text !has term", "print 'payment timed out' !has 'time'"),
    Name("!has_cs", "text !has_cs term", "print 'payment timed out' !has_cs 'TIMED'"),
    Name("!hasprefix", "text !hasprefix start", "print 'payment timed out' !hasprefix 'pay'"),
    Name(
        "!hasprefix_cs", "text !hasprefix_cs start", "print 'payment timed out' !hasprefix_cs 'Pay'"
    ),
    Name("!hassuffix", "text !hassuffix end", "print 'payment timed out' !hassuffix 'ment'"),
    Name(
        "!hassuffix_cs", "text !hassuffix_cs end", "print 'payment timed out' !hassuffix_cs 'MENT'"
    ),
    Name("!in~", "value !in~ (value, …)", "print 'GET' !in~ ('get', 'put')"),
    Name("!in", "value !in (value, …)", "print 'GET' !in ('get', 'put')"),
    Name("notlike", "text notlike pattern", "print 'checkout' notlike 'cart*'"),
    Name("notlikecs", "text notlikecs pattern", "print 'checkout' notlikecs 'Check*'"),
    Name("!startswith", "text !startswith part", "print 'orders' !startswith 'ORD'"),
    Name("!startswith_cs", "text !startswith_cs part", "print 'orders' !startswith_cs 'ORD'"),
    Name("or", "a or b", "print true or false"),
    Name(":", "column : term", "search in (requests) name : 'orders' | count"),
    Name("startswith", "text startswith part", "print 'orders' startswith 'ORD'"),
    Name("startswith_cs", "text startswith_cs part", "print 'orders' startswith_cs 'ORD'"),
    Name("-", "a - b", "print 5 - 7"),
    Name("-", "-a", "print -(3)"),
    Name("+", "+a", "print +(3)"),
    Name("[ ]", 'value[index], value["key"]', "print dynamic([1, 2])[-1]"),
    Name(".", "value.key", "print dynamic({'a': {'b': 1}}).a.b"),
    Name("..", "low .. high, inside between", "print 5 between (5 .. 5)"),
)
