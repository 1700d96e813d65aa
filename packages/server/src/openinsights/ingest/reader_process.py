"""A reader: a process that turns bodies into records for the server, which started it.

It holds nothing that a kill could take: the server keeps a body until its record has come. It ends
when the server closes its end, however that came about.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from openinsights.ingest.errors import IngestError
from openinsights.ingest.memory import LARGE_BODY_BYTES, READER_KEPT_BYTES
from openinsights.ingest.places import open_places
from openinsights.ingest.reader_messages import (
    Ask,
    Begin,
    Done,
    Failed,
    Keys,
    Leave,
    Read,
    Ready,
    Refused,
    Unstorable,
    head_of,
    next_word,
)
from openinsights.ingest.reading import TRACK, read_body
from openinsights.ingest.sender import Sender
from openinsights.process_memory import give_back, give_back_files, keep_freed
from openinsights.store.errors import StoreError
from openinsights.store.record import encode_record
from openinsights_wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

    from openinsights.catalog.resource import Resource
    from openinsights.ingest.reader_messages import Answer, Word

_GC_THRESHOLD = 50_000
_STANDARD_OUTPUT = 1
_ENDING = (getattr(signal, "SIGINT", None), getattr(signal, "SIGTERM", None))
"""Sent to all processes of a terminal or a service at once: the server still needs its readers."""


class _Gone(Exception):
    """The server is not there any more."""


class _Left(Exception):
    """The server reads the body itself."""


class Reader:
    """Reads bodies, one after the other.

    Args:
        words: what the server says.
        answers: file descriptor of what it is told.
    """

    def __init__(self, words: BinaryIO, answers: int) -> None:
        self._words = words
        self._answers = answers
        self._ahead: deque[tuple[Word, bytes]] = deque()

    def run(self) -> None:
        """Read until the server has gone."""
        try:
            begin, _ = self._next()
            if not isinstance(begin, Begin):
                raise TypeError(f"BUG: the server began with {begin!r}")
            self._limits = begin.limits
            self._place_of = open_places(Path(begin.places)) if begin.places else None
            give_back_files()  # what starting left behind
            self._tell(Ready())
            while True:
                word, body = self._next()
                if isinstance(word, Read):
                    self._work(word, body)
        except (_Gone, BrokenPipeError):
            return

    def _work(self, word: Read, body: bytes) -> None:
        try:
            answer, record = self._read(word, body)
        except _Left:
            return
        except (_Gone, BrokenPipeError):
            raise
        except (IngestError, WireError) as error:
            answer, record = Refused(error.message, error.status_code), b""
        except StoreError as error:
            answer, record = Unstorable(error.message), b""
        except BaseException:
            answer, record = Failed(traceback.format_exc()), b""
        self._tell(answer, record)
        if len(body) >= LARGE_BODY_BYTES:
            del body, record
            give_back()

    def _read(self, word: Read, body: bytes) -> tuple[Answer, bytes]:
        known = word.resources

        def resolve_keys(keys: set[str]) -> Mapping[str, Resource | None]:
            missing = keys.difference(known)
            return {**known, **self._ask(sorted(missing))} if missing else known

        read = read_body(
            body,
            TRACK,
            word.now_ticks,
            self._limits,
            resolve_keys,
            Sender(word.address, word.user_agent),
            self._place_of,
        )
        rows = read.rows
        outcome = read.outcome
        parts = [(part.resource.app_id, part.items, part.size_bytes) for part in read.parts]
        done = Done(
            rows.count, outcome.received, outcome.errors, outcome.app_id, parts, list(read.refused)
        )
        return done, encode_record(rows) if rows.count else b""

    def _ask(self, keys: list[str]) -> Mapping[str, Resource | None]:
        self._tell(Ask(keys))
        while True:
            word, content = self._receive()
            if isinstance(word, Keys):
                return word.resources
            if isinstance(word, Leave):
                raise _Left
            self._ahead.append((word, content))  # jobs that were sent before the answer

    def _next(self) -> tuple[Word, bytes]:
        return self._ahead.popleft() if self._ahead else self._receive()

    def _receive(self) -> tuple[Word, bytes]:
        found = next_word(self._words)
        if found is None:
            raise _Gone
        return found

    def _tell(self, answer: Answer, content: bytes = b"") -> None:
        for part in (head_of(answer, len(content)), content):
            rest = memoryview(part)
            while rest:
                rest = rest[os.write(self._answers, rest) :]


def main() -> None:
    """Read for the server at the other end of standard input and output."""
    for number in _ENDING:
        if number is not None:
            signal.signal(number, signal.SIG_IGN)
    gc.set_threshold(_GC_THRESHOLD, *gc.get_threshold()[1:])
    keep_freed(READER_KEPT_BYTES)
    answers = os.dup(_STANDARD_OUTPUT)
    os.dup2(os.open(os.devnull, os.O_WRONLY), _STANDARD_OUTPUT)  # nothing else may be said there
    Reader(sys.stdin.buffer, answers).run()


if __name__ == "__main__":
    main()
