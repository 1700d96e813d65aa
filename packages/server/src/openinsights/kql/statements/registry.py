"""What each kind of statement means, by its syntax node; `let` stands in the binder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from openinsights.kql.statements import options, pattern, query_parameters, restrict
from openinsights.kql.syntax import Declare, Node, SetOption

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.kql.binder import Binder
    from openinsights.kql.scope import Scope

BY_NODE: Final[dict[type[Node], Callable[[Binder, Any, Scope], None]]] = {
    SetOption: options.bind,
    Declare: query_parameters.bind,
    restrict.Restrict: restrict.bind,
    pattern.DeclarePattern: pattern.bind,
}
"""Each binds a statement of its kind: it changes the scope or the binder and gives no rows."""
