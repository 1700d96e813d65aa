"""What servers promise while the network to what they share is cut.

The store and the catalog run in network namespaces of their own; the far end of the cable is pulled,
so that packets vanish and nobody is told. Needs root. The cable stays pulled for 20 seconds after the
last server has noticed; OPENINSIGHTS_CUT_SECONDS=60 has it stay for longer, 0 leaves all of it out.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from datetime import datetime, timezone
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from database_peers import running_postgresql
from tests.conftest import COMMAND, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from database_peers import Peer
    from tests.conftest import RunningServer

CUT_S = float(os.environ.get("OPENINSIGHTS_CUT_SECONDS", "20"))
"""For how long, once every server has noticed."""
SERVERS = 3
SENDERS = 6
ITEMS = 200
TAKEN_AT_LEAST = 20 * ITEMS
GROWS_BY_MOST = 160 * 1024 * 1024
"""What a server may need more: twenty MiB that wait for their commit, as rows and as bodies."""
ENDPOINT = Path(__file__).parents[2] / "packages/server/tests/store/clickhouse/endpoint.py"


class Cable:
    """A network namespace, and the two ends of what joins it to this one."""

    def __init__(self, name: str, number: int) -> None:
        self.namespace = f"oi-{name}-{os.getpid()}"
        self.near = f"oi{number}n{os.getpid()}"[:15]
        self.far = f"oi{number}f{os.getpid()}"[:15]
        self.host = f"10.213.{number}.2"
        self._here = f"10.213.{number}.1/30"

    def lay(self) -> None:
        _ip("netns", "add", self.namespace)
        _ip("link", "add", self.near, "type", "veth", "peer", self.far, "netns", self.namespace)
        _ip("addr", "add", self._here, "dev", self.near)
        _ip("link", "set", self.near, "up")
        _ip("-n", self.namespace, "addr", "add", f"{self.host}/30", "dev", self.far)
        for each in ("lo", self.far):
            _ip("-n", self.namespace, "link", "set", each, "up")

    def pull(self) -> None:
        _ip("-n", self.namespace, "link", "set", self.far, "down")

    def plug_in(self) -> None:
        _ip("-n", self.namespace, "link", "set", self.far, "up")

    def take_away(self) -> None:
        for words in (("link", "del", self.near), ("netns", "del", self.namespace)):
            subprocess.run(["ip", *words], check=False, capture_output=True)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=20)


@contextmanager
def _laid(name: str, number: int) -> Iterator[Cable]:
    if not CUT_S:
        pytest.skip("OPENINSIGHTS_CUT_SECONDS=0 leaves it out")
    if os.geteuid() or not all(map(shutil.which, ("ip", "nsenter", "setpriv"))):
        pytest.skip("network namespaces need root, iproute2 and util-linux")
    cable = Cable(name, number)
    try:
        try:
            cable.lay()
        except subprocess.CalledProcessError as error:
            pytest.skip(f"no network namespaces here: {error.stderr.decode().strip()}")
        yield cable
    finally:
        cable.take_away()


@pytest.fixture(scope="module")
def catalog_cable() -> Iterator[Cable]:
    with _laid("catalog", 1) as cable:
        yield cable


@pytest.fixture(scope="module")
def postgresql(own_folder: Path, catalog_cable: Cable) -> Iterator[Peer]:
    """The catalog's PostgreSQL, at the far end of its cable."""
    folder = own_folder / "far-postgresql"
    with running_postgresql(folder, catalog_cable.host, catalog_cable.namespace) as peer:
        yield peer


@pytest.fixture
def store_cable() -> Iterator[Cable]:
    with _laid("store", 2) as cable:
        yield cable


@pytest.fixture
def store(tmp_path: Path, store_cable: Cable) -> Iterator[str]:
    """ClickHouse's engine behind its protocol, at the far end of a cable."""
    pytest.importorskip("chdb")
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import endpoint;"
        "endpoint.HOST = sys.argv[2]; endpoint.main(sys.argv[3], 8123)"
    )
    words = [program, str(ENDPOINT.parent), store_cable.host, str(tmp_path / "clickhouse")]
    with subprocess.Popen(
        ["nsenter", f"--net=/run/netns/{store_cable.namespace}", sys.executable, "-c", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "8123"
        url = f"clickhouse://default@{store_cable.host}:8123/cut"
        subprocess.run([*COMMAND, "store", "init", url], check=True, capture_output=True)
        yield url
        process.kill()  # its servers are still there, and would be waited for


class Load:
    """Senders that try each body again until some server has accepted it, as our client does."""

    def __init__(self, servers: list[RunningServer], key: str) -> None:
        self.servers = servers
        self.key = key
        self.over = threading.Event()
        self.has_failed = False
        self.lock = threading.Lock()
        self.next = 0
        self.accepted = 0
        self.replies: Counter[str] = Counter()
        self.since = 0.0
        self.slowest_s = 0.0
        self.largest = 0
        self._threads = [threading.Thread(target=self._send, args=(n,)) for n in range(SENDERS)]
        self._threads.append(threading.Thread(target=self._watch))

    def __enter__(self) -> Load:
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.has_failed = kind is not None  # what is not taken then never will be
        self.over.set()
        for each in self._threads:
            each.join()

    def news(self) -> Counter[str]:
        """Return what was replied since the last call to bodies that were sent since then."""
        with self.lock:
            told, self.replies, self.since = self.replies, Counter(), time.monotonic()
        return told

    def memory(self) -> int:
        """Return the bytes of memory of the server that has most."""
        return max(map(_resident, self.servers))

    def _watch(self) -> None:
        while not self.over.wait(0.5):
            self.largest = max(self.largest, self.memory())

    def _send(self, number: int) -> None:
        at = number
        while not self.over.is_set():
            with self.lock:
                first, self.next = self.next, self.next + ITEMS
            body = json.dumps([self._item(first + each) for each in range(ITEMS)]).encode()
            while not self.has_failed:
                at += 1  # another server each time
                begun = time.monotonic()
                outcome, wait_s = self._post(self.servers[at % SERVERS], body)
                with self.lock:
                    if begun >= self.since:
                        self.replies[outcome] += 1
                    self.slowest_s = max(self.slowest_s, time.monotonic() - begun)
                    self.accepted += ITEMS if outcome == "200" else 0
                if outcome == "200":
                    break
                time.sleep(min(wait_s, 1.0))

    def _post(self, server: RunningServer, body: bytes) -> tuple[str, float]:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=120)
        try:
            connection.request("POST", "/v2.1/track", body, {"Content-Type": "application/json"})
            reply = connection.getresponse()
            told = json.loads(reply.read() or b"null")
        except (OSError, HTTPException, ValueError) as error:
            return type(error).__name__, 1.0
        finally:
            connection.close()
        after = reply.headers.get("retry-after", "")
        if reply.status == 200:
            assert told["itemsAccepted"] == ITEMS
        return f"{reply.status}" + (" retry-after" if after else ""), float(after or 0)

    def _item(self, number: int) -> dict[str, Any]:
        return {
            "name": "Microsoft.ApplicationInsights.Event",
            "time": datetime.now(timezone.utc).isoformat(),
            "iKey": self.key,
            "data": {
                "baseType": "EventData",
                "baseData": {"ver": 2, "name": f"n{number}", "properties": {"text": "x" * 200}},
            },
        }


def _resident(server: RunningServer) -> int:
    assert server.process is not None
    for line in Path(f"/proc/{server.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("the server is gone")


def _is_all_there(server: RunningServer, load: Load) -> bool:
    query = "customEvents | summarize rows = count(), different = count_distinct(name)"
    (row,) = server.rows("shop", query)
    assert row["rows"] == row["different"], "something is there twice"
    assert row["different"] <= load.next
    return bool(row["different"] == load.accepted)


def _pass(seconds: float) -> None:
    threading.Event().wait(seconds)


def _ready(ask: Callable[..., Any], server: RunningServer) -> bool:
    return bool(ask(server, "GET", "/ready").status == 200)


def _noticed(ask: Callable[..., Any], servers: list[RunningServer]) -> float:
    """Return after how long the last server says that it is not ready."""
    begun = time.monotonic()
    for each in servers:
        wait_until("a server to notice", lambda each=each: not _ready(ask, each))
    return time.monotonic() - begun


def test_a_store_that_is_cut_off_loses_nothing_and_fills_no_memory(
    start: Callable[..., list[RunningServer]],
    ask: Callable[..., Any],
    store: str,
    store_cable: Cable,
) -> None:
    servers = start(SERVERS, "--store", store)
    key = servers[0].create_resource("shop")["instrumentation_key"]
    with Load(servers, key) as load:
        wait_until("telemetry to be taken", lambda: load.accepted > TAKEN_AT_LEAST)
        before = load.memory()
        store_cable.pull()
        noticed_s = _noticed(ask, servers)
        load.news()
        _pass(CUT_S / 2)
        half = load.memory()
        _pass(CUT_S / 2)
        wait_until("a reply while the store is away", lambda: load.replies)
        meanwhile, last = load.news(), load.memory()
        assert not any(_ready(ask, each) for each in servers)
        assert {ask(each, "GET", "/live").status for each in servers} == {200}
        store_cable.plug_in()
        mended = time.monotonic()
        for each in servers:
            wait_until("readiness", lambda each=each: _ready(ask, each))
        ready_s = time.monotonic() - mended
        enough = load.accepted + TAKEN_AT_LEAST
        wait_until("telemetry to be taken again", lambda: load.accepted > enough)
        taken_s = time.monotonic() - mended
    for each in servers:
        wait_until("all that was accepted", lambda each=each: _is_all_there(each, load))
    mib = 1024 * 1024
    print(
        f"store cut: noticed by all after {noticed_s:.1f} s, then for {CUT_S:g} s {dict(meanwhile)};"
        f" slowest reply {load.slowest_s:.1f} s; MiB"
        f" {before / mib:.0f} before, {half / mib:.0f} and {last / mib:.0f} during,"
        f" {load.largest / mib:.0f} at most; ready again after {ready_s:.1f} s, taking after"
        f" {taken_s:.1f} s; {load.accepted} items accepted, all there once"
    )
    assert set(meanwhile) == {"503 retry-after"}
    assert load.largest < before + GROWS_BY_MOST


def test_a_catalog_that_is_cut_off_stops_no_telemetry(
    start: Callable[..., list[RunningServer]],
    ask: Callable[..., Any],
    store: str,
    catalog_cable: Cable,
) -> None:
    servers = start(SERVERS, "--store", store)
    made = servers[0].create_resource("shop")
    path, body = f"{made['resource_id']}-2", {"location": "local", "properties": {}}
    with Load(servers, made["instrumentation_key"]) as load:
        wait_until("telemetry to be taken", lambda: load.accepted > TAKEN_AT_LEAST)
        before = load.memory()
        catalog_cable.pull()
        noticed_s = _noticed(ask, servers)
        load.news()
        accepted = load.accepted
        enough = accepted + TAKEN_AT_LEAST
        _pass(CUT_S)
        wait_until("telemetry to be taken without the catalog", lambda: load.accepted > enough)
        meanwhile, taken = load.news(), load.accepted - accepted
        replies = [ask(each, "PUT", path, body) for each in servers]
        assert [(each.status, each.headers["retry-after"]) for each in replies] == [
            (503, "5")
        ] * SERVERS
        assert not any(_ready(ask, each) for each in servers)
        catalog_cable.plug_in()
        mended = time.monotonic()
        for each in servers:
            wait_until("readiness", lambda each=each: _ready(ask, each))
        ready_s = time.monotonic() - mended
        wait_until("changes", lambda: ask(servers[1], "PUT", path, body).status == 200)
    for each in servers:
        wait_until("all that was accepted", lambda each=each: _is_all_there(each, load))
    mib = 1024 * 1024
    print(
        f"catalog cut: noticed by all after {noticed_s:.1f} s, then for {CUT_S:g} s or more"
        f" {dict(meanwhile)}, {taken} items taken; slowest"
        f" {load.slowest_s:.1f} s; MiB {before / mib:.0f} before, {load.largest / mib:.0f} at most;"
        f" ready again after {ready_s:.1f} s; {load.accepted} items accepted, all there once"
    )
    # a store that is slow answers 503 whether or not there is a catalog
    assert set(meanwhile) <= {"200", "503 retry-after"}
    assert load.largest < before + GROWS_BY_MOST
