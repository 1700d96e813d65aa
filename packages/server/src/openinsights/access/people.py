"""People: names, roles and password hashes; kept in the catalog, looked up in memory."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from openinsights.access.caller import Caller
from openinsights.access.errors import InvalidAccess, NameTaken, PersonNotFound
from openinsights.access.rights import EVERYTHING, ROLE_RIGHTS, Right, Role
from openinsights.catalog import tables
from openinsights.catalog.shared_copy import SharedCopy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openinsights.clock import Clock

MAX_PEOPLE: Final = 100_000
_MAX_NAME: Final = 255


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in.

    Attributes:
        id: a guid.
        name: what they sign in with.
        created_ticks: since when they are known.
        roles: by application id, or `EVERYTHING`.
        password_hash: "" for those who sign in elsewhere.
        key: what recognises them: the name in lower case, or what another provider says.
    """

    id: str
    name: str
    created_ticks: int
    roles: Mapping[str, Role] = field(default_factory=dict)
    password_hash: str = field(default="", repr=False)
    key: str = ""

    @property
    def is_admin(self) -> bool:
        """Whether they may administer the server."""
        return self.roles.get(EVERYTHING) is Role.ADMIN

    def caller(self) -> Caller:
        """Return who asks when this person does."""
        return Caller(self.name, "person", grants_of(self.roles), self.id)


def grants_of(roles: Mapping[str, Role]) -> dict[str, frozenset[Right]]:
    """Return the rights that roles bring."""
    grants = {app_id: ROLE_RIGHTS[role] for app_id, role in roles.items()}
    if roles.get(EVERYTHING) is Role.ADMIN:
        grants[EVERYTHING] |= {Right.ADMINISTER}
    return grants


class PeopleStore:
    """Keeps people; safe to use from any thread.

    Args:
        engine: an open catalog; the resources close it.
        clock: tells since when somebody is known.
        new_guid: where ids come from.
    """

    def __init__(
        self, engine: sa.Engine, clock: Clock, new_guid: Callable[[], uuid.UUID] = uuid.uuid4
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._new_guid = new_guid
        self._by_id: dict[str, Person] = {}
        self._copy = SharedCopy(engine, tables.people.name, self._load)

    def catch_up(self) -> None:
        """Take over what other servers have changed."""
        self._copy.catch_up()

    def create(
        self,
        name: str,
        password_hash: str = "",
        roles: Mapping[str, Role] | None = None,
        *,
        only_as_first_admin: bool = False,
        key: str = "",
    ) -> Person:
        """Make a person, durable when this returns.

        Args:
            name: what they sign in with, in any letter case.
            password_hash: see `passwords`; "" for those who sign in elsewhere.
            roles: by application id, or `EVERYTHING`.
            only_as_first_admin: whether to refuse when there is an administrator.
            key: what recognises somebody who signs in elsewhere; "" takes the name.

        Raises:
            InvalidAccess: the name cannot be used.
            NameTaken: somebody has it.
        """
        name = name.strip()
        is_taken_by_others = name.lower().startswith("openid:")
        if not name or len(name) > _MAX_NAME or not name.isprintable() or is_taken_by_others:
            raise InvalidAccess(
                f"cannot make the user: a name needs 1 to {_MAX_NAME} printable characters"
            )
        person = Person(
            str(self._new_guid()),
            name,
            self._clock.now_ticks(),
            dict(roles or {}),
            password_hash,
            key or name.lower(),
        )
        with self._copy.lock:
            with self._copy.changing() as connection:
                if self.find(person.key) is not None:
                    raise NameTaken(f"cannot make the user: there is one of the name {name!r}")
                if only_as_first_admin and self.has_admin:
                    raise InvalidAccess("cannot make the first administrator: there is one already")
                if len(self._by_id) >= MAX_PEOPLE:
                    raise InvalidAccess(f"cannot make the user: there are {MAX_PEOPLE}")
                connection.execute(sa.insert(tables.people).values(_row(person)))
            self._by_id = {**self._by_id, person.id: person}
        return person

    @property
    def has_admin(self) -> bool:
        """Whether somebody may administer the server."""
        return any(person.is_admin for person in self._by_id.values())

    def list(self) -> tuple[Person, ...]:
        """Return everybody, in the order of names."""
        return tuple(sorted(self._by_id.values(), key=lambda person: person.name.lower()))

    def get(self, person_id: str) -> Person | None:
        """Return the person of an id."""
        return self._by_id.get(person_id)

    def find(self, name: str) -> Person | None:
        """Return the person of a name, in any letter case, or of a key."""
        wanted = name.strip().lower()
        return next((each for each in self._by_id.values() if each.key == wanted), None)

    def named(self, name: str) -> Person:
        """Return the person of a name, in any letter case, or of an id.

        Raises:
            PersonNotFound: there is none.
        """
        shown = [each for each in self._by_id.values() if each.name == name.strip()]
        found = self.find(name) or (shown[0] if len(shown) == 1 else self.get(name.strip()))
        if found is None:
            raise PersonNotFound(f"cannot find user {name[:80]!r}")
        return found

    def set_password(self, person_id: str, password_hash: str) -> None:
        """Change a person's password. Whoever calls ends the sessions."""
        self._change(person_id, lambda known: replace(known, password_hash=password_hash))

    def set_roles(self, person_id: str, changes: Mapping[str, Role | None]) -> Person:
        """Change roles by application id, or `EVERYTHING`; None takes one away.

        Raises:
            InvalidAccess: nobody would be left to administer the server.
        """

        def changed(known: Person) -> Person:
            roles = {**known.roles, **changes}
            return replace(known, roles={a: role for a, role in roles.items() if role is not None})

        return self._change(person_id, changed)

    def signed_in_elsewhere(self, key: str, name: str, roles: Mapping[str, Role]) -> Person:
        """Return who signs in through a provider, with the roles that it brings this time."""
        known = self.find(key)
        if known is None:
            return self.create(name, "", roles, key=key)
        if known.name == name and known.roles == roles:
            return known
        # what the provider says holds, even if nobody is left to administer
        return self._change(
            known.id,
            lambda before: replace(before, name=name, roles=dict(roles)),
            keeps_admin=False,
        )

    def remove(self, person_id: str) -> None:
        """Forget a person. Whoever calls ends the sessions.

        Raises:
            InvalidAccess: nobody would be left to administer the server.
        """
        with self._copy.lock:
            with self._copy.changing() as connection:
                rest = {id: each for id, each in self._by_id.items() if id != person_id}
                self._refuse_without_admin(rest)
                connection.execute(sa.delete(tables.people).where(tables.people.c.id == person_id))
            self._by_id = rest

    def forget_resource(self, app_id: str) -> None:
        """Take away every role for a resource, which is being deleted."""
        for person in self.list():
            if app_id in person.roles:
                self.set_roles(person.id, {app_id: None})

    def _change(
        self, person_id: str, change: Callable[[Person], Person], *, keeps_admin: bool = True
    ) -> Person:
        with self._copy.lock:
            with self._copy.changing() as connection:
                known = self._by_id.get(person_id)
                if known is None:
                    raise PersonNotFound("cannot change the user: it does not exist")
                person = change(known)
                people = {**self._by_id, person_id: person}
                if keeps_admin:
                    self._refuse_without_admin(people)
                connection.execute(
                    sa.update(tables.people)
                    .where(tables.people.c.id == person_id)
                    .values(_row(person))
                )
            self._by_id = people
        return person

    def _load(self, connection: sa.Connection) -> None:
        rows = connection.execute(sa.select(tables.people))
        self._by_id = {row.id: _person(row) for row in rows}

    def _refuse_without_admin(self, people: Mapping[str, Person]) -> None:
        if self.has_admin and not any(person.is_admin for person in people.values()):
            raise InvalidAccess("cannot take the last administrator away: make another one first")


def _row(person: Person) -> dict[str, object]:
    return {
        "id": person.id,
        "name": person.name,
        "name_key": person.key,
        "password_hash": person.password_hash,
        "roles": {app_id: str(role) for app_id, role in person.roles.items()},
        "created_ticks": person.created_ticks,
    }


def _person(row: sa.Row[tuple[object, ...]]) -> Person:
    values = row._mapping
    return Person(
        id=values["id"],
        name=values["name"],
        created_ticks=values["created_ticks"],
        roles={app_id: Role(role) for app_id, role in values["roles"].items()},
        password_hash=values["password_hash"],
        key=values["name_key"],
    )
