"""The expressions of OData that the metrics and events endpoints take, as KQL.

Operators `or and not eq ne gt ge lt le in add sub mul div mod`, the functions of `_FUNCTIONS`, and
literals: texts in quotes, numbers, times, `duration'PT1S'`, `true`, `false`, `null`. Each value is
written as a literal of KQL; nothing of a text is taken over as it stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openinsights.query.errors import BadQueryArgument
from openinsights.query.literals import literal
from openinsights.query.timespan import parse_duration, parse_instant
from openinsights.schema.types import KqlType

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.query.fields import Field

MAX_CHARACTERS: Final = 10_000
MAX_DEPTH: Final = 50
_WORD: Final = re.compile(
    r"""\s*(?:
      (?P<text>'(?:[^']|'')*')
    | (?P<duration>duration'[^']*')
    | (?P<time>\d{4}-\d\d-\d\d(?:T[\d:.,]+(?:Z|[+-]\d\d:?\d\d)?)?)
    | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<name>[$@]?[A-Za-z_][\w.$-]*(?:/[\w.$@:-]+)*)
    | (?P<sign>[(),/*-])
    )""",
    re.VERBOSE,
)
_COMPARISONS: Final = {"eq": "==", "ne": "!=", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_SUMS: Final = {"add": "+", "sub": "-"}
_PRODUCTS: Final = {"mul": "*", "div": "/", "mod": "%"}
_NUMBERS: Final = (KqlType.INT, KqlType.LONG, KqlType.REAL, KqlType.DECIMAL)
_TEXT, _REAL, _BOOL, _TIME = KqlType.STRING, KqlType.REAL, KqlType.BOOL, KqlType.DATETIME
_APART: Final = (_TIME, KqlType.TIMESPAN)
"""What is comparable with itself, and with texts that say the same."""
_FUNCTIONS: Final[dict[str, tuple[tuple[KqlType, ...], KqlType, str]]] = {
    "contains": ((_TEXT, _TEXT), _BOOL, "({0} contains_cs {1})"),
    "substringof": ((_TEXT, _TEXT), _BOOL, "({1} contains_cs {0})"),
    "startswith": ((_TEXT, _TEXT), _BOOL, "({0} startswith_cs {1})"),
    "endswith": ((_TEXT, _TEXT), _BOOL, "({0} endswith_cs {1})"),
    "concat": ((_TEXT, _TEXT), _TEXT, "strcat({0}, {1})"),
    "length": ((_TEXT,), _REAL, "toreal(strlen({0}))"),
    "indexof": ((_TEXT, _TEXT), _REAL, "toreal(indexof({0}, {1}))"),
    "tolower": ((_TEXT,), _TEXT, "tolower({0})"),
    "toupper": ((_TEXT,), _TEXT, "toupper({0})"),
    "trim": ((_TEXT,), _TEXT, 'trim(@"\\s+", {0})'),
    "round": ((_REAL,), _REAL, "round({0})"),
    "floor": ((_REAL,), _REAL, "floor({0}, 1.0)"),
    "ceiling": ((_REAL,), _REAL, "ceiling({0})"),
    "year": ((_TIME,), _REAL, 'toreal(datetime_part("year", {0}))'),
    "month": ((_TIME,), _REAL, 'toreal(datetime_part("month", {0}))'),
    "day": ((_TIME,), _REAL, 'toreal(datetime_part("day", {0}))'),
    "hour": ((_TIME,), _REAL, 'toreal(datetime_part("hour", {0}))'),
    "minute": ((_TIME,), _REAL, 'toreal(datetime_part("minute", {0}))'),
    "second": ((_TIME,), _REAL, 'toreal(datetime_part("second", {0}))'),
    "now": ((), _TIME, "now()"),
}
"""Types of the arguments, type of the value, KQL."""
_CASTS: Final[dict[KqlType, str]] = {
    _TEXT: "tostring({0})",
    _REAL: "toreal({0})",
    _BOOL: "tobool({0})",
    _TIME: "todatetime({0})",
    KqlType.TIMESPAN: "totimespan({0})",
}


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text.

    Attributes:
        kind: text, duration, time, number, name, sign, or end.
        text: as it stands.
        at: where it begins.
    """

    kind: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Expression:
    """KQL, and the type of its value; None for null."""

    kql: str
    type: KqlType | None


def filter_kql(text: str, name: str, find: Callable[[str], Field]) -> str:
    """Return the condition that a text means.

    Args:
        text: as it came.
        name: what to call it in an error: `$filter`.
        find: the field of a path; raises BadQueryArgument for an unknown one.

    Raises:
        BadQueryArgument: it is no expression, or no condition.
    """
    reader = Reader(text, name, find)
    found = reader.condition()
    reader.expect_end()
    return found


class Reader:
    """Reads expressions from a text, from left to right."""

    def __init__(self, text: str, name: str, find: Callable[[str], Field]) -> None:
        self._name = name
        self._find = find
        self._words = self._split(text)
        self._place = 0
        self._depth = 0

    @property
    def word(self) -> Word:
        """The next word."""
        return self._words[self._place]

    def take(self, *texts: str) -> Word | None:
        """Return the next word and go on, if it is one of these names or signs."""
        word = self.word
        if word.kind not in ("name", "sign") or word.text.lower() not in texts:
            return None
        self._place += 1
        return word

    def expect(self, text: str) -> None:
        """Go on behind a name or a sign.

        Raises:
            BadQueryArgument: something else stands there.
        """
        if self.take(text) is None:
            raise self.wrong(f"{text!r} is expected")

    def expect_end(self) -> None:
        """Make sure that nothing is left.

        Raises:
            BadQueryArgument: something is.
        """
        if self.word.kind != "end":
            raise self.wrong("the end is expected")

    def path(self) -> str:
        """Return a path and go on.

        Raises:
            BadQueryArgument: something else stands there.
        """
        if self.word.kind != "name":
            raise self.wrong("a name is expected")
        self._place += 1
        return self._words[self._place - 1].text

    def wrong(self, what: str) -> BadQueryArgument:
        """Return the error of the next word."""
        found = f"not {self.word.text!r}" if self.word.text else "not the end"
        return BadQueryArgument(
            f"cannot use {self._name}: {what} at character {self.word.at + 1}, {found}"
        )

    def condition(self) -> str:
        """Return a condition and go on.

        Raises:
            BadQueryArgument: it is none.
        """
        before = self.word
        found = self._either()
        if found.type is not _BOOL:
            raise BadQueryArgument(
                f"cannot use {self._name}: a condition is expected at character {before.at + 1}"
            )
        return found.kql

    def _either(self) -> Expression:
        found = self._both()
        while self.take("or"):
            found = Expression(f"({self._bool(found)} or {self._bool(self._both())})", _BOOL)
        return found

    def _both(self) -> Expression:
        found = self._not()
        while self.take("and"):
            found = Expression(f"({self._bool(found)} and {self._bool(self._not())})", _BOOL)
        return found

    def _not(self) -> Expression:
        if self.take("not"):
            return Expression(f"not({self._bool(self._nested(self._not))})", _BOOL)
        return self._comparison()

    def _comparison(self) -> Expression:
        found = self._sum()
        if self.take("in"):
            self.expect("(")
            cases = [self._compared(found, "==", self._sum())]
            while self.take(","):
                cases.append(self._compared(found, "==", self._sum()))
            self.expect(")")
            return Expression(f"({' or '.join(cases)})", _BOOL)
        word = self.take(*_COMPARISONS)
        if word is None:
            return found
        sign = _COMPARISONS[word.text.lower()]
        return Expression(self._compared(found, sign, self._sum()), _BOOL)

    def _sum(self) -> Expression:
        found = self._product()
        while word := self.take(*_SUMS):
            found = self._reckoned(found, _SUMS[word.text.lower()], self._product())
        return found

    def _product(self) -> Expression:
        found = self._single()
        while word := self.take(*_PRODUCTS):
            found = self._reckoned(found, _PRODUCTS[word.text.lower()], self._single())
        return found

    def _single(self) -> Expression:
        if self.take("-"):
            return Expression(f"(-{_cast(self._nested(self._single), _REAL)})", _REAL)
        if self.take("("):
            found = self._nested(self._either)
            self.expect(")")
            return found
        word = self.word
        if word.kind == "end" or word.kind == "sign":
            raise self.wrong("a value is expected")
        self._place += 1
        if word.kind == "name":
            return self._named(word)
        try:
            return _value(word)
        except ValueError as error:
            raise BadQueryArgument(f"cannot use {self._name}: {error}") from None

    def _named(self, word: Word) -> Expression:
        if word.text in ("true", "false"):
            return Expression(word.text, _BOOL)
        if word.text == "null":
            return Expression("", None)
        function = _FUNCTIONS.get(word.text.lower())
        if function is not None and self.take("("):
            return self._call(word, *function)
        found = self._find(word.text)
        return Expression(found.kql, found.type)

    def _call(
        self, word: Word, types: tuple[KqlType, ...], result: KqlType, kql: str
    ) -> Expression:
        arguments: list[Expression] = []
        while not self.take(")"):
            if arguments:
                self.expect(",")
            arguments.append(self._nested(self._either))
        if len(arguments) != len(types):
            raise BadQueryArgument(
                f"cannot use {self._name}: {word.text} takes {len(types)} values,"
                f" not {len(arguments)}"
            )
        cast = (_cast(each, kind) for each, kind in zip(arguments, types, strict=True))
        return Expression(kql.format(*cast), result)

    def _nested(self, read: Callable[[], Expression]) -> Expression:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise BadQueryArgument(f"cannot use {self._name}: it is nested too deeply")
        found = read()
        self._depth -= 1
        return found

    def _bool(self, found: Expression) -> str:
        if found.type is not _BOOL:
            raise self.wrong("a condition is expected before")
        return found.kql

    def _reckoned(self, left: Expression, sign: str, right: Expression) -> Expression:
        return Expression(f"({_cast(left, _REAL)} {sign} {_cast(right, _REAL)})", _REAL)

    def _compared(self, left: Expression, sign: str, right: Expression) -> str:
        if left.type is None or right.type is None:
            found = left if right.type is None else right
            if found.type is None or sign not in ("==", "!="):
                raise self.wrong("something to compare with null by eq or ne is expected before")
            empty = "isempty" if found.type in (_TEXT, KqlType.DYNAMIC) else "isnull"
            kql = _cast(found, _TEXT) if found.type is KqlType.DYNAMIC else found.kql
            return f"{empty}({kql})" if sign == "==" else f"not({empty}({kql}))"
        kind = _common(left.type, right.type)
        for each in (left, right):
            if each.type in _APART and kind is not each.type:
                raise self.wrong(f"something to compare with a {each.type} is expected before")
            if kind in _APART and each.type in _NUMBERS:
                raise self.wrong(f"something to compare with a {each.type} is expected before")
        return f"({_cast(left, kind)} {sign} {_cast(right, kind)})"

    def _split(self, text: str) -> list[Word]:
        if len(text) > MAX_CHARACTERS:
            raise BadQueryArgument(
                f"cannot use {self._name}: it is longer than {MAX_CHARACTERS} characters"
            )
        words, place, end = [], 0, len(text.rstrip())
        while place < end:
            match = _WORD.match(text, place)
            if match is None:
                raise BadQueryArgument(
                    f"cannot use {self._name}: {text[place:].lstrip()[0]!r} at character"
                    f" {place + 1} begins nothing that is known"
                )
            kind = str(match.lastgroup)
            words.append(Word(kind, match[kind], match.start(kind)))
            place = match.end()
        return [*words, Word("end", "", len(text))]


def _value(word: Word) -> Expression:
    if word.kind == "text":
        return Expression(literal(_TEXT, word.text[1:-1].replace("''", "'")), _TEXT)
    if word.kind == "number":
        return Expression(literal(_REAL, float(word.text)), _REAL)
    if word.kind == "time":
        return Expression(literal(_TIME, parse_instant(word.text)), _TIME)
    ticks = parse_duration(word.text.removeprefix("duration")[1:-1])
    return Expression(literal(KqlType.TIMESPAN, ticks), KqlType.TIMESPAN)


def _common(left: KqlType, right: KqlType) -> KqlType:
    """Return the type in which two values are compared: a text gives way to anything else."""
    kinds = {_REAL if kind in _NUMBERS else kind for kind in (left, right)} - {KqlType.DYNAMIC}
    if len(kinds) == 1:
        return kinds.pop()
    for kind in (_BOOL, _TIME, KqlType.TIMESPAN, _REAL):
        if kind in kinds:
            return kind
    return _TEXT


def _cast(found: Expression, kind: KqlType) -> str:
    if found.type is None:
        raise BadQueryArgument("cannot use null here: it is compared by eq and ne alone")
    if found.type is kind:
        return found.kql
    if kind is _BOOL and found.type is _TEXT:
        # 'True' and '1' are how tables say it
        return f'(tolower({found.kql}) in ("true", "1"))'
    return _CASTS[kind].format(found.kql)
