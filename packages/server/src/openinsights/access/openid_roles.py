"""What the claims of a provider's token mean here: a name, and roles from groups."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from openinsights.access.caller import Caller
from openinsights.access.errors import InvalidAccess
from openinsights.access.people import grants_of
from openinsights.access.rights import EVERYTHING, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openinsights.catalog.resource import Resource

_NAMES: Final = ("preferred_username", "email", "name", "upn", "app_displayname")
_SERVICES: Final = ("app_displayname", "azp", "appid", "client_id")
_RANKS: Final = (Role.VIEWER, Role.EDITOR, Role.ADMIN)
_ANYBODY: Final = "*"


@dataclass(frozen=True, slots=True)
class GroupRole:
    """A row of the mapping: who is in a group has a role, for a resource or for all."""

    group: str
    role: Role
    app: str = EVERYTHING


def parse_roles(text: str) -> tuple[GroupRole, ...]:
    """Return the rows of `group=role` or `group=role:resource`, separated by commas.

    Raises:
        InvalidAccess: the text has another form, or a role does not exist.
    """
    rows = []
    for part in filter(None, (each.strip() for each in text.split(","))):
        group, equals, rest = part.rpartition("=")
        role, _, app = rest.partition(":")
        if not equals or not group.strip() or role.strip() not in list(Role):
            raise InvalidAccess(
                f"cannot use {part!r} in openid_roles: it has to be GROUP=ROLE or"
                f" GROUP=ROLE:RESOURCE, and a role is one of {', '.join(Role)}"
            )
        rows.append(GroupRole(group.strip(), Role(role.strip()), app.strip() or EVERYTHING))
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What claims mean.

    Attributes:
        rows: roles by group.
        claims: names of the claims that hold groups.
        find: returns a resource by its name.
    """

    rows: tuple[GroupRole, ...]
    claims: tuple[str, ...]
    find: Callable[[str], Resource | None]

    def roles(self, claims: Mapping[str, Any]) -> dict[str, Role]:
        """Return roles by application id, or `EVERYTHING`: of several, the one that may most."""
        groups = self.groups(claims) | {_ANYBODY}
        roles: dict[str, Role] = {}
        for row in self.rows:
            if row.group not in groups:
                continue
            app_id = row.app
            if app_id != EVERYTHING:
                resource = self.find(row.app)
                if resource is None:
                    continue
                app_id = resource.app_id
            before = roles.get(app_id, row.role)
            roles[app_id] = max(before, row.role, key=_RANKS.index)
        return roles

    def groups(self, claims: Mapping[str, Any]) -> set[str]:
        """Return the groups that claims name."""
        found: set[str] = set()
        for name in self.claims:
            value = claims.get(name)
            listed = [value] if isinstance(value, str) else value
            if isinstance(listed, list):
                found |= {each for each in listed if isinstance(each, str)}
        return found

    def service(self, claims: Mapping[str, Any]) -> Caller:
        """Return who asks with a token of these claims."""
        subject = str(claims["sub"])
        return Caller(
            _named(claims, _SERVICES + _NAMES) or subject,
            "service",
            grants_of(self.roles(claims)),
        )


def person_of(claims: Mapping[str, Any]) -> tuple[str, str]:
    """Return what recognises a person for ever, and what people call the person.

    Only issuer and subject together recognise: names and addresses change hands.
    """
    issuer, subject = str(claims["iss"]), str(claims["sub"])
    digest = hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()
    shown = _named(claims, _NAMES) or subject
    printable = "".join(each for each in shown if each.isprintable())[:150]
    return f"openid:{digest[:40]}", f"{printable} ({urlsplit(issuer).hostname})"


def _named(claims: Mapping[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        value = claims.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""
