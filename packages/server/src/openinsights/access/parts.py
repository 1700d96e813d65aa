"""Everything about access over one catalog, opened and closed together."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final

from openinsights.access.attempts import Attempts
from openinsights.access.audit import AuditLog
from openinsights.access.keys import KeyStore
from openinsights.access.passwords import Passwords
from openinsights.access.people import PeopleStore
from openinsights.access.secrets import OwnersSecret
from openinsights.access.sessions import SessionStore
from openinsights.access.sign_in import FirstLink, SignIn
from openinsights.access.tickets import Tickets
from openinsights.catalog.engine import is_shared

if TYPE_CHECKING:
    import sqlalchemy as sa

    from openinsights.clock import Clock

_SAVE_EVERY_S: Final = 60.0
_logger = logging.getLogger(__name__)


class Access:
    """Keys, people, sessions and the audit log of a server.

    Args:
        engine: an open catalog; the resources close it.
        clock: the time for all of them.
        idle_s: how long a session may be unused.
        longest_s: how long a session lasts.

    Attributes:
        keys: API keys.
        people: who can sign in.
        sessions: who has.
        audit: who did what.
        passwords: hashes and checks them.
        tickets: steps of signing in that another server may finish; None where there is none.
        first_link: makes the first administrator.
        sign_in: lets people in.
        owners_secret: proves that somebody reads the data folder.
    """

    def __init__(self, engine: sa.Engine, clock: Clock, idle_s: float, longest_s: float) -> None:
        self.keys = KeyStore(engine, clock)
        self.people = PeopleStore(engine, clock)
        self.sessions = SessionStore(engine, clock, idle_s, longest_s)
        self.audit = AuditLog(engine, clock)
        self.passwords = Passwords()
        self.tickets = Tickets(engine, clock) if is_shared(engine) else None
        self.first_link = FirstLink(clock, self.tickets)
        self.owners_secret = OwnersSecret()
        self.sign_in = SignIn(
            self.people,
            self.sessions,
            self.passwords,
            Attempts(clock),
            self.audit,
            self.first_link,
        )
        self._closing = threading.Event()
        self._saving = threading.Thread(target=self._save_often, name="access", daemon=True)

    def start(self) -> None:
        """Begin to write down from time to time when keys and sessions were used."""
        self._saving.start()

    def forget_resource(self, app_id: str) -> None:
        """Revoke the keys of a resource that is deleted, and take away the roles for it."""
        self.keys.revoke_all(app_id)
        self.people.forget_resource(app_id)

    def close(self) -> None:
        """Write down what was not yet."""
        self._closing.set()
        if self._saving.is_alive():
            self._saving.join()
        self._save()

    def _save_often(self) -> None:
        while not self._closing.wait(_SAVE_EVERY_S):
            self._save()

    def _save(self) -> None:
        try:
            self.keys.save()
            self.sessions.save()
        except Exception:
            # the next time brings it; nobody is kept out because the disk is full
            _logger.exception("last uses not saved")
