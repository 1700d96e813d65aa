"""The shape of a plugin: one row says all that is known about it.

To add a plugin, write its binding in a family's file, add a `Plugin` row to the family's list, and
the family to registry.py. A plugin that is known and not run is a row of refused.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from openinsights.kql.binder import Binder
    from openinsights.kql.operators.evaluate import Evaluate
    from openinsights.kql.scope import Relation, Scope


class BindPlugin(Protocol):
    """Gives a plugin its meaning; MUST NOT change the relation that it is given."""

    def __call__(
        self, binder: Binder, node: Evaluate, relation: Relation, scope: Scope, /
    ) -> Relation:
        """Return the relation that the plugin makes of its input."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """One row of the table of plugins.

    Attributes:
        name: as queries spell it.
        bind: its meaning.
        doc: one sentence.
    """

    name: str
    bind: BindPlugin
    doc: str
