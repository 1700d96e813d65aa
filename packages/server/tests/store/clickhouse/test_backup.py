"""ClickHouse copies the database itself, while telemetry comes, and brings it back."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from openinsights.clock import TICKS_PER_DAY
from openinsights.schema.rollups import COUNT
from openinsights.schema.sql import Sql
from openinsights.store.api import ScanRequest
from openinsights.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.clickhouse
CONFIGURATION = "<clickhouse><backups><allowed_path>{}</allowed_path></backups></clickhouse>"


@pytest.fixture
def url(tmp_path: Path, clickhouse_endpoint: Any) -> Iterator[str]:
    """A database of an engine that may write backups to a folder."""
    file = tmp_path / "configuration.xml"
    file.write_text(CONFIGURATION.format(tmp_path / "backups"))
    program = sys.modules["clickhouse_endpoint"]
    endpoint = program.Endpoint(f"{tmp_path / 'engine'}?config-file={file}")
    yield f"clickhouse://127.0.0.1:{endpoint.port}/kept"
    endpoint.stop()


def run(*arguments: str) -> Any:
    from openinsights.cli.main import app

    return CliRunner().invoke(app, ["store", *arguments])


def counted(store: Any, **among: Any) -> list[Any]:
    """Requests by name, from rows put together where those may be read."""
    request = ScanRequest("requests", ("name", COUNT.name), is_rolled_up=True, **among)
    source = store.source(request)
    text = (
        f'select name, sum("{COUNT.name}") from {source.text} as found group by name order by name'
    )
    return store.run(Sql(text, source.parameters), timeout_s=60, max_rows=9).rows


def test_what_was_acknowledged_comes_back_and_what_a_copy_may_lack_is_made_of_the_rows(
    url, clock, bodies
) -> None:
    from openinsights.store.clickhouse.store import open_clickhouse_store

    def body(name: str, at: int) -> Any:
        made = bodies.body(name, (at, name), table="requests")
        made.days[0].tables[0].columns["operation_Id"] = [f"of-{name}"]
        return made

    store = open_clickhouse_store(url, clock)
    database = store._place.database
    bodies.keep(store, body("old", bodies.noon - 9 * TICKS_PER_DAY), body("new", bodies.noon))
    done = run("backup", "File('first')", "--store", url)
    assert done.exit_code == 0, done.output
    bodies.keep(store, body("newer", bodies.noon))
    # as if the copy had been made of these tables a moment earlier than of the rows
    for table in ("operations", "requests_by_names", "requests_by_all"):
        store._clients.command(f"truncate table {database}.{table}")
    done = run("backup", "File('second')", "--base", "File('first')", "--store", url)
    assert done.exit_code == 0, done.output
    refused = run("restore", "File('second')", "--store", url)
    assert refused.exit_code != 0
    assert "it has tables" in str(refused.exception or refused.output)
    store._clients.command(f"drop database {database} sync")
    store.close()
    done = run("restore", "File('second')", "--store", url)
    assert done.exit_code == 0, done.output
    store = open_clickhouse_store(url, clock)
    day = bodies.noon // TICKS_PER_DAY
    assert store.counts(day)["requests"] == 2
    assert ("new", 1) in counted(store)
    assert ("newer", 1) in counted(store)
    sought = (("operation_Id", frozenset({"of-newer"})),)
    assert ("newer", 1) in counted(store, among=sought)
    assert bodies.keep(store, body("newer", bodies.noon)) == (0, 1), "it knows what it has"
    store.close()


@pytest.mark.parametrize(
    "place", ["monday", "Disk('a'); drop database x", "Null", "File('it\\'s')"]
)
def test_a_place_that_is_none_is_refused_before_anything_is_asked(place: str) -> None:
    from openinsights.store.clickhouse.backup import backup

    with pytest.raises(StoreError, match="it looks like"):
        backup(None, place, "", lambda _: None)
