"""Peers on loopback that behave in every way a real one may."""

from __future__ import annotations

import asyncio
import threading
from contextlib import ExitStack, contextmanager
from functools import partial

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from openinsights.app import build, open_parts
from openinsights.availability.connection import Dialing
from openinsights.clock import TICKS_PER_SECOND, SystemClock
from openinsights.outside.addresses import AddressPolicy
from openinsights.settings import resolve


class Peer:
    """An HTTP server whose paths do what a test says, on a thread of its own.

    `answers[path]` is a whole reply in bytes, or a coroutine function of (reader, writer).
    """

    def __init__(self, context=None):
        self.answers = {}
        self.requests = []
        self._context = context
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        self._ready.wait()
        scheme = "http" if context is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self.port}"

    def page(self, path, body="hello", status=200, headers=(), kind="text/plain"):
        content = body if isinstance(body, bytes) else body.encode()
        lines = [
            f"HTTP/1.1 {status} Said",
            f"content-type: {kind}",
            f"content-length: {len(content)}",
            *(f"{name}: {value}" for name, value in headers),
        ]
        self.answers[path] = "\r\n".join([*lines, "", ""]).encode() + content

    def close(self):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self):
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._tasks = set()
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0, ssl=self._context)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        await self._turns()  # asyncio loses who has connected when the server is closed at once
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._turns()

    @staticmethod
    async def _turns():
        for _ in range(10):
            await asyncio.sleep(0)

    async def _talk(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            verb, path, _ = head[0].split(" ")
            headers = {
                name.lower(): value
                for name, _, value in (line.partition(": ") for line in head[1:] if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            self.requests.append((verb, path, headers, body))
            answer = self.answers.get(path, b"HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n")
            if callable(answer):
                await answer(reader, writer)
            else:
                writer.write(answer)
                await writer.drain()
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()


@contextmanager
def serving(context=None):
    peer = Peer(context)
    try:
        yield peer
    finally:
        peer.close()


@pytest.fixture
def peer():
    with serving() as peer:
        yield peer


@pytest.fixture
def peer_with():
    return serving


@pytest.fixture
def dialing():
    return Dialing(AddressPolicy(private=True))


class MovedClock(SystemClock):
    """The system's clock, put forward as far as a test wants."""

    def __init__(self):
        self.ahead_s = 0.0

    def now_ticks(self):
        return super().now_ticks() + round(self.ahead_s * TICKS_PER_SECOND)


@pytest.fixture
def clock():
    return MovedClock()


PUBLIC_URL = "http://127.0.0.1:5380/"
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/default"
TESTS = f"{GROUP}/providers/Microsoft.Insights/webtests"
COMPONENT = f"{GROUP}/providers/Microsoft.Insights/components/shop"


class Server:
    tests = TESTS
    component = COMPONENT

    def __init__(self, parts, application, portal):
        self.parts = parts
        transport = httpx.ASGITransport(application, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)
        self._portal = portal

    def request(self, method, url, body=None, **more):
        return self._portal.call(partial(self._client.request, method, url, json=body, **more))

    def put(self, name, component=COMPONENT, **properties):
        body = {"tags": {f"hidden-link:{component}": "Resource"}, "properties": properties}
        return self.request("PUT", f"{TESTS}/{name}", body)

    def rows(self, text):
        reply = self.request("POST", "/v1/apps/shop/query", {"query": text})
        assert reply.status_code == 200, reply.text
        table = reply.json()["tables"][0]
        names = [column["name"] for column in table["columns"]]
        return [dict(zip(names, row, strict=True)) for row in table["rows"]]


@pytest.fixture
def server(clock):
    options = resolve()
    with start_blocking_portal() as portal, ExitStack() as opened:
        parts = open_parts(None, options, clock, opened)
        server = Server(parts, build(parts, options, clock, PUBLIC_URL), portal)

        async def loop():
            return asyncio.get_running_loop()

        parts.availability.start(portal.call(loop))
        parts.resources.create("shop")
        yield server
        parts.availability.close()
