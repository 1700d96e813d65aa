"""The shape of a tabular operator: how it is read and what it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.parser import Parser
    from openinsights.kql.scope import Relation, Scope
    from openinsights.kql.syntax import Node


class Parse(Protocol):
    """Reads an operator whose name was just taken; MUST leave the parser after its last token."""

    def __call__(self, parser: Parser, start: int) -> Node:
        """Return the syntax node; `start` is the offset of the operator's name."""


class Bind(Protocol):
    """Gives an operator its meaning; MUST NOT change the relation that it is given."""

    def __call__(
        self,
        binder: Binder,
        node: Any,
        relation: Relation,
        scope: Scope,
    ) -> Relation:
        """Return the relation that the operator makes of its input."""


class BindSource(Protocol):
    """Gives an operator that starts a pipeline its meaning."""

    def __call__(
        self,
        binder: Binder,
        node: Any,
        scope: Scope,
    ) -> Relation:
        """Return the relation that the operator makes."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One row of the operator table.

    Attributes:
        names: as queries spell it.
        node: the class of its syntax node.
        parse: reads it.
        bind: its meaning after a `|`; None if it may only start a pipeline.
        bind_source: its meaning at the start; None if it may only follow a `|`.
        doc: one sentence.
        keeps: whether its rows have the columns of its input and no others, so that a mistake in it
            leaves them known.
        in_parts: whether it treats each part of the rows as a table of its own, inside mv-apply
            and partition; others are refused there.
        takes_graph: whether a graph stands before it, rather than a table.
    """

    names: tuple[str, ...]
    node: type[Node]
    parse: Parse
    bind: Bind | None = None
    bind_source: BindSource | None = None
    doc: str = ""
    in_parts: bool = False
    takes_graph: bool = False
    keeps: bool = False

    @property
    def is_source(self) -> bool:
        """Whether it may start a pipeline."""
        return self.bind_source is not None
