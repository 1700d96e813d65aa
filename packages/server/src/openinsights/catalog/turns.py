"""Work that one server does for all: whose turn it is, and how a late one is kept from deciding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from openinsights.catalog.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Callable

    import sqlalchemy as sa

ALERTS: Final = "alerts"
AVAILABILITY: Final = "availability"
DETECTION: Final = "detection"
NOTIFICATIONS: Final = "notifications"
KEEPING: Final = "keeping"
WORK: Final = (ALERTS, AVAILABILITY, DETECTION, NOTIFICATIONS, KEEPING)
"""The kinds of work."""


class NotOurTurn(CatalogError):
    """Another server does this work meanwhile; nothing of ours was written."""

    code = "NotOurTurn"


class Turn(Protocol):
    """Whether this server does a kind of work."""

    @property
    def is_ours(self) -> bool:
        """Whether the work is this server's now. Costs next to nothing."""

    def fence(self, connection: sa.Connection) -> None:
        """Make sure of it for the rest of a transaction.

        Raises:
            NotOurTurn: it is not; the transaction MUST be given up.
        """

    def watch(self, gained: Callable[[], None], lost: Callable[[], None]) -> None:
        """Let a worker know: when the work becomes this server's, and when it is no more.

        Both are called from another thread, never at the same time. Where the work is this
        server's for good, neither ever is.
        """


class AlwaysOurs:
    """The turn of a server that shares its catalog with none."""

    is_ours = True

    def fence(self, connection: sa.Connection) -> None:
        """Nobody else is there."""

    def watch(self, gained: Callable[[], None], lost: Callable[[], None]) -> None:
        """Nothing ever changes."""


ALWAYS: Final[Turn] = AlwaysOurs()


class NeverOurs:
    """The turn of a server that leaves the work to others."""

    is_ours = False

    def fence(self, connection: sa.Connection) -> None:
        """Refuse.

        Raises:
            NotOurTurn: always.
        """
        raise NotOurTurn("BUG: this server does no work of this kind")

    def watch(self, gained: Callable[[], None], lost: Callable[[], None]) -> None:
        """Nothing ever changes."""


NEVER: Final[Turn] = NeverOurs()
