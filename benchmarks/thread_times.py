"""What each thread of a server and of its readers takes of the processor, from /proc.

Threads are named by the server, see `openinsights.thread_names`. A thread that has ended is no
longer in /proc, its time is in that of its process: so threads are looked at again and again, and
what no look has seen is told apart.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
EVENT_LOOP, READER, OTHERS, ENDED = "event loop, HTTP", "reader", "other threads", "ended unseen"
_SHOWN = {
    "store-writer": "commits (store-writer)",
    "engine": "engine's own threads",
    "checkpoint": "checkpoints",
    "journal": "journal",
    "ingest": "bodies read by the server",
    "query": "queries",
}
"""How threads of the server are shown, by how their names begin."""


@dataclass(frozen=True)
class Times:
    """Seconds of the processor, in the program and in the system's kernel; and page faults."""

    user_s: float = 0.0
    system_s: float = 0.0
    faults: int = 0

    @property
    def all_s(self) -> float:
        """Both together."""
        return self.user_s + self.system_s

    def __add__(self, other: Times) -> Times:
        """Return both together."""
        return Times(
            self.user_s + other.user_s,
            self.system_s + other.system_s,
            self.faults + other.faults,
        )

    def __sub__(self, other: Times) -> Times:
        """Return what came since."""
        return self + Times(-other.user_s, -other.system_s, -other.faults)


class ThreadTimes:
    """Adds up what threads take.

    Args:
        server: the process of the server; its children are its readers.
    """

    def __init__(self, server: int) -> None:
        self._server = server
        self._threads: dict[tuple[int, int], tuple[str, Times]] = {}
        self._processes: dict[int, Times] = {}

    def look(self, readers: list[int]) -> None:
        """Note how much each thread has taken until now."""
        for process in (self._server, *readers):
            folder = Path(f"/proc/{process}")
            with suppress(OSError):  # any of them may end meanwhile
                self._processes[process] = _stat(folder / "stat")[1]
                for thread in (folder / "task").iterdir():
                    with suppress(OSError):
                        self._threads[process, int(thread.name)] = _stat(thread / "stat")

    def by_name(self) -> dict[str, Times]:
        """Return what was taken until the last look, by how a thread is shown."""
        found: dict[str, Times] = {}
        seen = Times()
        for (process, thread), (name, times) in self._threads.items():
            shown = self._shown(process, thread, name)
            found[shown] = found.get(shown, Times()) + times
            seen += times
        whole = Times()
        for times in self._processes.values():
            whole += times
        found[ENDED] = whole - seen
        return found

    def _shown(self, process: int, thread: int, name: str) -> str:
        if process != self._server:
            return READER
        if thread == self._server:
            return EVENT_LOOP
        return next((shown for begin, shown in _SHOWN.items() if name.startswith(begin)), OTHERS)


def _stat(path: Path) -> tuple[str, Times]:
    text = path.read_text()
    name = text[text.index("(") + 1 : text.rindex(")")]
    fields = text[text.rindex(")") + 2 :].split()
    return name, Times(int(fields[11]) * _TICK_S, int(fields[12]) * _TICK_S, int(fields[7]))
