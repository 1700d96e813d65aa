"""Commands to a real Redis become dependencies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

WAITED_FOR = """
import redis
client = redis.Redis(port={port}, db=3)
client.set("user:ada", "secret")
assert client.get("user:ada") == b"secret"
with client.pipeline() as pipeline:
    pipeline.incr("visits").expire("visits", 60)
    pipeline.execute()
    pipeline.execute()
try:
    client.incr("user:ada")
except redis.ResponseError:
    pass
client.close()
"""
AWAITED = """
import asyncio
from redis.asyncio import Redis
async def main():
    async with Redis(port={port}) as client:
        await client.set("user:ada", "secret")
        async with client.pipeline() as pipeline:
            await pipeline.get("user:ada").get("user:grace").execute()
        await asyncio.gather(*(client.get(f"user:{{number}}") for number in range(3)))
asyncio.run(main())
"""
AWAY = """
import redis
client = redis.Redis(port=9, retry=None)
try:
    client.get("user:ada")
except redis.ConnectionError:
    pass
"""


def test_commands_and_pipelines(tell: Callable[..., Any], redis_server: Any) -> None:
    told = tell("redis", WAITED_FOR.format(port=redis_server.port), 4).but_own()

    assert [(row["name"], row["data"]) for row in told] == [
        ("SET", "SET ? ?"),
        ("GET", "GET ?"),
        ("PIPELINE", "INCRBY ? ?\nEXPIRE ? ?"),
        ("INCRBY", "INCRBY ? ?"),
    ]
    assert {row["type"] for row in told} == {"Redis"}
    assert {row["target"] for row in told} == {f"localhost:{redis_server.port} | 3"}
    assert [row["success"] for row in told] == ["True"] * 3 + ["False"]


def test_awaited_commands(tell: Callable[..., Any], redis_server: Any) -> None:
    told = tell("redis", AWAITED.format(port=redis_server.port), 5).but_own()

    assert [row["data"] for row in told] == ["SET ? ?", "GET ?\nGET ?", *["GET ?"] * 3]


def test_a_server_that_is_away(tell: Callable[..., Any]) -> None:
    (row,) = tell("redis", AWAY, 1).but_own()

    assert row["success"] == "False"
    assert row["target"] == "localhost:9 | 0"


def test_keys_are_recorded_where_the_program_says_so(
    tell: Callable[..., Any], redis_server: Any
) -> None:
    program = "from opencensus.ext.redis import trace\ntrace.trace_integration(sql_parameters=True)"
    told = tell("redis", program + WAITED_FOR.format(port=redis_server.port), 4).but_own()

    assert told[0]["data"] == "SET user:ada secret"
