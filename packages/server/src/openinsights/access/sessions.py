"""Sessions: browsers in which somebody is signed in. Only the hash of a session's id is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from openinsights.access.secrets import hash_of, new_secret
from openinsights.catalog import tables
from openinsights.catalog.engine import is_shared, writing
from openinsights.catalog.shared_copy import SharedCopy
from openinsights.clock import TICKS_PER_SECOND

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.clock import Clock

_NOTE_USE_AFTER: Final = 60 * TICKS_PER_SECOND
_MAX_OF_A_PERSON: Final = 50


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which somebody is signed in."""

    id_hash: str
    person_id: str
    created_ticks: int
    seen_ticks: int


class SessionStore:
    """Begins, finds and ends sessions; safe to use from any thread.

    Args:
        engine: an open catalog; the resources close it.
        clock: tells what has expired.
        idle_s: how long a session may be unused.
        longest_s: how long it lasts however much it is used.
    """

    def __init__(self, engine: sa.Engine, clock: Clock, idle_s: float, longest_s: float) -> None:
        self._engine = engine
        self._clock = clock
        self._idle_ticks = int(idle_s * TICKS_PER_SECOND)
        self._longest_ticks = int(longest_s * TICKS_PER_SECOND)
        self._by_hash: dict[str, Session] = {}
        self._noted: dict[str, int] = {}
        self._copy = SharedCopy(engine, tables.sessions.name, self._load)
        self._end(self._is_over)

    def catch_up(self) -> None:
        """Take over what other servers have changed."""
        self._copy.catch_up()

    def begin(self, person_id: str, instead_of: str = "") -> str:
        """Begin a session and return its id, which is told nowhere else.

        Args:
            person_id: who has signed in.
            instead_of: the id that the browser showed before, which ends: what was known before
                somebody signed in is worth nothing afterwards.
        """
        if instead_of:
            self.end(instead_of)
        now = self._clock.now_ticks()
        secret = new_secret()
        session = Session(hash_of(secret), person_id, now, now)
        of_person = sorted(
            (each for each in self._by_hash.values() if each.person_id == person_id),
            key=lambda each: each.seen_ticks,
        )
        surplus = {each.id_hash for each in of_person[: 1 - _MAX_OF_A_PERSON or None]}
        if len(of_person) >= _MAX_OF_A_PERSON:
            self._end(lambda each: each.id_hash in surplus)
        self._end(self._is_over)
        with self._copy.lock:
            with self._copy.changing() as connection:
                connection.execute(
                    sa.insert(tables.sessions).values(
                        id_hash=session.id_hash,
                        person_id=person_id,
                        created_ticks=now,
                        seen_ticks=now,
                    )
                )
            self._by_hash[session.id_hash] = session
            self._noted[session.id_hash] = now
        return secret

    def person_of(self, session_id: str) -> str | None:
        """Return who is signed in; None when the session is over or never was."""
        session = self._by_hash.get(hash_of(session_id))
        if session is None or (self._is_over(session) and not self._is_seen_elsewhere(session)):
            return None
        seen = replace(session, seen_ticks=self._clock.now_ticks())
        with self._copy.lock:  # it may have been ended a moment ago
            if session.id_hash in self._by_hash:
                self._by_hash[session.id_hash] = seen
        return session.person_id

    def holds(self, person_id: str) -> bool:
        """Return whether somebody is signed in anywhere."""
        return any(
            each.person_id == person_id and not self._is_over(each)
            for each in list(self._by_hash.values())
        )

    def end(self, session_id: str) -> None:
        """End a session; harmless when there is none."""
        hashed = hash_of(session_id)
        self._end(lambda each: each.id_hash == hashed)

    def end_all(self, person_id: str) -> None:
        """End every session of a person."""
        self._end(lambda each: each.person_id == person_id)

    def save(self) -> None:
        """Write down when sessions were last used, where that is worth a write."""
        due = [
            each
            for each in list(self._by_hash.values())
            if each.seen_ticks - self._noted.get(each.id_hash, 0) >= _NOTE_USE_AFTER
        ]
        if not due:
            return
        with self._copy.lock, writing(self._engine) as connection:
            for each in due:
                row = tables.sessions.c
                connection.execute(
                    sa.update(tables.sessions)
                    .where(row.id_hash == each.id_hash, row.seen_ticks < each.seen_ticks)
                    .values(seen_ticks=each.seen_ticks)
                )
                self._noted[each.id_hash] = each.seen_ticks

    def _is_seen_elsewhere(self, session: Session) -> bool:
        """Whether a session that was not used here for long was used on another server."""
        if not is_shared(self._engine):
            return False
        row = tables.sessions.c
        statement = sa.select(row.seen_ticks).where(row.id_hash == session.id_hash)
        with self._engine.connect() as connection:
            seen_ticks = connection.scalar(statement)
        return seen_ticks is not None and not self._is_over(replace(session, seen_ticks=seen_ticks))

    def _is_over(self, session: Session) -> bool:
        now = self._clock.now_ticks()
        return (
            now - session.seen_ticks > self._idle_ticks
            or now - session.created_ticks > self._longest_ticks
        )

    def _end(self, goes: Callable[[Session], bool]) -> None:
        with self._copy.lock:
            if not any(goes(each) for each in self._by_hash.values()):
                return
            with self._copy.changing() as connection:
                if is_shared(self._engine):
                    self._load(connection)  # when they were seen elsewhere is not told
                gone = [each.id_hash for each in self._by_hash.values() if goes(each)]
                for hashed in gone:
                    del self._by_hash[hashed]
                    self._noted.pop(hashed, None)
                connection.execute(
                    sa.delete(tables.sessions).where(tables.sessions.c.id_hash.in_(gone))
                )

    def _load(self, connection: sa.Connection) -> None:
        rows = connection.execute(sa.select(tables.sessions))
        kept = {row.id_hash: Session(*row) for row in rows}
        self._noted = {each.id_hash: each.seen_ticks for each in kept.values()}
        # when it was seen here may not be written down yet
        for hashed, each in kept.items():
            known = self._by_hash.get(hashed)
            if known is not None and known.seen_ticks > each.seen_ticks:
                kept[hashed] = known
        self._by_hash = kept
