"""A connection to PostgreSQL that does not wait for ever for one that says nothing any more.

The kernel notices a peer that is gone by what it does not acknowledge. A balancer or a proxy in
between goes on acknowledging after what is behind it was cut off, and libpq has no time limit of
its own for an answer: without one here, a thread would wait until the process ends.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeVar

import psycopg

if TYPE_CHECKING:
    from psycopg.abc import PQGen

Result = TypeVar("Result")

ANSWER_PATIENCE_S: Final = 35.0
"""Longer than the database itself lets a statement take, so it speaks first if it can."""
IDLE_PATIENCE_S: Final = 5.0
"""For the first word on a connection that lay in the pool, which is only asked whether it lives."""


class PatientConnection(psycopg.Connection[Any]):
    """A connection that is given up when its database does not answer within `patience_s`."""

    patience_s = ANSWER_PATIENCE_S

    def wait(self, gen: PQGen[Result], *args: Any, **options: Any) -> Result:
        """Wait for an answer.

        Raises:
            psycopg.OperationalError: none came in time; the connection is closed then, for what
                may still come would be taken as the answer to the next question.
        """
        try:
            return super().wait(_within(gen, self.patience_s), *args, **options)
        except NoAnswer:
            self.pgconn.finish()
            raise


class NoAnswer(psycopg.OperationalError):
    """The database said nothing for too long."""


def _within(gen: PQGen[Result], patience_s: float) -> PQGen[Result]:
    """Go on with a conversation until its end; psycopg asks several times a second to go on."""
    give_up = monotonic() + patience_s
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and monotonic() >= give_up:
                raise NoAnswer(f"no answer for {patience_s:g} s, though the connection is open")
            wanted = gen.send(ready)
    except StopIteration as end:
        result: Result = end.value
        return result
