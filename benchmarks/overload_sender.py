"""Offers prebuilt bodies at a steady rate, whatever the server replies; a process of its own.

A body goes out when its time has come, over a connection that is free or over a new one; when all
connections wait for replies it is not offered, which is counted. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time
from collections import Counter

from ingest_bodies import body, unique

REPLY_S = 30.0
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Sender:
    """Sends over up to `most` connections and counts what comes back."""

    def __init__(self, port: int, batch: int, most: int) -> None:
        self._port = port
        self._batch = batch
        self._most = most
        self._templates = [body(batch, seed) for seed in range(8)]
        self._free: list[Connection] = []
        self._open = 0
        self._number = time.time_ns()
        self.statuses: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.without_retry_after = 0
        self.unanswered = 0
        self.not_offered = 0
        self.offered = 0
        self.accepted_s: list[float] = []
        self.refused_s: list[float] = []
        self.waits: set[asyncio.Task[None]] = set()

    def offer(self) -> None:
        """Send one body, if a connection is there for it."""
        if not self._free and self._open >= self._most:
            self.not_offered += 1
            return
        self.offered += 1
        self._number += 1
        content = unique(self._templates[self._number % len(self._templates)], self._number)
        connection = self._free.pop() if self._free else None
        self._open += connection is None
        task = asyncio.create_task(self._send(content, connection))
        self.waits.add(task)
        task.add_done_callback(self.waits.discard)

    async def _send(self, content: bytes, connection: Connection | None) -> None:
        begun = time.perf_counter()
        try:
            reader, writer = connection or await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            self._open -= 1
            self.statuses["no connection"] += 1
            return
        try:
            writer.write(
                b"POST /v2.1/track HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(content)
            )
            writer.write(content)
            async with asyncio.timeout(REPLY_S):
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.lower().split(b"\r\n")
                length = next((int(x[15:]) for x in lines if x.startswith(b"content-length:")), 0)
                await reader.readexactly(length)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            self.unanswered += 1
            self.failures[type(error).__name__] += 1
            self._open -= 1
            writer.close()
            return
        status = head[9:12].decode()
        self.statuses[status] += 1
        taken = time.perf_counter() - begun
        if status == "200":
            self.accepted_s.append(taken)
        else:
            self.refused_s.append(taken)
            self.without_retry_after += b"\r\nretry-after:" not in head.lower()
        if b"connection: close" in head.lower():
            self._open -= 1
            writer.close()
        else:
            self._free.append((reader, writer))

    def result(self, seconds: float, elapsed: float) -> dict[str, object]:
        """Return what was seen."""
        used = os.times()
        accepted = self.statuses["200"] * self._batch
        return {
            "seconds": seconds,
            "elapsed": elapsed,
            "offered": self.offered * self._batch,
            "accepted": accepted,
            "statuses": dict(self.statuses),
            "failures": dict(self.failures),
            "unanswered": self.unanswered * self._batch,
            "not_offered": self.not_offered * self._batch,
            "without_retry_after": self.without_retry_after,
            "accepted_p99_s": _high(self.accepted_s),
            "refused_p99_s": _high(self.refused_s),
            "sender_cpu_s": used.user + used.system,
        }


def _high(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)] if times else 0.0


async def offer(sender: Sender, per_s: float, seconds: float) -> float:
    """Offer bodies at a rate for some seconds, wait for the last replies; return how long."""
    begun = time.perf_counter()
    sent = 0
    while (passed := time.perf_counter() - begun) < seconds:
        while sent < passed * per_s:
            sender.offer()
            sent += 1
        await asyncio.sleep(0.002)
    if sender.waits:
        await asyncio.wait(sender.waits)
    return passed


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--batch", type=int, default=250)
    parser.add_argument("--connections", type=int, default=1500)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--rate", type=float, required=True, help="envelopes per second")
    options = parser.parse_args()

    async def run() -> None:
        sender = Sender(options.port, options.batch, options.connections)
        begun = time.perf_counter()
        passed = await offer(sender, options.rate / options.batch, options.seconds)
        print(json.dumps(sender.result(passed, time.perf_counter() - begun)))

    asyncio.run(run())


if __name__ == "__main__":
    main()
