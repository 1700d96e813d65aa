"""Leases: one holder at a time, handed on when it dies, and nothing decided late."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from openinsights.catalog.engine import open_file, writing
from openinsights.catalog.errors import CatalogUnavailable
from openinsights.catalog.leases import VALID_S, Leases, LeaseTable, fence
from openinsights.catalog.postgresql import open_postgresql
from openinsights.catalog.turns import ALWAYS, NEVER, NotOurTurn

NAMES = ("alerts", "detection")


class HandClock:
    """The time of every machine and of the database, which a test lets pass."""

    def __init__(self):
        self.s = 1_000.0

    def monotonic_s(self):
        return self.s

    def now_ticks(self):
        return int(self.s * 10_000_000)

    def now_ms(self):
        return sa.literal(int(self.s * 1000), sa.BigInteger)


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture(params=["file", pytest.param("postgresql", marks=pytest.mark.databases)])
def engine(request, tmp_path):
    if request.param == "file":
        engine = open_file(tmp_path / "catalog.sqlite")
    else:
        engine = open_postgresql(request.getfixturevalue("empty_postgresql"))
    yield engine
    engine.dispose()


@pytest.fixture
def table(engine, clock):
    return LeaseTable(engine, clock.now_ms)


def test_one_server_holds_a_lease_until_it_stops_renewing(table, clock):
    assert table.take(NAMES, "a") == {"alerts": 1, "detection": 1}
    assert table.take(NAMES, "b") == {}
    clock.s += VALID_S - 1
    assert table.take(["alerts"], "a") == {"alerts": 1}
    clock.s += VALID_S - 1
    assert table.take(NAMES, "b") == {"detection": 2}
    assert [each[:2] for each in table.holders()] == [("alerts", "a"), ("detection", "b")]
    clock.s += 2
    assert table.take(NAMES, "b") == {"alerts": 2, "detection": 2}
    assert table.take(NAMES, "a") == {}


def test_what_is_given_back_is_free_at_once(table):
    table.take(NAMES, "a")
    table.give_back("a")
    assert table.holders() == []
    assert table.take(NAMES, "b") == {"alerts": 2, "detection": 2}


def test_of_many_that_try_together_one_gets_it(table):
    taken = []
    barrier = threading.Barrier(6)

    def take(name):
        barrier.wait()
        taken.append(table.take(["alerts"], name))

    threads = [threading.Thread(target=take, args=(f"s{n}",)) for n in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(map(len, taken)) == [0, 0, 0, 0, 0, 1]


def test_a_late_holder_decides_nothing(engine, table, clock):
    table.take(NAMES, "a")
    with writing(engine) as connection:
        fence(connection, "alerts", "a", 1)
    clock.s += VALID_S + 1
    table.take(NAMES, "b")
    with writing(engine) as connection, pytest.raises(NotOurTurn):
        fence(connection, "alerts", "a", 1)
    clock.s += VALID_S + 1
    assert table.take(["alerts"], "a") == {"alerts": 3}
    with writing(engine) as connection, pytest.raises(NotOurTurn):
        fence(connection, "alerts", "a", 1)  # what it began when it held it before


@pytest.mark.databases
def test_nobody_takes_over_while_a_decision_is_being_written(empty_postgresql, clock):
    engines = [open_postgresql(empty_postgresql) for _ in range(2)]
    here, there = (LeaseTable(each, clock.now_ms) for each in engines)
    here.take(["alerts"], "a")
    taken = []
    taking = threading.Thread(target=lambda: taken.append(there.take(["alerts"], "b")))
    with writing(engines[0]) as connection:
        fence(connection, "alerts", "a", 1)
        clock.s += VALID_S + 1
        taking.start()
        taking.join(0.3)
        assert taking.is_alive()
    taking.join()
    assert taken == [{"alerts": 2}]
    for each in engines:
        each.dispose()


@pytest.fixture
def server(table, clock):
    """Returns a server's leases, and what its worker was told."""

    def of(name):
        told = []
        leases = Leases(table, name, clock, NAMES)
        turn = leases.turn("alerts")
        turn.watch(lambda: told.append("gained"), lambda: told.append("lost"))
        return SimpleNamespace(leases=leases, turn=turn, told=told)

    return of


def test_a_worker_is_told_when_its_turn_comes_and_goes(server, clock):
    a, b = server("a"), server("b")
    a.leases.look()
    b.leases.look()
    assert (a.told, b.told) == (["gained"], [])
    assert a.turn.is_ours
    assert not b.turn.is_ours
    for _ in range(4):  # a is gone without a word
        clock.s += 5
        b.leases.look()
    assert b.told == ["gained"]
    assert not a.turn.is_ours
    a.leases.look()
    assert a.told == ["gained", "lost"]


def test_a_holder_stops_by_itself_before_another_begins(server, clock):
    a, b = server("a"), server("b")
    a.leases.look()
    while a.turn.is_ours:
        clock.s += 0.5
        b.leases.look()
    assert not b.turn.is_ours
    assert b.told == []


def test_leaving_hands_over_at_once(server):
    a, b = server("a"), server("b")
    a.leases.look()
    a.leases.close()
    assert a.told == ["gained", "lost"]
    b.leases.look()
    assert b.told == ["gained"]


def test_a_catalog_that_is_away_ends_the_turn_in_time_and_no_sooner(server, clock, monkeypatch):
    a = server("a")
    a.leases.look()

    def away(*_):
        raise CatalogUnavailable("cannot reach the catalog's database")

    with monkeypatch.context() as patched:
        patched.setattr(LeaseTable, "take", away)
        clock.s += 5
        a.leases.look()
        assert a.turn.is_ours
        clock.s += 8
        a.leases.look()
    assert a.told == ["gained", "lost"]
    a.leases.look()
    assert a.told == ["gained", "lost", "gained"]


def test_a_turn_that_ran_out_between_two_looks_begins_anew(server, table, clock):
    """Whoever saw in between that it was not its turn has let its work go: it has to hear again."""
    a = server("a")
    a.leases.look()
    clock.s += VALID_S - 1
    assert not a.turn.is_ours
    a.leases.look()
    assert a.turn.is_ours
    assert a.told == ["gained", "lost", "gained"]
    assert [holder for _, holder, _ in table.holders()] == ["a", "a"]


def test_a_worker_that_failed_to_begin_is_told_again(table, clock):
    leases, told = Leases(table, "a", clock, NAMES), []

    def gained():
        told.append("gained")
        if len(told) == 1:
            raise OSError

    leases.turn("alerts").watch(gained, lambda: None)
    leases.look()
    leases.look()
    leases.look()
    assert told == ["gained", "gained"]


def test_a_server_alone_has_every_turn_and_one_that_takes_telemetry_none(engine):
    assert ALWAYS.is_ours
    assert not NEVER.is_ours
    with writing(engine) as connection:
        ALWAYS.fence(connection)
        with pytest.raises(NotOurTurn):
            NEVER.fence(connection)
