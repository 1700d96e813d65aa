"""The parsed query: what the text says, before any name is known. Parser to binder.

Nodes of tabular operators stand beside their operator (`operators/<name>.py`). Nodes are plain
slotted dataclasses, not frozen ones: a frozen one costs three times as much to make, and nobody
but the parser makes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openinsights.schema.types import KqlType


@dataclass(slots=True)
class Node:
    """A piece of the query's text: offsets of its first character and after its last."""

    start: int
    end: int


@dataclass(slots=True)
class Literal(Node):
    """A constant: the value in the server's own form (ticks, text, …), None for a typed null."""

    value: object
    type: KqlType


@dataclass(slots=True)
class TypeLiteral(Node):
    """`typeof(long)`."""

    type: KqlType


@dataclass(slots=True)
class Name(Node):
    """A column, variable, table or function named alone."""

    name: str


@dataclass(slots=True)
class Star(Node):
    """`*` where an expression may stand: `count(*)`, `arg_max(t, *)`."""


@dataclass(slots=True)
class Pattern(Node):
    """A name with wildcards: `client_*`."""

    text: str


@dataclass(slots=True)
class Member(Node):
    """`base.name`."""

    base: Node
    name: str


@dataclass(slots=True)
class ResourceTables(Node):
    """`app('x').req*`: tables of a resource that a pattern fits."""

    base: Call
    pattern: Pattern


@dataclass(slots=True)
class Index(Node):
    """`base[index]`."""

    base: Node
    index: Node


@dataclass(slots=True)
class Named(Node):
    """`name = value` or `(a, b) = value`."""

    names: tuple[str, ...]
    value: Node
    compound: bool = False


@dataclass(slots=True)
class Call(Node):
    """`name(arguments)`; an argument may be Named, Star or a Pipeline."""

    name: str
    arguments: list[Node]
    name_end: int


@dataclass(slots=True)
class Unary(Node):
    """`-x`, `+x`."""

    operator: str
    operand: Node


@dataclass(slots=True)
class Binary(Node):
    """`left operator right`, other than and/or."""

    operator: str
    left: Node
    right: Node
    operator_start: int
    operator_end: int


@dataclass(slots=True)
class Logical(Node):
    """`a and b and c`: a chain of one connective, flat, however long."""

    operator: str
    operands: list[Node]


@dataclass(slots=True)
class Between(Node):
    """`value [!]between (low .. high)`."""

    value: Node
    low: Node
    high: Node
    negated: bool


@dataclass(slots=True)
class InList(Node):
    """`value in (a, b)` and its kin: in, !in, in~, !in~, has_any, has_all."""

    operator: str
    value: Node
    items: list[Node]
    operator_start: int
    operator_end: int


@dataclass(slots=True)
class Broken(Node):
    """A tabular operator that could not be read; its mistake is already noted.

    `operator` is its name, as written or as probably meant; "" where there is none. `name` is the
    variable that a statement would have declared.
    """

    operator: str = ""
    name: str = ""


@dataclass(slots=True)
class Pipeline(Node):
    """A source and the operators applied to it in turn."""

    source: Node
    operators: list[Node]


@dataclass(slots=True)
class Parameter(Node):
    """One parameter of a function: scalar with a type, or tabular with columns (None: any)."""

    name: str
    type: KqlType | None
    columns: tuple[tuple[str, KqlType], ...] | None
    default: Node | None


@dataclass(slots=True)
class FunctionBody(Node):
    """`(parameters) { let …; result }`."""

    parameters: tuple[Parameter, ...]
    statements: list[Node]
    is_view: bool


@dataclass(slots=True)
class Let(Node):
    """`let name = value`; `name_start` is the offset of the name."""

    name: str
    value: Node
    name_start: int


@dataclass(slots=True)
class SetOption(Node):
    """`set name = value`: accepted; options that change results are refused by the binder."""

    name: str
    value: Node | None


@dataclass(slots=True)
class Declare(Node):
    """`declare query_parameters(name:type = default, …)`."""

    parameters: tuple[Parameter, ...]


@dataclass(slots=True)
class Query(Node):
    """All statements of a text in order."""

    statements: list[Node]
