"""What administrators do with people and keys, for the API and for commands alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openinsights.access.errors import InvalidAccess
from openinsights.access.rights import EVERYTHING, KEY_RIGHTS, Right, Role
from openinsights.clock import TICKS_PER_DAY, to_datetime

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from openinsights.access.audit import Deed
    from openinsights.access.keys import ApiKey
    from openinsights.access.parts import Access
    from openinsights.access.people import Person
    from openinsights.catalog.resources import ResourceStore
    from openinsights.clock import Clock


@dataclass(frozen=True, slots=True)
class Actions:
    """What may be done; who may is decided by whoever calls.

    Attributes:
        access: what it is done with.
        resources: what names mean.
        clock: tells when keys end.
        noted_as: who the audit log is told does it; "" where whoever calls tells it.
    """

    access: Access
    resources: ResourceStore
    clock: Clock
    noted_as: str = ""

    def people(self) -> list[dict[str, Any]]:
        """Return everybody."""
        return [self._person(each) for each in self.access.people.list()]

    def create_person(
        self, name: str, password: str, roles: Mapping[str, str | None]
    ) -> dict[str, Any]:
        """Make a person; roles by the name of a resource, or `EVERYTHING`."""
        given = {app: role for app, role in self._roles(roles).items() if role is not None}
        hashed = self.access.passwords.hash_of(password)
        made = self.access.people.create(name, hashed, given)
        self._note("create-user", made.name)
        return self._person(made)

    def set_password(self, name: str, password: str) -> None:
        """Give somebody a password, and end all their sessions."""
        self.change_person(name, {}, password)

    def set_roles(self, name: str, roles: Mapping[str, str | None]) -> dict[str, Any]:
        """Change roles by the name of a resource, or `EVERYTHING`; None takes one away."""
        return self.change_person(name, roles)

    def change_person(
        self, name: str, roles: Mapping[str, str | None], password: str | None = None
    ) -> dict[str, Any]:
        """Change roles, the password, or both: when one of them cannot be used, neither.

        Args:
            name: of the person, or the id.
            roles: by the name of a resource, or `EVERYTHING`; None takes one away.
            password: the new one, which ends all sessions; None leaves the old one.
        """
        people, person = self.access.people, self.access.people.named(name)
        hashed = "" if password is None else self.access.passwords.hash_of(password)
        if roles:
            person = people.set_roles(person.id, self._roles(roles))
            self._note("set-roles", person.name)
        if hashed:
            people.set_password(person.id, hashed)
            self.access.sessions.end_all(person.id)
            self._note("set-password", person.name)
        return self._person(people.get(person.id) or person)

    def remove_person(self, name: str) -> None:
        """Forget a person, and end all their sessions."""
        person = self.access.people.named(name)
        self.access.people.remove(person.id)
        self.access.sessions.end_all(person.id)
        self._note("remove-user", person.name)

    def sign_out_everywhere(self, name: str) -> None:
        """End all sessions of a person."""
        self.access.sessions.end_all(self.access.people.named(name).id)

    def keys(self, app: str) -> list[dict[str, Any]]:
        """Return the keys of a resource, or of `EVERYTHING`."""
        return [self._key(each) for each in self.access.keys.list(self.app_id(app))]

    def create_key(
        self, app: str, name: str, rights: Iterable[str], days: float | None = None
    ) -> dict[str, Any]:
        """Make a key and return what is known of it, and `key`, which is not told again.

        Args:
            app: name of a resource, or `EVERYTHING`.
            name: of the key.
            rights: read, write, manage or probe.
            days: after which it opens nothing any more; None is never.
        """
        expires = None
        if days is not None:
            if not 0 < days <= 36_500:
                raise InvalidAccess("cannot make a key: it may last up to 36500 days")
            expires = self.clock.now_ticks() + int(days * TICKS_PER_DAY)
        given = [_right(each) for each in rights]
        key, secret = self.access.keys.create(self.app_id(app), name, given, expires)
        self._note("create-key", f"{app} {key.name}")
        return {**self._key(key), "key": secret}

    def revoke_key(self, app: str, key: str) -> dict[str, Any]:
        """Revoke a key, by its id or its name."""
        revoked = self.access.keys.revoke(self.app_id(app), key)
        self._note("revoke-key", f"{app} {revoked.name}")
        return self._key(revoked)

    def audit(self, before: int | None, count: int) -> list[dict[str, Any]]:
        """Return rows of the audit log, newest first; see `AuditLog.read`."""
        return [_deed(each) for each in self.access.audit.read(before, count)]

    def app_id(self, app: str) -> str:
        """Return the id that a grant names: of the resource of that name, or `EVERYTHING`."""
        return EVERYTHING if app == EVERYTHING else self.resources.named(app).app_id

    def _note(self, action: str, target: str) -> None:
        if self.noted_as:
            self.access.audit.add(self.noted_as, "local", action, target)

    def _roles(self, roles: Mapping[str, str | None]) -> dict[str, Role | None]:
        return {self.app_id(app): _role(role) for app, role in roles.items()}

    def _person(self, person: Person) -> dict[str, Any]:
        return {
            "id": person.id,
            "name": person.name,
            "roles": {self._shown(app_id): str(role) for app_id, role in person.roles.items()},
            "created": _time(person.created_ticks),
            "hasPassword": bool(person.password_hash),
        }

    def _key(self, key: ApiKey) -> dict[str, Any]:
        return {
            "id": key.id,
            "name": key.name,
            "app": self._shown(key.app_id),
            "rights": sorted(str(right) for right in key.rights),
            "created": _time(key.created_ticks),
            "expires": _time(key.expires_ticks),
            "lastUsed": _time(key.used_ticks),
        }

    def _shown(self, app_id: str) -> str:
        found = self.resources.get_by_app_id(app_id)
        return app_id if found is None else found.name


def _role(name: str | None) -> Role | None:
    if name is None:
        return None
    try:
        return Role(name)
    except ValueError:
        raise InvalidAccess(
            f"cannot use role {name[:40]!r}: it must be one of {', '.join(Role)}"
        ) from None


def _right(name: str) -> Right:
    if name not in KEY_RIGHTS:
        raise InvalidAccess(
            f"cannot use right {name[:40]!r}: it must be one of {', '.join(KEY_RIGHTS)}"
        )
    return Right(name)


def _deed(deed: Deed) -> dict[str, Any]:
    return {
        "number": deed.number,
        "time": _time(deed.at_ticks),
        "actor": deed.actor,
        "actorKind": deed.actor_kind,
        "action": deed.action,
        "target": deed.target,
        "outcome": deed.outcome,
        "address": deed.address,
    }


def _time(ticks: int | None) -> str | None:
    return None if ticks is None else to_datetime(ticks).isoformat().replace("+00:00", "Z")
