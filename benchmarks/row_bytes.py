"""What a row takes on the disk, column by column, once it has settled.

    python benchmarks/row_bytes.py [--rows 500000] [--folder DATA]

Without a folder, envelopes of mixed telemetry, of which no two are equal, go the way of a request:
decoded, made rows, committed in groups, and the log is emptied as often as the server does; then the
day is tidied. With one, what `serve --data` or `generate.py` left in it is looked at as it is.

A column is said to take the place in its blocks up to the next one's; so the unused end of a block
counts for the last column in it. Free blocks take the next rows and count for the file, apart. Exit
status 1 when the used blocks come to more than the bar.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import duckdb
import numpy as np
from ingest_bodies import KEY, Template, unique

from openinsights.catalog.resource import Resource
from openinsights.clock import SystemClock
from openinsights.ingest.accept import accept
from openinsights.ingest.limits import IngestLimits
from openinsights.ingest.reading import TRACK
from openinsights.ingest.rows import to_rows
from openinsights.store.duckdb.store import open_duckdb_store
from openinsights.store.group_writer import Pending
from openinsights.store.limits import StoreLimits
from openinsights.store.record import decode_record, encode_record

ROW_BYTES = 120
"""The bar."""
BATCH, BODIES_OF_A_GROUP, TEMPLATES = 250, 80, 100

_SEGMENTS = """
with placed as (
    select column_name, compression, block_id, len(additional_block_ids) as more,
        coalesce(lead(block_offset) over (partition by block_id order by block_offset), {block})
            - block_offset as size
    from pragma_storage_info('{table}') where persistent and block_id >= 0)
select column_name, compression, sum(size + more * {block}) from placed group by all
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--folder", type=Path, help="look at this data folder as it is")
    parser.add_argument(
        "--least", type=float, default=0.3, help="columns that take less are summed"
    )
    options = parser.parse_args()
    if options.folder is not None:
        return report(options.folder, options.least)
    with tempfile.TemporaryDirectory(prefix="openinsights-row-bytes-") as name:
        write(Path(name), options.rows)
        return report(Path(name), options.least)


def write(folder: Path, rows: int) -> None:
    """Commit rows as the server does, tidy them, and print what commits and checkpoints took."""
    resource = Resource("app", "web", "group", "local", KEY, "/subscriptions/s/web", 0)
    clock, limits = SystemClock(), IngestLimits()
    # its own thread must have nothing to do: the steps are taken here
    store = open_duckdb_store(folder, clock, limits=StoreLimits(checkpoint_idle_s=3600))
    templates = [Template(BATCH, seed) for seed in range(TEMPLATES)]
    rng = np.random.default_rng(1)
    written, taken = 0, 0.0
    while written < rows:
        group = []
        for _ in range(BODIES_OF_A_GROUP):
            content = unique(templates[len(group) % TEMPLATES].filled(rng), time.time_ns())
            items = TRACK.decode(content, 0, limits)
            accepted = accept(items, lambda _: resource, clock.now_ticks(), limits, content)
            digest = hashlib.sha256(content).digest()[:16]
            record = encode_record(to_rows(accepted, digest, len(content)))
            group.append(Pending(decode_record(record)))
        began = time.process_time()
        store._parts.writer.commit(group)
        taken += time.process_time() - began
        assert all(pending.future.exception() is None for pending in group)
        written += BATCH * len(group)
    began = time.process_time()
    store._parts.writer.rest()
    taken += time.process_time() - began
    store.tidy()
    store.close()
    print(f"{written:,} rows, {taken / written * 1e6:.1f} µs of processors each to commit")


def report(folder: Path, least: float) -> int:
    """Print the table of a folder's day files; return the exit status."""
    rows = used = on_disk = 0
    columns: Counter[str] = Counter()
    forms: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*.duckdb")):
        on_disk += path.stat().st_size
        with duckdb.connect(str(path), read_only=True) as file:
            block, blocks = file.execute(
                "select block_size, used_blocks from pragma_database_size()"
            ).fetchone()
            used += block * blocks
            tables = file.execute("select table_name from duckdb_tables()").fetchall()
            telemetry = file.execute(
                "select table_name from duckdb_columns() where column_name = 'itemType'"
            ).fetchall()
            for (table,) in tables:
                if (table,) in telemetry:
                    rows += file.execute(f'select count(*) from "{table}"').fetchone()[0]
                asked = _SEGMENTS.format(table=table, block=block)
                for column, form, size in file.execute(asked).fetchall():
                    name = column if (table,) in telemetry else f"{table}.{column}"
                    columns[name] += size
                    forms.setdefault(name, set()).add(form)
    if not rows:
        raise SystemExit(f"{folder} has no rows; name a data folder")
    print(f"{'B/row':>7}  column")
    for name, size in columns.most_common():
        if size >= least * rows:
            print(f"{size / rows:7.2f}  {name:28} {', '.join(sorted(forms[name]))}")
    few = [size for size in columns.values() if size < least * rows]
    print(f"{sum(few) / rows:7.2f}  {len(few)} more columns")
    print(f"{used / rows:7.2f}  used blocks; the files have {on_disk / rows:.2f}, of {rows:,} rows")
    held = used <= ROW_BYTES * rows
    print(f"{'held  ' if held else 'MISSED'} at most {ROW_BYTES} B/row")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
