"""Several who write to one catalog in a file: they take turns, and none fails because of another."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

import openinsights
from openinsights.access.audit import AuditLog
from openinsights.api.errors import error_response
from openinsights.catalog import tables
from openinsights.catalog.engine import open_file, writing
from openinsights.catalog.errors import CatalogError, CatalogUnavailable
from openinsights.catalog.purges import PurgeStore
from openinsights.catalog.resources import ResourceStore
from openinsights.catalog.saved_queries import SavedQuery, SavedQueryStore
from openinsights.clock import SystemClock

WRITERS = 2
EACH = 40
BEGIN_THEMSELVES = {
    "catalog/engine.py",  # where `writing` is
    "catalog/postgresql.py",  # migrations, which have a lock of their own
    "catalog/leases.py",  # renewed while others write; one statement decides
    "fellow_servers.py",  # writes nothing
}


@pytest.fixture
def engines(tmp_path):
    """What two programs have open: connections of their own to one file."""
    made = [open_file(tmp_path / "catalog.db") for _ in range(WRITERS)]
    yield made
    for each in made:
        each.dispose()


def _together(call, count=WRITERS):
    """Have something called by several threads from the same moment on; return what they returned."""
    barrier = threading.Barrier(count)

    def begin(number):
        barrier.wait()
        return call(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


def test_writers_that_read_first_wait_for_each_other(engines):
    """Every store reads before it writes: what it read would be stale if others wrote in between."""
    purge = PurgeStore(engines[0], SystemClock()).create("app", "requests", ())

    def write(number):
        engine, clock = engines[number], SystemClock()
        purges, audit = PurgeStore(engine, clock), AuditLog(engine, clock)
        queries, resources = SavedQueryStore(engine, clock), ResourceStore(engine, clock)
        for each in range(EACH):
            purges.count(purge.id, 1)
            audit.add("ann", "person", "read", "shop")
            queries.put(
                SavedQuery("app", f"{number}-{each}", "requests", owner="ann"), replaces=False
            )
            if each % 10 == 0:
                resources.create(f"shop-{number}-{each}")

    _together(write)
    with engines[0].connect() as connection:
        counted = {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table))
            for table in (tables.audit, tables.saved_queries)
        }
    assert set(counted.values()) == {WRITERS * EACH}
    assert PurgeStore(engines[1], SystemClock()).get(purge.id).deleted_rows == WRITERS * EACH


def test_programs_that_open_a_new_file_together_make_its_tables_once(tmp_path):
    for number in range(10):
        path = tmp_path / f"{number}.db"
        for engine in _together(lambda _, path=path: open_file(path), 8):
            with engine.connect() as connection:
                assert connection.scalar(sa.select(sa.func.count()).select_from(tables.audit)) == 0
            engine.dispose()


def test_one_whose_turn_does_not_come_is_told_to_come_back(engines):
    one, other = engines

    @sa.event.listens_for(other, "connect")
    def impatient(connection, _entry):
        connection.execute("PRAGMA busy_timeout = 1")

    other.dispose()
    with writing(one), pytest.raises(CatalogUnavailable) as raised, writing(other):
        pass
    told = error_response(raised.value, "")
    assert (told.status_code, told.headers["retry-after"]) == (503, "5")
    with writing(other):
        pass


def test_whatever_writes_takes_its_turn():
    """A transaction that is begun otherwise fails when another has written since its first read."""
    root = Path(openinsights.__file__).parent
    begins = re.compile(r"^ *with .*\.begin\(\)", re.MULTILINE)
    found = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if begins.search(path.read_text(encoding="utf-8"))
    }
    assert found == BEGIN_THEMSELVES


def test_a_file_of_another_program_is_left_alone(tmp_path):
    path = tmp_path / "theirs.db"
    theirs = sa.create_engine(f"sqlite:///{path}")
    with theirs.begin() as connection:
        connection.execute(sa.text("CREATE TABLE notes (text TEXT)"))
    with pytest.raises(CatalogError, match="another program's database"):
        open_file(path)
    assert sa.inspect(theirs).get_table_names() == ["notes"]
    theirs.dispose()
