"""What Live Metrics cost the server: its processor while many servers post and several people look.

    python benchmarks/live_viewers.py
    python benchmarks/live_viewers.py --senders 100 --viewers 10 --seconds 60
    python benchmarks/live_viewers.py --catalog postgresql://user@127.0.0.1/empty

A real server on an empty folder; with a catalog that servers share two of them, with every other
sender and viewer each, so that half of what a viewer sees comes by way of the catalog. Each sender is a kept connection that posts a point once a second,
with the metrics and samples of a busy process; each viewer reads the stream of server-sent events as
a browser does. Both live in a process of their own, so that only the server is measured. Exit status
1 when a server takes more than the bar, or a viewer does not get a frame for every second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import psutil

from openinsights_wire.live.names import POST_PATH
from openinsights_wire.stamps import format_time, ticks_from_unix_ns

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

SERVE = [sys.executable, "-m", "openinsights.cli.main", "serve", "--port", "0"]
SERVE += ["--otlp-grpc-port", "0", "--otlp-http-port", "0"]
MOST_OF_A_CORE = 0.10
SAMPLES_PER_POST = 2
SETTLE_S = 5
"""Streams and senders are all there before anything is measured."""

_METRICS = (
    (r"\ApplicationInsights\Requests/Sec", 20.0),
    (r"\ApplicationInsights\Requests Failed/Sec", 1.0),
    (r"\ApplicationInsights\Requests Succeeded/Sec", 19.0),
    (r"\ApplicationInsights\Request Duration", 41.5),
    (r"\ApplicationInsights\Dependency Calls/Sec", 30.0),
    (r"\ApplicationInsights\Dependency Calls Failed/Sec", 0.0),
    (r"\ApplicationInsights\Dependency Calls Succeeded/Sec", 30.0),
    (r"\ApplicationInsights\Dependency Call Duration", 11.2),
    (r"\ApplicationInsights\Exceptions/Sec", 0.0),
    (r"\Process\Physical Bytes", 52_428_800.0),
    (r"\Processor(_Total)\% Processor Time", 35.0),
    (r"\% Process\Processor Time Normalized", 4.0),
)


def point(number: int) -> dict[str, Any]:
    """Return what a busy process tells of a second."""
    now = format_time(ticks_from_unix_ns(time.time_ns()))
    return {
        "Version": "py3.11:oc0.12:ext1.2",
        "InvariantVersion": 5,
        "Instance": f"web-{number}",
        "RoleName": "shop",
        "MachineName": f"host-{number}",
        "StreamId": f"{number:032x}",
        "IsWebApp": False,
        "PerformanceCollectionSupported": True,
        "Timestamp": now,
        "Metrics": [{"Name": name, "Value": value, "Weight": 1} for name, value in _METRICS],
        "Documents": [
            {
                "DocumentType": "Request",
                "DocumentStreamIds": ["samples"],
                "Name": "GET /cart",
                "Url": f"http://shop/cart?number={number}",
                "ResponseCode": "200",
                "Duration": "PT0.041S",
                "Timestamp": now,
                "OperationId": f"{time.time_ns():032x}",
                "Properties": [{"key": "payment", "value": "card"}],
            }
            for _ in range(SAMPLES_PER_POST)
        ],
    }


async def send(host: str, port: int, path: str, number: int, count: int, until: float) -> int:
    """Post once a second over one connection; return how many posts were asked to go on."""
    await asyncio.sleep(number / count)  # as processes start: not all in the same moment
    reader, writer = await asyncio.open_connection(host, port)
    subscribed = 0
    while time.monotonic() < until:
        began = time.monotonic()
        body = json.dumps([point(number)]).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        reply = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", reply.lower())
        if length is not None and int(length[1]):
            await reader.readexactly(int(length[1]))
        subscribed += b"x-ms-qps-subscribed: true" in reply.lower()
        await asyncio.sleep(max(0.0, 1 - (time.monotonic() - began)))
    writer.close()
    return subscribed


def senders(urls: list[str], key: str, count: int, seconds: float, told: Queue[int]) -> None:
    """Run all senders; a process of its own."""
    places = [(urlsplit(url).hostname or "", urlsplit(url).port or 0) for url in urls]
    until = time.monotonic() + seconds

    async def run() -> int:
        path = f"{POST_PATH}?ikey={key}"
        return sum(
            await asyncio.gather(
                *(
                    send(*places[number % len(places)], path, number, count, until)
                    for number in range(count)
                )
            )
        )

    told.put(asyncio.run(run()))


async def view(url: str, app: str, from_s: float, until_s: float) -> tuple[int, int, float]:
    """Read a stream; return the frames, the servers and the longest gap between the two times."""
    frames = servers = 0
    last, longest = from_s, 0.0
    async with (
        httpx.AsyncClient(timeout=30, trust_env=False) as http,
        http.stream("GET", f"{url}/api/live/{app}") as reply,
    ):
        async for line in reply.aiter_lines():
            now = time.monotonic()
            if now >= until_s:
                break
            if not line.startswith('data: {"time"') or now < from_s:
                continue
            frames += 1
            servers = max(servers, line.count('"stream":'))
            longest, last = max(longest, now - last), now
    return frames, servers, longest


def viewers(
    urls: list[str], app: str, count: int, from_s: float, until_s: float, told: Queue[Any]
) -> None:
    """Run all viewers; a process of its own."""

    async def run() -> list[tuple[int, int, float]]:
        return await asyncio.gather(
            *(view(urls[number % len(urls)], app, from_s, until_s) for number in range(count))
        )

    told.put(asyncio.run(run()))


def measured(urls: list[str], processes: list[psutil.Process], options: argparse.Namespace) -> int:
    """Let everybody in, measure, and print what was seen."""
    made = httpx.put(
        f"{urls[0]}/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/default"
        "/providers/Microsoft.Insights/components/live",
        json={},
    ).json()["properties"]
    for url in urls[1:]:  # it knows of the resource within seconds
        while (
            httpx.get(f"{url}/api/profiles/{made['InstrumentationKey']}/appId").text
            != made["AppId"]
        ):
            time.sleep(0.1)
    from_s = time.monotonic() + SETTLE_S
    until_s = from_s + options.seconds
    context = multiprocessing.get_context("spawn")
    posts, frames = context.Queue(), context.Queue()
    programs = [
        context.Process(
            target=viewers, args=(urls, made["AppId"], options.viewers, from_s, until_s, frames)
        ),
        context.Process(
            target=senders,
            args=(
                urls,
                made["InstrumentationKey"],
                options.senders,
                until_s - time.monotonic(),
                posts,
            ),
        ),
    ]
    for program in programs:
        program.start()
    time.sleep(max(0.0, from_s - time.monotonic()))
    before, began = [_cpu(each) for each in processes], time.monotonic()
    time.sleep(max(0.0, until_s - 1 - time.monotonic()))
    took_s = time.monotonic() - began
    shares = [(_cpu(each) - b) / took_s for each, b in zip(processes, before, strict=True)]
    seen, taken = frames.get(timeout=60), posts.get(timeout=60)
    for program in programs:
        program.join(60)
    fewest = min(one[0] for one in seen)
    print(
        f"{options.senders} senders ({taken} posts taken), {options.viewers} viewers, "
        f"{options.seconds:.0f} s:\n"
        f"  server {', '.join(f'{share:.1%}' for share in shares)} of a core"
        f" (bar {MOST_OF_A_CORE:.0%})\n"
        f"  frames of the viewer with the fewest {fewest}, "
        f"longest wait for one {max(one[2] for one in seen):.2f} s "
        f"(median of viewers {statistics.median(one[2] for one in seen):.2f} s)\n"
        f"  servers seen {max(one[1] for one in seen)}, "
        f"memory {max(each.memory_info().rss for each in processes) / 2**20:.0f} MiB"
    )
    complete = fewest >= options.seconds - 2 and max(one[1] for one in seen) == options.senders
    return 0 if max(shares) <= MOST_OF_A_CORE and complete else 1


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--senders", type=int, default=100)
    parser.add_argument("--viewers", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--catalog", default="", help="URL of an empty one; then two servers")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="openinsights-live-"))
    servers: list[subprocess.Popen[str]] = []
    try:
        shared = ["--catalog", options.catalog] if options.catalog else []
        urls = []
        for number in range(2 if shared else 1):
            server = subprocess.Popen(
                [*SERVE, "--data", str(folder / str(number)), *shared],
                stdout=subprocess.PIPE,
                text=True,
            )
            servers.append(server)
            assert server.stdout is not None
            url = re.search(r"http://[^\s/]+", server.stdout.readline())
            assert url is not None, "the server did not say where it listens"
            urls.append(url[0])
        return measured(urls, [psutil.Process(each.pid) for each in servers], options)
    finally:
        for each in servers:
            each.terminate()
        for each in servers:
            each.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
