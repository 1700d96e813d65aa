"""The end of a program is quick, or takes the grace period at most, and loses nothing.

With the retired client each exporter has a grace period of its own, and nothing lies on disk afterwards.
"""

from __future__ import annotations

import json
import signal
import socket
import sys
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

GRACE_S = 1.0
SLACK_S = 1.5
"""What Python itself needs to end, and what writing to disk takes, on a busy machine."""
HANDLERS = ["of the second handler", "of the third handler"]
KINDS = ("MessageData", "EventData", "RemoteDependencyData")


def names_on_disk(folder: Path) -> Counter[tuple[str, str]]:
    """What lies on disk, by kind and name."""
    found: Counter[tuple[str, str]] = Counter()
    for path in folder.rglob("*.blob"):
        for line in path.read_bytes().splitlines():
            data = json.loads(line)["data"]
            base = data["baseData"]
            if data["baseType"] in KINDS:
                found[data["baseType"], base.get("name", base.get("message"))] += 1
    return found


def expected(count: int) -> Counter[tuple[str, str]]:
    said = {(kind, f"item {number}"): 1 for kind in KINDS for number in range(count)}
    return Counter({**said, **{("MessageData", name): 1 for name in HANDLERS}})


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_thousands_of_queued_items_arrive(reporting: Any) -> None:
    program = reporting.python("exits.py", "2000")
    program.wait()

    assert reporting.sent == expected(2000)
    assert reporting.stored == expected(2000)


def test_end_is_quick_when_the_server_answers(reporting: Any) -> None:
    program = reporting.python("exits.py", "20")
    program.wait()

    assert reporting.sent == expected(20)
    assert program.seconds_after("ends") < 1


@pytest.mark.parametrize("count", [3, 1000])
def test_server_that_never_answers_costs_the_grace_period_once(
    reporting: Any, hanging: Any, tmp_path: Path, count: int
) -> None:
    """Seven exporters and handlers share one grace period; all they had lies on disk."""
    program = reporting.python("exits.py", str(count), **hanging, GRACE_PERIOD=str(GRACE_S))
    program.wait()

    assert program.seconds_after("ends") < GRACE_S + SLACK_S
    assert names_on_disk(tmp_path) == expected(count)


@pytest.mark.parametrize("network", ["names unknown", "names hang"])
def test_names_that_cannot_be_resolved_cost_no_more(
    reporting: Any, tmp_path: Path, network: str
) -> None:
    there = f"InstrumentationKey={reporting.key};IngestionEndpoint=http://insights.invalid/"
    program = reporting.python(
        "exits.py",
        "3",
        network,
        APPLICATIONINSIGHTS_CONNECTION_STRING=there,
        GRACE_PERIOD=str(GRACE_S),
    )
    program.wait()

    assert program.seconds_after("ends") < GRACE_S + SLACK_S
    assert names_on_disk(tmp_path) == expected(3)


def test_server_that_is_not_there_costs_nothing(reporting: Any, tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{unused_port()}"
    there = f"InstrumentationKey={reporting.key};IngestionEndpoint={nowhere}/"
    program = reporting.python("exits.py", "3", APPLICATIONINSIGHTS_CONNECTION_STRING=there)
    program.wait()

    assert program.seconds_after("ends") < 1
    assert names_on_disk(tmp_path) == expected(3)


def test_workers_of_gunicorn_wait_no_longer_than_the_grace_period(
    reporting: Any, hanging: Any, get_from_all: Any, port: int, tmp_path: Path
) -> None:
    running = reporting.start(
        sys.executable,
        "-m",
        "gunicorn",
        "--preload",
        "--workers",
        "2",
        "--bind",
        f"127.0.0.1:{port}",
        "web:application",
        **hanging,
        GRACE_PERIOD=str(GRACE_S),
    )
    names, _ = get_from_all(port, workers=2)
    took_s = running.end(signal.SIGTERM)

    # First the workers end, all at the same time, then the master, which has metrics of its own.
    assert took_s < 2 * GRACE_S + SLACK_S
    assert names_on_disk(tmp_path) == Counter({(kind, name): 1 for kind in KINDS for name in names})


@pytest.fixture
def hanging(track_server: Any, reporting: Any) -> Any:
    """The environment of a program whose server accepts and never answers."""
    go_on = threading.Event()
    track_server.always = sys.modules["track_server"].Answer(wait=go_on)
    there = f"InstrumentationKey={reporting.key};IngestionEndpoint={track_server.endpoint}/"
    yield {"APPLICATIONINSIGHTS_CONNECTION_STRING": there}
    go_on.set()
