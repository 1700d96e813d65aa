"""Steps of signing in that another server of the catalog finishes."""

from __future__ import annotations

import pytest

from openinsights.access.parts import Access
from openinsights.access.tickets import FIRST_ADMIN, Tickets
from openinsights.catalog.postgresql import open_postgresql
from openinsights.clock import TICKS_PER_SECOND


class HandClock:
    def __init__(self):
        self.s = 600_000_000

    def now_ticks(self):
        return self.s * TICKS_PER_SECOND

    def monotonic_s(self):
        return float(self.s)


@pytest.fixture
def clock():
    return HandClock()


def test_a_ticket_is_good_once_and_not_for_long(empty_catalog, clock):
    tickets = Tickets(empty_catalog, clock)
    tickets.leave("kind", "secret", 60, {"nonce": "n"})
    assert tickets.take("other", "secret") is None
    assert tickets.take("kind", "wrong") is None
    assert tickets.holds("kind", "secret")
    assert tickets.take("kind", "secret") == {"nonce": "n"}
    assert tickets.take("kind", "secret") is None
    tickets.leave("kind", "late", 60, {})
    clock.s += 61
    assert not tickets.holds("kind", "late")
    assert tickets.take("kind", "late") is None


@pytest.mark.databases
def test_the_first_administrator_comes_by_any_servers_link(empty_postgresql, clock):
    engines = [open_postgresql(empty_postgresql) for _ in range(2)]
    here, there = (Access(each, clock, 600, 6_000) for each in engines)
    link, other = here.first_link.new(), there.first_link.new()
    assert there.first_link.fits(link)
    assert here.first_link.fits(other)
    ada = there.sign_in.first_admin(link, "ada", "correct horse battery", "127.0.0.1")
    assert not Tickets(engines[0], clock).holds(FIRST_ADMIN, other)
    here.people.catch_up()
    assert not here.sign_in.awaits_first_admin
    person, session = here.sign_in.sign_in("Ada", "correct horse battery", "127.0.0.1")
    assert person == ada
    there.sessions.catch_up()
    assert there.sessions.person_of(session) == ada.id
    for each in engines:
        each.dispose()
