"""How fast exported records come in: `openinsights import azure`, through a server and into a folder.

python benchmarks/importing.py [--records 100000] [--rounds 3]

Writes JSON lines as data export does (requests of five days, about 600 bytes each), then imports them
into new resources of one server on loopback, one body after the other and several at once in turns;
then into a folder that no server holds. Printed are records and megabytes per second of each turn, the
starting of the command included.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

COMMAND = [sys.executable, "-m", "openinsights.cli.main"]
AT_ONCE = (1, 4, 8)


def write_export(path: Path, count: int) -> int:
    """Write records, a line each; return the bytes."""
    now = datetime.now(timezone.utc)
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            at = now - timedelta(seconds=number * 432_000 / count)
            record = {
                "time": at.isoformat(),
                "Type": "AppRequests",
                "Id": f"{number:016x}",
                "OperationId": f"{number // 4:032x}",
                "ParentId": f"{number + 1:016x}",
                "Name": f"GET /orders/{number % 40}",
                "Url": f"https://shop.example/orders/{number % 40}?customer={number % 5_000}",
                "Success": number % 50 != 0,
                "ResultCode": "200" if number % 50 else "500",
                "DurationMs": 5 + number * 7 % 900,
                "AppRoleName": f"web{number % 3}",
                "AppRoleInstance": f"web{number % 3}-{number % 8}",
                "Properties": {"tenant": f"t{number % 90}", "version": "1.2.3", "region": "west"},
            }
            file.write(json.dumps(record) + "\n")
    return path.stat().st_size


def run(*words: object) -> str:
    done = subprocess.run([*COMMAND, *map(str, words)], check=True, capture_output=True, text=True)
    return done.stdout


def imported(records: int, path: Path, name: str, at_once: int, place: tuple[str, ...]) -> float:
    """Return how many records a second came in."""
    run("resource", "create", name, *place)
    begun = time.perf_counter()
    told = run("import", "azure", name, path, "--at-once", at_once, *place)
    took_s = time.perf_counter() - begun
    assert int(re.findall(r"imported (\d+) rows", told)[0]) == records, told
    return records / took_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="importing-") as folder:
        export = Path(folder) / "export.jsonl"
        size = write_export(export, given.records)
        serve = [*COMMAND, "serve", "--port", "0", "--data", str(Path(folder) / "served")]
        with (Path(folder) / "served.log").open("w") as log:
            server = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=log, text=True)
        assert server.stdout is not None
        url = server.stdout.readline().rpartition(" ")[2].strip()
        rates: dict[str, list[float]] = {}
        try:
            for number in range(given.rounds):
                for at_once in AT_ONCE:
                    rate = imported(
                        given.records, export, f"r{number}-{at_once}", at_once, ("--url", url)
                    )
                    rates.setdefault(f"server, {at_once} at once", []).append(rate)
        finally:
            server.terminate()
            server.wait(60)
        for number in range(given.rounds):
            data = ("--data", str(Path(folder) / "alone"))
            for at_once in AT_ONCE[:2]:
                rate = imported(given.records, export, f"r{number}-{at_once}", at_once, data)
                rates.setdefault(f"folder, {at_once} at once", []).append(rate)
    bytes_each = size / given.records
    for name, found in rates.items():
        middle = statistics.median(found)
        turns = ", ".join(f"{each:,.0f}" for each in found)
        print(
            f"{name}: {middle:,.0f} records/s, {middle * bytes_each / 1e6:.1f} MB/s (turns: {turns})"
        )


if __name__ == "__main__":
    main()
