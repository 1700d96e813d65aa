from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from opencensus.ext.azure.common import file_owner, ring
from opencensus.ext.azure.common.ring import LeftRing, Ring, take_over

FACTS = {"kind": "span", "tags": {"ai.cloud.role": "shop"}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.ring"


def append(one: Ring, body: bytes) -> int:
    """The token, or -1 when the ring does not take it."""
    try:
        return one.append(body)
    except (IndexError, ValueError):
        return -1


def left_behind(path: Path) -> list[tuple[int, bytes]]:
    """What a later process finds, read from a copy: in this process the ring is at work."""
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes())
    left = take_over(copy)
    assert left is not None
    try:
        return left.records()
    finally:
        left.close()


def test_what_was_not_released_is_left(path: Path) -> None:
    one = Ring(path, 8, FACTS)
    tokens = [one.append(b"abc"), one.append(b""), one.append(b"x" * 100)]
    assert [one.number(token) for token in tokens] == [0, 1, 2]
    assert left_behind(path) == [(0, b"abc"), (1, b""), (2, b"x" * 100)]
    one.release(tokens[1:2])
    assert left_behind(path) == [(0, b"abc"), (2, b"x" * 100)]
    one.release([tokens[0], tokens[2]])
    assert left_behind(path) == []
    one.close()


def test_only_the_owner_can_read_and_the_end_leaves_nothing(path: Path) -> None:
    one = Ring(path, 8, FACTS)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_size == 8192
    assert os.stat(path).st_blocks * 512 >= 8192, "room is taken, not promised"
    one.close()
    assert list(path.parent.iterdir()) == []


def test_full_ring_takes_nothing_and_counts(path: Path) -> None:
    one = Ring(path, 4, FACTS)
    tokens = [append(one, b"x" * 496) for _ in range(5)]

    assert [token >= 0 for token in tokens] == [True, True, True, True, False]
    one.release([tokens[1]])
    again = one.append(b"y")
    assert one.number(again) == 4, "what was not taken uses no number"
    assert [number for number, _ in left_behind(path)] == [0, 2, 3, 4]
    one.close()


def test_long_record_takes_several_slots_and_gives_them_back(path: Path) -> None:
    one = Ring(path, 8, FACTS)
    body = bytes(range(256)) * 9
    token = one.append(body)
    assert left_behind(path) == [(0, body)]
    assert append(one, body) == -1
    assert one.append(b"short") >= 0
    one.release([token])
    assert one.append(body) >= 0
    assert left_behind(path) == [(1, b"short"), (2, body)]
    one.close()


def test_record_that_is_longer_than_any_may_be_is_not_taken(path: Path) -> None:
    one = Ring(path, 128, FACTS)

    assert append(one, b"x" * (ring.ROOM * ring.MOST_PARTS + 1)) == -1
    assert one.append(b"x" * (ring.ROOM * ring.MOST_PARTS)) >= 0
    one.close()


class RingBesideADict(RuleBasedStateMachine):
    """A ring holds what a dict would, however long its records are and however they are released."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.path = Path(self.folder.name) / "a.ring"
        self.ring = Ring(self.path, 6, FACTS)
        self.held: dict[int, bytes] = {}
        self.count = 0

    def teardown(self) -> None:
        self.ring.close()
        self.folder.cleanup()

    @rule(body=st.one_of(st.binary(max_size=40), st.integers(0, 2000).map(bytes)))
    def append(self, body: bytes) -> None:
        token = append(self.ring, body)
        room = 6 - sum(max(1, -(-len(held) // ring.ROOM)) for held in self.held.values())
        assert (token >= 0) == (max(1, -(-len(body) // ring.ROOM)) <= room)
        if token >= 0:
            assert self.ring.number(token) == self.count
            self.held[token] = body
            self.count += 1

    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        tokens = data.draw(st.sets(st.sampled_from(sorted(self.held)))) if self.held else set()
        self.ring.release(tokens)
        for token in tokens:
            del self.held[token]

    @invariant()
    def later_process_finds_the_same(self) -> None:
        expected = {self.ring.number(token): body for token, body in self.held.items()}
        assert left_behind(self.path) == sorted(expected.items())


RingBesideADict.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestRingBesideADict = RingBesideADict.TestCase


@pytest.mark.parametrize("written", range(33))
@pytest.mark.parametrize("body_first", [True, False])
def test_record_that_was_cut_short_is_left_out(path: Path, written: int, body_first: bool) -> None:
    one = Ring(path, 4, FACTS)
    tokens = [one.append(b"0123456789abcdef") for _ in range(3)]
    content = bytearray(path.read_bytes())
    start = tokens[2] % len(content)
    order = [*range(16, 32), *range(16)] if body_first else [*range(32)]
    for at in order[written:]:
        content[start + at] = 0
    (path.parent / "torn").write_bytes(content)
    left = take_over(path.parent / "torn")
    assert left is not None
    found = left.records()
    left.close()
    one.close()
    whole = [(number, b"0123456789abcdef") for number in range(3)]

    # The last bytes of the number are zero anyhow.
    is_whole = written >= (32 - 7 if body_first else 32)
    assert found == (whole if is_whole else whole[:2])


def test_long_record_of_which_a_part_is_missing_is_left_out(path: Path) -> None:
    one = Ring(path, 4, FACTS)
    one.append(b"whole")
    one.append(b"x" * 1000)
    content = bytearray(path.read_bytes())
    ends = [at for at in range(ring.PAGE, len(content), ring.SLOT) if content[at + 16] == ord("x")]
    assert len(ends) == 3
    for at in ends:
        damaged = bytearray(content)
        damaged[at : at + 16] = bytes(16)
        (path.parent / "torn").write_bytes(damaged)
        left = take_over(path.parent / "torn")
        assert left is not None
        assert left.records() == [(0, b"whole")]
        left.close()
    one.close()


@pytest.mark.parametrize("at", [0, 9, 33, 41])
def test_damaged_first_page_is_no_ring(path: Path, at: int) -> None:
    one = Ring(path, 8, FACTS)
    body = bytearray(path.read_bytes())
    body[at] ^= 0x55
    (path.parent / "damaged").write_bytes(body)
    one.close()

    assert take_over(path.parent / "damaged") is None


@pytest.mark.parametrize("at", [0, 4, 8, 16, 31])
def test_damaged_record_is_left_out_alone(path: Path, at: int) -> None:
    one = Ring(path, 8, FACTS)
    tokens = [one.append(b"0123456789abcdef") for _ in range(8)]
    body = bytearray(path.read_bytes())
    body[tokens[5] % len(body) + at] ^= 0x55
    (path.parent / "damaged").write_bytes(body)
    left = take_over(path.parent / "damaged")
    assert left is not None
    numbers = {number for number, _ in left.records()}
    left.close()
    one.close()

    # A wrong number is not the ring's to see: the number is a part of an id and of nothing else.
    assert numbers - {0x5 ^ 0x55} == {0, 1, 2, 3, 4, 6, 7}


@pytest.mark.parametrize("content", [b"", b"short", bytes(5000), b"OIRING1\n" + bytes(8000)])
def test_other_files_are_no_rings(path: Path, content: bytes) -> None:
    path.write_bytes(content)

    assert take_over(path) is None
    assert take_over(path.with_name("missing")) is None


WRITER = """
import sys, time
from pathlib import Path
from opencensus.ext.azure.common.ring import Ring
ring = Ring(Path(sys.argv[1]), 8, {"kind": "span"})
for number in range(3):
    ring.append(b"%d" % number)
print("ready", flush=True)
time.sleep(60)
"""


def killed_writer(path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    assert take_over(path) is None, "its owner still runs"
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    process.stdout.close()


def test_ring_of_a_killed_process_is_taken_over_once(path: Path) -> None:
    killed_writer(path)
    left = take_over(path)
    assert left is not None
    reader = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from opencensus.ext.azure.common.ring import take_over
        print(take_over(Path(sys.argv[1])))
        """
    )
    said = subprocess.run(
        [sys.executable, "-c", reader, path], capture_output=True, text=True, check=True
    )

    assert said.stdout == "None\n"
    assert left.facts == {"kind": "span"}
    assert left.records() == [(0, b"0"), (1, b"1"), (2, b"2")]
    left.close()
    assert not path.exists()


def test_reader_that_ends_early_leaves_the_rest(path: Path) -> None:
    killed_writer(path)
    left = take_over(path)
    assert left is not None
    assert [number for number, _ in left.records()] == [0, 1, 2]
    left.release([0])
    left.close(keep=True)
    again: Any = take_over(path)

    assert again.records() == [(1, b"1"), (2, b"2")]
    again.close()


def test_owner_is_known_by_its_process_where_there_are_no_locks(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where neither ``fcntl`` nor ``msvcrt`` exists."""
    monkeypatch.setattr(file_owner, "fcntl", None)
    monkeypatch.setattr(file_owner, "msvcrt", None)
    one = Ring(path, 8, FACTS)
    one.append(b"abc")
    assert take_over(path) is None
    copy = path.with_name("copy")
    other = subprocess.Popen([sys.executable, "-c", ""])
    other.wait(30)
    body = bytearray(path.read_bytes())
    first = list(ring.FIRST.unpack_from(body))
    first[2] = other.pid
    ring.FIRST.pack_into(body, 0, *first)
    copy.write_bytes(body)
    left = take_over(copy)
    one.close()

    assert isinstance(left, LeftRing)
    assert left.records() == [(0, b"abc")]
    left.close()


def test_threads_that_append_at_once_get_numbers_of_their_own(path: Path) -> None:
    one = Ring(path, 5000, FACTS)
    numbers: list[list[tuple[int, bytes]]] = [[] for _ in range(4)]

    def fill(mine: list[tuple[int, bytes]], name: int) -> None:
        for turn in range(1000):
            body = b"%d %d" % (name, turn)
            mine.append((one.number(one.append(body)), body))

    threads = [
        threading.Thread(target=fill, args=(mine, name)) for name, mine in enumerate(numbers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert left_behind(path) == sorted(pair for mine in numbers for pair in mine)
    one.close()


def test_signal_handler_that_appends_meets_the_host_without_harm(path: Path) -> None:
    one = Ring(path, 5000, FACTS)
    written: dict[int, bytes] = {}

    def write(body: bytes) -> None:
        written[one.number(one.append(body))] = body

    before = signal.signal(signal.SIGALRM, lambda *_: write(b"signal"))
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0002)
    try:
        while len(written) < 4000:
            write(b"host")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    assert b"signal" in written.values()
    assert left_behind(path) == sorted(written.items())
    one.close()


def test_disk_without_room_makes_no_ring(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "no space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="no space left"):
        Ring(path, 8, FACTS)
    assert list(path.parent.iterdir()) == []


def test_ring_that_has_ended_takes_nothing(path: Path) -> None:
    one = Ring(path, 8, FACTS)
    one.append(b"abc")
    one.close(keep=True)

    assert append(one, b"def") == -1
    left = take_over(path)
    assert left is not None
    assert left.records() == [(0, b"abc")]
    left.close()


def test_ring_that_somebody_took_before_it_was_locked_is_made_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = file_owner.lock
    taken: list[bool] = []

    def lock_late(descriptor: int) -> bool | None:
        if not taken:
            taken.append(True)
            path.unlink()
        return lock(descriptor)

    monkeypatch.setattr(file_owner, "lock", lock_late)
    one = Ring(path, 8, FACTS)
    one.append(b"abc")
    assert left_behind(path) == [(0, b"abc")]
    one.close()


def test_file_that_cannot_be_locked_is_no_ring(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on some network folders."""

    def refuse(*_: object) -> None:
        raise OSError(37, "no locks available")

    monkeypatch.setattr(file_owner.fcntl, "lockf", refuse)
    with pytest.raises(OSError, match="cannot be locked"):
        Ring(path, 8, FACTS)
    assert list(path.parent.iterdir()) == []
