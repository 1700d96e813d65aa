"""Scalar functions of strings."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import urllib.parse
from typing import TYPE_CHECKING, Final

from openinsights.kql.bound import Constant
from openinsights.kql.functions import patterns
from openinsights.kql.functions.growth import announced
from openinsights.kql.functions.limits import MAX_CHARACTERS, MAX_REPEATS
from openinsights.kql.functions.row import Function, Kind, Naming, Null, Udf
from openinsights.kql.functions.strings import LOWER, NOT, constant_text, quoted
from openinsights.kql.spelling import json_text
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openinsights.kql.bound import Bound

_S, _L, _Y, _B = KqlType.STRING, KqlType.LONG, KqlType.DYNAMIC, KqlType.BOOL
_TEXT, _INT = Kind.TEXT, Kind.INTEGER
_V: Final = "VARCHAR"


def _text(name: str, sql: str, *, aliases: tuple[str, ...] = (), fold: object = None) -> Function:
    return Function(
        name, (_TEXT,), _S, sql, aliases=aliases, fold=fold,  # type: ignore[arg-type]  # optional
    )  # fmt: skip


def indexof(
    text: str, match: str, start: int | None, length: int | None, occurrence: int | None
) -> int | None:
    """Position of the n-th occurrence that starts in a range; -1 when there is none."""
    first = start or 0
    if first < 0:
        first = max(len(text) + first, 0)
    wanted = 1 if occurrence is None else occurrence
    if wanted < 1 or (length is not None and length < -1):
        return None
    end = len(text) if length is None or length < 0 else min(first + length, len(text))
    position = first - 1
    for _ in range(wanted):
        position = text.find(match, position + 1)
        if position < 0 or position >= max(end, 1) or (position > 0 and position >= end):
            return -1
    return position


def split(text: str, delimiter: str, index: int | None) -> str | None:
    """The parts between delimiters as an array; with an index, an array of that part."""
    parts = text.split(delimiter) if delimiter else [text]
    if index is None:
        return json_text(parts)
    return json_text([parts[index]]) if 0 <= index < len(parts) else json_text([])


def substring(text: str, start: int, length: int | None) -> str:
    """Characters from a position; a negative position counts from the end."""
    if start < 0:
        start = max(len(text) + start, 0)
    if length is None:
        return text[start:]
    return text[start : start + length] if length > 0 else ""


def translate(search: str, replacement: str, text: str) -> str:
    """Replace each character of a list by the one beside it in another list."""
    if not replacement:
        return text.translate({ord(c): None for c in search})
    padded = replacement + replacement[-1] * len(search)
    table: dict[int, str] = {}
    for character, other in zip(search, padded, strict=False):
        table.setdefault(ord(character), other)
    return text.translate(table)


def countof(text: str, search: str) -> int:
    """How often a text occurs; occurrences may overlap."""
    if not search:
        return 0
    count, at = 0, text.find(search)
    while at >= 0:
        count += 1
        at = text.find(search, at + 1)
    return count


def url_encode(text: str) -> str:
    """Percent-encoding in lower case, spaces as '+'."""
    return _in_lower_case(urllib.parse.quote_plus(text, safe="-_.!*()"))


def url_encode_component(text: str) -> str:
    """Percent-encoding in lower case, spaces as '%20'."""
    return _in_lower_case(urllib.parse.quote(text, safe="-_.!~*'()"))


def _in_lower_case(text: str) -> str:
    return re.sub(r"%[0-9A-F]{2}", lambda code: code.group().lower(), text)


def parse_url(text: str) -> str:
    """The parts of a URL as a bag."""
    parts = urllib.parse.urlsplit(text)
    query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
    try:
        port = str(parts.port) if parts.port is not None else ""
    except ValueError:
        port = ""
    return json_text(
        {
            "Scheme": parts.scheme,
            "Host": parts.hostname or "",
            "Port": port,
            "Path": parts.path,
            "Username": parts.username or "",
            "Password": parts.password or "",
            "Query Parameters": query,
            "Fragment": parts.fragment,
        }
    )


def parse_urlquery(text: str) -> str:
    """The parameters of a URL's query as a bag."""
    query = dict(urllib.parse.parse_qsl(text, keep_blank_values=True))
    return json_text({"Query Parameters": query})


def base64_decode(text: str) -> str:
    """UTF-8 text of base64; '' when it is none."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""


def base64_encode(text: str) -> str:
    """Base64 of the UTF-8 form."""
    return base64.b64encode(text.encode()).decode()


def base64_to_array(text: str) -> str | None:
    """The bytes of base64 as an array of numbers."""
    try:
        return json_text(list(base64.b64decode(text, validate=True)))
    except (binascii.Error, ValueError):
        return None


def parse_csv(text: str) -> str:
    """The fields of the first CSV record as an array."""
    fields, field, quoted, at = [], "", False, 0
    while at < len(text):
        character = text[at]
        if quoted:
            if character == '"' and text[at + 1 : at + 2] == '"':
                field += '"'
                at += 1
            elif character == '"':
                quoted = False
            else:
                field += character
        elif character == '"':
            quoted = True
        elif character == ",":
            fields.append(field)
            field = ""
        elif character in "\r\n":
            break
        else:
            field += character
        at += 1
    return json_text([*fields, field])


def parse_path(text: str) -> str:
    """The parts of a file's path as a bag."""
    scheme, _, rest = text.partition("://") if "://" in text else ("", "", text)
    stream = ""
    root = ""
    drive = re.match(r"[A-Za-z]:", rest)
    if drive:
        root = drive.group()
    name = re.split(r"[\\/]", rest)[-1]
    if (":" in name and not drive) or (drive and name.count(":")):
        name, _, stream = name.partition(":")
    directory = rest[: len(rest) - len(re.split(r"[\\/]", rest)[-1])].rstrip("\\/")
    extension = name.rpartition(".")[2] if "." in name else ""
    return json_text(
        {
            "Scheme": scheme,
            "RootPath": root,
            "DirectoryPath": directory,
            "DirectoryName": re.split(r"[\\/]", directory)[-1] if directory else "",
            "Filename": name,
            "Extension": extension,
            "AlternateDataStreamName": stream,
        }
    )


def codepoints(text: str) -> str:
    """The code points of a text as an array."""
    return json_text([ord(character) for character in text])


def from_codepoints(*values: str | None) -> str:
    """A text of code points, given as numbers or arrays in JSON."""
    points: list[int] = []
    for value in values:
        item = json.loads(value or "null")
        points += item if isinstance(item, list) else [item] if item is not None else []
    return "".join(chr(int(point)) for point in points)


def replace_strings(text: str, lookups: str | None, rewrites: str | None) -> str:
    """Replace each text of one array by the one beside it in another.

    What an earlier lookup found, a later one leaves alone, and so does it what it was replaced by.
    Elements that are no texts: such a lookup is passed over, such a rewrite leaves what was found.

    Raises:
        OverflowError: the result is too long.
    """
    old, new = json.loads(lookups or "null"), json.loads(rewrites or "null")
    if not isinstance(old, list) or not isinstance(new, list):
        return text
    pieces = [(text, False)]
    for lookup, rewrite in zip(old, new, strict=False):
        if isinstance(lookup, str) and lookup:
            found = rewrite if isinstance(rewrite, str) else lookup
            pieces = [part for piece in pieces for part in _parted(*piece, lookup, found)]
    if sum(len(piece) for piece, _ in pieces) > MAX_CHARACTERS + len(text):
        raise OverflowError
    return "".join(piece for piece, _ in pieces)


def _parted(piece: str, is_settled: bool, old: str, new: str) -> Iterator[tuple[str, bool]]:
    """A piece of a text, in parts where a text is found in it; those are settled."""
    if is_settled or old not in piece:
        yield piece, is_settled
        return
    for place, part in enumerate(piece.split(old)):
        if place:
            yield new, True
        if part:
            yield part, False


def replaced(text: str, old: str, new: str) -> str:
    """The text with all occurrences replaced.

    Raises:
        OverflowError: the result is too long.
    """
    if len(text) + text.count(old) * (len(new) - len(old)) > MAX_CHARACTERS + len(text):
        raise OverflowError
    return text.replace(old, new)


def _optional(name: str, sql_args: Sequence[str], count: int) -> str:
    filled = [*sql_args, *(["NULL"] * (count - len(sql_args)))]
    return f"kql_{name}({', '.join(filled)})"


def _padded(name: str, count: int):  # type: ignore[no-untyped-def]  # a lowering
    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        return _optional(name, arguments, count)

    return lower


_TOO_LONG: Final = f"error('a text of more than {MAX_CHARACTERS} characters')"


def _strrep(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    """A text so many times, with a delimiter between; the engine refuses what is too long."""
    text, count = arguments[0], f"least(greatest({arguments[1]}, 0), {MAX_REPEATS})"
    if len(arguments) == 2:
        made, size = f"repeat(s, {count})", f"strlen(s) * {count}"
    else:
        first = f"repeat(concat(s, {arguments[2]}), {count} - 1)"
        made = f"CASE WHEN {count} < 1 THEN '' ELSE concat({first}, s) END"
        size = f"(strlen(s) + strlen({arguments[2]})) * {count}"
    large = f"WHEN {size} > {MAX_CHARACTERS} THEN {_TOO_LONG} {announced(_twice(size))}"
    return _of_one(text, f"CASE {large} ELSE {made} END")


def _replace_string(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    """Occurrences replaced; the engine refuses what grows too long before it is made."""
    text, old, new = arguments
    known_old, known_new = constant_text(bound[1]), constant_text(bound[2])
    if known_new is not None and len(known_new.encode()) <= len((known_old or "").encode() or b" "):
        return f"replace({text}, {old}, {new})"
    removed = f"(strlen(s) - strlen(replace(s, {old}, ''))) // greatest(strlen({old}), 1)"
    is_long = (
        f"strlen(s) * strlen({new}) > {MAX_CHARACTERS}"
        f" AND {removed} * strlen({new}) > {MAX_CHARACTERS}"
    )
    room = announced(_twice(f"strlen(s) + {removed} * strlen({new})"), f"strlen(s) * strlen({new})")
    large = f"WHEN {is_long} THEN {_TOO_LONG} {room}"
    return _of_one(text, f"CASE {large} ELSE replace(s, {old}, {new}) END")


def _twice(size: str) -> str:
    """What a text takes that is made for a list of one and taken out of it."""
    return f"2 * ({size})"


def _of_one(value: str, expression: str) -> str:
    """An expression in which `s` stands for a value that is computed once."""
    return f"list_transform([{value}], lambda s: {expression})[1]"


_MOST_DIRECT: Final = 9
"""Groups up to here are read by the engine's own function for one match."""


def _extract(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    pattern, group, text = arguments
    number = bound[1].value if isinstance(bound[1], Constant) else None
    if isinstance(number, int) and 0 <= number <= _MOST_DIRECT:
        return f"regexp_extract({text}, {pattern}, CAST({group} AS INTEGER))"
    known = constant_text(bound[0])
    most = _MOST_DIRECT if known is None else patterns.group_count(known)
    found = f"regexp_extract_all({text}, {pattern}, CAST({group} AS INTEGER))[1]"
    return f"COALESCE(CASE WHEN {group} BETWEEN 0 AND {most} THEN {found} END, '')"


def _anchored(arguments: Sequence[str], bound: Sequence[Bound], *, at_start: bool) -> str:
    """The text without the match of a pattern at one of its ends."""
    before, after = (r"\A(?:", ")") if at_start else ("(?:", r")\z")
    known = constant_text(bound[0])
    if known is not None:
        pattern = quoted(before + known + after)
    else:
        pattern = f"{quoted(before)} || {arguments[0]} || {quoted(after)}"
    return f"regexp_replace({arguments[1]}, {pattern}, '')"


def _trim_start(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    return _anchored(arguments, bound, at_start=True)


def _trim_end(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    return _anchored(arguments, bound, at_start=False)


def _trim(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    return _trim_end((arguments[0], _trim_start(arguments, bound)), bound)


def _extract_all(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    """Every match: an array of a group's texts, of arrays if there are several groups."""
    pattern, text, *groups = arguments
    lists = [f"regexp_extract_all({text}, {pattern}, CAST({g} AS INTEGER))" for g in groups]
    if len(lists) == 1:
        found = f"list_transform({lists[0]}, lambda m: COALESCE(m, ''))"
    else:
        parts = ", ".join(f"COALESCE(m[{place}], '')" for place in range(1, len(lists) + 1))
        found = f"list_transform(list_zip({', '.join(lists)}), lambda m: [{parts}])"
    return f"NULLIF(CAST(to_json({found}) AS VARCHAR), '[]')"


def _countof(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    plain = f"kql_countof_of_text({arguments[0]}, {arguments[1]})"
    if len(arguments) == 2:
        return plain
    matches = f"CAST(len(regexp_extract_all({arguments[0]}, {arguments[1]})) AS BIGINT)"
    return f"CASE WHEN {arguments[2]} = 'regex' THEN {matches} ELSE {plain} END"


def _indexof_regex(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    """Position of the n-th match; -1 when there is none. Matches do not overlap.

    Other than for indexof, a negative start gives null.
    """
    text, pattern = arguments[:2]
    start, length, number = [*arguments[2:], "NULL", "NULL", "NULL"][:3]
    first = f"COALESCE({start}, 0)"
    wanted = f"COALESCE({number}, 1)"
    window = (
        f"CASE WHEN {length} >= 0 THEN substr({text}, {first} + 1, {length})"
        f" ELSE substr({text}, {first} + 1) END"
    )
    known = constant_text(bound[1])
    before, after = "((?s:.*?))(?:", ")"
    if known is not None:
        whole = quoted(before + known + after)
    else:
        whole = f"{quoted(before)} || {pattern} || {quoted(after)}"
    prefixes = f"regexp_extract_all({window}, {whole}, 1)"
    matches = f"regexp_extract_all({window}, {whole}, 0)"
    passed = f"list_sum(list_transform(({matches})[1:{wanted} - 1], lambda m: length(m)))"
    return (
        f"CASE WHEN {wanted} < 1 OR {length} < -1 OR {first} < 0 THEN NULL"
        f" WHEN len({prefixes}) < {wanted} THEN -1"
        f" ELSE CAST({first} + length(({prefixes})[{wanted}]) + COALESCE({passed}, 0) AS BIGINT) END"
    )


def _rewrite_sql(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    text, pattern, rewrite = arguments
    return f"regexp_replace({text}, {pattern}, {rewrite}, 'g')"


def _hash_text(name: str) -> Function:
    def digest(text: str) -> str:
        return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()

    digest.__name__ = f"hash_{name}"
    return Function(
        f"hash_{name}", (_TEXT,), _S, f"kql_hash_{name}({{0}})", python=Udf(digest, (_V,), _V)
    )


EXTRACT_ALL: Final = Function(
    "extract_all of groups", (Kind.PATTERN, Kind.STRING, _INT), _Y, _extract_all, variadic=True,
    null=Null.MAKES,
)  # fmt: skip

FUNCTIONS: Final = (
    NOT,
    LOWER,
    _text("toupper", "upper({0})", fold=lambda text: text.upper()),
    _text("reverse", "reverse({0})", fold=lambda text: text[::-1]),
    Function("strlen", (_TEXT,), _L, "length({0})", naming=Naming.PREFIX, fold=len),
    Function("string_size", (_TEXT,), _L, "strlen({0})", naming=Naming.PREFIX,
             fold=lambda text: len(text.encode())),
    Function("strcat", (_TEXT,), _S, "concat({*})", variadic=True, null=Null.NEVER,
             fold=lambda *parts: "".join(parts)),
    Function("strcat_delim", (_TEXT, _TEXT), _S, "concat_ws({*})", variadic=True, null=Null.NEVER,
             fold=lambda delimiter, *parts: delimiter.join(parts)),
    Function("strrep", (_TEXT, _INT, _TEXT), _S, _strrep, optional=1),
    Function("strcmp", (_TEXT, _TEXT), _L,
             "CASE WHEN {0} = {1} THEN 0 WHEN {0} < {1} THEN -1 ELSE 1 END"),
    Function("isempty", (_TEXT,), _B, "({0} = '')", null=Null.NEVER, fold=lambda text: text == ""),
    Function("isnotempty", (_TEXT,), _B, "({0} <> '')", null=Null.NEVER, aliases=("notempty",),
             fold=lambda text: text != ""),
    Function("isascii", (_TEXT,), _B, "regexp_full_match({0}, '[\\x00-\\x7f]*')", null=Null.NEVER),
    Function("isutf8", (_TEXT,), _B, "({0} IS NOT NULL)", null=Null.NEVER),
    Function("substring", (_TEXT, _INT, _INT), _S, _padded("substring", 3), optional=1,
             python=Udf(substring, (_V, "BIGINT", "BIGINT"), _V), null=Null.MAKES),
    Function("indexof", (_TEXT, _TEXT, _INT, _INT, _INT), _L, _padded("indexof", 5), optional=3,
             python=Udf(indexof, (_V, _V, "BIGINT", "BIGINT", "BIGINT"), "BIGINT"),
             null=Null.MAKES),
    Function("indexof_regex", (_TEXT, Kind.PATTERN, _INT, _INT, _INT), _L, _indexof_regex,
             optional=3, null=Null.MAKES),
    Function("split", (_TEXT, Kind.STRING, _INT), _Y, _padded("split", 3), optional=1,
             naming=Naming.FIRST, python=Udf(split, (_V, _V, "BIGINT"), _V), null=Null.NEVER),
    Function("replace_string", (Kind.STRING, Kind.STRING, Kind.STRING), _S,
             _replace_string),
    Function("replace_strings", (Kind.STRING, Kind.DYNAMIC, Kind.DYNAMIC), _S,
             "kql_replace_strings({0}, {1}, {2})", null=Null.NEVER,
             python=Udf(replace_strings, (_V, _V, _V), _V)),
    Function("replace_regex", (Kind.STRING, Kind.PATTERN, Kind.STRING), _S, _rewrite_sql),
    Function("replace", (Kind.PATTERN, Kind.STRING, Kind.STRING), _S,
             lambda a, b: _rewrite_sql((a[2], a[0], a[1]), b)),
    Function("trim", (Kind.PATTERN, Kind.STRING), _S, _trim),
    Function("trim_start", (Kind.PATTERN, Kind.STRING), _S, _trim_start),
    Function("trim_end", (Kind.PATTERN, Kind.STRING), _S, _trim_end),
    Function("extract of text", (Kind.PATTERN, _INT, Kind.STRING), _S, _extract, null=Null.MAKES),
    Function("countof of text", (Kind.STRING, Kind.STRING, Kind.STRING), _L, _countof,
             optional=1, python=Udf(countof, (_V, _V), "BIGINT"), null=Null.NEVER),
    Function("translate", (Kind.STRING, Kind.STRING, Kind.STRING), _S,
             "kql_translate({0}, {1}, {2})", python=Udf(translate, (_V, _V, _V), _V)),
    Function("regex_quote", (_TEXT,), _S, "regexp_escape({0})"),
    Function("url_encode", (Kind.STRING,), _S, "kql_url_encode({0})",
             python=Udf(url_encode, (_V,), _V)),
    Function("url_encode_component", (Kind.STRING,), _S, "kql_url_encode_component({0})",
             python=Udf(url_encode_component, (_V,), _V)),
    Function("url_decode", (Kind.STRING,), _S, "kql_url_decode({0})",
             python=Udf(urllib.parse.unquote_plus, (_V,), _V)),
    Function("parse_url", (Kind.STRING,), _Y, "kql_parse_url({0})", aliases=("parseurl",),
             python=Udf(parse_url, (_V,), _V)),
    Function("parse_urlquery", (Kind.STRING,), _Y, "kql_parse_urlquery({0})",
             aliases=("parseurlquery",), python=Udf(parse_urlquery, (_V,), _V)),
    Function("parse_csv", (Kind.STRING,), _Y, "kql_parse_csv({0})", naming=Naming.FIRST,
             python=Udf(parse_csv, (_V,), _V)),
    Function("parse_path", (Kind.STRING,), _Y, "kql_parse_path({0})",
             python=Udf(parse_path, (_V,), _V)),
    Function("base64_decode_tostring", (Kind.STRING,), _S, "kql_base64_decode_tostring({0})",
             aliases=("base64_decodestring",), python=Udf(base64_decode, (_V,), _V)),
    Function("base64_encode_tostring", (Kind.STRING,), _S, "kql_base64_encode_tostring({0})",
             aliases=("base64_encodestring",), python=Udf(base64_encode, (_V,), _V)),
    Function("base64_decode_toarray", (Kind.STRING,), _Y, "kql_base64_decode_toarray({0})",
             python=Udf(base64_to_array, (_V,), _V), null=Null.MAKES),
    Function("unicode_codepoints_from_string", (_TEXT,), _Y,
             "kql_unicode_codepoints_from_string({0})", aliases=("to_utf8",),
             python=Udf(codepoints, (_V,), _V)),
    _hash_text("md5"),
    _hash_text("sha1"),
    _hash_text("sha256"),
)  # fmt: skip
"""The family's rows."""
