"""Punycode, code points and guids in base64. Each row: an expression and its value."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

import duckdb
import pytest

from openinsights.kql.functions import encodings

if TYPE_CHECKING:
    from engine import Engine

GUID = "ae3133f2-6e22-49ae-b06a-16e6a9b212eb"
VALUES = [
    ("punycode_from_string('académie-française')", "acadmie-franaise-npb1a"),
    ("punycode_to_string('acadmie-franaise-npb1a')", "académie-française"),
    ("punycode_to_string('é')", ""),
    ("punycode_from_string('')", ""),
    ("punycode_domain_from_string('xn--Ge-mia.Bulg.edu')", "Gáe.Bulg.edu"),
    ("punycode_domain_to_string('Artorījos.edu')", "xn--Artorjos-ejb.edu"),
    ("punycode_domain_to_string('plain.org')", "plain.org"),
    (f"base64_encode_fromguid(guid({GUID}))", "8jMxriJurkmwahbmqbIS6w=="),
    ("base64_encode_fromguid(guid(null))", ""),
    (
        "base64_decode_toguid('AAECAwQFBwcICQoLDA0ODw==')",
        uuid.UUID("03020100-0504-0707-0809-0a0b0c0d0e0f"),
    ),
    (
        "base64_decode_toguid('YWUzMTMzZjItNmUyMi00OWFlLWIwNmEtMTZlNmE5YjIxMmVi')",
        uuid.UUID(GUID),
    ),
    ("base64_decode_toguid('abc')", None),
    ("base64_encode_fromarray(dynamic([75,117,115,116,111]))", "S3VzdG8="),
    ("base64_encode_fromarray(dynamic([300]))", ""),
    ("base64_encode_fromarray(dynamic(null))", ""),
    ("unicode_codepoints_to_string(75, 117, dynamic([115, 116, 111]))", "Kusto"),
    ("make_string(dynamic([]))", ""),
    ("unicode_codepoints_to_string(-1)", ""),
]


@pytest.mark.parametrize(("expression", "expected"), VALUES, ids=lambda v: str(v)[:60])
def test_value_of_an_expression(kql_engine: Engine, expression: str, expected: object) -> None:
    assert kql_engine.run(f"print x = {expression}")[1] == [(expected,)]


def test_versions_compare_as_numbers(kql_engine: Engine) -> None:
    query = """
        datatable(v:string)["1.2.10", "1.2.9", "0.0.0.5", "2", "1.2.3.4.5", "x", ""]
        | where parse_version(v) < parse_version("2.0.0.0")
        | order by parse_version(v) asc
        | project v
    """
    assert kql_engine.run(query)[1] == [("0.0.0.5",), ("1.2.9",), ("1.2.10",)]


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("0.0.0.5", 5),
        ("1.2.3.4", 1000000020000000300000004),
        ("1", 10**24),
        ("", None),
        ("1.", None),
    ],
)
def test_number_of_a_version(kql_engine: Engine, version: str, expected: int | None) -> None:
    assert kql_engine.raw(f"print x = parse_version('{version}')")[2] == [(expected,)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("run a b", ["run", "a", "b"]),
        ('"C:\\Program Files\\x.exe" "c d"', ["C:\\Program Files\\x.exe", "c d"]),
        ("run a\\\\b \\\\srv\\s", ["run", "a\\\\b", "\\\\srv\\s"]),
        ('run a\\"b', ["run", 'a"b']),
        ('run a\\\\"b c"', ["run", "a\\b c"]),
        ('run "a""b" c', ["run", 'a"b', "c"]),
        ('run ""', ["run", ""]),
        ("run\ta", ["run", "a"]),
        ("  ", None),
        ("", None),
    ],
)
def test_command_lines_are_parted_as_windows_does(line: str, expected: list[str] | None) -> None:
    found = encodings.command_line(line, "windows")
    assert (None if found is None else json.loads(found)) == expected


def test_other_command_lines_are_null() -> None:
    assert encodings.command_line("run a", "bash") is None


def test_bytes_of_a_guid_whose_order_is_not_known_are_refused(kql_engine: Engine) -> None:
    with pytest.raises(duckdb.InvalidInputException, match="base64_decode_toarray"):
        kql_engine.run("print base64_decode_toguid('AAECAwQFBgcICQoLDA0ODw==')")
