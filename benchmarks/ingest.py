"""How many envelopes a second the server takes, with the reply after the sync to disk.

Starts a real server on an empty folder, sends mixed telemetry from another process over loopback
with keep-alive, and prints envelopes per second, reply times, the server's memory and bytes per
stored row, beside the bars that they are held to; where the processor's time of one envelope went,
thread by thread, which adds up to what the system counts for the processes; then what its steps
take by themselves, one after the other on one thread. Bodies are made before; what differs from one envelope to the next
is drawn as they are sent: the sender costs 2 to 4 µs an envelope, and shares the processors.

    .venv/bin/python benchmarks/ingest.py --seconds 300
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path

import duckdb
import psutil
from ingest_bodies import KEY, body, unique
from thread_times import ENDED, ThreadTimes, Times

HERE = Path(__file__).parent
RATE, REPLY_MS, VISIBLE_S, RSS_MB, ROW_BYTES = 50_000, 250, 1.0, 500, 120
"""The bars."""
CORES = 2
ENVELOPE_US = CORES / RATE * 1e6
"""What an envelope may cost of the processor, sender included, for the rate on two cores. Unlike
the rate it can be measured, roughly, while others use the machine."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--batch", type=int, nargs="*", default=[250])
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument(
        "--rate",
        type=float,
        default=0,
        help="envelopes a second; as fast as replies come by default",
    )
    parser.add_argument("--sequence", action="store_true", help="items carry our client's ids")
    parser.add_argument(
        "--different",
        type=int,
        default=0,
        help="envelopes that differ, sent again and again; 0 has all of them differ",
    )
    parser.add_argument("--steps-only", action="store_true")
    parser.add_argument(
        "--server",
        nargs="*",
        default=["-m", "openinsights.cli.main", "serve"],
        help="the Python program that serves, for comparisons",
    )
    parser.add_argument(
        "--folder", type=Path, help="where the data goes; a temporary one if absent"
    )
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, DuckDB {duckdb.__version__}")
    if not options.steps_only:
        for batch in options.batch:
            measure(batch, options)
    steps(options.batch[0])


def measure(batch: int, options: argparse.Namespace) -> None:
    """Start a server, load it, stop it and print what was seen."""
    folder = Path(tempfile.mkdtemp(prefix="openinsights-ingest-", dir=options.folder))
    command = [sys.executable, *options.server, "--data", str(folder), "--port", "0"]
    unbounded = {**os.environ, "OPENINSIGHTS_MAX_ITEMS_PER_S": "0"}  # all items have one key
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=unbounded)
    try:
        assert server.stdout is not None
        port = re.search(r":(\d+)/", server.stdout.readline())
        assert port is not None, "the server did not say where it listens"
        process = psutil.Process(server.pid)
        idle = _resident(process)
        peak = [idle]
        done = threading.Event()
        before = _processor_s(process)
        threads = ThreadTimes(server.pid)
        threads.look(_readers(process))
        begun = threads.by_name()
        watch = threading.Thread(target=_watch, args=(process, threads, peak, done))
        watch.start()
        sender = [sys.executable, str(HERE / "ingest_sender.py"), "--port", port[1]]
        sender += ["--batch", str(batch), "--connections", str(options.connections)]
        sender += ["--seconds", str(options.seconds), "--rate", str(options.rate)]
        sender += ["--different", str(options.different)]
        if options.sequence:
            sender.append("--sequence")
        seen_s: list[float] = []
        looker = threading.Thread(target=_look, args=(int(port[1]), seen_s, done))
        looker.start()
        answer = json.loads(subprocess.run(sender, check=True, capture_output=True).stdout)
        after = _processor_s(process)
        done.set()
        watch.join()
        threads.look(_readers(process))
        looker.join()
        app_id = _get(int(port[1]), f"/api/profiles/{KEY}/appId").decode()
        stopping = time.perf_counter()
        server.terminate()
        server.wait(60)
        stopped = time.perf_counter() - stopping
        stored, size = _stored(folder, app_id)
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)
    own_s = after[0] - before[0]
    readers_s = after[1] - before[1]
    cpu = own_s + readers_s
    rate = answer["accepted"] / answer["seconds"]
    envelope_us = (cpu + answer["sender_cpu_s"]) / max(1, answer["accepted"]) * 1e6
    print(
        f"batch {batch:5}: {rate:8,.0f} envelopes/s over "
        f"{answer['seconds']:.0f} s ({answer['bytes_per_envelope']:.0f} B each), reply p50 "
        f"{answer['p50_ms']:.1f} ms, p99 {answer['p99_ms']:.1f} ms, max {answer['max_ms']:.0f} ms; "
        f"server RSS idle {idle / 1e6:.0f} MB, max {peak[0] / 1e6:.0f} MB; "
        f"{size / max(1, stored):.0f} B/row; stop {stopped:.1f} s; processor: server "
        f"{cpu / answer['seconds']:.2f} cores, sender "
        f"{answer['sender_cpu_s'] / answer['seconds']:.2f}; an envelope takes "
        f"{own_s / max(1, answer['accepted']) * 1e6:.1f} µs of the server's, "
        f"{readers_s / max(1, answer['accepted']) * 1e6:.1f} µs of its readers' and "
        f"{answer['sender_cpu_s'] / max(1, answer['accepted']) * 1e6:.1f} µs of the sender's; "
        f"refused {answer['refused']} {answer['first_refusal']}"
    )
    seen_s.sort()
    slowest = seen_s[-1] if seen_s else float("inf")
    for name, value, held in (
        (f"at least {RATE:,} envelopes/s", f"{rate:,.0f}", rate >= RATE),
        (
            f"at most {ENVELOPE_US:.0f} µs of the processor for an envelope",
            f"{envelope_us:.1f} µs, with which {CORES} whole cores take "
            f"{CORES / envelope_us * 1e6:,.0f} envelopes/s",
            envelope_us <= ENVELOPE_US,
        ),
        (
            f"p99 of the reply under {REPLY_MS} ms",
            f"{answer['p99_ms']:.0f} ms",
            answer["p99_ms"] < REPLY_MS,
        ),
        (
            f"visible to a query within {VISIBLE_S:.0f} s of the reply",
            f"{slowest:.2f} s at most, {seen_s[len(seen_s) // 2] if seen_s else 0:.2f} s half the time",
            slowest <= VISIBLE_S,
        ),
        (f"RSS under {RSS_MB} MB", f"{peak[0] / 1e6:.0f} MB", peak[0] / 1e6 < RSS_MB),
        (f"at most {ROW_BYTES} B/row", f"{size / max(1, stored):.0f}", size <= ROW_BYTES * stored),
    ):
        print(f"  {'held  ' if held else 'MISSED'} {name}: {value}")
    _print_threads(begun, threads.by_name(), cpu, answer)
    looked = len(seen_s)
    assert answer["accepted"] + looked == stored, (
        f"{answer['accepted']} and {looked} accepted, {stored} stored"
    )


def _look(port: int, seen_s: list[float], done: threading.Event) -> None:
    """Send an item of its own once a second, and note how long after its reply a query has it."""
    number = 0
    while not done.wait(1.0):
        number += 1
        name = f"looked for {number}"
        content = unique(json.dumps([_event(name)]).encode(), number)
        if _post(port, "/v2.1/track", content)[0] != 200:
            continue
        begun = time.perf_counter()
        asked = json.dumps({"query": f"customEvents | where name == '{name}' | count"}).encode()
        while time.perf_counter() - begun < 60:
            status, reply = _post(port, "/v1/apps/*/query", asked)
            if status == 200 and json.loads(reply)["tables"][0]["rows"] == [[1]]:
                break
        seen_s.append(time.perf_counter() - begun)


def _event(name: str) -> dict[str, object]:
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    data = {"baseType": "EventData", "baseData": {"ver": 2, "name": name}}
    return {"name": "event", "time": now, "iKey": KEY, "data": data}


def _post(port: int, path: str, content: bytes) -> tuple[int, bytes]:
    return _ask(port, "POST", path, content)


def _get(port: int, path: str) -> bytes:
    status, content = _ask(port, "GET", path, None)
    assert status == 200, content
    return content


def _ask(port: int, method: str, path: str, content: bytes | None) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, content, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def _watch(
    process: psutil.Process, threads: ThreadTimes, peak: list[int], done: threading.Event
) -> None:
    while not done.wait(0.05):
        peak[0] = max(peak[0], _resident(process))
        threads.look(_readers(process))


def _readers(process: psutil.Process) -> list[int]:
    return [each.pid for each in process.children()]


def _print_threads(
    before: dict[str, Times], after: dict[str, Times], counted_s: float, answer: dict[str, float]
) -> None:
    """Print what each thread took for an envelope, and how far that is from what was counted."""
    envelopes = max(1, answer["accepted"])
    taken = {name: times - before.get(name, Times()) for name, times in after.items()}
    named_s = sum(times.all_s for name, times in taken.items() if name != ENDED)
    print("where the processor's time of an envelope went, µs (in the kernel; page faults):")
    for name, times in sorted(taken.items(), key=lambda each: -each[1].all_s):
        print(
            f"  {name:32} {times.all_s / envelopes * 1e6:6.2f} "
            f"({times.system_s / envelopes * 1e6:5.2f}; {times.faults / envelopes:6.3f})"
        )
    print(f"  {'sender':32} {answer['sender_cpu_s'] / envelopes * 1e6:6.2f}")
    print(
        f"  {'sum':32} {(named_s + answer['sender_cpu_s']) / envelopes * 1e6:6.2f}, "
        f"{named_s / counted_s:.0%} of what the system counts for the server and its readers"
    )


def _resident(process: psutil.Process) -> int:
    """What the server and its readers hold; what they share counts for each."""
    held = 0
    with suppress(psutil.NoSuchProcess):  # any process that ended while it was looked at
        for each in (process, *process.children()):
            held += each.memory_info().rss
    return held


def _processor_s(process: psutil.Process) -> tuple[float, float]:
    """The processor's seconds of the server, and those of its readers, which end much later."""
    own, *readers = [each.cpu_times() for each in (process, *process.children())]
    return own.user + own.system, sum(each.user + each.system for each in readers)


def _stored(folder: Path, app_id: str) -> tuple[int, int]:
    """The rows of a resource in the day files, and the bytes of these.

    The server's reports about itself, some rows a minute, are another resource's.
    """
    from openinsights.schema.catalog import CLASSIC

    rows = size = 0
    for path in folder.rglob("*.duckdb"):
        size += path.stat().st_size
        with duckdb.connect(str(path), read_only=True) as file:
            for table in CLASSIC:
                count = f'select count(*) from "{table.name}" where "appId" = ?'
                found = file.execute(count, [app_id]).fetchone()
                rows += found[0] if found else 0
    return rows, size


def steps(items_of_one: int) -> None:
    """Print the processor's time of each step, per envelope: best and median of many.

    Args:
        items_of_one: envelopes of a body.
    """
    from openinsights.catalog.resource import Resource
    from openinsights.clock import SystemClock
    from openinsights.ingest.accept import accept
    from openinsights.ingest.limits import IngestLimits
    from openinsights.ingest.reading import TRACK
    from openinsights.ingest.rows import to_rows
    from openinsights.store.duckdb.store import open_duckdb_store
    from openinsights.store.group_writer import Pending
    from openinsights.store.journal import Journal
    from openinsights.store.limits import StoreLimits
    from openinsights.store.record import decode_record, encode_record

    resource = Resource("app", "web", "group", "local", KEY, "/subscriptions/s/web", 0)
    clock = SystemClock()
    limits = IngestLimits()
    folder = Path(tempfile.mkdtemp(prefix="openinsights-ingest-"))
    # its own threads must have nothing to do: the steps are taken here, and the log is emptied last
    quiet = StoreLimits(checkpoint_idle_s=3600, checkpoint_wal_bytes=1 << 40)
    store = open_duckdb_store(folder / "store", clock, limits=quiet)
    journal = Journal(folder / "journal", 1 << 30)
    in_a_group = quiet.commit_rows // items_of_one
    templates = [body(items_of_one, seed) for seed in range(8)]
    times: dict[str, list[float]] = {}

    def timed(name: str, clock_s, call, count: int):  # type: ignore[no-untyped-def]
        started = clock_s()
        result = call()
        times.setdefault(name, []).append((clock_s() - started) / count * 1e6)
        return result

    def body_step(name: str, call):  # type: ignore[no-untyped-def]
        return timed(name, time.thread_time, call, items_of_one)

    for turn in range(8):
        records = []
        for number in range(in_a_group):
            content = unique(templates[number % 8], turn * in_a_group + number)
            digest = body_step("digest", lambda c=content: hashlib.sha256(c).digest())[:16]
            items = body_step("decode", lambda c=content: TRACK.decode(c, 0, limits))
            accepted = body_step(
                "accept: keys, times, sizes",
                lambda i=items, c=content: accept(
                    i, lambda _: resource, clock.now_ticks(), limits, c
                ),
            )
            rows = body_step("rows", lambda a=accepted, d=digest: to_rows(a, d, 1))
            records.append(body_step("pack for the journal", lambda r=rows: encode_record(r)))
        rows_in_group = items_of_one * in_a_group

        def group_step(name: str, call, count: int = rows_in_group):  # type: ignore[no-untyped-def]
            return timed(name, time.process_time, call, count)

        group_step("journal: write and sync", lambda r=records: journal.write(r))
        group = group_step(
            "read the records", lambda r=records: [Pending(decode_record(one)) for one in r]
        )
        group_step("insert and commit, all threads", lambda g=group: store._parts.writer.commit(g))
        assert all(pending.future.exception() is None for pending in group)
    rows_in_all = rows_in_group * 8
    timed("checkpoint, all threads", time.process_time, store._parts.writer.rest, rows_in_all)
    assert store._parts.checkpointer._running is None, "a log was emptied beside the commits"
    store.close()
    journal.close()
    shutil.rmtree(folder)
    print(f"what its steps take by themselves, bodies of {items_of_one}, µs:")
    for name, taken in times.items():
        taken.sort()
        print(f"  {name:32} median {taken[len(taken) // 2]:6.2f}  best {taken[0]:6.2f}")
    medians = sum(taken[len(taken) // 2] for taken in times.values())
    print(f"  {'sum (HTTP and the sender apart)':32} median {medians:6.2f}")


if __name__ == "__main__":
    main()
