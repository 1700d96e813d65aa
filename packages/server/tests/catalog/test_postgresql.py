"""What PostgreSQL has of its own: opening it together, versions, and connections that break."""

from __future__ import annotations

import multiprocessing
import socket
import threading

import pytest
import sqlalchemy as sa
from wire import Wire

from openinsights.access.errors import NameTaken
from openinsights.access.keys import KeyStore
from openinsights.access.people import PeopleStore
from openinsights.access.rights import EVERYTHING, Right, Role
from openinsights.access.sessions import SessionStore
from openinsights.catalog import patient_connection
from openinsights.catalog.action_groups import ActionGroup, ActionGroupStore
from openinsights.catalog.copying import copy_catalog, copy_to_file
from openinsights.catalog.engine import open_file, writing
from openinsights.catalog.errors import CatalogError, CatalogUnavailable, ResourceExists
from openinsights.catalog.postgresql import open_postgresql, shown
from openinsights.catalog.resource import NewResource
from openinsights.catalog.resources import ResourceStore
from openinsights.catalog.tables import HEAD, metadata
from openinsights.clock import TICKS_PER_SECOND, SystemClock

KEY = "2f1d3c5e-7a9b-4c1d-8e2f-3a4b5c6d7e8f"
databases = pytest.mark.databases


@pytest.fixture
def two(empty_postgresql):
    """Two servers' connections to one catalog."""
    engines = [open_postgresql(empty_postgresql) for _ in range(2)]
    yield engines
    for each in engines:
        each.dispose()


@databases
def test_the_migrated_tables_are_those_of_the_program(two):
    """Column by column: what the tables say and what the migrations made."""
    inspected = sa.inspect(two[0])
    for table in metadata.tables.values():
        made = {each["name"]: each for each in inspected.get_columns(table.name)}
        assert set(made) == {column.name for column in table.columns}, table.name
        for column in table.columns:
            found = made[column.name]
            assert found["nullable"] == column.nullable, (table.name, column.name)
            expected = column.type.compile(two[0].dialect)
            assert found["type"].compile(two[0].dialect) == expected, (table.name, column.name)
        keys = inspected.get_pk_constraint(table.name)["constrained_columns"]
        assert keys == [column.name for column in table.primary_key]
        indexes = {each["name"] for each in inspected.get_indexes(table.name)}
        assert {index.name for index in table.indexes} <= indexes, table.name


def _open(url, barrier, told):
    barrier.wait()
    try:
        engine = open_postgresql(url)
        with engine.connect() as connection:
            told.put(connection.scalar(sa.text("SELECT version_num FROM alembic_version")))
        engine.dispose()
    except Exception as error:
        told.put(repr(error))


@databases
def test_servers_that_start_together_make_the_tables_once(postgresql, postgresql_catalog_url):
    import psycopg

    where = {"host": postgresql.host, "port": postgresql.port, "user": postgresql.user}
    with psycopg.connect(dbname="postgres", autocommit=True, **where) as connection:
        connection.execute("drop database if exists together")
        connection.execute("create database together")
    url = postgresql_catalog_url.replace("/catalog", "/together")
    barrier, told = threading.Barrier(4), multiprocessing.SimpleQueue()
    threads = [threading.Thread(target=_open, args=(url, barrier, told)) for _ in range(4)]
    for each in threads:
        each.start()
    assert [told.get() for _ in threads] == [HEAD] * 4
    for each in threads:
        each.join()


@databases
def test_another_programs_database_is_refused(postgresql, postgresql_catalog_url):
    url = postgresql_catalog_url.replace("/catalog", "/shop")
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE IF NOT EXISTS orders (a INTEGER)"))
    engine.dispose()
    with pytest.raises(CatalogError, match="tables of another program, such as orders"):
        open_postgresql(url)


@databases
def test_a_newer_catalog_is_refused_only_when_it_says_so(empty_postgresql, two):
    """A release that adds tables migrates while servers of this one go on, and start."""
    try:
        with two[0].begin() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '9998'"))
            connection.execute(sa.text("ALTER TABLE resources ADD COLUMN later TEXT DEFAULT ''"))
        again = open_postgresql(empty_postgresql)
        resources = ResourceStore(again, SystemClock())
        assert resources.create("shop") == ResourceStore(two[1], SystemClock()).find("shop")
        again.dispose()
        with two[0].begin() as connection:
            connection.execute(sa.text("UPDATE oldest_schema SET version_num = '9998'"))
        with pytest.raises(CatalogError, match="for programs that know 9998"):
            open_postgresql(empty_postgresql)
    finally:
        with two[0].begin() as connection:
            connection.execute(sa.text(f"UPDATE alembic_version SET version_num = '{HEAD}'"))
            connection.execute(sa.text(f"UPDATE oldest_schema SET version_num = '{HEAD}'"))
            connection.execute(sa.text("ALTER TABLE resources DROP COLUMN IF EXISTS later"))


@databases
def test_a_server_does_not_overwrite_what_another_has_changed(two):
    clock = SystemClock()
    here, there = (ResourceStore(each, clock) for each in two)
    shop = here.create("shop", instrumentation_key=KEY)
    with pytest.raises(ResourceExists):
        there.create("SHOP")
    with pytest.raises(ResourceExists, match="belongs to 'shop'"):
        there.create("other", instrumentation_key=KEY)
    here.update(shop.app_id, tags=(("team", "a"),))
    there.update(shop.app_id, labels={"color": "red"})
    assert there.find("shop").tags == (("team", "a"),)
    here.catch_up()
    assert here.find("shop").labels == (("color", "red"),)
    assert there.delete(shop.app_id)
    assert not here.delete(shop.app_id)


@databases
def test_keys_people_and_sessions_are_shared(two):
    clock = SystemClock()
    here, there = (KeyStore(each, clock) for each in two)
    key, secret = here.create("app", "reader", [Right.READ])
    assert there.caller(secret) is None
    there.catch_up()
    assert there.caller(secret).name == "key reader"
    with pytest.raises(NameTaken):
        there.create("app", "reader", [Right.READ])
    there.revoke("app", key.id)
    here.catch_up()
    assert here.caller(secret) is None
    people = [PeopleStore(each, clock) for each in two]
    ada = people[0].create("Ada", roles={EVERYTHING: Role.ADMIN})
    with pytest.raises(NameTaken):
        people[1].create("ada")
    people[1].set_roles(ada.id, {"app": Role.VIEWER})
    people[0].catch_up()
    assert set(people[0].get(ada.id).roles) == {EVERYTHING, "app"}
    sessions = [SessionStore(each, clock, 60, 600) for each in two]
    session = sessions[0].begin(ada.id)
    sessions[1].catch_up()
    assert sessions[1].person_of(session) == ada.id
    sessions[1].end(session)
    sessions[0].catch_up()
    assert sessions[0].person_of(session) is None


class HandClock:
    def __init__(self):
        self.now = 600_000_000 * TICKS_PER_SECOND

    def now_ticks(self):
        return self.now

    def monotonic_s(self):
        return self.now / TICKS_PER_SECOND


@databases
def test_a_session_used_on_one_server_alone_goes_on_on_the_others(two):
    clock = HandClock()
    here, there = (SessionStore(each, clock, 600, 86_400) for each in two)
    session = here.begin("ada")
    there.catch_up()
    for _ in range(3):
        clock.now += 400 * TICKS_PER_SECOND
        assert here.person_of(session) == "ada"
        here.save()
    there.begin("bob")  # forgets what is over
    assert there.person_of(session) == "ada"
    clock.now += 700 * TICKS_PER_SECOND
    assert there.person_of(session) is None


@databases
def test_who_writes_waits_for_who_writes(two):
    """What a transaction has read stays true until it ends, whichever server the other one is."""
    groups = [ActionGroupStore(each, lambda: "secret" * 4) for each in two]
    group = ActionGroup("s", "g", "ops")
    began, seen = threading.Event(), []

    def other():
        began.wait()
        seen.append(groups[1].put(group)[1])

    thread = threading.Thread(target=other)
    thread.start()

    def check(known):
        began.set()
        thread.join(0.2)
        assert thread.is_alive()

    assert groups[0].put(group, check)[1]
    thread.join()
    assert seen == [False]


@databases
def test_a_connection_that_broke_is_made_anew(two):
    resources = ResourceStore(two[0], SystemClock())
    resources.create("one")
    with two[1].begin() as connection:
        connection.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    assert resources.create("two").name == "two"


@databases
def test_what_breaks_halfway_says_so_and_leaves_nothing(two):
    resources = ResourceStore(two[0], SystemClock())

    def broken():
        with writing(two[0]) as connection:
            mine = connection.scalar(sa.text("SELECT pg_backend_pid()"))
            connection.execute(sa.text("DELETE FROM resources"))
            with two[1].begin() as other:
                other.execute(sa.text(f"SELECT pg_terminate_backend({mine})"))
            connection.execute(sa.text("DELETE FROM usage"))

    with pytest.raises(CatalogUnavailable, match="cannot reach the catalog's database"):
        broken()
    assert resources.create("after").name == "after"


def test_a_database_that_is_not_there_says_so_without_its_password():
    pytest.importorskip("psycopg")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(CatalogUnavailable) as raised:
            open_postgresql(f"postgresql://me:hidden@127.0.0.1:{port}/catalog")
    assert "hidden" not in str(raised.value)


@pytest.fixture
def over_a_wire(postgresql, empty_postgresql, monkeypatch):
    """A catalog behind something that goes on acknowledging when nothing comes through any more."""
    monkeypatch.setattr(patient_connection, "IDLE_PATIENCE_S", 0.3)
    monkeypatch.setattr(patient_connection, "ANSWER_PATIENCE_S", 3)
    wire = Wire(postgresql.port)
    url = empty_postgresql.replace(f":{postgresql.port}/", f":{wire.port}/")
    engine = open_postgresql(f"{url}?connect_timeout=2")
    yield wire, engine
    wire.close()
    engine.dispose()


def _number(connection, query="SELECT 7"):
    return connection.scalar(sa.text(query))


@databases
def test_a_connection_that_was_cut_off_in_the_pool_is_made_anew(over_a_wire):
    wire, engine = over_a_wire
    with engine.connect() as connection:
        process = _number(connection, "SELECT pg_backend_pid()")
    with engine.connect() as connection:
        assert _number(connection, "SELECT pg_backend_pid()") == process
    wire.cut()
    with pytest.raises(CatalogUnavailable), engine.connect():
        pass
    wire.mend()
    with engine.connect() as connection:
        assert _number(connection, "SELECT pg_backend_pid()") != process


@databases
def test_who_waits_for_an_answer_that_does_not_come_is_told(over_a_wire):
    """And what comes after all is not taken for the answer to something else."""
    wire, engine = over_a_wire
    with engine.connect() as connection:
        assert _number(connection, "SELECT 1 FROM pg_sleep(1)") == 1
        wire.cut()
        with pytest.raises(CatalogUnavailable, match="no answer for 3 s"):
            _number(connection)
        assert connection.invalidated
        wire.mend()
        connection.rollback()
        assert _number(connection, "SELECT 8") == 8


@pytest.mark.parametrize("url", ["mysql://me:hidden@h/d", "postgresql://me:hidden@h:x/d"])
def test_a_url_that_cannot_be_used_is_refused_without_its_password(url):
    pytest.importorskip("psycopg")
    with pytest.raises(CatalogError) as raised:
        open_postgresql(url)
    assert "hidden" not in str(raised.value)
    assert "hidden" not in shown("postgresql://me:hidden@h/d")


def test_without_psycopg_the_remedy_is_told(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(CatalogError, match=r"pip install 'openinsights\[cluster\]'"):
        open_postgresql("postgresql://h/d")


@pytest.fixture
def filled(tmp_path):
    """A file with something in it."""
    engine = open_file(tmp_path / "catalog.sqlite")
    clock = SystemClock()
    resources = ResourceStore(engine, clock)
    for number in range(3):
        resources.make(NewResource(f"shop{number}", tags=(("team", "a"),)))
    KeyStore(engine, clock).create(EVERYTHING, "key", [Right.READ])
    with engine.begin() as connection:
        for number in range(600):
            connection.execute(
                sa.insert(metadata.tables["alert_history"]).values(
                    alert_id="a", at_ticks=number, event="Fired", facts={"value": float("nan")}
                )
            )
    yield engine
    engine.dispose()


@databases
def test_a_file_is_copied_whole_and_again_without_a_change(filled, two):
    done = {each.table: each for each in copy_catalog(filled, two[0])}
    assert (done["resources"].rows, done["resources"].added) == (3, 3)
    assert done["alert_history"].rows == 600
    here, there = (ResourceStore(each, SystemClock()) for each in (filled, two[1]))
    assert here.list() == there.list()
    changed = there.list()[0]
    there.update(changed.app_id, tags=(("team", "b"),))
    with two[0].begin() as connection:  # numbers go on behind those that came along
        added = sa.insert(metadata.tables["audit"]).values(
            at_ticks=1, actor="a", actor_kind="k", action="x", target="t", outcome="o", address=""
        )
        assert connection.execute(added).inserted_primary_key[0] == 1
    here.create("late")
    again = {each.table: each for each in copy_catalog(filled, two[0])}
    resources = again["resources"]
    assert (resources.rows, resources.added, resources.changed) == (4, 1, 1)
    there.catch_up()
    assert there.get_by_app_id(changed.app_id).tags == (("team", "b"),)


@databases
def test_what_stands_in_the_way_is_named_and_nothing_is_copied(filled, two):
    there = ResourceStore(two[0], SystemClock())
    there.create("shop1")
    with pytest.raises(CatalogError, match="cannot copy table resources: the target holds"):
        copy_catalog(filled, two[0])
    assert [each.name for each in ResourceStore(two[1], SystemClock()).list()] == ["shop1"]


@databases
def test_a_shared_catalog_is_copied_into_a_file(two, tmp_path):
    resources = ResourceStore(two[0], SystemClock())
    resources.create("shop")
    copy_to_file(two[1], tmp_path / "copy.sqlite")
    copy = open_file(tmp_path / "copy.sqlite")
    assert ResourceStore(copy, SystemClock()).list() == resources.list()
    copy.dispose()
