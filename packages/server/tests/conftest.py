"""Fixtures of several folders: databases that hold telemetry, and those that hold a catalog.

ClickHouse is its engine behind its protocol if none is named.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from database_peers import own_folder, postgresql  # noqa: F401 - fixtures

from openinsights.catalog.engine import open_memory
from openinsights.catalog.postgresql import open_postgresql
from openinsights.catalog.tables import metadata, oldest_schema, versions

if TYPE_CHECKING:
    from collections.abc import Iterator


def _endpoint_module() -> Any:
    if "clickhouse_endpoint" not in sys.modules:
        path = Path(__file__).parent / "store" / "clickhouse" / "endpoint.py"
        spec = importlib.util.spec_from_file_location("clickhouse_endpoint", path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules["clickhouse_endpoint"] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules["clickhouse_endpoint"]


@pytest.fixture(scope="session")
def clickhouse_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`user:password@host:port` of the server that the environment names, or of an endpoint."""
    named = os.environ.get("OPENINSIGHTS_TEST_CLICKHOUSE")
    if named:
        yield urlsplit(named).netloc
        return
    endpoint = _endpoint_module().Endpoint(tmp_path_factory.mktemp("clickhouse"))
    yield urlsplit(endpoint.url).netloc
    endpoint.stop()


@pytest.fixture
def clickhouse_url(clickhouse_server: str) -> Iterator[str]:
    """What `--store` takes: a database of this test's own."""
    import clickhouse_connect

    database = f"test_{uuid.uuid4().hex[:12]}"
    yield f"clickhouse://{clickhouse_server}/{database}"
    client = clickhouse_connect.get_client(dsn=f"http://{clickhouse_server}/default")
    client.command(f"drop database if exists {database} sync")
    client.close()


@pytest.fixture(scope="session")
def _faulty_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    endpoint = _endpoint_module().Endpoint(tmp_path_factory.mktemp("faulty-clickhouse"))
    yield endpoint
    endpoint.stop()


@pytest.fixture
def clickhouse_endpoint(_faulty_endpoint: Any) -> Iterator[Any]:
    """An endpoint that can be told what goes wrong; a test leaves it running, with its databases."""
    yield _faulty_endpoint
    _faulty_endpoint.tell("heal")


ON_POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.databases)


@pytest.fixture(scope="session")
def postgresql_catalog(postgresql):  # noqa: F811
    """The URL of a database for catalogs, and a connection to it, made once."""
    import psycopg

    where = {"host": postgresql.host, "port": postgresql.port, "user": postgresql.user}
    with psycopg.connect(dbname="postgres", autocommit=True, **where) as connection:
        connection.execute("create database catalog")
    url = f"postgresql://{postgresql.user}@{postgresql.host}:{postgresql.port}/catalog"
    engine = open_postgresql(url)
    yield url, engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgresql_catalog_url(postgresql_catalog):
    return postgresql_catalog[0]


@pytest.fixture
def empty_postgresql(postgresql_catalog):
    """The URL of a catalog in PostgreSQL in which nothing is kept."""
    url, engine = postgresql_catalog
    with engine.begin() as connection:
        known = {*metadata.tables, versions.name}
        for other in set(sa.inspect(connection).get_table_names()) - known:  # a test made it
            connection.execute(sa.text(f"DROP TABLE {other}"))
        names = ", ".join(name for name in metadata.tables if name != oldest_schema.name)
        connection.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY"))
    return url


@pytest.fixture(params=["memory", ON_POSTGRESQL])
def empty_catalog(request):
    """An open catalog in which nothing is kept."""
    if request.param == "memory":
        engine = open_memory()
    else:
        engine = open_postgresql(request.getfixturevalue("empty_postgresql"))
    yield engine
    engine.dispose()
