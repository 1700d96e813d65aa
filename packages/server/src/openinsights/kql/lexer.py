"""Text to tokens, with one compiled regular expression.

Total: any text gives a list of tokens that ends with END, and the mistakes in it with their places.
"""

from __future__ import annotations

import re
from typing import Final

from openinsights.kql.errors import KqlSyntaxError
from openinsights.kql.limits import DEFAULTS
from openinsights.kql.tokens import (
    BAD,
    END,
    LONG,
    NAME,
    REAL,
    STRING,
    SYMBOL,
    TIMESPAN,
    TYPED,
    Token,
)

TIMESPAN_UNITS: Final = {
    "d": 864_000_000_000,
    "day": 864_000_000_000,
    "days": 864_000_000_000,
    "h": 36_000_000_000,
    "hr": 36_000_000_000,
    "hrs": 36_000_000_000,
    "hour": 36_000_000_000,
    "hours": 36_000_000_000,
    "m": 600_000_000,
    "min": 600_000_000,
    "minute": 600_000_000,
    "minutes": 600_000_000,
    "s": 10_000_000,
    "sec": 10_000_000,
    "second": 10_000_000,
    "seconds": 10_000_000,
    "ms": 10_000,
    "milli": 10_000,
    "millis": 10_000,
    "millisec": 10_000,
    "millisecond": 10_000,
    "milliseconds": 10_000,
    "micro": 10,
    "micros": 10,
    "microsec": 10,
    "microsecond": 10,
    "microseconds": 10,
    "tick": 1,
    "ticks": 1,
}
"""Suffixes of timespan literals, and how many ticks (100 ns) each stands for."""

TYPED_NAMES: Final = (
    "datetime|date|timespan|time|guid|uniqueid|long|int64|int32|int|real|double|decimal"
    "|boolean|bool"
)

_CHARACTERS: Final = {
    "&": "did you mean 'and'? texts are joined by strcat(…)",
    "^": "write pow(a, b), or binary_xor(a, b)",
    "#": "a comment starts with '//'",
    "‘": "texts stand in straight quotes: 'text'",
    "’": "texts stand in straight quotes: 'text'",
    "“": 'texts stand in straight quotes: "text"',
    "”": 'texts stand in straight quotes: "text"',
    "`": "names with odd characters are written ['like this']",
    "\\": "only texts hold '\\'",
    "≠": "did you mean '!='?",
    "≤": "did you mean '<='?",
    "≥": "did you mean '>='?",
    "–": "did you mean '-'?",
    "\u00a0": "this is a space that does not break lines; write a plain one",
}
"""Characters that start no word, and what was probably meant."""

_UNITS: Final = "|".join(sorted(TIMESPAN_UNITS, key=len, reverse=True))

_WORDS: Final = re.compile(
    rf"""
    ((?:\s++|//[^\n]*+)*+)
    (?:
      ( (?!(?:{TYPED_NAMES})\s*\(|[hH](?:[@"']|```|~~~))[A-Za-z_$][A-Za-z0-9_]*+
      | \.\.|==|=~|!~|!=|<>|<=|>=|=>|[-+*/%<>=|;:,.(){{}}\[\]!?]
      )
    | ( [hH]?(?:"(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+')
      | \d++(?![\w.])
      | (?:{TYPED_NAMES})\s*+\(\s*+(?:"[^"\n]*"\s*+|'[^'\n]*'\s*+|[^()"';|]*+)\)
      | [hH]?@(?:"(?:[^"]|"")*"|'(?:[^']|'')*')
      | [hH]?(?:```(?:.|\n)*?```|~~~(?:.|\n)*?~~~)
      | [A-Za-z_$][A-Za-z0-9_]*+
      | (?:\d+(?:\.\d+)?)(?:{_UNITS})(?![A-Za-z0-9_])
      | 0[xX][0-9a-fA-F]+
      | \d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\d+\.(?![.\w])
      | \d+[A-Za-z_][A-Za-z0-9_]*
      | \d+
      | [@~]
      )
    | ( ["'][^\n]*+ | ```[^\n]*+ | \S )
    | \Z
    )
    """,
    re.VERBOSE,
)
"""What is between two words, and the word: a name or a sign, some other word, or none at all.

The frequent ones come first: each that does not fit is tried at every place. It finds something
wherever it looks, so that no part of a text is looked at twice.
"""

_NUMBER: Final = re.compile(
    rf"""
      (?P<timespan>\d+(?:\.\d+)?(?:{_UNITS}))
    | (?P<long>0[xX][0-9a-fA-F]+|\d+)
    | (?P<real>\d+\.\d*(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)
    | (?P<name>\w+)
    """,
    re.VERBOSE,
)
"""What a word that starts with a digit is."""
_NUMBER_KINDS: Final = {"timespan": TIMESPAN, "long": LONG, "real": REAL, "name": NAME}

_QUOTES: Final = "\"'"
_FENCE: Final = "```"
_ENDS_TEXT: Final = "\"'`~"
_MARKS: Final = "@~"
_PLAIN: Final = dict.fromkeys("-+*/%<>=|;:,.(){}[]!?", SYMBOL)
_PATH: Final = r"a '\' escapes the quote after it: double it, or write @'C:\temp\'"

_ESCAPES: Final = {
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "v": "\v",
}
_ESCAPE: Final = re.compile(
    r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|[0-7]{1,3}|.)", re.S
)


_NO_ESCAPE: Final = re.compile(
    r"\\(?![\\'\"0-7abfnrtv]|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2})."
)


def _unescape(match: re.Match[str]) -> str:
    code = match.group(1)
    if code[0] in "uUx" and len(code) > 1:
        point = int(code[1:], 16)
        return chr(point) if point <= 0x10FFFF else "\ufffd"
    if code in _ESCAPES:
        return _ESCAPES[code]
    if code[0] in "01234567":
        return chr(int(code, 8))
    return code


def _string_value(text: str) -> str:
    if text[0] in "hH":
        text = text[1:]
    if text[0] == "@":
        quote = text[1]
        return text[2:-1].replace(quote * 2, quote)
    if text[0] not in _QUOTES:
        return text[3:-3]
    body = text[1:-1]
    if "\\" not in body:
        return body
    joined = _ESCAPE.sub(_unescape, body)
    # A pair of \u escapes may spell one character beyond the basic plane.
    return joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def tokenize(text: str) -> list[Token]:
    """Split a query into tokens; the last one is END.

    Raises:
        KqlSyntaxError: at a character that starts no token, such as an unclosed quote.
    """
    tokens, mistakes = read(text)
    for mistake in mistakes.values():
        raise mistake
    return tokens


def read(text: str, most: int = DEFAULTS.words) -> tuple[list[Token], dict[int, KqlSyntaxError]]:
    """Split any text into tokens; the last one is END.

    Args:
        text: the query.
        most: tokens that it may have; the rest is not read.

    Returns:
        The tokens, and what is wrong with some of them, by the offset at which they start. A
        string that is not closed is a token up to the end of its line; characters that start no
        word are BAD ones.
    """
    mistakes: dict[int, KqlSyntaxError] = {}
    tokens: list[Token] = []
    append, kind_of = tokens.append, _PLAIN.get
    end = 0
    for space, plain, other, bad in _WORDS.findall(text):
        start = end + len(space) if space else end
        if plain:
            end = start + len(plain)
            append(Token(kind_of(plain[0], NAME), plain, start, end))
        elif other:
            end = start + len(other)
            append(_other(other, start, end, mistakes))
        elif bad:
            end = start + len(bad)
            _add_bad(text, start, end, tokens, mistakes)
        else:
            break
    if len(tokens) > most:
        first = tokens[most]
        del tokens[most:]
        mistakes = {at: mistake for at, mistake in mistakes.items() if at < first.start}
        mistakes[first.start] = _too_many(most, first.start, first.end)
        append(Token(BAD, text[first.start : first.end], first.start, first.end))
    append(Token(END, "", len(text), len(text)))
    return tokens, mistakes


def _other(word: str, start: int, end: int, mistakes: dict[int, KqlSyntaxError]) -> Token:
    """The token of a word that is neither a plain name nor a sign."""
    if word[0] in _QUOTES:
        if "\\" not in word:
            return Token(STRING, word[1:-1], start, end)
        _check_escapes(word, start, mistakes)
        return Token(STRING, _string_value(word), start, end)
    if word.isdecimal():
        return Token(LONG, word, start, end)
    if word[0].isdecimal():
        found = _NUMBER.fullmatch(word)
        kind = NAME if found is None else _NUMBER_KINDS[found.lastgroup or "name"]
        return Token(kind, word, start, end)
    if word in _MARKS:
        return Token(SYMBOL, word, start, end)
    if word[-1] in _ENDS_TEXT:
        if word[1] in _QUOTES and "\\" in word and word[0] != "@":
            _check_escapes(word, start, mistakes)
        return Token(STRING, _string_value(word), start, end)
    return Token(TYPED if word[-1] == ")" else NAME, word, start, end)


def _add_bad(
    text: str, start: int, end: int, tokens: list[Token], mistakes: dict[int, KqlSyntaxError]
) -> None:
    """Add characters that start no word; the same one repeated is one token."""
    if tokens and start < tokens[-1].end:
        return
    opens = text[start] in _QUOTES or text.startswith(_FENCE, start)
    mistake = _no_token(text, start)
    mistakes[start] = mistake
    tokens.append(Token(STRING if opens else BAD, text[start : mistake.end], start, mistake.end))


def _check_escapes(word: str, start: int, mistakes: dict[int, KqlSyntaxError]) -> None:
    """Note the first escape of a string that stands for nothing."""
    skipped = re.sub(r"\\\\", "  ", word)
    found = _NO_ESCAPE.search(skipped)
    if found is not None:
        sign = found.group()
        mistakes[start] = KqlSyntaxError(
            f"'{sign}' stands for no character",
            start + found.start(),
            start + found.end(),
            "double the '\\', or write @ before the text: @'\\d+'",
        )


def _too_many(most: int, start: int, end: int) -> KqlSyntaxError:
    return KqlSyntaxError(f"a query may have at most {most} words, numbers and signs", start, end)


def _no_token(text: str, position: int) -> KqlSyntaxError:
    character = text[position]
    end = text.find("\n", position)
    end = len(text) if end < 0 else end
    if text.startswith(_FENCE, position):
        return KqlSyntaxError(f"the string that starts with {_FENCE} is not closed", position, end)
    if character in _QUOTES:
        return KqlSyntaxError(
            f"the string that starts with {character} is not closed",
            position,
            end,
            _PATH if f"\\{character}" in text[position:end] else "",
        )
    end = position + 1
    while end < len(text) and text[end] == character:
        end += 1
    return KqlSyntaxError(
        f"unexpected {text[position:end]!r}", position, end, _CHARACTERS.get(character, "")
    )
