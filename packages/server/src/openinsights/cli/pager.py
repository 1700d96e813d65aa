"""Long output through the user's pager; only on a terminal, never into a pipe or a file."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEFAULT = "less"
_LESS_OPTIONS = "FRSX"
"""Leave at once when all fits, keep colours, do not fold lines, leave the text on the screen."""


def page(text: str, *, is_wide: bool = False) -> None:
    """Print a text, through a pager when it is longer than the terminal.

    Args:
        text: what to print.
        is_wide: whether lines are wider than the terminal, so that a pager helps in any case.
    """
    command = pager_command(os.environ) if sys.stdout.isatty() else []
    is_long = text.count("\n") >= shutil.get_terminal_size().lines
    if not command or not (is_long or is_wide):
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    environ = {"LESS": _LESS_OPTIONS, "LESSCHARSET": "utf-8", **os.environ}
    try:
        # the user's own command, from the user's own environment
        pager = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, env=environ, text=True, encoding="utf-8"
        )
    except OSError:
        sys.stdout.write(text)
        return
    try:
        pager.communicate(text)
    except (BrokenPipeError, KeyboardInterrupt):  # left before the end, as people do
        pager.wait()


def pager_command(environ: Mapping[str, str]) -> list[str]:
    """Return the command of the pager that `PAGER` names, `less` without it; empty for none."""
    try:
        words = shlex.split(environ.get("PAGER", _DEFAULT))
    except ValueError:  # a quote that is not closed
        words = [_DEFAULT]
    return words if words and words != ["cat"] and shutil.which(words[0]) else []
