"""The process in which one journey runs: it may hang, crash or print, and the server goes on.

Reads what to do as JSON from its input, and writes each step and the end as a line of JSON.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from openinsights.availability.connection import Dialing
from openinsights.availability.errors import ProbeFailed
from openinsights.availability.journey import Session
from openinsights.outside.addresses import AddressPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

    from openinsights.availability.outcome import StepOutcome

_LONGEST_MESSAGE: Final = 2_000


class Task(msgspec.Struct):
    """What the process is told.

    Attributes:
        path: the operator's file.
        function: of it.
        headers: of every request.
        private: whether addresses of private networks may be called.
        authority: a file of further authorities; "" without.
    """

    path: str
    function: str
    headers: list[tuple[str, str]]
    private: bool
    authority: str = ""


class Line(msgspec.Struct, omit_defaults=True):
    """What the process tells: a step, or the end with what went wrong."""

    name: str = ""
    message: str = ""
    duration_ms: float = 0.0
    status: int = 0
    timings: dict[str, float] = {}
    ended: bool = False


def main() -> None:
    """Run the journey that the input names."""
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what the journey prints is not taken for a step

    def tell(line: Line) -> None:
        out.write(msgspec.json.encode(line) + b"\n")

    def record(step: StepOutcome) -> None:
        message = step.message[:_LONGEST_MESSAGE]
        timings = step.timings.to_json()
        tell(Line(step.name[:500], message, step.duration_ms, step.status, timings))

    dialing = Dialing(AddressPolicy(task.private), Path(task.authority) if task.authority else None)
    session = Session(dialing, tuple(task.headers), record)
    try:
        _function(task)(session)
        message = ""
    except ProbeFailed as error:
        message = error.message
    except BaseException as error:
        message = _told(error, task.path)
    tell(Line(message=message[:_LONGEST_MESSAGE], ended=True))


def _function(task: Task) -> Callable[[Session], object]:
    spec = importlib.util.spec_from_file_location("journey", task.path)
    if spec is None or spec.loader is None:
        raise ProbeFailed(f"cannot read {task.path} as a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(Path(task.path).parent))
    spec.loader.exec_module(module)
    function = getattr(module, task.function, None)
    if not callable(function):
        raise ProbeFailed(f"{Path(task.path).name} has no function {task.function}")
    found: Callable[[Session], object] = function
    return found


def _told(error: BaseException, path: str) -> str:
    """Return an error with the line of the operator's file at which it came up."""
    lines = [
        each.lineno for each in traceback.extract_tb(error.__traceback__) if each.filename == path
    ]
    place = f" (line {lines[-1]} of {Path(path).name})" if lines else ""
    if isinstance(error, AssertionError) and str(error):
        return f"{error}{place}"
    return f"{type(error).__name__}: {error}{place}"


if __name__ == "__main__":
    main()
