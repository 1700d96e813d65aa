"""Runs published programs, unmodified, as processes of their own."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import ModuleType

REPOSITORY = Path(__file__).parents[2]
PROGRAMS = REPOSITORY.parent / "shared" / "seeds" / "programs"
TRACK_SERVER = REPOSITORY / "packages" / "sdk" / "tests" / "ext" / "track_server.py"

KEY = "11111111-2222-3333-4444-555555555555"
"""Stands where a program has a placeholder for its resource's key."""
PLACEHOLDERS = (
    "<your-instrumentation_key-here>",
    "<your-instrumentation-key-here>",
    "<your-ikey-here>",
)
TIMEOUT_S = 60


@dataclass(frozen=True)
class Finished:
    """How a program ended."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder of published programs; the test is skipped where it is not."""
    if not PROGRAMS.is_dir():
        pytest.skip(f"the published programs are not here: {PROGRAMS}")
    return PROGRAMS


@pytest.fixture
def run_program(tmp_path: Path) -> Callable[..., Finished]:
    """Run a program's text as a process of its own.

    Its lines of standard input and its environment are given; placeholders for a key are replaced
    unless ``keep_placeholders`` is true; stored telemetry goes to a folder of the test.
    """

    def run(
        text: str,
        name: str = "program.py",
        stdin: str = "",
        env: Mapping[str, str] | None = None,
        *,
        keep_placeholders: bool = False,
    ) -> Finished:
        for placeholder in () if keep_placeholders else PLACEHOLDERS:
            text = text.replace(placeholder, KEY)
        program = tmp_path / name
        program.write_text(text, encoding="utf-8")
        temporary = tmp_path / "tmp"
        temporary.mkdir(exist_ok=True)
        completed = subprocess.run(
            [sys.executable, "-W", "error", "-W", "ignore:datetime.datetime.utcnow", str(program)],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            env={**_environment(), "TMPDIR": str(temporary), **(env or {})},
            cwd=tmp_path,
            check=False,
        )
        return Finished(completed.returncode, completed.stdout, completed.stderr)

    return run


@pytest.fixture
def run_seed_program(
    programs: Path, run_program: Callable[..., Finished]
) -> Callable[..., Finished]:
    """Run ``programs/<name>`` like ``run_program``: ``run(name, stdin, env)``."""

    def run(
        name: str, stdin: str = "", env: Mapping[str, str] | None = None, **options: bool
    ) -> Finished:
        text = (programs / name).read_text(encoding="utf-8")
        return run_program(text, name, stdin, env, **options)

    return run


@pytest.fixture
def recording_endpoint() -> Iterator[Any]:
    """A server that records what arrives on the track path."""
    server = _load_track_server().TrackServer()
    yield server
    server.close()


def _environment() -> dict[str, str]:
    ours = ("APPLICATIONINSIGHTS_", "APPINSIGHTS_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def _load_track_server() -> ModuleType:
    spec = importlib.util.spec_from_file_location("track_server", TRACK_SERVER)
    assert spec is not None
    assert spec.loader is not None
    if "track_server" not in sys.modules:
        sys.modules["track_server"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["track_server"])
    return sys.modules["track_server"]
