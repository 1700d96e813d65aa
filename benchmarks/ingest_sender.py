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

from ingest_bodies import body, unique


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--sequence", action="store_true")
    options = parser.parse_args()
    templates = [
        body(options.batch, seed, with_sequence=options.sequence)
        for seed in range(max(4, 4000 // options.batch))
    ]
    numbers = itertools.count(time.time_ns())
    lock = threading.Lock()
    times: list[float] = []
    sent = 0
    bad: list[bytes] = []
    begin = time.perf_counter()
    end = begin + options.seconds

    def run(place: int) -> None:
        nonlocal sent
        with socket.create_connection(("127.0.0.1", options.port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for template in itertools.islice(itertools.cycle(templates), place, None):
                started = time.perf_counter()
                if started >= end:
                    return
                content = unique(template, next(numbers))
                head = (
                    "POST /v2.1/track HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                    "Content-Type: application/json\r\n"
                    f"Content-Length: {len(content)}\r\n\r\n"
                ).encode()
                started = time.perf_counter()
                connection.sendall(head + content)
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

    threads = [threading.Thread(target=run, args=(n,)) for n in range(options.connections)]
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
                "sender_cpu_s": used.user + used.system,
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
