"""Scalar functions of strings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from openinsights.kql.functions import patterns
from openinsights.kql.functions.limits import MAX_CHARACTERS, MAX_JOINED, MAX_REPEATS
from openinsights.kql.sql.clickhouse_functions.json import element_text, elements
from openinsights.kql.sql.clickhouse_functions.spelling import (
    failing,
    known_number,
    known_text,
    named,
    quoted,
)
from openinsights.kql.sql.dialect import LOWERED, Impossible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openinsights.kql.bound import Bound
    from openinsights.kql.functions.row import Lowering

_ODD_CLUSTERS: Final = quoted(
    r"[\p{M}\x{200d}\x{1f1e6}-\x{1f1ff}\x{1f3fb}-\x{1f3ff}\x{1100}-\x{11ff}]"
)


_YOUNG_LETTERS: Final = quoted("[\u019b\u0264\ua7d3\ua7d5]")
"""Letters whose upper case is younger than DuckDB's tables."""


def upper(text: str) -> str:
    """A text in upper case, letter by letter; letters that become several are kept or refused."""
    return named(
        f"replaceAll({text}, 'ß', 'ẞ')",
        lambda v: failing(
            f"NOT isValidASCII({v}) AND (lengthUTF8(upperUTF8({v})) != lengthUTF8({v})"
            f" OR match({v}, {_YOUNG_LETTERS}))",
            "a letter becomes several in upper case",
            f"upperUTF8({v})",
        ),
        "u",
    )


def _reverse(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    return named(
        arguments[0],
        lambda v: failing(
            f"NOT isValidASCII({v}) AND match({v}, {_ODD_CLUSTERS})",
            "letters that are made of several characters are not reversed",
            f"reverseUTF8({v})",
        ),
        "r",
    )


def _strrep(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    text, count = arguments[0], f"least(greatest({arguments[1]}, 0), {MAX_REPEATS})"
    if len(arguments) == 2:
        made, size = f"repeat({text}, {count})", f"length({text}) * {count}"
    else:
        first = f"repeat(concat({text}, {arguments[2]}), greatest({count} - 1, 0))"
        made = f"if({count} < 1, '', concat({first}, {text}))"
        size = f"(length({text}) + length({arguments[2]})) * {count}"
    return failing(
        f"{size} > {MAX_CHARACTERS}", f"a text of more than {MAX_CHARACTERS} characters", made
    )


def _substring(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    text, start, *length = arguments
    known = known_number(bound[1])

    def write(v: str) -> str:
        first = f"{start} + 1"
        if known is None or known < 0:
            first = f"if({start} < 0, greatest(toInt64(lengthUTF8({v})) + {start}, 0), {start}) + 1"
        if not length:
            return f"substringUTF8({v}, {first})"
        some = f"if({length[0]} > 0, substringUTF8({v}, {first}, {length[0]}), '')"
        if not bound[2].nullable:
            return some
        return f"if({length[0]} IS NULL, substringUTF8({v}, {first}), {some})"

    return named(text, write, "s")


def _indexof(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    if len(arguments) > 2:
        raise Impossible("indexof with a start, a length or a number", LOWERED)
    return f"(toInt64(positionUTF8({arguments[0]}, {arguments[1]})) - 1)"


def _split(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    text, delimiter = arguments[:2]
    known = known_text(bound[1])
    if known is None:
        raise Impossible("split by a text that is not known in advance", LOWERED)
    parts = f"[{text}]" if known == "" else f"splitByString({delimiter}, {text})"

    def write(p: str) -> str:
        if len(arguments) == 2:
            return f"toJSONString({p})"
        place = arguments[2]
        one = f"concat('[', toJSONString({p}[{place} + 1]), ']')"
        whole = f"{place} >= 0 AND {place} < length({p})"
        return f"multiIf({place} IS NULL, toJSONString({p}), {whole}, {one}, '[]')"

    return named(parts, write, "p")


def _replace_string(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    text, old, new = arguments
    known_old, known_new = known_text(bound[1]), known_text(bound[2])
    if known_old == "":
        return text
    made = f"replaceAll({text}, {old}, {new})"
    if known_old is None:
        made = f"if({old} = '', {text}, {made})"
    if known_new is not None and len(known_new.encode()) <= len((known_old or "").encode() or b" "):
        return made
    size = f"length({text}) * length({new})"
    return failing(
        f"{size} > {MAX_CHARACTERS} * 16", f"a text of more than {MAX_CHARACTERS} characters", made
    )


def _matches_nothing(pattern: str | None) -> bool:
    """Whether a pattern may match the empty text; then engines differ in where it does."""
    if pattern is None:
        return True
    try:
        return re.search(patterns.spelt(pattern), "") is not None
    except (re.error, patterns.PatternError):
        return True


def _only_with_length(what: str, bound: Bound) -> None:
    if _matches_nothing(known_text(bound)):
        raise Impossible(f"{what} with an expression that matches the empty text", LOWERED)


def _replace_regex(text: str, pattern: str, rewrite: str, bound: Bound, new: Bound) -> str:
    _only_with_length("replace_regex", bound)
    known = known_text(new)
    if known is None or re.search(r"\\(?![0-9\\])", known):
        raise Impossible("replace_regex with a replacement that is not known in advance", LOWERED)
    return f"replaceRegexpAll({text}, {pattern}, {rewrite})"


def _anchored(pattern: str, text: str, bound: Bound, *, at_start: bool) -> str:
    known = known_text(bound)
    if known is None:
        raise Impossible("trim with an expression that is not known in advance", LOWERED)
    whole = rf"\A(?:{known})" if at_start else rf"(?:{known})\z"
    return f"replaceRegexpOne({text}, {quoted(whole)}, '')"


def _trim_start(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    return _anchored(arguments[0], arguments[1], bound[0], at_start=True)


def _trim_end(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    return _anchored(arguments[0], arguments[1], bound[0], at_start=False)


def _trim(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    return _trim_end((arguments[0], _trim_start(arguments, bound)), bound)


def _extract(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    pattern, _, text = arguments
    known, number = known_text(bound[0]), known_number(bound[1])
    if known is None or number is None:
        raise Impossible(
            "extract with an expression or group that is not known in advance", LOWERED
        )
    if not 0 <= number <= patterns.group_count(known):
        return "''"
    return f"regexpExtract({text}, {pattern}, {number})"


def _extract_all(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    pattern, text, *_ = arguments
    _only_with_length("extract_all", bound[0])
    numbers = [known_number(part) for part in bound[2:]]
    found = f"extractAllGroupsVertical({text}, {pattern})"
    if len(numbers) == 1:
        made = f"arrayMap(m -> m[{numbers[0]}], {found})"
    else:
        made = f"arrayMap(m -> [{', '.join(f'm[{n}]' for n in numbers)}], {found})"
    return f"nullIf(toJSONString({made}), '[]')"


def _countof(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    text, search = arguments[:2]
    plain = (
        f"toInt64(if({search} = '', 0, arrayCount(i -> startsWith(substring({text}, i), {search}),"
        f" range(1, length({text}) + 1))))"
    )
    if len(arguments) == 2:
        return plain
    kind = known_text(bound[2])
    if kind is None:
        raise Impossible("countof of a kind that is not known in advance", LOWERED)
    if kind != "regex":
        return plain
    _only_with_length("countof", bound[1])
    return f"toInt64(countMatches({text}, {search}))"


def _translate(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    search, replacement = known_text(bound[0]), known_text(bound[1])
    if search is None or replacement is None:
        raise Impossible("translate with lists that are not known in advance", LOWERED)
    table: dict[str, str] = {}
    padded = replacement + (replacement[-1:] * len(search))
    for place, character in enumerate(search):
        table.setdefault(character, padded[place] if replacement else "")
    text = arguments[2]
    if not replacement:
        for character in table:
            text = f"replaceAll({text}, {quoted(character)}, '')"
        return text
    before, after = "".join(table), "".join(table.values())
    return f"translateUTF8({text}, {quoted(before)}, {quoted(after)})"


def _url_encoded(safe: str, space: str) -> Lowering:
    kept = quoted(f"^[A-Za-z0-9{re.escape(safe)}]$")

    def lower(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
        def write(v: str) -> str:
            each = (
                f"multiIf(match(c, {kept}), c, c = ' ', {quoted(space)},"
                " concat('%', lower(hex(c))))"
            )
            letters = f"arrayMap(i -> substring({v}, i, 1), range(1, length({v}) + 1))"
            return f"arrayStringConcat(arrayMap(c -> {each}, {letters}), '')"

        return named(arguments[0], write, "s")

    return lower


def _url_decode(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    return named(
        f"decodeURLComponent(replaceAll({arguments[0]}, '+', ' '))",
        lambda v: failing(f"NOT isValidUTF8({v})", "the decoded bytes are no text", v),
        "u",
    )


def _base64_decode(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    def write(v: str) -> str:
        fitting = quoted("^[A-Za-z0-9+/]*={0,2}$")
        whole = f"concat({v}, repeat('=', (4 - length({v}) % 4) % 4))"
        found = f"tryBase64Decode({whole})"
        odd = f"position({v}, '=') > 0 AND length({v}) % 4 != 0"
        checked = f"if(match({v}, {fitting}) AND isValidUTF8({found}), {found}, '')"
        return failing(odd, "base64 with too few signs at its end", checked)

    return named(arguments[0], write, "b")


def _sizes(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    return " + ".join(f"ifNull(length({text}), 0)" for text in arguments)


def _bounded_join(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    size, most, text = arguments
    return failing(
        f"{size} > {most}", f"a text of more than {MAX_JOINED} characters is joined", text
    )


def _parts(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    """The groups of a pattern as a bag, by number; null where the text does not fit."""
    text, pattern = arguments
    written = known_text(bound[1]) or ""
    count = patterns.group_count(written)
    if not count:
        return f"if(match({text}, {pattern}), '{{}}', NULL)"
    pairs = ", ".join(
        f"'{',' * (n > 1)}\"{n}\":', toJSONString(regexpExtract({text}, {pattern}, {n}))"
        for n in range(1, count + 1)
    )
    return f"if(match({text}, {pattern}), concat('{{', {pairs}, '}}'), NULL)"


def _strcat_array(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    texts = f"arrayMap(e -> ifNull({element_text('e')}, ''), {elements(arguments[0])})"
    return f"arrayStringConcat({texts}, {arguments[1]})"


def _concat(arguments: Sequence[str], bound: Sequence[Bound]) -> str:
    if not arguments:
        return "''"
    return f"concat({', '.join(arguments)})" if len(arguments) > 1 else arguments[0]


def _hash(function: str) -> Lowering:
    return f"lower(hex({function}({{0}})))"


FUNCTIONS: Final[dict[str, Lowering]] = {
    "toupper": lambda arguments, _: upper(arguments[0]),
    "reverse": _reverse,
    "strlen": "toInt64(lengthUTF8({0}))",
    "string_size": "toInt64(length({0}))",
    "strcat": _concat,
    "strcat_delim": "concatWithSeparator({*})",
    "strrep": _strrep,
    "strcmp": "toInt64(multiIf({0} = {1}, 0, {0} < {1}, -1, 1))",
    "isempty": "({0} = '')",
    "isnotempty": "({0} <> '')",
    "isascii": "isValidASCII({0})",
    "isutf8": "({0} IS NOT NULL)",
    "substring": _substring,
    "indexof": _indexof,
    "split": _split,
    "replace_string": _replace_string,
    "replace_regex": lambda a, b: _replace_regex(a[0], a[1], a[2], b[1], b[2]),
    "replace": lambda a, b: _replace_regex(a[2], a[0], a[1], b[0], b[1]),
    "trim": _trim,
    "trim_start": _trim_start,
    "trim_end": _trim_end,
    "extract of text": _extract,
    "extract_all of groups": _extract_all,
    "countof of text": _countof,
    "translate": _translate,
    "url_encode": _url_encoded("_.-~!*()", "+"),
    "url_encode_component": _url_encoded("_.-~!*'()", "%20"),
    "url_decode": _url_decode,
    "base64_encode_tostring": "base64Encode({0})",
    "base64_decode_tostring": _base64_decode,
    "hash_md5": _hash("MD5"),
    "hash_sha1": _hash("SHA1"),
    "hash_sha256": _hash("SHA256"),
    "sizes": _sizes,
    "bounded join": _bounded_join,
    "parse parts": _parts,
    "strcat_array": _strcat_array,
    "key as text": "ifNull(concat('=', toString({0})), '')",
}
"""The family's rows."""
