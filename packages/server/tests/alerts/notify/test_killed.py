"""A process that is killed while a message is on its way, and what the next one makes of it."""

import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.faults

PROGRAM = """
import sys
from pathlib import Path

from openinsights.alerts.alert import Evidence, Fired, Signal
from openinsights.alerts.book import AlertBook
from openinsights.alerts.notify.parts import open_notify
from openinsights.catalog import engine
from openinsights.catalog.action_groups import ActionGroup, Receiver
from openinsights.catalog.resources import ResourceStore
from openinsights.clock import SystemClock
from openinsights.settings import resolve

catalog, clock = engine.open_file(Path(sys.argv[1])), SystemClock()
resources = ResourceStore(catalog, clock)
shop = resources.create("shop")
notify = open_notify(catalog, resources, resolve(), clock)
hook = Receiver("webhook", "hook", sys.argv[2])
group, _ = notify.groups.put(ActionGroup(shop.subscription, "default", "ops", receivers=(hook,)))
book = AlertBook(catalog, clock, notify.outbox.on_change)
now = clock.now_ticks()
for rule in ("first", "second"):
    book.fire(Fired(
        shop.app_id, rule, rule, Signal.METRIC, 1, now, 600_000_000,
        Evidence("requests", now - 600_000_000, now), action_groups=(group.id,),
    ))
book.resolve(shop.app_id, "first", (), now)
notify.deliverer.start("http://127.0.0.1:5380/")
input()  # until it is killed
"""


def hangs(handler):
    handler.connection.recv(1)


def test_what_was_on_its_way_comes_again_with_its_id_and_in_order(room_of, receiving, tmp_path):
    path = tmp_path / "catalog.db"
    receiving.answers["/hook"] = hangs
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(path), f"{receiving.url}/hook"], stdin=subprocess.PIPE
    )
    try:
        with receiving.came:
            assert receiving.came.wait_for(lambda: len(receiving.requests) == 2, 60)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.communicate()
    del receiving.answers["/hook"]
    room = room_of(path)
    room.clock.now = room.store.waiting()[-1][0].due_ticks
    assert room.deliver() == 3
    ids = [headers["x-openinsights-delivery"] for headers in receiving.headers("/hook")]
    assert sorted(ids[2:4]) == sorted(ids[:2])
    said = [
        (each["data"]["essentials"]["alertRule"], each["data"]["essentials"]["monitorCondition"])
        for each in receiving.bodies("/hook")[2:]
    ]
    assert sorted(said[:2]) == [("first", "Fired"), ("second", "Fired")]
    assert said[2] == ("first", "Resolved")
    assert room.deliver() == 0
