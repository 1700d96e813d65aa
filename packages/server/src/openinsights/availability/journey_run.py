"""Runs an operator's journey in a process of its own, with an end to its time and its output."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import re
import signal
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from openinsights.availability.errors import InvalidTest
from openinsights.availability.journey_process import Line, Task
from openinsights.availability.outcome import Outcome, StepOutcome, Timings

if TYPE_CHECKING:
    from pathlib import Path

    from openinsights.availability.test import JourneyProbe

_NAME: Final = re.compile(r"[A-Za-z_]\w{0,99}")
_MOST_STEPS: Final = 200
_LONGEST_LINE: Final = 1 << 16
_OWN_ENVIRONMENT: Final = (
    "HOME",
    "LANG",
    "LC_ALL",
    "PATH",
    "PYTHONPATH",
    "SYSTEMROOT",
    "TMPDIR",
    "TZ",
)
"""What a journey sees of the server's environment, whose secrets are not its own; what begins with
JOURNEY_ comes along."""


@dataclass(frozen=True, slots=True)
class Journeys:
    """The journeys of a machine.

    Attributes:
        folder: with their files, which the operator writes; the API never does.
        authority: a file of further authorities; None without.
    """

    folder: Path
    authority: Path | None = None

    def path_of(self, probe: JourneyProbe) -> Path:
        """Return the file of a journey.

        Raises:
            InvalidTest: it cannot be one, or is not there.
        """
        if not _NAME.fullmatch(probe.file) or not _NAME.fullmatch(probe.function):
            raise InvalidTest(f"cannot run journey {probe.file[:80]!r}: it is no name of a file")
        path = self.folder / f"{probe.file}.py"
        if not path.is_file():
            there = ", ".join(sorted(each.stem for each in self.folder.glob("*.py"))[:8])
            raise InvalidTest(
                f"cannot run journey {probe.file}.{probe.function}: {self.folder} has no"
                f" {probe.file}.py; it has {there or 'no journeys'}"
            )
        return path


class JourneyAttempt:
    """One attempt of a journey; what was done stays readable when time ends it.

    Args:
        probe: what is called.
        journeys: where it is; None refuses it.
        headers: of every request.
        private: whether addresses of private networks may be called.
    """

    def __init__(
        self,
        probe: JourneyProbe,
        journeys: Journeys | None,
        headers: tuple[tuple[str, str], ...],
        private: bool,
    ) -> None:
        self._probe = probe
        self._journeys = journeys
        self._headers = headers
        self._private = private
        self._steps: list[StepOutcome] = []
        self._begun = time.perf_counter()

    async def run(self) -> Outcome:
        """Run the journey and return what came of it; cancelled, it kills the process."""
        if self._journeys is None:
            return self._outcome(
                "this machine runs no journeys: name their folder with the setting journeys"
            )
        try:
            path = self._journeys.path_of(self._probe)
        except InvalidTest as error:
            return self._outcome(error.message)
        authority = self._journeys.authority
        task = Task(
            str(path.resolve()),
            self._probe.function,
            list(self._headers),
            self._private,
            "" if authority is None else str(authority),
        )
        return self._outcome(await self._in_process(task))

    def out_of_time(self, timeout_s: float) -> Outcome:
        """Return what was done until the time was over."""
        return self._outcome(f"the journey had not ended within {timeout_s:g} s")

    async def _in_process(self, task: Task) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "openinsights.availability.journey_process",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,
            limit=_LONGEST_LINE,
        )
        try:
            if process.stdin is None or process.stdout is None:
                raise RuntimeError("BUG: a process without pipes")
            process.stdin.write(msgspec.json.encode(task))
            process.stdin.close()
            return await self._read(process.stdout)
        finally:
            _kill(process)
            await process.wait()

    async def _read(self, stdout: asyncio.StreamReader) -> str:
        while True:
            try:
                text = await stdout.readline()
                line = msgspec.json.decode(text, type=Line) if text else None
            except (ValueError, msgspec.MsgspecError):
                return "the journey wrote what is no step"
            if line is None:
                return "the process of the journey ended before the journey did"
            if line.ended:
                return line.message
            if len(self._steps) < _MOST_STEPS:
                self._steps.append(_step(line))

    def _outcome(self, message: str) -> Outcome:
        whole = (time.perf_counter() - self._begun) * 1_000
        steps = tuple(self._steps)
        first = next((each.timings for each in steps if each.status), Timings())
        timings = dataclasses.replace(first, whole=whole)
        passed = f"the journey passed in {len(steps)} steps"
        return Outcome(message or passed, not message, steps, timings)


def _step(line: Line) -> StepOutcome:
    told = line.timings
    timings = Timings(
        told.get("dns"),
        told.get("connect"),
        told.get("tls"),
        told.get("firstByte"),
        told.get("whole"),
    )
    return StepOutcome(line.name, line.message, line.duration_ms, line.status, timings)


def _environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _OWN_ENVIRONMENT or name.startswith("JOURNEY_")
    }


def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)  # what it started too
        elif process.returncode is None:
            process.kill()
