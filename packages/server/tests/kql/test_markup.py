"""parse_xml: each row is an XML text and its value."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from openinsights.kql.functions.markup import parse_xml

if TYPE_CHECKING:
    from engine import Engine


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<e/>", {"e": None}),
        ("<e>text</e>", {"e": "text"}),
        ('<e name="value" />', {"e": {"@name": "value"}}),
        ('<e name="value">text</e>', {"e": {"@name": "value", "#text": "text"}}),
        ("<e> <a>text</a> <b>text</b> </e>", {"e": {"a": "text", "b": "text"}}),
        ("<e> <a>1</a> <a>x</a> </e>", {"e": {"a": [1, "x"]}}),
        ("<e> text <a>text</a> </e>", {"e": {"#text": "text", "a": "text"}}),
        ("<?xml version='1.0'?><d><v>118.0</v><c>007</c></d>", {"d": {"v": 118.0, "c": "007"}}),
        ("<e><!-- no --><![CDATA[<x>]]></e>", {"e": "<x>"}),
        ("<n:e xmlns:n='u'>&lt;</n:e>", {"n:e": {"@xmlns:n": "u", "#text": "<"}}),
        ("<e a='1'/>", {"e": {"@a": "1"}}),
    ],
)
def test_value_of_xml(text: str, expected: object) -> None:
    assert json.loads(parse_xml(text) or "") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "text",
        "<e>",
        "<e></f>",
        "<e/><e/>",
        '<!DOCTYPE e [<!ENTITY a "aaaa">]><e>&a;</e>',
        "<e>" + "x" * 1_048_576 + "</e>",
        "<e>" * 100_000,
    ],
    ids=["empty", "text", "open", "crossed", "two roots", "entities", "long", "deep"],
)
def test_what_is_no_xml_is_null(text: str) -> None:
    assert parse_xml(text) is None


def test_parts_of_xml_in_a_query(kql_engine: Engine) -> None:
    query = """
        datatable(x:string)["<d><v>118.0</v></d>", "none"]
        | extend d = parse_xml(x)
        | project parse_xml(x), v = todouble(d.d.v), big = d.d.v > 100
    """
    names, rows = kql_engine.run(query)
    assert names == ["x", "v", "big"]
    assert rows == [({"d": {"v": 118.0}}, 118.0, True), (None, None, None)]
