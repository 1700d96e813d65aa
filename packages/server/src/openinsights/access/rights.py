"""What a route needs of its caller, and what the roles of people allow."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

EVERYTHING: Final = "*"
"""Stands for every resource, those of tomorrow included, where a grant names a resource."""


class Right(StrEnum):
    """What a route needs; each route names one.

    READ, WRITE and MANAGE are held for single resources or for all of them. ADMINISTER is about
    the server itself. PROBE lists the availability tests of a resource to run them elsewhere; only
    keys are given it. Two need no right of the caller: what takes telemetry is opened by the
    instrumentation key (and a token, where a resource asks for one), and what is OPEN tells and
    changes nothing that anybody could want to keep from others.
    """

    OPEN = "open"
    INGEST = "ingest"
    READ = "read"
    WRITE = "write"
    MANAGE = "manage"
    PROBE = "probe"
    ADMINISTER = "administer"


class Role(StrEnum):
    """What a person is, for a resource or for all of them."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"


_EDITOR: Final = frozenset((Right.READ, Right.WRITE, Right.INGEST))

ROLE_RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.VIEWER: frozenset((Right.READ,)),
    Role.EDITOR: _EDITOR,
    Role.ADMIN: _EDITOR | {Right.MANAGE},
}
"""The rights of a role. The admin of every resource may also ADMINISTER the server."""

KEY_RIGHTS: Final[Mapping[Right, frozenset[Right]]] = {
    Right.READ: frozenset((Right.READ,)),
    Right.WRITE: frozenset((Right.WRITE, Right.INGEST)),
    Right.MANAGE: frozenset((Right.MANAGE,)),
    Right.PROBE: frozenset((Right.PROBE, Right.INGEST)),
}
"""The rights that an API key can be given, and what each of them allows."""
