"""Signing in and out, and the first administrator. Blocks while passwords are checked."""

from __future__ import annotations

import hmac
import math
from typing import TYPE_CHECKING, Final

from openinsights.access.errors import InvalidAccess, SignInRefused, TooManyAttempts
from openinsights.access.rights import EVERYTHING, Role
from openinsights.access.secrets import hash_of, new_secret
from openinsights.access.tickets import FIRST_ADMIN

if TYPE_CHECKING:
    from openinsights.access.attempts import Attempts
    from openinsights.access.audit import AuditLog
    from openinsights.access.passwords import Passwords
    from openinsights.access.people import PeopleStore, Person
    from openinsights.access.sessions import SessionStore
    from openinsights.access.tickets import Tickets
    from openinsights.clock import Clock

FIRST_LINK_S: Final = 3_600.0


class FirstLink:
    """The secret that makes the first administrator: once, and not for long.

    Each server that starts without an administrator prints one of its own.

    Args:
        clock: measures how long.
        tickets: let it be shown to every server of the catalog; None where there is one server.
    """

    def __init__(self, clock: Clock, tickets: Tickets | None = None) -> None:
        self._clock = clock
        self._tickets = tickets
        self._hash = ""
        self._until_s = 0.0

    def new(self) -> str:
        """Return a new secret; the one before is worth nothing any more."""
        secret = new_secret()
        self._hash, self._until_s = hash_of(secret), self._clock.monotonic_s() + FIRST_LINK_S
        if self._tickets is not None:
            self._tickets.leave(FIRST_ADMIN, secret, FIRST_LINK_S, {})
        return secret

    def fits(self, secret: str) -> bool:
        """Return whether a secret is the one that was told last, and its time is not over."""
        is_in_time = bool(self._hash) and self._clock.monotonic_s() < self._until_s
        is_own = hmac.compare_digest(self._hash, hash_of(secret)) and is_in_time
        return is_own or (self._tickets is not None and self._tickets.holds(FIRST_ADMIN, secret))

    def spend(self) -> None:
        """Make the secret worthless, and those of other servers."""
        self._hash = ""
        if self._tickets is not None:
            self._tickets.forget(FIRST_ADMIN)


class SignIn:
    """Lets people in.

    Args:
        people: who can sign in.
        sessions: who has.
        passwords: checks them.
        attempts: counts failures.
        audit: told of everything.
        first_link: makes the first administrator.
    """

    def __init__(
        self,
        people: PeopleStore,
        sessions: SessionStore,
        passwords: Passwords,
        attempts: Attempts,
        audit: AuditLog,
        first_link: FirstLink,
    ) -> None:
        self._people = people
        self._sessions = sessions
        self._passwords = passwords
        self._attempts = attempts
        self._audit = audit
        self._first_link = first_link

    @property
    def awaits_first_admin(self) -> bool:
        """Whether there is no administrator yet."""
        return not self._people.has_admin

    def sign_in(
        self, name: str, password: str, address: str, before: str = ""
    ) -> tuple[Person, str]:
        """Return who signs in, and the id of the session that begins.

        Unknown names and wrong passwords take as long as each other and are told in the same
        words.

        Args:
            name: of the person.
            password: as it was typed.
            address: where the request comes from.
            before: the session that the browser had until now.

        Raises:
            SignInRefused: name or password is wrong.
            TooManyAttempts: there were too many failures; the password was not looked at.
        """
        wait = self._attempts.wait_s(name, address)
        if wait > 0:
            raise TooManyAttempts(math.ceil(wait))
        # counted before the slow part, so that attempts at the same time count too
        self._attempts.failed(name, address)
        person = self._people.find(name)
        fits = self._passwords.fits(password, "" if person is None else person.password_hash)
        if person is None or not fits:
            known = "" if person is None else person.name
            self._audit.add(known, "nobody", "sign-in", known, "refused", address)
            raise SignInRefused("cannot sign in: the name or the password is wrong")
        self._attempts.succeeded(name, address)
        return person, self.begin(person, address, before)

    def begin(self, person: Person, address: str, before: str = "") -> str:
        """Begin the session of somebody who has proved who they are; return its id."""
        session_id = self._sessions.begin(person.id, before)
        self._audit.add(person.name, "person", "sign-in", person.name, "ok", address)
        return session_id

    def sign_out(self, person: Person, session_id: str, address: str, *, everywhere: bool) -> None:
        """End a session, or every session of the person."""
        if everywhere:
            self._sessions.end_all(person.id)
        else:
            self._sessions.end(session_id)
        action = "sign-out-everywhere" if everywhere else "sign-out"
        self._audit.add(person.name, "person", action, person.name, "ok", address)

    def first_admin(self, secret: str, name: str, password: str, address: str) -> Person:
        """Make the first administrator.

        Raises:
            SignInRefused: the link is wrong, used or too old.
            InvalidAccess: the name or the password cannot be used.
        """
        wait = self._attempts.wait_s("", address)
        if wait > 0:
            raise TooManyAttempts(math.ceil(wait))
        if not self._first_link.fits(secret):
            self._attempts.failed("", address)
            raise SignInRefused(
                "cannot make the first administrator: the link was used or is too old; the server"
                " prints a new one when it starts"
            )
        person = self._people.create(
            name,
            self._passwords.hash_of(password),
            {EVERYTHING: Role.ADMIN},
            only_as_first_admin=True,
        )
        self._first_link.spend()
        self._audit.add(person.name, "person", "first-administrator", person.name, "ok", address)
        return person

    def change_password(self, person: Person, old: str, new: str, address: str) -> None:
        """Change one's own password, and end every session.

        Raises:
            SignInRefused: the old one is wrong.
            TooManyAttempts: there were too many failures.
            InvalidAccess: the new one cannot be used.
        """
        wait = self._attempts.wait_s(person.name, address)
        if wait > 0:
            raise TooManyAttempts(math.ceil(wait))
        self._attempts.failed(person.name, address)
        if not self._passwords.fits(old, person.password_hash):
            raise SignInRefused("cannot change the password: the old one is wrong")
        self._attempts.succeeded(person.name, address)
        if new == old:
            raise InvalidAccess("cannot change the password: the new one is the old one")
        self._people.set_password(person.id, self._passwords.hash_of(new))
        self._sessions.end_all(person.id)
        self._audit.add(person.name, "person", "password", person.name, "ok", address)
