"""Stores of other releases: each earlier one opens with all it holds, a newer one is refused."""

from __future__ import annotations

import tarfile
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa

import openinsights
from openinsights.catalog import engine
from openinsights.catalog.errors import CatalogError
from openinsights.catalog.resources import ResourceStore
from openinsights.clock import SystemClock
from openinsights.schema.catalog import CLASSIC
from openinsights.store.duckdb import ddl, layout
from openinsights.store.duckdb.store import open_duckdb_store
from openinsights.store.errors import StoreError, StoreTooNew

RELEASES = sorted((Path(__file__).parent / "releases").glob("*.tar.gz"))
NOW = ddl.LAYOUT_VERSION
TABLES = ("traces", "customEvents", "requests", "dependencies", "customMetrics", "exceptions")
NAMES = {"first", "zweiter", "셋째", "été 🚀"}


@pytest.fixture(params=RELEASES, ids=lambda path: path.name.removesuffix(".tar.gz"))
def written(request, tmp_path) -> Path:
    """A data folder as that release left it when it was killed."""
    with tarfile.open(request.param) as packed:
        packed.extractall(tmp_path, filter="data")
    return tmp_path


def day_file(folder: Path) -> Path:
    return max(folder.glob("telemetry/*.duckdb"))


def change(path: Path, *statements: str) -> None:
    with duckdb.connect(str(path)) as file:
        for statement in statements:
            file.execute(statement)


def test_every_row_of_an_earlier_release_is_there_once(written) -> None:
    for _ in ("opened", "opened again"):
        with openinsights.open(written) as database:
            counts = database.kql(
                "union withsource=kind traces, customEvents, requests, dependencies, customMetrics,"
                " exceptions | summarize count() by kind | order by kind asc"
            )
            names = database.kql("traces | distinct message", app="shop")
        assert dict(tuple(row) for row in counts.rows) == dict.fromkeys(TABLES, 8)
        assert {row[0] for row in names.rows} == NAMES


def test_an_earlier_catalog_keeps_telemetry_as_long_as_the_server_does(written) -> None:
    resources = ResourceStore(engine.open_file(written / "catalog.sqlite"), SystemClock())
    shop = resources.named("shop")
    assert shop.retention.of("traces", 90) == 90
    resources.set_retention(shop.app_id, {"traces": 7, "*": 30})
    resources.close()
    resources = ResourceStore(engine.open_file(written / "catalog.sqlite"), SystemClock())
    assert resources.named("shop").retention.to_json() == {"*": 30, "traces": 7}
    resources.close()


def test_columns_and_tables_that_came_later_are_added_with_their_missing_value(written) -> None:
    with openinsights.open(written):
        pass
    change(
        day_file(written),
        'alter table traces drop column "session_Id"',
        'alter table traces drop column "severityLevel"',
        'drop table "browserTimings"',
    )
    with openinsights.open(written) as database:
        rows = database.kql("traces | summarize by session_Id, severityLevel")
        assert {tuple(row) for row in rows.rows} == {("", 1), ("", None)}
        assert database.kql("browserTimings | count").rows[0][0] == 0
    with duckdb.connect(str(day_file(written))) as file:
        found = file.execute("select table_name, column_name from duckdb_columns()").fetchall()
    missing = {(table.name, column.name) for table in CLASSIC for column in table.columns}
    assert missing <= set(found)


def test_a_step_to_the_next_layout_is_taken_once(written, monkeypatch) -> None:
    with openinsights.open(written):
        pass
    steps = {
        NOW: ("this is never run: the file has that layout",),
        NOW + 1: ("create table {alias}.later (n integer)", "insert into {alias}.later values (1)"),
    }
    monkeypatch.setattr(ddl, "LAYOUT_VERSION", NOW + 1)
    monkeypatch.setattr(ddl, "SET_LAYOUT", f"update {{alias}}.layout set version = {NOW + 1}")
    monkeypatch.setattr(layout, "STEPS", steps)
    for _ in ("taken", "not taken again"):
        with openinsights.open(written) as database:
            assert database.kql("traces | count").rows[0][0] == 8
    with duckdb.connect(str(day_file(written))) as file:
        assert file.execute("select count(*), max(version) from later, layout").fetchone() == (
            1,
            NOW + 1,
        )


def test_a_step_that_fails_leaves_the_file_as_it_was(written, monkeypatch) -> None:
    with openinsights.open(written):
        pass
    monkeypatch.setattr(ddl, "LAYOUT_VERSION", NOW + 1)
    steps = {NOW + 1: ("create table {alias}.later (n integer)", "select no_such_column")}
    monkeypatch.setattr(layout, "STEPS", steps)
    # a day that still takes telemetry is opened with the store, an older one when it is read
    with (
        pytest.raises(StoreError, match="cannot open day"),
        openinsights.open(written) as database,
    ):
        database.kql("traces | count")
    with duckdb.connect(str(day_file(written))) as file:
        tables = {
            row[0] for row in file.execute("select table_name from duckdb_tables()").fetchall()
        }
        assert "later" not in tables
        assert file.execute("select version from layout").fetchone() == (NOW,)


def test_a_day_file_of_a_newer_release_is_refused_and_left_alone(written) -> None:
    with openinsights.open(written):
        pass
    path = day_file(written)
    change(path, "update layout set version = 99")
    before = path.read_bytes()
    with pytest.raises(StoreTooNew, match=r"newer release.*layout 99, known up to \d+.*install"):
        openinsights.open(written)
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_refused(tmp_path) -> None:
    change(tmp_path / "2020-02-02.duckdb", "create table mine (n integer)")
    store = open_duckdb_store(tmp_path, SystemClock())
    with pytest.raises(StoreError, match="another program wrote it"):
        store._parts.files.attach(737_456)
    store.close()


def test_a_catalog_of_a_newer_release_is_refused(written) -> None:
    path = written / "catalog.sqlite"
    opened = engine.open_file(path)
    with opened.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    opened.dispose()
    with pytest.raises(CatalogError, match="newer version of OpenInsights wrote it"):
        engine.open_file(path)
