"""Tells a program that the operator allows: the common alert schema on its standard input.

Never through a shell, without arguments, in an environment of its own; it runs in a group of
processes of its own, all of which end when its time is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from openinsights.alerts.notify.outcome import DELIVERED, Outcome
from openinsights.alerts.notify.schema import payload

if TYPE_CHECKING:
    from asyncio.subprocess import Process

    from openinsights.alerts.notify.means import Means
    from openinsights.alerts.notify.message import Message

_ROOT: Final = Path(sys.executable).anchor
_MAX_SAID_BYTES: Final = 2_048
_REAP_S: Final = 1.0
_LONGEST_WHY: Final = 200
_ENVIRONMENT: Final = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "TEMP", "TMP")
"""What a program keeps of the server's environment, which may hold secrets."""


async def tell_command(message: Message, means: Means) -> Outcome:
    """Start a program; see `Notifier`."""
    program = message.receiver.target
    if program not in means.programs:
        return Outcome(
            f"the program {program} is not among those that the setting alert_programs allows",
            is_final=True,
        )
    body = payload(message.notification, means.public_url, message.delivery_id)
    kept = {name: means.environ[name] for name in _ENVIRONMENT if name in means.environ}
    try:
        process = await asyncio.create_subprocess_exec(
            program,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            cwd=_ROOT,
            env=kept | {"OPENINSIGHTS_DELIVERY": message.delivery_id},
            start_new_session=True,
        )
    except OSError as error:
        return Outcome(f"the program cannot be started: {os.strerror(error.errno or 0)}")
    try:
        _, said = await asyncio.gather(_give(process, body), _beginning(process))
        code = await process.wait()
    finally:
        await _end(process)
    if code == 0:
        return DELIVERED
    shown = " ".join(said.decode("utf-8", "replace").split())[:_LONGEST_WHY]
    return Outcome(f"the program ended with {code}" + (f": {shown}" if shown else ""))


async def _give(process: Process, body: bytes) -> None:
    """Write to a program, which need not read it."""
    stdin = process.stdin
    assert stdin is not None  # noqa: S101 - a pipe was asked for
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        stdin.write(body)
        await stdin.drain()
    stdin.close()


async def _beginning(process: Process) -> bytes:
    """Return the beginning of what a program says is wrong; the rest is read and forgotten."""
    stderr = process.stderr
    assert stderr is not None  # noqa: S101 - a pipe was asked for
    said = b""
    while part := await stderr.read(8_192):
        if len(said) < _MAX_SAID_BYTES:
            said += part[: _MAX_SAID_BYTES - len(said)]
    return said


async def _end(process: Process) -> None:
    """End a program with all that it has started and left in its group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform != "win32":
            os.killpg(process.pid, signal.SIGKILL)
        elif process.returncode is None:
            process.kill()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_REAP_S):
            await process.wait()
