"""Unmodified SDKs, each in an environment of its own, against a real server.

The environments are made once from the package indexes and kept in `.senders`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import RunningServer
from tests.senders.recording import IS_RECORDING, Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPOSITORY = Path(__file__).parents[2]
ENVIRONMENTS = REPOSITORY / ".senders"
HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
_INSTALL_S = 600
_RUN_S = 120

QUIET = {
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "true",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED": "true",
    "APPLICATION_INSIGHTS_NO_STATSBEAT": "true",
}
"""What keeps SDKs from calling their maker: there is no way there from here."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.senders)


def made_once(name: str, wanted: tuple[str, ...], install: Callable[[Path], None]) -> Path:
    """Return a folder in which `install` was done to its end, now or in an earlier run."""
    digest = hashlib.sha256("\n".join((sys.version, *wanted)).encode()).hexdigest()[:10]
    folder = ENVIRONMENTS / f"{name}-{digest}"
    done = folder / ".installed"
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        install(folder)
        done.touch()
    return folder


def run_or_fail(words: list[str | Path], **options: Any) -> str:
    ran = subprocess.run(words, capture_output=True, text=True, **options)
    assert ran.returncode == 0, f"{words}\n{ran.stdout[-4000:]}\n{ran.stderr[-4000:]}"
    return ran.stdout


@dataclass(frozen=True)
class Sender:
    """What runs programs of one SDK."""

    interpreter: list[str]
    environ: dict[str, str]

    def run(
        self, program: str, connection_string: str, arguments: tuple[str, ...] = (), **environ: str
    ) -> str:
        """Run a program to its end and return what it printed."""
        kept = {name: value for name, value in os.environ.items() if "INSIGHTS" not in name}
        kept.pop("PYTHONPATH", None)
        named = {"APPLICATIONINSIGHTS_CONNECTION_STRING": connection_string}
        return run_or_fail(
            [*self.interpreter, PROGRAMS / program, *arguments],
            env={**kept, **QUIET, **self.environ, **named, **environ},
            timeout=_RUN_S,
        )


@pytest.fixture(scope="session")
def python_with() -> Callable[..., Sender]:
    """Make a Python that has some distributions and nothing of ours."""

    def make(name: str, *wanted: str) -> Sender:
        def install(folder: Path) -> None:
            run_or_fail([sys.executable, "-m", "venv", folder / "python"])
            pip = [folder / "python" / "bin" / "python", "-m", "pip", "install", "--quiet"]
            run_or_fail([*pip, "--disable-pip-version-check", *wanted], timeout=_INSTALL_S)

        folder = made_once(name, wanted, install)
        return Sender([str(folder / "python" / "bin" / "python")], {})

    return make


@pytest.fixture(scope="session")
def node_with() -> Callable[..., Sender]:
    """Make a Node that finds some packages."""

    def make(name: str, *wanted: str) -> Sender:
        return Sender(["node"], {"NODE_PATH": str(node_modules(name, *wanted))})

    return make


def node_modules(name: str, *wanted: str) -> Path:
    """Return the folder that holds some packages of Node."""

    def install(folder: Path) -> None:
        (folder / "package.json").write_text(json.dumps({"private": True}))
        run_or_fail(
            ["npm", "install", "--silent", "--no-audit", "--no-fund", *wanted],
            cwd=folder,
            timeout=_INSTALL_S,
        )

    return made_once(name, wanted, install) / "node_modules"


@dataclass(frozen=True)
class Application:
    """A resource of its own on the server of all tests."""

    server: RunningServer
    facts: dict[str, str]

    @property
    def connection_string(self) -> str:
        return self.facts["connection_string"]

    def row(self, query: str) -> dict[str, Any]:
        """Return the only row of a query, once it is there."""
        (row,) = self.rows(query, 1)
        return row

    def rows(self, query: str, count: int) -> list[dict[str, Any]]:
        """Return the rows of a query once there are enough of them."""
        return self.server.wait_for_rows(self.facts["app_id"], query, count)


@pytest.fixture(scope="session")
def https_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with a certificate of its own authority."""
    folder = tmp_path_factory.mktemp("https") / "data"
    running = RunningServer(folder, options=("--tls", "auto"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def https_application(
    https_server: RunningServer, request: pytest.FixtureRequest
) -> Iterator[Application]:
    yield from _application(https_server, request)


@pytest.fixture
def application(server: RunningServer, request: pytest.FixtureRequest) -> Iterator[Application]:
    yield from _application(server, request)


def _application(server: RunningServer, request: pytest.FixtureRequest) -> Iterator[Application]:
    client = Path(request.module.__file__).stem.removeprefix("test_")
    facts = server.create_resource(f"{client}-{request.function.__name__}")
    if not IS_RECORDING:
        yield Application(server, facts)
        return
    tls = server.folder / "tls"
    recorder = Recorder(
        server.url, (tls / "server.pem", tls / "server.key") if server.is_tls else None
    )
    text = facts["connection_string"].replace(f"{server.url}/", recorder.url)
    yield Application(server, {**facts, "connection_string": text})
    recorder.close()
    recorder.write(client.replace("_", "-"))
