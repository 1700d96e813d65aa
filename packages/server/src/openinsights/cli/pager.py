"""Long output through the user's pager; only on a terminal, never into a pipe or a file."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_DEFAULT = "less"
_LESS_OPTIONS = "FRSX"
"""Leave at once when all fits, keep colours, do not fold lines, leave the text on the screen."""


def page(parts: Iterable[str], *, is_wide: bool = False, is_paged: bool = True) -> None:
    """Print a text as it is made, through a pager when it is longer than the terminal.

    Args:
        parts: of the text; no more are taken once the reader has left.
        is_wide: whether lines are wider than the terminal, so that a pager helps in any case.
        is_paged: whether a pager may be used at all.
    """
    command = pager_command(os.environ) if is_paged and sys.stdout.isatty() else []
    waiting = iter(parts)
    if command:
        first, is_long = _screenful(waiting, shutil.get_terminal_size().lines)
        waiting = chain(first, waiting)
        if (is_long or is_wide) and _through(command, waiting):
            return
    try:
        for part in waiting:
            sys.stdout.write(part)
        sys.stdout.flush()
    except BrokenPipeError:  # the program that reads has enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _screenful(parts: Iterator[str], lines: int) -> tuple[list[str], bool]:
    """Return what fills the terminal, and whether more than that is there."""
    taken, count = [], 0
    for part in parts:
        taken.append(part)
        count += part.count("\n")
        if count >= lines:
            return taken, True
    return taken, False


def _through(command: list[str], parts: Iterable[str]) -> bool:
    """Write to a pager; False, with nothing taken, if it cannot be started."""
    environ = {"LESS": _LESS_OPTIONS, "LESSCHARSET": "utf-8", **os.environ}
    try:
        # the user's own command, from the user's own environment
        pager = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, env=environ, text=True, encoding="utf-8"
        )
    except OSError:
        return False
    try:
        assert pager.stdin is not None  # noqa: S101 - for mypy; it was asked for
        for part in parts:
            pager.stdin.write(part)
        pager.stdin.close()
    except (BrokenPipeError, KeyboardInterrupt):  # left before the end, as people do
        pass
    while True:
        try:
            pager.wait()
            return True
        except KeyboardInterrupt:  # it is the pager's: in less it stops a search
            continue


def pager_command(environ: Mapping[str, str]) -> list[str]:
    """Return the command of the pager that `PAGER` names, `less` without it; empty for none."""
    try:
        words = shlex.split(environ.get("PAGER", _DEFAULT))
    except ValueError:  # a quote that is not closed
        words = [_DEFAULT]
    return words if words and words != ["cat"] and shutil.which(words[0]) else []
