"""Custom properties at ClickHouse: as JSON text, and as its JSON type with a cap on paths.

    python benchmarks/clickhouse_properties.py [ROWS]

Makes ROWS (300,000) bags of eight usual keys and one of 300 rare ones in chDB, twice, and prints what
each takes on the disk, what an insert and questions about a key cost the processor (best of three),
and which values do not come back as they were sent.
"""

from __future__ import annotations

import sys
import tempfile
import time
from typing import Any

COLUMNS = {
    "text": "Nullable(String) CODEC(ZSTD(1))",
    "json": "JSON(max_dynamic_paths = 64) CODEC(ZSTD(1))",
}
BAG = (
    """concat('{"tenant":"t', toString(h % 200), '","region":"r', toString(h % 7), '","plan":"p',"""
    """ toString(h % 3), '","feature":"f', toString(h % 40), '","build":"', toString(h % 11),"""
    """ '","user":"', hex(h), '","size":', toString(h % 5000), ',"share":', toString(h % 1000 / 8),"""
    """ ',"rare', toString(h % 300), '":"', toString(h % 17), '"}')"""
)
QUESTIONS = {
    "count of a usual key's value": {
        "text": "select count() from text where JSONExtractString(coalesce(bag, ''), 'tenant') = 't7'",
        "json": "select count() from json where bag.tenant.:String = 't7'",
    },
    "rows by a usual key": {
        "text": "select JSONExtractString(coalesce(bag, ''), 'feature') as f, count() from text group by f",
        "json": "select bag.feature.:String as f, count() from json group by f",
    },
    "count of a rare key's value": {
        "text": "select count() from text where JSONExtractString(coalesce(bag, ''), 'rare250') = '3'",
        "json": "select count() from json where bag.rare250.:String = '3'",
    },
    "the bags of 100 rows": {
        "text": "select bag from text limit 100",
        "json": "select toJSONString(bag) from json limit 100",
    },
    "all bags": {
        "text": "select max(length(bag)) from text",
        "json": "select max(length(toJSONString(bag))) from json",
    },
}
SENT = (
    '{"b":"2","a":"1"}', '{"a":1.0}', '{"a":1e3}', '{"a":null}', '{"a":{}}', '{"a":[]}', '{}',
    '{"a.b":"x"}', '{"a":"x","a":"y"}', '{"a":12345678901234567890123}', '{"a":"2026-11-30"}',
    '{"a":[1,"x",null]}', '{"":"x"}', '[1]', '"x"',
)  # fmt: skip


def main(rows: int) -> None:
    import chdb

    with tempfile.TemporaryDirectory() as folder:
        connection = chdb.connect(folder)
        for name, kind in COLUMNS.items():
            connection.query(
                f"create table {name} (at Int64, bag {kind}) engine = MergeTree order by at"
            )
            took = cost(
                connection,
                f"insert into {name} select number, {BAG} from (select number, cityHash64(number) as h"
                f" from numbers({rows})) settings async_insert = 0",
                times=1,
            )
            connection.query(f"optimize table {name} final")
            size = connection.query(
                f"select sum(bytes_on_disk) from system.parts where active and table = '{name}'",
                "TSV",
            ).data()
            print(
                f"{name}: {int(size) / rows:.1f} B a row, inserted in {took / rows * 1e6:.2f} µs a row"
            )
        for question, texts in QUESTIONS.items():
            costs = [cost(connection, texts[name]) * 1000 for name in COLUMNS]
            print(f"{question:32}" + "".join(f"{ms:10.1f} ms" for ms in costs))
        for text in SENT:
            try:
                back = (
                    connection.query(f"select toJSONString('{text}'::JSON)", "TSVRaw")
                    .data()
                    .strip()
                )
            except RuntimeError as error:
                back = str(error).partition("DB::Exception: ")[2][:60]
            if back != text:
                print(f"  {text}  comes back as  {back}")
        connection.close()


def cost(connection: Any, text: str, times: int = 3) -> float:
    """Return the processor's seconds of a statement, the best of some."""
    best = float("inf")
    for _ in range(times):
        begun = time.process_time()
        connection.query(text, "Native")
        best = min(best, time.process_time() - begun)
    return best


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300_000)
