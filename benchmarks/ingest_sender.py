"""Sends prebuilt bodies over keep-alive connections for some seconds; a process of its own.

Prints one JSON object: envelopes accepted, seconds, reply times, processor time of this process.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import socket
import threading
import time

import numpy as np
from ingest_bodies import Template, unique

TEMPLATES = 100_000
"""Envelopes that templates are made of; their open digits differ whenever they are sent."""
MORE_COMES = getattr(socket, "MSG_MORE", 0)
"""Has the head go out with the body, without a copy of both; only Linux can."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--sequence", action="store_true")
    parser.add_argument(
        "--rate",
        type=float,
        default=0,
        help="envelopes a second, however fast replies come; times count from when a body was due",
    )
    parser.add_argument(
        "--different",
        type=int,
        default=0,
        help="envelopes that differ, sent again and again; 0 has all of them differ",
    )
    options = parser.parse_args()
    templates = [
        Template(options.batch, seed, with_sequence=options.sequence)
        for seed in range(max(4, (options.different or TEMPLATES) // options.batch))
    ]
    bodies = [each.filled(np.random.default_rng()) for each in templates if options.different]
    numbers = itertools.count(time.time_ns())
    lock = threading.Lock()
    times: list[float] = []
    sent = 0
    bad: list[bytes] = []
    turns = itertools.count()
    made = os.times()  # making the bodies is not sending them
    begin = time.perf_counter()
    end = begin + options.seconds

    def run() -> None:
        nonlocal sent
        rng = np.random.default_rng()
        own = np.empty(max(map(len, templates)), np.uint8)
        with socket.create_connection(("127.0.0.1", options.port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for turn in turns:
                due = begin + turn * options.batch / options.rate if options.rate else 0.0
                if max(due, time.perf_counter()) >= end:
                    return
                template = templates[turn % len(templates)]
                if bodies:
                    content = unique(bodies[turn % len(bodies)], next(numbers))
                else:
                    content = own[: len(template)]
                    template.fill(content, rng, next(numbers))
                head = (
                    "POST /v2.1/track HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                    "Content-Type: application/json\r\n"
                    f"Content-Length: {len(content)}\r\n\r\n"
                ).encode()
                time.sleep(max(0.0, due - time.perf_counter()))
                started = due or time.perf_counter()
                connection.sendall(head, MORE_COMES)
                connection.sendall(content)
                reply = _reply(connection)
                taken = time.perf_counter() - started
                with lock:
                    times.append(taken)
                    if reply.startswith(b"HTTP/1.1 200"):
                        sent += options.batch
                    else:
                        bad.append(reply[:500])
                        if b" 503 " not in reply[:20]:
                            return
                if reply.startswith(b"HTTP/1.1 503"):
                    time.sleep(0.05)

    threads = [threading.Thread(target=run) for _ in range(options.connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begin
    times.sort()
    used = os.times()
    print(
        json.dumps(
            {
                "accepted": sent,
                "refused": len(bad),
                "first_refusal": bad[0].decode(errors="replace") if bad else "",
                "seconds": seconds,
                "bytes_per_envelope": sum(map(len, templates)) / len(templates) / options.batch,
                "p50_ms": times[len(times) // 2] * 1000,
                "p99_ms": times[int(len(times) * 0.99)] * 1000,
                "max_ms": times[-1] * 1000,
                "sender_cpu_s": used.user + used.system - made.user - made.system,
            }
        )
    )


def _reply(connection: socket.socket) -> bytes:
    received = b""
    while True:
        part = connection.recv(65536)
        if not part:
            return received
        received += part
        head, separator, rest = received.partition(b"\r\n\r\n")
        if separator:
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:") and len(rest) >= int(line[15:]):
                    return received


if __name__ == "__main__":
    main()
