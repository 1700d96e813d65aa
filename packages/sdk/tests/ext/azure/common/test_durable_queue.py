from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from opencensus.ext.azure.common.durable_queue import Durability, DurableQueue, Form
from opencensus.ext.azure.common.ledger import Ledger
from opencensus.ext.azure.common.ring import take_over
from openinsights_wire.envelope import Data, Envelope
from openinsights_wire.sequence import parse_sequence
from openinsights_wire.types.event import EventData

if TYPE_CHECKING:
    from pathlib import Path

TAGS = {"ai.cloud.role": "shop"}
DAY_S = 86_400.0


def event(name: str) -> Envelope:
    return Envelope(
        name="e", time="2026-11-29T18:47:08Z", data=Data("EventData", EventData(name=name))
    )


def convert(item: str) -> list[Envelope]:
    """Each letter of an item is an envelope."""
    return [event(letter) for letter in item]


def freeze(item: str) -> bytes:
    if item == "fails":
        raise ZeroDivisionError
    return item.encode()


def durability(folder: Path, **given: Any) -> Durability:
    form = Form(given.pop("kind", "test"), freeze, bytes.decode, given.pop("tags", TAGS))
    options: dict[str, Any] = {
        "server_tag": "aaaa",
        "retention_s": DAY_S,
        "now": lambda: 0.0,
        **given,
    }
    return Durability(form, folder, **options)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "storage"


def rings(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.ring"))


def recorded(folder: Path) -> list[bytes]:
    """What a later process would find in the one ring that there is."""
    (ring,) = rings(folder)
    copy = folder / "copy"
    copy.write_bytes(ring.read_bytes())
    left = take_over(copy)
    assert left is not None
    bodies = [body for _, body in left.records()]
    left.close()
    return bodies


def names(envelopes: list[Envelope]) -> str:
    return "".join(envelope.data.baseData.name for envelope in envelopes)


def taken(queue: DurableQueue, count: int = 10) -> list[Envelope]:
    return [one for item in queue.take(count) for one in queue.envelopes(item, convert)]


def test_items_are_in_the_file_until_they_are_settled(folder: Path) -> None:
    queue = durability(folder).queue(10, 10)
    for item in ("a", "bc", "d"):
        assert queue.put(item)
    assert recorded(folder) == [b"a", b"bc", b"d"]
    assert names(taken(queue, 2)) == "abc"
    assert recorded(folder) == [b"a", b"bc", b"d"]
    queue.settle()
    assert recorded(folder) == [b"d"]
    queue.close(keep=True)
    assert recorded(folder) == [b"d"]


def test_ids_are_the_rings_and_count_items(folder: Path) -> None:
    queue = durability(folder).queue(10, 10)
    for item in ("ab", "c", "de"):
        queue.put(item)
    ids = [parse_sequence(envelope.seq) for envelope in taken(queue)]
    queue.close()
    sources = [one[0] for one in ids if one is not None]
    numbers = [one[1] for one in ids if one is not None]

    assert numbers == [0, 0, 1, 2, 2]
    assert [source - sources[0] for source in sources] == [0, 1, 0, 0, 1]


def test_full_queue_refuses_and_writes_nothing(folder: Path) -> None:
    queue = durability(folder).queue(2, 10)
    assert [queue.put(item) for item in "abc"] == [True, True, False]
    assert queue.refused == 1
    assert recorded(folder) == [b"a", b"b"]
    queue.close()


@pytest.mark.parametrize("item", ["fails", "x" * 40_000])
def test_what_the_file_does_not_take_waits_in_memory(folder: Path, item: str) -> None:
    queue = durability(folder).queue(10, 10)
    queue.put("a")
    queue.put(item)
    assert recorded(folder) == [b"a"]
    envelopes = taken(queue)
    queue.settle()
    queue.close()

    assert names(envelopes) == f"a{item}"
    assert [envelope.seq is None for envelope in envelopes] == [False] + [True] * len(item)


def test_items_wait_in_memory_when_there_is_no_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    queue = durability(tmp_path / "file").queue(10, 10)
    for item in "abc":
        assert queue.put(item)
    assert names(taken(queue)) == "abc"
    queue.settle()
    queue.close()

    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 1


@pytest.mark.parametrize("is_used", [True, False])
def test_items_wait_in_memory_after_the_end(folder: Path, is_used: bool) -> None:
    queue = durability(folder).queue(10, 10)
    if is_used:
        queue.put("a")
    queue.close()
    queue.close()
    assert queue.put("b")
    assert rings(folder) == []
    assert names(taken(queue)) == ("ab" if is_used else "b")
    queue.settle()


def test_full_batch_wakes_the_consumer(folder: Path) -> None:
    queue = durability(folder).queue(10, 2)
    queue.put("a")
    assert not queue.wait(0)
    queue.put("b")
    assert queue.wait(0)
    queue.close()


def left_by_a_process(folder: Path, *items: str, **given: Any) -> None:
    """Have a process put items and be killed."""
    program = """
import json, os, signal, sys
from pathlib import Path
from opencensus.ext.azure.common.durable_queue import Durability, Form
items, given = json.loads(sys.argv[2])
form = Form(given.pop("kind", "test"), str.encode, bytes.decode, given.pop("tags", {}))
queue = Durability(form, Path(sys.argv[1]), **{"server_tag": "aaaa", **given}, retention_s=0, now=None).queue(50, 50)
for item in items:
    queue.put(item)
os.kill(os.getpid(), signal.SIGKILL)
"""
    arguments = json.dumps([items, given])
    ended = subprocess.run([sys.executable, "-c", program, folder, arguments], check=False)
    assert ended.returncode == -signal.SIGKILL


def test_what_a_killed_process_left_has_its_ids_and_tags(folder: Path) -> None:
    left_by_a_process(folder, "ab", "c", tags={"ai.cloud.role": "left", "ai.device.id": "d"})
    (source,) = [path.stem.rpartition("-")[2] for path in rings(folder)]
    ledger = Ledger("test")
    left = durability(folder).left(ledger)
    assert left.exist()
    (batch,) = left.batches(10, convert)
    assert names(batch) == "abc"
    assert [one.seq for one in batch] == [f"oi.{source}{end}" for end in ("0.0", "1.0", "0.1")]
    assert batch[0].tags == {"ai.cloud.role": "left", "ai.device.id": "d"}
    assert rings(folder) == []
    assert (ledger.stats().recovered, ledger.stats().waiting) == (3, 3)


def test_who_stops_asking_leaves_the_rest(folder: Path) -> None:
    left_by_a_process(folder, *"abcde")
    first = durability(folder).left(Ledger("test")).batches(2, convert)
    assert names(next(first)) == "ab"
    assert names(next(first)) == "cd"
    assert list(durability(folder).left(Ledger("test")).batches(9, convert)) == []
    del first
    (rest,) = durability(folder).left(Ledger("test")).batches(9, convert)

    assert names(rest) == "cde"


@pytest.mark.parametrize("given", [{"kind": "other"}, {"server_tag": "bbbb"}])
def test_what_is_for_others_is_left_alone_until_it_is_too_old(
    folder: Path, given: dict[str, str]
) -> None:
    left_by_a_process(folder, "a", "b", **given)
    (ring,) = rings(folder)
    now = ring.stat().st_mtime
    ledger = Ledger("test")
    young = durability(folder, now=lambda: now + DAY_S - 1).left(ledger)
    assert list(young.batches(9, convert)) == []
    assert rings(folder) == [ring]
    old = durability(folder, now=lambda: now + DAY_S + 1).left(ledger)
    assert list(old.batches(9, convert)) == []
    assert rings(folder) == []
    assert ledger.stats().dropped == {"expired": 2}


def test_queue_at_work_is_nobodys_to_take(folder: Path) -> None:
    queue = durability(folder).queue(10, 10)
    queue.put("a")
    assert list(durability(folder).left(Ledger("test")).batches(9, convert)) == []
    assert recorded(folder) == [b"a"]
    queue.close()


def test_record_that_is_none_costs_itself(folder: Path) -> None:
    left_by_a_process(folder, "a", "b", "c")

    def convert_but_b(item: str) -> list[Envelope]:
        if item == "b":
            raise ValueError("no")
        return convert(item)

    ledger = Ledger("test")
    (batch,) = durability(folder).left(ledger).batches(9, convert_but_b)
    stats = ledger.stats()

    assert names(batch) == "ac"
    assert (stats.recovered, stats.waiting, stats.dropped) == (3, 2, {"damaged": 1})


def test_half_made_file_is_deleted_when_it_is_old(folder: Path) -> None:
    folder.mkdir()
    made = folder / "aaaa-test-0.ring.new"
    made.touch()
    now = made.stat().st_mtime
    for age, is_there in ((30, True), (90, False)):
        left = durability(folder, now=lambda age=age: now + age).left(Ledger("test"))
        assert list(left.batches(9, convert)) == []
        assert made.exists() is is_there


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_forked_child_writes_into_a_ring_of_its_own(folder: Path, track_server: Any) -> None:
    program = """
import logging, os, sys
from opencensus.ext.azure.log_exporter import AzureLogHandler
handler = AzureLogHandler(durable_queue=True, export_interval=60, storage_path=sys.argv[1])
logger = logging.getLogger("shop")
logger.addHandler(handler)
logger.warning("parent")
child = os.fork()
logger.warning("child" if child == 0 else "parent again")
if child == 0:
    os.kill(os.getpid(), 9)
os.waitpid(child, 0)
print(len([name for name in os.listdir(sys.argv[1]) if name.endswith(".ring")]))
os.kill(os.getpid(), 9)
"""
    environment = {
        **os.environ,
        "APPLICATIONINSIGHTS_CONNECTION_STRING": track_server.connection_string,
    }
    killed = subprocess.run(
        [sys.executable, "-c", program, folder], capture_output=True, text=True, env=environment
    )
    assert killed.stdout == "2\n", killed.stderr
    again = program.partition("logger.warning")[0] + "handler.flush(20)"
    subprocess.run([sys.executable, "-c", again, folder], check=True, env=environment)
    messages = [item["data"]["baseData"]["message"] for item in track_server.accepted]

    assert sorted(messages) == ["child", "parent", "parent again"]
    assert len({item["seq"] for item in track_server.accepted}) == 3
    assert rings(folder) == []
