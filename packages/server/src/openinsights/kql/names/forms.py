"""Literals, and calls that name tables."""

from __future__ import annotations

from typing import Final

from openinsights.kql.names.name import Name

NAMES: Final = (
    Name("app", "app(name).table", "app('shop').requests | count"),
    Name("workspace", "workspace(name).table", "workspace('shop').AppRequests | count"),
    Name("resource", "resource(id).table", "resource('shop').requests | count"),
    Name(
        "materialize",
        "materialize(query)",
        "let n = materialize(range x from 1 to 3 step 1); union n, n | count",
    ),
    Name(
        "toscalar",
        "toscalar(query)",
        "print toscalar(range x from 1 to 3 step 1 | summarize sum(x))",
    ),
    Name("datetime", "datetime(text)", "print datetime(2026-01-15 09:30)"),
    Name("timespan", "timespan(text), 5m, 1.5h", "print timespan(1.02:03:04), 90s"),
    Name("dynamic", "dynamic(JSON)", "print dynamic({'a': [1, 2]})"),
    Name("bool", "bool(value), true, false", "print bool(null), true"),
    Name("int", "int(number)", "print int(42)"),
    Name("long", "long(number)", "print long(42), 0x2A"),
    Name("real", "real(number), double(number)", "print real(1.5), 2e3"),
    Name("decimal", "decimal(number)", "print decimal(1.10)"),
    Name("guid", "guid(text)", "print guid(00000000-0000-0000-0000-000000000001)"),
)
