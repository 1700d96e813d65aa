"""Texts that stand for something else: punycode, code points, base64 of guids, versions.

Percent-encoding, base64 of texts and what is compressed stand in text.py.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import uuid
from typing import TYPE_CHECKING, Final

from openinsights.kql.functions.row import Function, Kind, Null, Udf
from openinsights.kql.spelling import json_text
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable

_V: Final = "VARCHAR"
_S: Final = KqlType.STRING
_DOTS: Final = re.compile("[.\u3002\uff0e\uff61]")
_MARK: Final = "xn--"


def punycode_from_string(text: str) -> str:
    """A text in ASCII, as names of hosts are spelt."""
    return text.encode("punycode").decode("ascii")


_LONGEST: Final = 4_096
"""Characters of punycode; reading takes time with the square of them."""


def punycode_to_string(text: str) -> str:
    """The text that punycode stands for; '' for what is none, or is longer than any name."""
    if len(text) > _LONGEST:
        return ""
    try:
        return text.encode("ascii").decode("punycode")
    except UnicodeError:
        return ""


def domain_from_string(text: str) -> str:
    """A host's name with each encoded label decoded."""
    return ".".join(
        punycode_to_string(label[len(_MARK) :]) if label.startswith(_MARK) else label
        for label in _DOTS.split(text)
    )


def domain_to_string(text: str) -> str:
    """A host's name with each label that needs it encoded."""
    return ".".join(
        label if label.isascii() else _MARK + punycode_from_string(label)
        for label in _DOTS.split(text)
    )


def text_of_codepoints(values: list[str | None]) -> str | None:
    """A text of code points, given as numbers or arrays of numbers."""
    points: list[int] = []
    for value in values:
        item = json.loads(value) if value is not None else None
        points += item if isinstance(item, list) else [] if item is None else [item]
    return "".join(chr(point) for point in points)


def guid_to_base64(text: str) -> str:
    """Base64 of a guid's bytes."""
    return base64.b64encode(uuid.UUID(text).bytes_le).decode("ascii")


_GUID_BYTES: Final = 16


def guid_of_base64(text: str) -> str | None:
    """The guid whose bytes, or whose spelling, the base64 stands for; null for none.

    Returns: "" where it is not known: base64_encode_fromguid turns the first three parts around,
        the documented example of reading only two. Both agree where the third part's bytes are equal.
    """
    try:
        data = base64.b64decode(text, validate=True)
        if len(data) == _GUID_BYTES:
            return str(uuid.UUID(bytes_le=data)) if data[6] == data[7] else ""
        return str(uuid.UUID(data.decode("ascii")))
    except (binascii.Error, ValueError):
        return None


def array_to_base64(text: str) -> str:
    """Base64 of an array of bytes; '' for what is none."""
    values = json.loads(text)
    if not isinstance(values, list) or not all(isinstance(v, int) and 0 <= v < 256 for v in values):
        return ""
    return base64.b64encode(bytes(values)).decode("ascii")


def version_text(text: str) -> str | None:
    """The number by which a version can be compared, as text; null for what is no version."""
    parts = text.split(".")
    if len(parts) > 4 or not all(part.isdigit() and len(part) <= 8 for part in parts):
        return None
    return "".join(part.rjust(8, "0") for part in [*parts, "0", "0", "0"][:4])


_BLANK: Final = re.compile("[ \t]")


def command_line(text: str, kind: str) -> str | None:
    """The arguments of a command line as Windows parts them; null for other kinds and for ''.

    Source: the documented rules of CommandLineToArgvW: the program's name knows no backslashes;
    elsewhere backslashes are literal unless a quote follows them, which an odd number escapes, and
    two quotes inside quotes are one.
    """
    if kind.lower() != "windows" or not text.strip(" \t"):
        return None
    if text.startswith('"'):
        program, _, rest = text[1:].partition('"')
    else:
        program, *others = _BLANK.split(text, 1)
        rest = "".join(others)
    return json_text([program, *_arguments(rest)])


def _arguments(text: str) -> list[str]:
    found: list[str] = []
    argument: list[str] | None = None
    quoted, at = False, 0
    while at < len(text):
        if text[at] in " \t" and not quoted:
            if argument is not None:
                found.append("".join(argument))
                argument = None
            at += 1
            continue
        argument = [] if argument is None else argument
        start = at
        while at < len(text) and text[at] == "\\":
            at += 1
        backslashes = at - start
        if at < len(text) and text[at] == '"':
            argument.append("\\" * (backslashes // 2))
            at += 1
            if backslashes % 2:
                argument.append('"')
            elif quoted and text[at : at + 1] == '"':
                argument.append('"')
                at += 1
            else:
                quoted = not quoted
            continue
        argument.append("\\" * backslashes)
        if not backslashes:
            argument.append(text[at])
            at += 1
    return found if argument is None else [*found, "".join(argument)]


def _text(name: str, function: Callable[[str], str], kind: Kind = Kind.STRING) -> Function:
    return Function(
        name, (kind,), _S, f"kql_{name}({{0}})", null=Null.MAKES, python=Udf(function, (_V,), _V)
    )


FUNCTIONS: Final = (
    _text("punycode_from_string", punycode_from_string),
    _text("punycode_to_string", punycode_to_string),
    _text("punycode_domain_from_string", domain_from_string),
    _text("punycode_domain_to_string", domain_to_string),
    _text("base64_encode_fromarray", array_to_base64, Kind.DYNAMIC),
    Function(
        "parse_command_line",
        (Kind.STRING, Kind.STRING),
        KqlType.DYNAMIC,
        "kql_parse_command_line({0}, {1})",
        null=Null.MAKES,
        python=Udf(command_line, (_V, _V), _V),
    ),
    Function(
        "base64_encode_fromguid",
        (Kind.GUID,),
        _S,
        "kql_base64_encode_fromguid(CAST({0} AS VARCHAR))",
        null=Null.MAKES,
        python=Udf(guid_to_base64, (_V,), _V),
    ),
    Function(
        "base64_decode_toguid",
        (Kind.STRING,),
        KqlType.GUID,
        "CAST(list_transform([kql_base64_decode_toguid({0})], lambda guid: CASE WHEN guid = '' THEN"
        " error('base64_decode_toguid refuses the bytes of a guid: how they are ordered is not known for"
        " certain; base64_decode_toarray shows them') ELSE guid END)[1] AS UUID)",
        null=Null.MAKES,
        python=Udf(guid_of_base64, (_V,), _V),
    ),
    Function(
        "parse_version",
        (Kind.STRING,),
        KqlType.DECIMAL,
        # A whole number of up to 32 digits: more than the usual decimals have before the point.
        "CAST(kql_parse_version({0}) AS DECIMAL(38,0))",
        null=Null.MAKES,
        python=Udf(version_text, (_V,), _V),
    ),
    Function(
        "unicode_codepoints_to_string",
        (Kind.JSON,),
        _S,
        "kql_unicode_codepoints_to_string([{*}])",
        variadic=True,
        null=Null.MAKES,
        aliases=("make_string",),
        python=Udf(text_of_codepoints, (f"{_V}[]",), _V),
    ),
)
"""The family's rows."""
