"""Who asks: a person, a key, a service or the machine itself, with what each may."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from openinsights.access.rights import EVERYTHING, Right

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openinsights.access.errors import AccessError

_NOTHING: Final[frozenset[Right]] = frozenset()
_KNOWN: Final = ("person", "key", "service")


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who asks.

    Attributes:
        name: as the audit log tells it.
        kind: `local`, `person`, `key`, `service` or `nobody`.
        grants: rights by the application id of a resource, or `EVERYTHING`.
        id: of the key or the person; "" when it has none.
        refusal: why what the caller shows is worth nothing; None when nothing is wrong with it.
    """

    name: str
    kind: str
    grants: Mapping[str, frozenset[Right]] = field(default_factory=dict)
    id: str = ""
    refusal: AccessError | None = None

    @property
    def principal(self) -> str:
        """Kind and id, by which a query may tell its callers apart; "" for who did not sign in."""
        return f"{self.kind}={self.id or self.name}" if self.kind in _KNOWN else ""

    def may(self, right: Right, app_id: str) -> bool:
        """Return whether the caller holds a right for a resource."""
        return right in self.grants.get(app_id, _NOTHING) or self.may_everywhere(right)

    def may_everywhere(self, right: Right) -> bool:
        """Return whether the caller holds a right for every resource."""
        return right in self.grants.get(EVERYTHING, _NOTHING)

    def may_somewhere(self, right: Right) -> bool:
        """Return whether there is a resource for which the caller holds a right."""
        return any(right in rights for rights in self.grants.values())


LOCAL: Final = Caller("this machine", "local", {EVERYTHING: frozenset(Right)})
"""Who asks on loopback, where nobody is asked to sign in."""

NOBODY: Final = Caller("nobody", "nobody")
"""Who shows nothing."""


def nobody(refusal: AccessError) -> Caller:
    """Return who shows something that is not valid."""
    return Caller(NOBODY.name, NOBODY.kind, refusal=refusal)


@dataclass(frozen=True, slots=True)
class Asking:
    """A caller and the right that the route they asked needs."""

    caller: Caller
    right: Right


ASKING: Final[ContextVar[Asking | None]] = ContextVar("asking", default=None)
"""Who is served at the moment. The routes set it; what looks up resources on their behalf, on
whatever thread, reads it. None outside of a request."""
