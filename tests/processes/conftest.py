"""Programs as real processes that report to a real server, with every item counted on the way."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import ModuleType

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
TRACK_SERVER = HERE.parents[1] / "packages" / "sdk" / "tests" / "ext" / "track_server.py"
DEADLINE_S = 30.0
IN_CI = bool(os.environ.get("CI"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.processes)


def _load(name: str, path: Path) -> ModuleType:
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@dataclass
class Running:
    """A program that runs."""

    process: subprocess.Popen[bytes]
    log: Path
    ended_at: float = 0.0

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait(self, expect: int | None = 0, within_s: float = DEADLINE_S) -> None:
        """Wait for the program's own end."""
        try:
            self.process.wait(timeout=within_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the program does not end:\n{self.output}") from None
        self.ended_at = time.monotonic()
        assert expect is None or self.process.returncode == expect, self.output

    def close_input(self) -> None:
        """End the program's standard input."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def seconds_after(self, mark: str) -> float:
        """Return how long the program took to end after it printed a mark and the time."""
        (at,) = [line.split()[-1] for line in self.output.splitlines() if line.startswith(mark)]
        return self.ended_at - float(at)

    def end(self, how: int = signal.SIGTERM, expect: int | None = 0) -> float:
        """Ask for the end and return how many seconds it took."""
        began = time.monotonic()
        self.process.send_signal(how)
        self.wait(expect)
        return time.monotonic() - began


@dataclass
class Reporting:
    """One resource on the real server, the way to it, and the programs that report to it."""

    server: Any
    relay: Any
    folder: Path
    environment: dict[str, str]
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    started: list[Running] = field(default_factory=list)

    @property
    def connection_string(self) -> str:
        return f"InstrumentationKey={self.key};IngestionEndpoint={self.relay.endpoint}/"

    def start(self, *command: str, **environment: str) -> Running:
        """Start a command in the folder of programs."""
        log = self.folder / f"output-{len(self.started)}.txt"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=PROGRAMS,
                start_new_session=True,
                env={
                    **self.environment,
                    "APPLICATIONINSIGHTS_CONNECTION_STRING": self.connection_string,
                    **environment,
                },
            )
        running = Running(process, log)
        self.started.append(running)
        return running

    def python(self, program: str, *arguments: str, **environment: str) -> Running:
        """Start one of the programs."""
        return self.start(sys.executable, program, *arguments, **environment)

    def stop_all(self) -> None:
        """End what still runs, with its children: each is the leader of a session of its own."""
        for running in self.started:
            try:
                os.killpg(running.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            finally:
                running.close_input()
                running.process.wait(timeout=DEADLINE_S)

    @property
    def story(self) -> str:
        """What the programs printed and what they left on disk, for a test that fails."""
        left = [str(path) for path in self.folder.rglob("*") if path.suffix in (".blob", ".lock")]
        return "\n".join([*(running.output for running in self.started), *left])

    @property
    def sent(self) -> Counter[tuple[str, str]]:
        """How often each kind of item with each name was sent and accepted."""
        found: Counter[tuple[str, str]] = Counter()
        for item in list(self.relay.items):
            data = item["data"]
            base = data["baseData"]
            if "name" in base or "message" in base:
                found[data["baseType"], base.get("name", base.get("message"))] += 1
        return found

    @property
    def stored(self) -> Counter[tuple[str, str]]:
        """How often the server has each kind of item with each name."""
        rows = self.server.rows(
            f"app-{self.key[:8]}",
            "union (traces | project kind = 'MessageData', name = message),"
            " (customEvents | project kind = 'EventData', name),"
            " (dependencies | project kind = 'RemoteDependencyData', name)"
            " | summarize n = count() by kind, name",
        )
        return Counter({(row["kind"], row["name"]): row["n"] for row in rows})

    def expect_once(self, names: Iterable[str], besides: str = "") -> None:
        """Everything said was sent exactly once, arrived, and nothing else did.

        What was said under the name `besides` is not looked at.
        """
        kinds = ("MessageData", "EventData", "RemoteDependencyData")
        expected = Counter({(kind, name): 1 for name in names for kind in kinds})
        for found in (self.sent, self.stored):
            seen = Counter({one: n for one, n in found.items() if one[1] != besides})
            assert _difference(seen, expected) == {}, self.story
        spans = [item["data"]["baseData"]["id"] for item in self.relay.items if _is_span(item)]
        assert len(set(spans)) == len(spans), "processes repeat each other's ids"


def _is_span(item: dict[str, Any]) -> bool:
    return bool(item["data"]["baseType"] == "RemoteDependencyData")


def _difference(found: Counter[Any], expected: Counter[Any]) -> dict[Any, str]:
    return {
        one: f"{found[one]} times instead of {expected[one]}"
        for one in found.keys() | expected.keys()
        if found[one] != expected[one]
    }


@pytest.fixture
def reporting(
    server: Any, client_environment: dict[str, str], tmp_path: Path
) -> Iterator[Reporting]:
    """A resource of its own for one test; what it started is ended with it."""
    relay = _load("relay", HERE / "relay.py").Relay(server.url)
    one = Reporting(server, relay, tmp_path, client_environment)
    yield one
    one.stop_all()
    relay.close()


@pytest.fixture
def track_server() -> Iterator[Any]:
    """A server that misbehaves on demand."""
    server = _load("track_server", TRACK_SERVER).TrackServer()
    yield server
    server.close()


@pytest.fixture
def get() -> Callable[[int, str], str]:
    """GET a path of a program on a port and return its answer, once it listens."""

    def get(port: int, path: str) -> str:
        give_up = time.monotonic() + DEADLINE_S
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=10) as reply:
                    return str(reply.read().decode())
            except urllib.error.HTTPError:
                raise
            except OSError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.05)

    return get


@pytest.fixture
def port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def need() -> Callable[[str, object, str], None]:
    """Skip a test whose tool is not installed, saying how to install it; in CI that is a failure."""

    def need(what: str, is_there: object, how: str) -> None:
        if not is_there:
            (pytest.fail if IN_CI else pytest.skip)(f"{what} is not installed: {how}")

    return need


@pytest.fixture
def get_from_all(get: Callable[[int, str], str]) -> Callable[..., tuple[list[str], set[str]]]:
    """Make requests until every worker served one; return what was said and who served."""

    def get_from_all(port: int, workers: int, at_least: int = 20) -> tuple[list[str], set[str]]:
        names: list[str] = []
        served_by: set[str] = set()
        give_up = time.monotonic() + DEADLINE_S
        while len(names) < at_least or len(served_by) < workers:
            assert time.monotonic() < give_up, f"only {served_by} served"
            names.append(f"request {len(names)}")
            served_by.add(get(port, names[-1].replace(" ", "%20")))
            time.sleep(0.05 if len(names) >= at_least else 0)
        return names, served_by

    return get_from_all


@pytest.fixture
def wait_until() -> Callable[..., Any]:
    """Return the first true answer of a function; fail with what was waited for."""

    def wait_until(what: str, is_so: Callable[[], Any]) -> Any:
        give_up = time.monotonic() + DEADLINE_S
        while time.monotonic() < give_up:
            answer = is_so()
            if answer:
                return answer
            time.sleep(0.02)
        raise AssertionError(f"waited {DEADLINE_S:g} s for {what}")

    return wait_until
