"""No text of a query reaches what is not its own: other resources' rows, files, settings, the network.

Two resources share a store on disk; one asks everything that it can think of, and what belongs to
the other one, or stands in a file beside the store, must not appear in any answer.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import NOW, StandingClock

import openinsights
from openinsights.app import open_parts
from openinsights.catalog.errors import ResourceNotFound
from openinsights.data_folder import DataFolder
from openinsights.errors import OpenInsightsError
from openinsights.query.service import QueryRequest, QueryService
from openinsights.schema.sql import Sql
from openinsights.settings import resolve
from openinsights.store.errors import QueryFailed, StoreError
from telemetry import Telemetry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from openinsights.catalog.resource import Resource
    from openinsights.store.api import Store

MARK = "TOPSECRET"
"""Stands in every row of the other resource, in a file, and in no query's own rows."""


@dataclass
class Target:
    """A store with rows of two resources, and a service that may read those of one."""

    service: QueryService
    store: Store
    own: Resource
    other: Resource
    folder: Path

    def ask(self, text: str, **more: object) -> str:
        """Everything that a caller gets to see: rows, names and messages."""
        request = QueryRequest(
            text, (self.own.app_id,), resource_named=self.named, timeout_s=20, **more
        )
        try:
            result = self.service.run(request)
        except OpenInsightsError as error:
            if type(error) is QueryFailed:
                raise AssertionError(f"{error.__cause__}\n{text}") from error
            return f"{type(error).__name__}: {error}"
        shown = [[table.name, table.columns, table.rows_text()] for table in result.tables]
        return json.dumps(shown, default=str)

    def named(self, name: str) -> Resource:
        if name in (self.own.name, self.own.app_id):
            return self.own
        raise ResourceNotFound("there is no such resource")


async def _chunks(body: bytes) -> AsyncIterator[bytes]:
    yield body


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("safety")
    (folder / "secret.txt").write_text(f"{MARK}\n")
    (folder / "secret.csv").write_text(f"a,b\n{MARK},1\n")
    clock = StandingClock()
    with ExitStack() as opened:
        data = DataFolder(folder / "data")
        opened.callback(data.release)
        parts = open_parts(data, resolve({"reader_processes": 0}), clock, opened)
        found = [parts.resources.create(name) for name in ("shop", "secret")]
        for resource in found:
            items = list(Telemetry(resource.instrumentation_key, NOW).envelopes())[:60]
            text = json.dumps(items)
            if resource.name == "secret":
                text = text.replace("GET /", f"{MARK} /").replace("POST /", f"{MARK} /")
                text = text.replace("shop-", f"{MARK}-").replace('"User', f'"{MARK}User')
            body = text.encode()
            outcome = asyncio.run(parts.pipeline.take(_chunks(body), "", len(body)))
            assert not outcome.errors
        service = QueryService(parts.store, parts.resources.named, clock)
        whole = service.run(QueryRequest("union * | where * has 'TOPSECRET' | count"))
        assert whole.rows[0][0] > 10
        yield Target(service, parts.store, *found, folder)


NAMES = (
    "information_schema.tables", "duckdb_settings", "duckdb_settings()", "duckdb_secrets()",
    "duckdb_tables()", "sqlite_master", "pg_catalog.pg_tables", "pragma_database_list",
    "pragma_table_info('requests')", "read_csv('FOLDER/secret.csv')", "glob('*')",
    "read_text('FOLDER/secret.txt')", "read_blob('FOLDER/secret.txt')", "read_json('x')",
    "parquet_scan('x')", "query('select 1')", "query_table('requests')", "sniff_csv('x')",
    "getenv('HOME')", "current_setting('memory_limit')", "main.requests", "memory.main.requests",
)  # fmt: skip
FORMS = (
    "{0} | take 5", "print x = {0}", "['{1}'] | take 5", "table('{1}') | take 5",
    "print x = toscalar({0})", "union {0}, requests | take 5", "requests | join ({0}) on name",
    "requests | where name in ({0}) | take 5", "let t = {0}; t | take 5", "find in ({0}) 'x'",
    "search in ({0}) 'x'", "requests | invoke {0}", "requests | evaluate {0}",
    "requests | extend x = {0} | take 1", "requests | summarize {0}", "materialize({0}) | take 1",
)  # fmt: skip
QUOTES = (
    "' or 1=1 --", "'; drop table requests; --", '" union select * from requests --', "$$", "$s0_app0",
    "$k0", "\\', 1) --", "*/ select /*", "{0}", "%s", "\n--\n", "\u2019 or 1=1", "') or (true", "?",
)  # fmt: skip
STATEMENTS = (
    "COPY requests TO 'FOLDER/x.csv'", "ATTACH 'FOLDER/x.db' AS x", "PRAGMA database_list",
    "INSTALL httpfs", "LOAD httpfs", "CALL pragma_version()", "SET enable_external_access = true; requests",
    "set enable_external_access = true; requests", "set memory_limit = '1TB'; requests",
    "EXPORT DATABASE 'FOLDER/x'", "select * from requests", "CREATE SECRET x (TYPE S3)",
    "externaldata(x:string)['file://FOLDER/secret.txt']", "externaldata(x:string)[@'FOLDER/secret.txt']",
    ".drop table requests", ".set x <| requests", ".ingest into table requests ('x')",
    ".show tables", ".show schema", ".show databases", ".export to csv ('x') <| requests",
    "requests | evaluate http_request('http://127.0.0.1:1/')", "requests | evaluate python(typeof(*), 'x')",
    "requests | evaluate sql_request('a', 'b')", "requests | evaluate cosmosdb_sql_request('a', 'b', 'c')",
    "alias database d = cluster('c').database('d'); requests", "external_table('x') | take 1",
    "requests | invoke read_text()", "print current_principal_details()", "print current_cluster_endpoint()",
    "requests | take 1 // ; COPY requests TO 'x'", "requests /* | where appId == '' */ | take 1",
)  # fmt: skip
OTHERS = (
    "app('secret').requests", "app('ID').requests", 'app("secret").requests | count',
    "workspace('secret').AppRequests", "resource('secret').requests", "resource('/x/secret').requests",
    "union app('secret').*", "union app('secret').req*, requests", "union app('*').requests, requests",
    "union isfuzzy=true app('secret').requests, requests | where * has 'TOPSECRET'",
    "requests | join kind=fullouter (app('secret').requests) on name",
    "requests | where id in (app('secret').requests | project id)",
    "print toscalar(app('secret').requests | summarize take_any(name))",
    "let f = (n:string) { app(n).requests }; f('secret')",
    "let n = 'secret'; app(n).requests", "let n = strcat('sec', 'ret'); app(n).requests",
    "table('app(\\'secret\\').requests')", "database('secret').requests", "cluster('x').database('y').requests",
    "declare pattern p = (a:string)[b:string] { ('x').['y'] = { app('secret').requests }; }; p('x').y",
    "restrict access to (*); app('secret').requests", "find in (app('secret').requests) 'a'",
    "search in (app('secret').requests) 'a'", "materialize(app('secret').requests)",
    "requests | where appId == 'ID'", "requests | extend appId = 'ID' | where appId == 'ID' | project name",
    "requests | where true or appId == 'ID'", "union * | where appId == 'ID'", "union * | summarize by appId, name",
    "search '*'", "search 'TOPSECRET'", "find 'TOPSECRET'", "requests | summarize make_set(name), make_set(appId)",
    "AppRequests | union requests | summarize by tostring(pack_all())", "requests | sort by name | take 1000",
    "requests | join kind=rightouter (requests) on $left.id == $right.name | project name1",
    "requests | join kind=leftanti (requests | where false) on id | summarize by name",
    "traces | mv-apply x = dynamic([1]) on (where true) | summarize by cloud_RoleName",
    "requests | partition by name (where true) | summarize by name", "requests | reduce by name",
    "requests | evaluate autocluster()", "requests | top-nested 100 of name by count()",
    "requests | sample 1000 | summarize by name", "requests | getschema", "union withsource=T * | summarize by T",
)  # fmt: skip


def _told(target: Target, text: str) -> str:
    text = text.replace("FOLDER", str(target.folder)).replace("ID", target.other.app_id)
    before = sorted(target.folder.iterdir())
    answer = target.ask(text)
    assert sorted(target.folder.iterdir()) == before
    return answer.replace(f"'{MARK}'", "")


@pytest.mark.parametrize("name", NAMES)
def test_names_of_the_engine_mean_nothing(target: Target, name: str) -> None:
    for form in FORMS:
        text = form.replace("{0}", name).replace("{1}", name.replace("'", "\\'"))
        answer = _told(target, text)
        assert MARK not in answer, text
        assert re.match(r"Kql\w+|Unknown\w+", answer), (text, answer[:200])


@pytest.mark.parametrize("text", STATEMENTS)
def test_statements_of_other_languages_do_nothing(target: Target, text: str) -> None:
    assert MARK not in _told(target, text)


@pytest.mark.parametrize("text", OTHERS)
def test_rows_of_another_resource_stay_its_own(target: Target, text: str) -> None:
    answer = _told(target, text)
    assert MARK not in answer.replace(text, ""), answer[:500]
    if "==" not in text:
        assert target.other.app_id not in answer


@pytest.mark.parametrize("quote", QUOTES)
def test_texts_stay_texts(target: Target, quote: str) -> None:
    escaped = json.dumps(quote)
    many = ", ".join([escaped, *(f"'n{i}'" for i in range(60))])
    for text in (
        f"requests | where name == {escaped} | count", f"requests | where name in ({many}) | count",
        f"requests | where name has {escaped} | count", f"requests | where name contains {escaped} | count",
        f"requests | where tostring(customDimensions[{escaped}]) != '' | count",
        f"requests | where customDimensions has {escaped} and name == {escaped} | count",
    ):  # fmt: skip
        assert _told(target, text).endswith("[[0]]]]"), (text, _told(target, text))
    for text in (
        f"print x = {escaped} | where x == {escaped} | count",
        f"print [{escaped}] = 1 | extend y = [{escaped}] | summarize n = sum(y) by [{escaped}] | project n",
        f"datatable([{escaped}]:long)[1] | project-rename z = [{escaped}] | project z",
        f"print d = bag_pack({escaped}, 1) | evaluate bag_unpack(d) | project [{escaped}]",
        f"datatable(a:string)[{escaped}] | evaluate pivot(a) | project [{escaped}]",
        f"print x = {escaped} | as [{escaped}] | count",
        f"let [{escaped}] = 1; print y = [{escaped}]",
    ):
        if "\n" in quote and "[" in text:
            continue
        assert _told(target, text).endswith("[[1]]]]"), (text, _told(target, text))
    parameter = "declare query_parameters(p:string); print x = p | where x == p | count"
    assert target.ask(parameter, parameters={"p": quote}).endswith("[[1]]]]")
    filtered = "declare query_parameters(p:string); requests | where name == p | count"
    assert target.ask(filtered, parameters={"p": quote}).endswith("[[0]]]]")


@pytest.mark.parametrize(
    "sql",
    [
        "set enable_external_access = true", "set lock_configuration = false", "reset memory_limit",
        "set memory_limit = '1TB'", "copy (select 1) to 'FOLDER/out.csv'", "attach 'FOLDER/x.db' as x",
        "select * from read_text('FOLDER/secret.txt')", "select * from 'FOLDER/secret.csv'",
        "select * from read_csv('http://127.0.0.1:1/x.csv')", "install httpfs", "load httpfs",
        "select * from glob('/etc/*')", "create secret s (type s3)", "export database 'FOLDER/x'",
    ],
)  # fmt: skip
def test_the_engine_itself_is_locked(target: Target, sql: str) -> None:
    """Even SQL of somebody's own, which no query can give it, reaches nothing outside."""
    before = sorted(target.folder.iterdir())
    with pytest.raises(StoreError):
        target.store.run(Sql(sql.replace("FOLDER", str(target.folder))), timeout_s=5, max_rows=5)
    assert sorted(target.folder.iterdir()) == before


def test_the_locks_are_set(target: Target) -> None:
    names = ("enable_external_access", "lock_configuration", "autoload_known_extensions")
    text = ", ".join(f"current_setting('{name}')" for name in names)
    found = target.store.run(Sql(f"select {text}"), timeout_s=5, max_rows=1)
    assert found.rows == [(False, True, False)]


def test_names_and_texts_are_quoted_in_one_place_for_each_room() -> None:
    source = Path(openinsights.__file__).parent
    quoting = re.compile(r"""replace\(\s*(?:'"',\s*'""'|"'",\s*"''")\s*\)""")
    found = {
        path.relative_to(source).as_posix(): len(quoting.findall(text))
        for path in source.rglob("*.py")
        if quoting.search(text := path.read_text(encoding="utf-8"))
    }
    assert found == {
        "kql/functions/strings.py": 1,
        "kql/sql/duckdb.py": 1,
        "store/duckdb/ddl.py": 2,
    }


def test_the_environment_is_no_source(target: Target) -> None:
    os.environ["OPENINSIGHTS_TEST_SECRET"] = MARK
    try:
        assert MARK not in _told(target, "print x = getenv('OPENINSIGHTS_TEST_SECRET')")
    finally:
        del os.environ["OPENINSIGHTS_TEST_SECRET"]
