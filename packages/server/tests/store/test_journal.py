"""The journal's files: what a crash leaves, and when a segment goes."""

from __future__ import annotations

import errno
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from openinsights.store import journal as journal_file
from openinsights.store.errors import StoreError
from openinsights.store.journal import Journal
from openinsights.store.record import decode_record, encode_record

if TYPE_CHECKING:
    from pathlib import Path

    from openinsights.store.rows import Rows

LARGE = 1 << 30


@pytest.fixture
def three(bodies) -> list[Rows]:
    return [bodies.body(name, (bodies.noon, name)) for name in ("a", "b", "c")]


def written(directory: Path, rows: list[Rows]) -> Path:
    """Return the segment of a process that ended without a word."""
    journal = Journal(directory, LARGE)
    for body in rows:
        journal.write([encode_record(body)])
    journal.close()
    (segment,) = directory.glob("*.log")
    return segment


def left(directory: Path) -> list[Rows]:
    return list(Journal(directory, LARGE).leftover())


def test_what_was_written_is_read_in_order(tmp_path, three) -> None:
    written(tmp_path / "j", three)
    assert left(tmp_path / "j") == three


@pytest.mark.parametrize("count", [2, 600])
def test_many_records_are_written_together(tmp_path, three, count) -> None:
    journal = Journal(tmp_path / "j", LARGE)
    journal.write([encode_record(three[number % 3]) for number in range(count)])
    journal.close()

    assert left(tmp_path / "j") == [three[number % 3] for number in range(count)]


def test_records_of_which_a_part_was_written_are_written_to_the_end(
    tmp_path, three, monkeypatch
) -> None:
    def of_a_slow_disk(file: int, records: list[bytes]) -> int:
        return os.write(file, b"".join(records)[: len(records[0]) + 7])

    monkeypatch.setattr(journal_file, "_write_several", of_a_slow_disk)
    journal = Journal(tmp_path / "j", LARGE)
    journal.write([encode_record(body) for body in three])
    journal.close()

    assert left(tmp_path / "j") == three


def test_a_segment_torn_at_any_byte_keeps_the_records_before(tmp_path, three) -> None:
    segment = written(tmp_path / "j", three)
    content = segment.read_bytes()
    kept = len(content) - len(encode_record(three[2]))
    for size in range(kept, len(content)):
        segment.write_bytes(content[:size])
        assert left(tmp_path / "j") == three[:2], size
    for size in range(len(content) - kept):
        segment.write_bytes(content + b"\0" * size)
        assert left(tmp_path / "j") == three, size


def test_a_segment_torn_in_its_first_bytes_is_empty(tmp_path, three) -> None:
    segment = written(tmp_path / "j", three)
    for size in range(8):
        segment.write_bytes(segment.read_bytes()[:8][:size])
        assert left(tmp_path / "j") == []


def test_a_damaged_record_is_passed_over_and_its_file_kept(tmp_path, three) -> None:
    segment = written(tmp_path / "j", three)
    content = bytearray(segment.read_bytes())
    content[8 + len(encode_record(three[0])) + 20] ^= 1
    segment.write_bytes(content)
    journal = Journal(tmp_path / "j", LARGE)
    assert list(journal.leftover()) == [three[0], three[2]]
    journal.drop_leftover()
    assert [path.name for path in (tmp_path / "j").iterdir()] == ["00000001.damaged"]


def test_a_file_of_somebody_else_is_refused(tmp_path) -> None:
    (tmp_path / "00000001.log").write_bytes(b"something else")
    with pytest.raises(StoreError, match=r"00000001\.log"):
        left(tmp_path)


def test_segments_go_when_all_their_bodies_are_committed(tmp_path, three) -> None:
    journal = Journal(tmp_path, segment_bytes=1)
    first = journal.write([encode_record(three[0]), encode_record(three[1])])
    second = journal.write([encode_record(three[2])])
    assert first != second
    journal.committed(first, 1)
    assert len(list(tmp_path.glob("*.log"))) == 2
    journal.committed(first, 1)
    assert [path.stem for path in tmp_path.glob("*.log")] == [f"{second:08}"]
    journal.close()
    assert left(tmp_path) == three[2:]


def test_a_small_segment_goes_when_nothing_comes_any_more(tmp_path, three) -> None:
    journal = Journal(tmp_path, LARGE)
    number = journal.write([encode_record(three[0])])
    journal.tidy()
    assert list(tmp_path.glob("*.log"))
    journal.committed(number, 1)
    journal.tidy()
    assert not list(tmp_path.iterdir())
    assert journal.write([encode_record(three[1])]) > number
    journal.close()


def test_new_segments_never_take_the_name_of_what_is_left(tmp_path, three) -> None:
    written(tmp_path / "j", three)
    journal = Journal(tmp_path / "j", LARGE)
    assert journal.write([encode_record(three[0])]) == 2
    assert list(journal.leftover()) == three
    journal.close()


def test_a_write_that_fails_leaves_nothing_behind(tmp_path, three, monkeypatch) -> None:
    journal = Journal(tmp_path / "j", LARGE)
    journal.write([encode_record(three[0])])

    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(journal_file, "_sync", fail)
    with pytest.raises(OSError, match="No space left"):
        journal.write([encode_record(three[1])])
    monkeypatch.undo()
    assert journal.write([encode_record(three[2])]) == 2, "a file that failed takes nothing more"
    journal.close()
    shutil.copytree(tmp_path / "j", tmp_path / "copy")
    assert left(tmp_path / "copy") == [three[0], three[2]]


def test_a_refused_body_is_kept_and_counted_after_a_restart(tmp_path, three) -> None:
    journal = Journal(tmp_path, LARGE)
    journal.set_aside.add(three[0])
    journal.set_aside.add(three[0])
    assert journal.set_aside.count == 1
    journal.close()
    assert Journal(tmp_path, LARGE).set_aside.count == 1
    assert left(tmp_path) == []


def test_what_was_left_may_wait_and_goes_when_it_is_committed(tmp_path, three) -> None:
    journal = Journal(tmp_path / "journal", 1)
    journal.write([encode_record(three[0]), encode_record(three[1])])
    journal.write([encode_record(three[2])])
    journal.close()
    again = Journal(tmp_path / "journal", 1)
    adopted = again.adopt_leftover()
    assert [decode_record(record) for _, record in adopted] == three
    (first, _), (same, _), (other, _) = adopted
    assert first == same != other
    written = again.write([encode_record(three[0])])
    assert written not in (first, other)
    again.committed(first, 1)
    assert len(list((tmp_path / "journal").iterdir())) == 3
    again.committed(first, 1)
    again.committed(other, 1)
    again.committed(written, 1)
    assert not list((tmp_path / "journal").iterdir())
    again.close()
