"""Functions that make a value of one type from one of another."""

from __future__ import annotations

from typing import Final

from openinsights.kql.names.name import Name

NAMES: Final = (
    Name("gettype", "gettype(value)", "print gettype(dynamic([1]))"),
    Name("tobool", "tobool(value)", "print tobool('true')"),
    Name("toboolean", "toboolean(value)", "print toboolean(1)"),
    Name("todatetime", "todatetime(value)", "print todatetime('2026-01-15')"),
    Name("todecimal", "todecimal(value)", "print todecimal('1.10')"),
    Name("todouble", "todouble(value)", "print todouble('1.5')"),
    Name("todynamic", "todynamic(value)", "print todynamic('{\"a\": 1}').a"),
    Name("toguid", "toguid(value)", "print toguid('00000000-0000-0000-0000-000000000001')"),
    Name("toint", "toint(value)", "print toint('42')"),
    Name("tolong", "tolong(value)", "print tolong('42')"),
    Name("toobject", "toobject(value)", "print toobject('[1, 2]')[1]"),
    Name("toreal", "toreal(value)", "print toreal('1.5')"),
    Name("tostring", "tostring(value)", "print tostring(1.5)"),
    Name("totime", "totime(value)", "print totime('00:05:00')"),
    Name("totimespan", "totimespan(value)", "print totimespan('00:05:00')"),
)
