"""Where the cursor stands in a query that is being written, and what names mean there.

The text before the cursor is completed so that it can be bound, with a name that nobody uses at the
cursor; when the binder comes to that name, it is where the cursor is: in the subquery of mv-apply or
partition, in a function's body, in a step of scan. Mistakes elsewhere are no obstacle.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from openinsights.kql.api import CompileOptions
from openinsights.kql.binder import Binder
from openinsights.kql.bound import Symbol, constant
from openinsights.kql.errors import KqlError
from openinsights.kql.expressions import Expressions
from openinsights.kql.operators.registry import BY_NAME
from openinsights.kql.parser import parse
from openinsights.kql.plan import Values
from openinsights.kql.scope import (
    Column,
    FunctionVariable,
    Relation,
    ScalarVariable,
    Scope,
    TabularVariable,
)
from openinsights.kql.syntax import FunctionBody, Let
from openinsights.kql.tokens import NAME, SYMBOL, Token

if TYPE_CHECKING:
    from openinsights.kql.database import Database
    from openinsights.kql.syntax import Parameter

_HERE: Final = "__here__"
_OPENING: Final = {"(": ")", "[": "]", "{": "}"}
_WITH_TABLES: Final = ("join", "lookup", "union")
_CALLS_OF_TABLES: Final = ("toscalar", "materialize", "view")


@dataclass(slots=True)
class Frame:
    """A bracket that is open at the cursor, or the text itself.

    Attributes:
        opening: which token opens it; -1 for the text itself.
        kind: `source` if a query of its own stands in it, `operators` if operators without a
            source, `steps` of scan, `arguments` of anything.
        first: its first token that belongs to the statement at the cursor.
        pipe: its last pipe in that statement, or None.
    """

    opening: int
    kind: str
    first: int
    pipe: int | None = None


@dataclass(slots=True)
class Place:
    """Where the cursor stands.

    Attributes:
        tokens: those before it.
        frames: from the text itself to the innermost bracket.
    """

    tokens: list[Token]
    frames: list[Frame] = field(default_factory=list)

    @property
    def pipeline(self) -> Frame:
        """The innermost bracket that holds a query, operators or steps."""
        return next(
            frame
            for frame in reversed(self.frames)
            if frame.kind != "arguments" or frame.pipe is not None
        )

    @property
    def operator_tokens(self) -> list[Token]:
        """The tokens of the operator at the cursor, or of the source where no pipe is yet."""
        frame = self.pipeline
        return self.tokens[frame.first if frame.pipe is None else frame.pipe + 1 :]

    @property
    def is_in_parts(self) -> bool:
        """Whether only operators that treat each part of the rows by itself may stand here."""
        return any(
            frame.kind == "operators" and self._before(frame)[:1] in (["mv-apply"], ["partition"])
            for frame in self.frames
        )

    def _before(self, frame: Frame) -> list[str]:
        outer = self.frames[self.frames.index(frame) - 1]
        return words(self.tokens[outer.first if outer.pipe is None else outer.pipe + 1 :])


def words(tokens: list[Token]) -> list[str]:
    """The texts of tokens, those of an operator's name as one."""
    name, taken = "", 0
    for token in tokens:
        begun = {known[: len(name + token.text)] for known in BY_NAME}
        if name + token.text not in begun:
            break
        name += token.text
        taken += 1
    rest = [token.text for token in tokens[taken:]]
    return [name, *rest] if taken else rest


def place_of(tokens: list[Token]) -> Place:
    """Return where the end of the tokens stands."""
    place = Place(tokens, [Frame(-1, "source", 0)])
    for at, token in enumerate(tokens):
        if token.kind != SYMBOL:
            continue
        inner = place.frames[-1]
        if token.text in _OPENING:
            before = tokens[inner.first if inner.pipe is None else inner.pipe + 1 : at]
            place.frames.append(Frame(at, _kind(token.text, before, inner), at + 1))
        elif token.text in _OPENING.values() and len(place.frames) > 1:
            place.frames.pop()
        elif token.text == "|":
            inner.pipe = at
        elif token.text == ";":
            inner.first, inner.pipe = at + 1, None
    top = place.frames[-1]
    said = [token.text for token in tokens[top.first : top.first + 3]]
    if top.kind == "source" and said[:1] == ["let"] and said[2:] == ["="]:
        top.first += 3
    return place


def _kind(bracket: str, before: list[Token], outer: Frame) -> str:
    """What an opening bracket begins, by what stands before it in its operator."""
    said = words(before)
    name, last = (said[0], said[-1]) if said else ("", "")
    if bracket == "{":
        return "source"
    if bracket == "[" or not said:
        return "source" if bracket == "(" and outer.kind == "source" else "arguments"
    if name == "mv-apply" and last == "on":
        return "operators"
    if name == "partition" and "by" in said and before[-1].kind == NAME and last != "by":
        return "operators"
    if name == "fork" or (name == "facet" and last == "with"):
        return "operators"
    if name == "scan" and last == "with":
        return "steps"
    if name in _WITH_TABLES and "on" not in said and last not in ("withsource", "hint"):
        return "source"
    if last in _CALLS_OF_TABLES or (name == "let" and said[2:] == ["="]):
        return "source"
    return "arguments"


@dataclass(frozen=True, slots=True)
class Seen:
    """What names mean at the cursor.

    Attributes:
        columns: names and types.
        variables: names of let statements, of parameters and of declared values.
    """

    columns: tuple[tuple[str, str], ...] = ()
    variables: tuple[str, ...] = ()


def seen_at(text: str, place: Place, database: Database, after: str = "") -> Seen:
    """Return what names mean at the end of a text whose tokens lead to a place.

    Args:
        text: of the query before the cursor.
        place: of its tokens.
        database: the tables.
        after: what must stand behind a name there for it to be read.
    """
    frame = place.pipeline
    start = place.tokens[frame.pipe].end if frame.pipe is not None else _start(place, frame)
    closed = closing(place, len(place.frames))
    outer = closing(place, place.frames.index(frame) + 1)
    operator = " where " if frame.pipe is not None or frame.kind == "operators" else " print "
    tries = [f"{text} {_HERE}{after}{closed}", f"{text[:start]}{operator}{_HERE}{outer}"]
    if frame.opening >= 0 and frame.kind == "source":
        # What stands around it is not whole without what comes behind it: `join (… ) on …`.
        before = text[: _start(place, place.frames[0])]
        tries.append(f"{before} {text[_start(place, frame) : start]}{operator}{_HERE}")
    for tried in tries:
        found = _looked(tried, database)
        if found is not None:
            return found
    return Seen()


def sides_at(text: str, place: Place, database: Database) -> Seen:
    """Return the columns that both sides of a join have, at a text's end within its conditions."""
    closed = closing(place, len(place.frames))
    left, right = (
        _looked(f"{text} {side}.{_HERE} == {other}.a{closed}", database) or Seen()
        for side, other in (("$left", "$right"), ("$right", "$left"))
    )
    names = {name for name, _ in right.columns}
    return Seen(tuple(each for each in left.columns if each[0] in names), left.variables)


def closing(place: Place, count: int) -> str:
    """Return what closes the first so many frames of a place."""
    opened = [place.tokens[frame.opening].text for frame in place.frames[1:count]]
    return "".join(_OPENING[text] for text in reversed(opened))


def _start(place: Place, frame: Frame) -> int:
    return place.tokens[frame.first - 1].end if frame.first > 0 else 0


def _looked(text: str, database: Database) -> Seen | None:
    binder = Binder(database, CompileOptions(now_ticks=0), lambda *_: None)
    binder.watched = _HERE
    try:
        query, _ = parse(text, BY_NAME)
        binder.query(query)
        for statement in query.statements:
            if isinstance(statement, Let) and isinstance(statement.value, FunctionBody):
                _body(binder, statement.name)
    except (KqlError, RecursionError):
        pass
    if binder.seen is None:
        return None
    relation, scope = binder.seen
    columns = relation.columns if relation is not None else ()
    return Seen(tuple((c.name, str(c.type)) for c in columns), tuple(dict.fromkeys(scope.names())))


def _body(binder: Binder, name: str) -> None:
    """Bind the body of a function, whose arguments nobody has given yet."""
    variable = binder.scope.variables.get(name)
    if not isinstance(variable, FunctionVariable):
        return
    local = Scope(variable.scope)
    for parameter in variable.body.parameters:
        if parameter.type is not None:
            value = ScalarVariable(constant(None, parameter.type))
            local.variables[parameter.name] = value
        else:
            table = TabularVariable(parameter.name, parameter, local, _any_rows(parameter))
            local.variables[parameter.name] = table
    for bind in (_as_table, _as_value):
        try:
            bind(binder, variable, local.copy())
        except KqlError:
            continue


def _as_table(binder: Binder, variable: FunctionVariable, local: Scope) -> None:
    binder.result_of(variable.body, variable.name, local)


def _as_value(binder: Binder, variable: FunctionVariable, local: Scope) -> None:
    Expressions(binder, local, None).bind(variable.body.statements[-1])


def _any_rows(parameter: Parameter) -> Relation:
    symbols = tuple(Symbol(name, type_) for name, type_ in parameter.columns or ())
    columns = tuple(Column(symbol.name, symbol) for symbol in symbols)
    return Relation(Values(symbols, ()), columns, is_open=parameter.columns is None)
