"""API keys: made, listed and revoked; kept as hashes in the catalog, looked up in memory."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from openinsights.access.caller import Caller
from openinsights.access.errors import InvalidAccess, KeyNotFound, NameTaken
from openinsights.access.rights import KEY_RIGHTS, Right
from openinsights.access.secrets import hash_of, new_secret
from openinsights.catalog import tables
from openinsights.catalog.engine import writing
from openinsights.catalog.shared_copy import SharedCopy
from openinsights.clock import TICKS_PER_SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from openinsights.clock import Clock

MAX_KEYS: Final = 10_000
_MAX_NAME: Final = 255
_NOTE_USE_AFTER: Final = 60 * TICKS_PER_SECOND
"""How old the last use that is on the disk may become, so that a busy key costs no writes."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key, which is all but the key.

    Attributes:
        id: a guid.
        name: what people call it.
        app_id: the resource that it opens, or `EVERYTHING`.
        rights: that it was given: READ, WRITE, MANAGE and PROBE.
        created_ticks: when it was made.
        expires_ticks: from when on it opens nothing; None is never.
        used_ticks: when it was last shown, to a minute; None is never.
    """

    id: str
    name: str
    app_id: str
    rights: frozenset[Right]
    created_ticks: int
    expires_ticks: int | None = None
    used_ticks: int | None = None

    def caller(self) -> Caller:
        """Return who asks with the key."""
        allowed = frozenset(right for given in self.rights for right in KEY_RIGHTS[given])
        return Caller(f"key {self.name}", "key", {self.app_id: allowed}, self.id)


class KeyStore:
    """Keeps API keys; safe to use from any thread.

    Memory holds every key by its hash: a check is a lookup, and a revoked key opens nothing from the
    moment that `revoke` returns; on other servers of the catalog, from when they have caught up.

    Args:
        engine: an open catalog; the resources close it.
        clock: tells what has expired.
        new_guid: where ids come from.
    """

    def __init__(
        self, engine: sa.Engine, clock: Clock, new_guid: Callable[[], uuid.UUID] = uuid.uuid4
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._new_guid = new_guid
        self._by_hash: dict[str, ApiKey] = {}
        self._callers: dict[str, Caller] = {}
        self._by_id: dict[str, ApiKey] = {}
        self._noted: dict[str, int] = {}
        self._used: dict[str, int] = {}
        self._copy = SharedCopy(engine, tables.api_keys.name, self._load)

    def catch_up(self) -> None:
        """Take over what other servers have changed."""
        self._copy.catch_up()

    def create(
        self,
        app_id: str,
        name: str,
        rights: Iterable[Right],
        expires_ticks: int | None = None,
    ) -> tuple[ApiKey, str]:
        """Make a key, durable when this returns; return what is known of it, and the key.

        The key is not told again.

        Args:
            app_id: of the resource that it opens, or `EVERYTHING`.
            name: what people call it; no other key of the resource may have it.
            rights: READ, WRITE, MANAGE or PROBE, at least one.
            expires_ticks: from when on it opens nothing; None is never.

        Raises:
            InvalidAccess: the name, a right or the time cannot be used.
            NameTaken: another key of the resource has the name.
        """
        given, name = frozenset(rights), name.strip()
        if not given or not given <= set(KEY_RIGHTS):
            raise InvalidAccess(
                f"cannot make a key: it needs rights out of {', '.join(KEY_RIGHTS)}"
            )
        if not name or len(name) > _MAX_NAME or not name.isprintable():
            raise InvalidAccess(
                f"cannot make a key: its name needs 1 to {_MAX_NAME} printable characters"
            )
        now = self._clock.now_ticks()
        if expires_ticks is not None and expires_ticks <= now:
            raise InvalidAccess("cannot make a key: its time is over already")
        secret = new_secret()
        key = ApiKey(str(self._new_guid()), name, app_id, given, now, expires_ticks)
        with self._copy.lock:
            with self._copy.changing() as connection:
                if len(self._by_hash) >= MAX_KEYS:
                    raise InvalidAccess(f"cannot make a key: there are {MAX_KEYS}; revoke some")
                if any(each.name == name for each in self._of(app_id)):
                    raise NameTaken(f"cannot make a key: there is one of the name {name!r}")
                row = _row(key) | {"key_hash": hash_of(secret)}
                connection.execute(sa.insert(tables.api_keys).values(row))
            self._by_hash = {**self._by_hash, hash_of(secret): key}
            self._callers = {**self._callers, hash_of(secret): key.caller()}
            self._by_id = {**self._by_id, key.id: key}
        return key, secret

    def list(self, app_id: str | None = None) -> tuple[ApiKey, ...]:
        """Return the keys of a resource, or every key, oldest first."""
        found = tuple(self._by_hash.values()) if app_id is None else self._of(app_id)
        seen = [replace(key, used_ticks=self._used.get(key.id, key.used_ticks)) for key in found]
        return tuple(sorted(seen, key=lambda key: (key.created_ticks, key.id)))

    def get(self, app_id: str, key_id: str) -> ApiKey:
        """Return a key of a resource, by its id or its name.

        Raises:
            KeyNotFound: there is none.
        """
        for key in self.list(app_id):
            if key_id.lower() == key.id or key_id == key.name:
                return key
        raise KeyNotFound(f"cannot find key {key_id[:80]!r}")

    def revoke(self, app_id: str, key_id: str) -> ApiKey:
        """Forget a key of a resource, by its id or its name, and return what was known of it.

        Raises:
            KeyNotFound: there is none.
        """
        key = self.get(app_id, key_id)
        self._forget(lambda each: each.id == key.id)
        return key

    def revoke_all(self, app_id: str) -> None:
        """Forget every key of a resource, which is being deleted."""
        self._forget(lambda each: each.app_id == app_id)

    def caller(self, secret: str) -> Caller | None:
        """Return who shows a key; None when there is no such key or its time is over."""
        hashed = hash_of(secret)
        key = self._by_hash.get(hashed)
        if key is None:
            return None
        now = self._clock.now_ticks()
        if key.expires_ticks is not None and key.expires_ticks <= now:
            return None
        self._used[key.id] = now
        return self._callers.get(hashed)

    def holds(self, key_id: str) -> bool:
        """Return whether a key of this id still opens something."""
        key = self._by_id.get(key_id)
        if key is None:
            return False
        return key.expires_ticks is None or key.expires_ticks > self._clock.now_ticks()

    def save(self) -> None:
        """Write down when keys were last used, where that is worth a write."""
        due = {
            key_id: ticks
            for key_id, ticks in list(self._used.items())
            if ticks - self._noted.get(key_id, 0) >= _NOTE_USE_AFTER
        }
        if not due:
            return
        with self._copy.lock, writing(self._engine) as connection:
            for key_id, ticks in due.items():
                connection.execute(
                    sa.update(tables.api_keys)
                    .where(tables.api_keys.c.id == key_id)
                    .values(used_ticks=ticks)
                )
        self._noted |= due

    def _of(self, app_id: str) -> tuple[ApiKey, ...]:
        return tuple(key for key in self._by_hash.values() if key.app_id == app_id)

    def _forget(self, goes: Callable[[ApiKey], bool]) -> None:
        with self._copy.lock, self._copy.changing() as connection:
            gone = [key.id for key in self._by_hash.values() if goes(key)]
            self._take({h: key for h, key in self._by_hash.items() if key.id not in gone})
            connection.execute(sa.delete(tables.api_keys).where(tables.api_keys.c.id.in_(gone)))

    def _load(self, connection: sa.Connection) -> None:
        rows = connection.execute(sa.select(tables.api_keys))
        self._take({row.key_hash: _key(row) for row in rows})
        self._noted = {key.id: key.used_ticks or 0 for key in self._by_hash.values()}

    def _take(self, by_hash: dict[str, ApiKey]) -> None:
        self._by_hash = by_hash
        self._callers = {hashed: key.caller() for hashed, key in by_hash.items()}
        self._by_id = {key.id: key for key in by_hash.values()}


def _row(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "app_id": key.app_id,
        "rights": sorted(key.rights),
        "created_ticks": key.created_ticks,
        "expires_ticks": key.expires_ticks,
        "used_ticks": key.used_ticks,
    }


def _key(row: sa.Row[tuple[object, ...]]) -> ApiKey:
    values = row._mapping
    return ApiKey(
        id=values["id"],
        name=values["name"],
        app_id=values["app_id"],
        rights=frozenset(Right(right) for right in values["rights"]),
        created_ticks=values["created_ticks"],
        expires_ticks=values["expires_ticks"],
        used_ticks=values["used_ticks"],
    )
