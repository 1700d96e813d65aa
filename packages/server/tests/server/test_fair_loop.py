"""Many connections that send do not keep the event loop from everything else."""

from __future__ import annotations

import asyncio
import selectors
import socket
from collections import Counter

import pytest

from openinsights.fair_loop import MOST_AT_ONCE, new_loop

CONNECTIONS = 300


@pytest.mark.skipif(not hasattr(selectors, "EpollSelector"), reason="the system has no epoll")
def test_few_connections_are_read_between_two_steps_and_all_in_turn() -> None:
    loop = new_loop()
    pairs = [socket.socketpair() for _ in range(CONNECTIONS)]
    read: Counter[int] = Counter()
    between: list[int] = []

    async def steps() -> None:
        # nobody empties the sockets: all of them are ready all the time
        for number, (ours, theirs) in enumerate(pairs):
            theirs.send(b"x")
            loop.add_reader(ours, read.update, [number])
        for _ in range(3 * CONNECTIONS // MOST_AT_ONCE + 3):
            before = read.total()
            await asyncio.sleep(0)
            between.append(read.total() - before)

    try:
        loop.run_until_complete(steps())
    finally:
        loop.close()
        for pair in pairs:
            for each in pair:
                each.close()

    assert max(between) <= MOST_AT_ONCE
    assert len(read) == CONNECTIONS, "each had its turn"
    assert max(read.values()) - min(read.values()) <= 1, "none had more turns than others"
