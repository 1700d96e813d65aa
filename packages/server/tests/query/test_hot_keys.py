"""Keys that are kept apart read the same as keys in the text, whatever the values are."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from openinsights.clock import TICKS_PER_DAY, UNIX_EPOCH_TICKS
from openinsights.kql.api import CompileOptions, Database, compile
from openinsights.query.functions import engine_functions
from openinsights.query.service import QueryRequest, QueryService
from openinsights.schema.catalog import ALL
from openinsights.store.duckdb import hot_keys
from openinsights.store.duckdb.store import open_duckdb_store
from openinsights.store.rows import DayRows, Rows, TableRows

if TYPE_CHECKING:
    from pathlib import Path

NOON = UNIX_EPOCH_TICKS + 20_000 * TICKS_PER_DAY + TICKS_PER_DAY // 2
TABLES = ("requests", "traces")
KEYS = (
    "tenant",
    "Tenant",
    "n",
    "nested",
    "odd key's",
    "ü.x",
    "$",
    "a*b",
    'quo"te',
    "rare",
    "b\\s",
    "",
)
VALUES: tuple[Any, ...] = (
    "gold", "silver", "", " ", "null", "true", "1", "1.0", "NaN", "'", '"', '"x"', "a\\b", "{}", "[1]",
    "ünïcödé 🚀", "line\nbreak", "\u0000", "\u007f", "x" * 150, 0, 1, -1, 1.0, 1.5, 1e300, 2**53 + 1,
    2**63 - 1, True, False, None, {}, [], {"a": 1}, {"a": {"b": "c"}}, [1, "2", None], {"null": None},
)  # fmt: skip
QUERIES = (
    "{t} | project timestamp, tostring(customDimensions.tenant), tostring(customDimensions['Tenant'])",
    "{t} | project timestamp, customDimensions.n, customDimensions['odd key\\'s'], customDimensions['ü.x']",
    "{t} | project timestamp, customDimensions.nested, customDimensions.nested.a, customDimensions.nested.a.b",
    "{t} | project timestamp, customDimensions['$'], customDimensions['a*b'], customDimensions['quo\"te']",
    "{t} | project timestamp, customDimensions.rare, tostring(customDimensions.rare), customDimensions['']",
    "{t} | project timestamp, toint(customDimensions.n), todouble(customDimensions.n), tobool(customDimensions.n)",
    "{t} | project timestamp, isnull(customDimensions.n), isempty(customDimensions.n), gettype(customDimensions.n)",
    "{t} | where customDimensions.tenant == 'gold' | project timestamp, customDimensions",
    "{t} | where customDimensions.tenant in ('gold', 'silver', '1') | count",
    "{t} | where customDimensions.tenant != '' | summarize count() by tostring(customDimensions.tenant)",
    "{t} | where customDimensions.n > 0 | summarize count(), dcount(tostring(customDimensions.n))",
    "{t} | where customDimensions.tenant has 'gold' or customDimensions.nested has 'c' | count",
    "{t} | extend x = customDimensions.tenant | where x == 'gold' | summarize max(tostring(x)), count()",
    "{t} | summarize array_length(make_set(customDimensions.nested)), countif(customDimensions.n == 1) by tostring(customDimensions.Tenant)",
    "{t} | order by tostring(customDimensions.tenant) asc, timestamp asc | project timestamp, customDimensions.tenant",
    "{t} | order by timestamp desc | take 7 | project tostring(customDimensions.tenant)",
    "{t} | top 5 by timestamp | extend y = tostring(customDimensions.n) | project y",
    "union requests, traces | where customDimensions.tenant == 'gold' | summarize count() by itemType, tostring(customDimensions.n)",
    "union withsource = w requests, traces, customEvents | summarize count() by w, tostring(customDimensions.tenant)",
    "union (requests | project timestamp, customDimensions), (print customDimensions = dynamic({{'tenant': 'gold'}})) | summarize count() by tostring(customDimensions.tenant)",
    "requests | join kind=leftouter (traces | where customDimensions.tenant == 'gold') on timestamp | project timestamp, tostring(customDimensions.n), tostring(customDimensions1.n), customDimensions1.nested",
    "requests | join kind=fullouter traces on timestamp | project tostring(customDimensions.tenant), tostring(customDimensions1.tenant), customDimensions1.n",
    "requests | join kind=rightanti traces on timestamp | project timestamp, tostring(customDimensions.tenant)",
    "requests | join kind=inner traces on $left.timestamp == $right.timestamp | where customDimensions1.tenant == customDimensions.tenant | count",
    "let r = materialize(requests | where isnotempty(customDimensions.tenant)); union r, (r | where customDimensions.n == 1) | summarize count() by tostring(customDimensions.n)",
    "requests | where tostring(customDimensions.tenant) in ((traces | project tostring(customDimensions.tenant))) | count",
    "{t} | where customDimensions.tenant == toscalar(requests | summarize max(tostring(customDimensions.tenant))) | count",
    "{t} | sort by timestamp asc | extend p = prev(tostring(customDimensions.tenant)), c = row_number() | project p, c, customDimensions.n",
    "{t} | mv-expand k = customDimensions.nested | project timestamp, k, tostring(customDimensions.tenant)",
    "{t} | evaluate bag_unpack(customDimensions) | count",
    "{t} | extend d = customDimensions | project timestamp, d.tenant, tostring(d.n), d",
    "{t} | make-series count() on timestamp from datetime(2024-10-01) to datetime(2024-10-05) step 1d by tostring(customDimensions.tenant)",
    "{t} | where customDimensions.tenant =~ 'GOLD' | distinct tostring(customDimensions.n)",
    "{t} | partition by name (summarize count() by tostring(customDimensions.n))",
    "AppRequests | where Properties.tenant == 'gold' | project TimeGenerated, Properties.n, tostring(Properties.Tenant)",
    "search in (requests, traces) 'gold' | summarize count() by tostring(customDimensions.tenant)",
    "{t} | project-away customDimensions | count",
    "{t} | fork (where customDimensions.tenant == 'gold' | count) (summarize count() by tostring(customDimensions.n))",
    "requests | join traces on timestamp | summarize count() by tostring(customDimensions.tenant), tostring(customDimensions1.n)",
    "requests | extend k = tostring(customDimensions.tenant) | join (traces | extend k = tostring(customDimensions.tenant)) on k | summarize count() by k",
    "requests | lookup (traces | project timestamp, customDimensions) on timestamp | summarize count() by tostring(customDimensions.tenant), tostring(customDimensions1.tenant)",
    "requests | join kind=rightouter traces on timestamp | summarize count() by tostring(customDimensions.tenant), tostring(customDimensions.n), tostring(customDimensions1.n)",
    "requests | join kind=leftsemi traces on timestamp | summarize count() by tostring(customDimensions.tenant)",
    "requests | mv-apply k = customDimensions.nested on (where tostring(k) != '' | summarize c = count()) | summarize sum(c), count() by tostring(customDimensions.tenant)",
    "requests | top-nested 3 of tostring(customDimensions.tenant) by max(timestamp)",
    "requests | sort by timestamp asc | scan declare (n: long = 0) with (step s: true => n = s.n + 1;) | summarize max(n), count() by tostring(customDimensions.tenant)",
    "find in (requests, traces) where customDimensions.tenant == 'gold' project timestamp, customDimensions",
    "requests | as r | where customDimensions.tenant == 'gold' | union r | summarize count() by tostring(customDimensions.tenant)",
    "requests | where customDimensions.tenant == 'gold' | summarize arg_max(timestamp, customDimensions) | project tostring(customDimensions.n)",
    "requests | summarize arg_max(timestamp, *) by tostring(customDimensions.tenant) | project customDimensions.n, customDimensions_tenant",
    "requests | distinct tostring(customDimensions.tenant), tostring(customDimensions.n) | count",
    "requests | project customDimensions | where customDimensions.tenant == 'gold' | union (traces | project customDimensions) | count",
    "let f = (T:(customDimensions:dynamic)) {{ T | summarize count() by tostring(customDimensions.tenant) }}; f(requests)",
    "requests | partition by name (top 2 by tostring(customDimensions.tenant) asc | project timestamp) | count",
    "requests | union (requests | where customDimensions.tenant == 'gold') | union traces | summarize count() by tostring(customDimensions.tenant), itemType",
    "requests | extend customDimensions = bag_merge(customDimensions, dynamic({{'tenant':'z'}})) | summarize count() by tostring(customDimensions.tenant)",
    "requests | reduce by tostring(customDimensions.tenant) | count",
    "requests | serialize p = next(tostring(customDimensions.tenant)) | summarize count() by p",
    "requests | summarize make_list(tostring(customDimensions.tenant)) | project array_length(list_customDimensions_tenant)",
    "requests | where customDimensions has 'gold' and customDimensions.tenant == 'gold' | count",
    "union isfuzzy=true requests, traces | where tobool(customDimensions.n) | count",
)  # fmt: skip


class Clock:
    def now_ticks(self) -> int:
        return NOON + TICKS_PER_DAY

    def monotonic_s(self) -> float:
        return 0.0


def bag(draw: random.Random) -> str | None:
    kind = draw.randrange(12)
    if kind == 0:
        return None
    if kind == 1:
        return draw.choice(
            ["{}", "[1]", '"text"', "5", "null", '{"tenant":"first","tenant":"second"}']
        )
    # some spelled in another way than the server spells JSON
    pairs = {key: draw.choice(VALUES) for key in draw.sample(KEYS, draw.randrange(1, 6))}
    return json.dumps(pairs, ensure_ascii=draw.random() < 0.5, indent=draw.choice([None, 1]))


def bodies(seed: int, count: int) -> list[Rows]:
    draw = random.Random(seed)
    made = []
    for number in range(count):
        days = []
        for back in range(2):
            tables = []
            for table in TABLES:
                size = draw.randrange(1, 12)
                columns: dict[str, list[Any]] = {
                    # no two rows of a table at one time; later bodies lie between earlier ones
                    "timestamp": [
                        NOON - back * TICKS_PER_DAY + number * 30 + 2 * place + (seed > 99)
                        for place in range(size)
                    ],
                    "customDimensions": [bag(draw) for _ in range(size)],
                }
                if table == "requests":
                    columns["name"] = [draw.choice("ab") for _ in range(size)]
                tables.append(TableRows(table, size, columns))
            days.append(DayRows(NOON // TICKS_PER_DAY - back, tuple(tables)))
        made.append(Rows((seed * 1000 + number).to_bytes(16, "little"), 100, tuple(days)))
    return made


class Stored:
    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.open()

    def open(self) -> None:
        self.store = open_duckdb_store(self.folder, Clock(), functions=engine_functions())
        self._queries = QueryService(self.store, _no_resource, Clock())

    def append(self, sent: list[Rows]) -> None:
        for waiting in [self.store.append(rows) for rows in sent]:
            waiting.result(60)
        assert self.store.settle(60)

    def answer(self, text: str) -> list[Any]:
        result = self._queries.run(QueryRequest(text))
        return [
            (table.columns, sorted(map(repr, table.rows)) if "order" not in text else table.rows)
            for table in result.tables
        ]

    def sql(self, text: str) -> str:
        return self._queries.run(QueryRequest(text)).sql


def _no_resource(name: str) -> Any:
    raise AssertionError(name)


@pytest.fixture
def eager(monkeypatch) -> None:
    monkeypatch.setattr(hot_keys, "FEW_ROWS", 1)
    monkeypatch.setattr(hot_keys, "CHUNK_ROWS", 7)
    monkeypatch.setattr(hot_keys, "_LEAST_SHARE", 0.0)


def compare(kept: Stored, plain: Stored) -> None:
    for query in QUERIES:
        for table in TABLES if "{t}" in query else ("",):
            if "{t}" in query and "by name" in query and table == "traces":
                continue
            text = query.format(t=table)
            assert kept.answer(text) == plain.answer(text), text


@pytest.mark.parametrize("seed", range(2))
def test_answers_are_the_same_from_text_and_from_keys_apart(tmp_path, eager, seed) -> None:
    plain, kept = Stored(None), Stored(tmp_path)
    first, later = bodies(seed, 8), bodies(seed + 100, 4)
    plain.append(first)
    kept.append(first)
    kept.store.tidy()
    assert "hot_" in kept.sql("requests | summarize count() by tostring(customDimensions.tenant)")
    compare(kept, plain)
    plain.append(later)
    kept.append(later)
    compare(kept, plain)
    kept.store.close()
    kept.open()
    kept.store.tidy()
    compare(kept, plain)
    plain.store.close()
    kept.store.close()


def test_the_most_used_keys_are_kept_and_no_more_than_fit(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(hot_keys, "FEW_ROWS", 100)
    draw = random.Random(1)
    bags = [
        json.dumps(
            {f"hot{n}": "x" for n in range(40) if draw.random() < 0.9 - n / 100}
            | {f"rare{draw.randrange(300)}": "y", "long": "z" * 2000, "a*": "1", 'q"': "1"}
        )
        for _ in range(1000)
    ]
    rows = TableRows("traces", 1000, {"timestamp": [NOON] * 1000, "customDimensions": bags})
    kept = Stored(tmp_path)
    kept.append([Rows(bytes(16), 1, (DayRows(NOON // TICKS_PER_DAY, (rows,)),))])
    kept.store.tidy()
    keys = kept.store.kept_keys()
    assert keys["traces"]["customDimensions"] == frozenset(f"hot{n}" for n in range(32))
    assert keys["AppTraces"]["Properties"] == keys["traces"]["customDimensions"]
    assert "requests" not in keys
    kept.store.close()
    with duckdb.connect(str(next(tmp_path.glob("*.duckdb")))) as file:
        filled = "hot_0 is not null and hot_31 is not null"
        assert file.execute(f"select count(*) from traces where {filled}").fetchone() == (1000,)
        assert file.execute("select count(*) from hot_keys").fetchone() == (32,)


def test_tables_with_few_rows_and_days_before_are_read_from_text(tmp_path) -> None:
    kept = Stored(tmp_path)
    kept.append(bodies(1, 2))
    kept.store.tidy()
    assert kept.store.kept_keys() == {}
    assert "hot" not in kept.sql("requests | where customDimensions.tenant == 'gold'")
    kept.store.close()


def test_only_whole_keys_of_known_names_are_asked_of_scans() -> None:
    options = CompileOptions(NOON, kept_keys={"requests": {"customDimensions": frozenset({"k"})}})

    def keys(text: str) -> list[tuple[str, str, bool]]:
        scans = compile(text, Database(ALL), options).statements[0].scans
        return [(key.name, key.key, key.as_text) for scan in scans for key in scan.keys]

    text, value = (
        ("tostring(customDimensions['k'])", "k", True),
        ("customDimensions['k']", "k", False),
    )
    assert keys("requests | where customDimensions.k == 'x' | count") == [text]
    assert keys("requests | project customDimensions.k") == [value]
    assert keys("requests | project customDimensions.k.x") == []
    assert keys("requests | project customDimensions.other") == []
    assert keys("traces | project customDimensions.k") == []
    assert keys("union requests, traces | where customDimensions.k == 'x' | count") == [text]
    (scan,) = (
        compile("requests | where customDimensions.k == 'x' | count", Database(ALL), options)
        .statements[0]
        .scans
    )
    assert scan.columns == (text[0],)
    assert replace(scan, keys=()).keys == ()
