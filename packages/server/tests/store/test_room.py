"""Large texts that queries make get room, or are refused before they are made."""

from __future__ import annotations

import pytest

from openinsights.process_memory import resident_bytes
from openinsights.store.api import EngineFunction
from openinsights.store.duckdb.room import LARGE_BYTES, NoRoom, Room

MIB = 1024 * 1024


class Held:
    """What a process is said to hold, and the time."""

    def __init__(self) -> None:
        self.size = 100 * MIB
        self.now_s = 0.0

    def room(self, limit_bytes: int) -> Room:
        return Room(limit_bytes, lambda: self.size, lambda: self.now_s)


def test_small_texts_ask_for_nothing() -> None:
    room = Held().room(0)
    for _ in range(5_000):
        room.take(LARGE_BYTES)


def test_what_is_promised_adds_up_until_there_is_no_room() -> None:
    room = Held().room(110 * MIB)
    for _ in range(10):
        room.take(MIB)
    with pytest.raises(NoRoom):
        room.take(MIB)


def test_who_is_refused_gives_back_what_was_promised() -> None:
    room = Held().room(110 * MIB)
    with pytest.raises(NoRoom):
        room.take(11 * MIB)
    room.take(10 * MIB)


def test_what_the_process_holds_counts() -> None:
    held = Held()
    room = held.room(110 * MIB)
    held.size = 109 * MIB
    with pytest.raises(NoRoom):
        room.take(2 * MIB)


def test_old_promises_are_forgotten() -> None:
    held = Held()
    room = held.room(110 * MIB)
    room.take(9 * MIB)
    held.now_s = 2.0
    room.take(9 * MIB)


def test_a_promise_is_for_as_many_rows_as_the_engine_works_on() -> None:
    room = Held().room(100 * MIB + 2_048 * 2 * LARGE_BYTES)
    for _ in range(3 * 2_048):
        room.take(2 * LARGE_BYTES)


@pytest.mark.parametrize("announces", [True, False])
def test_functions_of_the_engine_ask_for_room(announces: bool) -> None:
    def made(size: int) -> str:
        return "x" * size

    guarded = (
        Held()
        .room(101 * MIB)
        .guarded(EngineFunction("made", made, ("BIGINT",), "VARCHAR", announces=announces))
    )
    assert guarded(10) == "x" * 10
    with pytest.raises(NoRoom):
        guarded(2 * MIB)


def test_a_process_knows_what_it_holds() -> None:
    assert resident_bytes() == 0 or resident_bytes() > MIB
