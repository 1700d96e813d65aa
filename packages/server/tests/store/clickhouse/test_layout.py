"""Making the tables: again and again, in addition, and not those of a newer release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from openinsights.schema.catalog import CLASSIC
from openinsights.store.clickhouse import ddl
from openinsights.store.errors import StoreError, StoreTooNew

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.clickhouse


@pytest.fixture
def clients(clickhouse_url: str) -> Iterator[Any]:
    from openinsights.store.clickhouse.address import address_of
    from openinsights.store.clickhouse.connection import Clients

    clients = Clients(address_of(clickhouse_url))
    yield clients
    clients.close()


def run(*arguments: str) -> Any:
    from openinsights.cli.main import app

    return CliRunner().invoke(app, ["store", "init", *arguments])


def names(clients: Any) -> set[str]:
    text = f"select name from system.tables where database = '{clients.address.database}'"
    return {row[0] for row in clients.rows(text)}


def test_the_command_prints_what_it_would_run_and_runs_it(clients, clickhouse_url) -> None:
    printed = run(clickhouse_url, "--print")
    assert printed.exit_code == 0, printed.output
    assert "CREATE TABLE IF NOT EXISTS" in printed.output
    assert names(clients) == set()
    for _ in range(2):
        made = run(clickhouse_url)
        assert made.exit_code == 0, made.output
        assert "is ready" in made.output
    assert {table.name for table in CLASSIC} < names(clients)
    assert clients.rows(f"select version from {clients.address.database}.layout") == [
        (ddl.LAYOUT_VERSION,)
    ]


def test_columns_of_a_newer_release_are_added_and_filled(clients, clickhouse_url, clock, bodies):
    from openinsights.schema.sql import Sql
    from openinsights.store.api import ScanRequest
    from openinsights.store.clickhouse.layout import initialise
    from openinsights.store.clickhouse.store import open_clickhouse_store

    store = open_clickhouse_store(clickhouse_url, clock)
    bodies.keep(store, bodies.body("a", (bodies.noon, "before")))
    store.close()
    database = clients.address.database
    # as if a release had made the tables that did not know the column
    known = [f'"{each.name}"' for each in CLASSIC[2].columns if each.name != "user_AccountId"]
    rows = (
        f"select {', '.join([*known, ddl.RETENTION])} from {database}.{ddl.DOOR}"
        f" where {ddl.OF_TABLE} = 'traces'"
    )
    clients.command(f"alter table {database}.telemetry_view_1_traces modify query {rows}")
    clients.command(f"alter table {database}.traces drop column user_AccountId")
    with pytest.raises(StoreError, match="openinsights store init"):
        open_clickhouse_store(clickhouse_url, clock)
    initialise(clients)
    store = open_clickhouse_store(clickhouse_url, clock)
    body = bodies.body("b", (bodies.noon, "after"))
    body.days[0].tables[0].columns["user_AccountId"] = ["contoso"]
    bodies.keep(store, body)
    source = store.source(ScanRequest("traces", ("message", "user_AccountId")))
    found = store.run(Sql(f"select * from {source.text}"), timeout_s=30, max_rows=9).rows
    store.close()
    assert sorted(found) == [("after", "contoso"), ("before", "")]


def test_tables_of_a_newer_release_are_refused(clients, clickhouse_url, clock) -> None:
    from openinsights.store.clickhouse.layout import initialise
    from openinsights.store.clickhouse.store import open_clickhouse_store

    initialise(clients)
    clients.command(f"insert into {clients.address.database}.layout (version) values (99)")
    with pytest.raises(StoreTooNew, match="install that release"):
        open_clickhouse_store(clickhouse_url, clock)
    assert run(clickhouse_url).exit_code != 0


def test_statements_for_a_cluster_are_all_read_by_the_engine(clients) -> None:
    place = ddl.Place("telemetry", "main")
    for statement in ddl.create(place):
        assert 'ON CLUSTER "main"' in statement
        clients.rows(f"explain ast {statement}")
    made = "\n".join(ddl.create(place))
    assert "ReplicatedMergeTree" in made
    assert "Distributed(" in made


def test_nobody_there_is_said(clock) -> None:
    from openinsights.store.clickhouse.store import open_clickhouse_store

    with pytest.raises(StoreError, match="does not answer"):
        open_clickhouse_store("clickhouse://127.0.0.1:1/x", clock)
