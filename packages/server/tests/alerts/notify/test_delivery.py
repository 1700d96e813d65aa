"""Messages from the change of an alert to their receivers, whatever those do."""

import asyncio
import json
import sys
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from openinsights.alerts.alert import MonitorCondition
from openinsights.alerts.notify.back_off import GIVES_UP_AFTER_S, next_try
from openinsights.alerts.notify.http import retry_after_s
from openinsights.alerts.notify.signature import signature_of
from openinsights.catalog import tables
from openinsights.catalog.action_groups import Receiver
from openinsights.catalog.processing_rules import Condition, ProcessingRule, Window
from openinsights.outside.addresses import AddressPolicy

SECRET = "the secret of every group in these tests"


def test_who_is_told_is_told_of_the_beginning_and_of_the_end(room, receiving, to):
    group = room.group("ops", to("hook", f"{receiving.url}/hook"))
    alert = room.book.fire(room.fired(group))
    room.clock.pass_s(60)
    room.resolve()
    assert room.deliver() == 2
    fired, resolved = receiving.bodies("/hook")
    assert fired["data"]["essentials"]["monitorCondition"] == "Fired"
    assert resolved["data"]["essentials"]["monitorCondition"] == "Resolved"
    assert resolved["data"]["essentials"]["resolvedDateTime"] == "2026-04-25T12:01:00Z"
    assert room.events(alert) == ["Fired", "Resolved", "Delivered", "Delivered"]
    assert room.deliver() == 0


def test_a_webhook_proves_who_sends_it_and_names_the_delivery(room, receiving, to):
    room.book.fire(room.fired(room.group("ops", to("hook", f"{receiving.url}/hook"))))
    room.deliver()
    (headers,) = receiving.headers("/hook")
    body = receiving.requests[0][2]
    timestamp = headers["x-openinsights-timestamp"]
    assert timestamp == "1777118400"
    assert headers["x-openinsights-signature"] == signature_of(SECRET, timestamp, body)
    delivery = headers["x-openinsights-delivery"]
    assert json.loads(body)["data"]["openInsights"]["deliveryId"] == delivery
    assert headers["content-type"].startswith("application/json")


def test_a_message_that_comes_again_has_the_same_id(room, receiving, to):
    receiving.answers["/hook"] = (503, {})
    alert = room.book.fire(room.fired(room.group("ops", to("hook", f"{receiving.url}/hook"))))
    room.deliver()
    assert room.deliver() == 0
    del receiving.answers["/hook"]
    room.clock.pass_s(5)
    assert room.deliver() == 1
    first, second = receiving.headers("/hook")
    assert first["x-openinsights-delivery"] == second["x-openinsights-delivery"]
    assert room.events(alert) == ["Fired", "Delivered"]
    assert room.book.history(alert.alert_id)[-1].facts["attempts"] == 2


def test_the_end_waits_until_the_beginning_has_arrived(room, receiving, to):
    receiving.answers["/hook"] = (500, {})
    room.book.fire(room.fired(room.group("ops", to("hook", f"{receiving.url}/hook"))))
    room.resolve()
    assert room.deliver() == 1
    room.clock.pass_s(4)
    assert room.deliver() == 0
    del receiving.answers["/hook"]
    room.clock.pass_s(1)
    assert room.deliver() == 2
    said = [each["data"]["essentials"]["monitorCondition"] for each in receiving.bodies("/hook")]
    assert said == ["Fired", "Fired", "Resolved"]


def test_a_receiver_that_asks_for_time_gets_it(room, receiving, to):
    receiving.answers["/hook"] = (429, {"Retry-After": "120"})
    room.book.fire(room.fired(room.group("ops", to("hook", f"{receiving.url}/hook"))))
    room.deliver()
    room.clock.pass_s(119)
    assert room.deliver() == 0
    room.clock.pass_s(1)
    assert room.deliver() == 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("999999999999", 3_600),
        ("Sat, 25 Apr 2026 12:00:30 GMT", 30),
        ("Sat, 25 Apr 2026 11:00:00 GMT", 0),
        ("soon", 0),
        ("-5", 0),
        ("", 0),
    ],
)
def test_retry_after_is_read_as_seconds_and_as_a_date(text, seconds):
    assert retry_after_s(text, 1_777_118_400) == seconds


def test_it_is_tried_for_six_hours_and_then_told_in_the_history(room, receiving, to):
    receiving.answers["/hook"] = (502, {}, b"<h1>bad\x00 gateway</h1>")
    alert = room.book.fire(room.fired(room.group("ops", to("hook", f"{receiving.url}/hook"))))
    tries = 0
    for _ in range(100):
        tries += room.deliver()
        if not room.store.waiting():
            break
        room.clock.now = room.store.waiting()[0][0].due_ticks
    assert 25 < tries < 35
    last = room.book.history(alert.alert_id)[-1]
    assert last.event == "NotDelivered"
    assert last.facts["why"] == "given up after 6 h: it answered 502: <h1>bad gateway</h1>"
    assert last.facts["attempts"] == tries
    assert (last.facts["group"], last.facts["receiver"]) == ("ops", "hook")


def test_delays_grow_and_end():
    dues = [next_try(0, 0, n, 0, 0.0) for n in range(1, 10)]
    assert [due // 10**7 for due in dues] == [5, 15, 45, 120, 300, 600, 900, 900, 900]
    assert next_try(0, 0, 1, 0, 1.0) == 6 * 10**7
    assert next_try(0, (GIVES_UP_AFTER_S - 4) * 10**7, 1, 0, 0.0) is None


@pytest.mark.parametrize("status", [400, 410, 413])
def test_what_is_refused_for_good_is_not_tried_again(room, receiving, to, status):
    receiving.answers["/hook"] = (status, {}, b"no such thing")
    alert = room.book.fire(room.fired(room.group("ops", to("hook", f"{receiving.url}/hook"))))
    room.deliver()
    assert room.store.waiting() == []
    assert room.book.history(alert.alert_id)[-1].facts["why"] == (
        f"it answered {status}: no such thing"
    )


def test_a_redirect_is_not_followed(room, receiving, to):
    receiving.answers["/hook"] = (307, {"Location": f"{receiving.url}/elsewhere"})
    room.book.fire(room.fired(room.group("ops", to("hook", f"{receiving.url}/hook"))))
    room.deliver()
    assert receiving.bodies("/elsewhere") == []
    assert room.store.waiting()[0][1] == "it answered 307, and redirects are not followed"


def drips(handler):
    """Answers byte by byte, and never to the end."""
    handler.wfile.write(b"HTTP/1.1 500 Slow\r\ncontent-length: 100000\r\n\r\n")
    while True:
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.005)


def floods(handler):
    """Answers without end."""
    handler.wfile.write(b"HTTP/1.1 500 Much\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        handler.wfile.write(b"10000\r\n" + b"y" * 65_536 + b"\r\n")


def floods_well(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        handler.wfile.write(b"10000\r\n" + b"y" * 65_536 + b"\r\n")


def hangs(handler):
    """Says nothing until it is hung up on."""
    handler.connection.recv(1)


def breaks(handler):
    handler.wfile.write(b"HTTP/1.1 what is this\r\n\r\n")


def hangs_up(handler):
    return None


@pytest.mark.parametrize("wicked", [drips, floods, hangs, breaks, hangs_up])
def test_a_wicked_receiver_does_no_harm_to_another(room_of, receiving, to, wicked):
    room = room_of(limits={"webhook": 0.3})
    receiving.answers["/wicked"] = wicked
    group = room.group("ops", to("a", f"{receiving.url}/wicked"), to("b", f"{receiving.url}/good"))
    alert = room.book.fire(room.fired(group))
    room.deliver()
    assert len(receiving.bodies("/good")) == 1
    ((late, why),) = room.store.waiting()
    assert late.receiver == "a"
    assert why
    assert room.events(alert) == ["Fired", "Delivered"]


def test_the_body_of_a_reply_that_says_yes_is_not_waited_for(room, receiving, to):
    receiving.answers["/hook"] = floods_well
    room.book.fire(room.fired(room.group("ops", to("hook", f"{receiving.url}/hook"))))
    room.deliver()
    assert room.store.waiting() == []


def test_many_messages_of_a_receiver_that_hangs_leave_room_for_others(room_of, receiving, to):
    room = room_of(limits={"webhook": 0.2})
    receiving.answers["/slow"] = hangs
    slow = room.group("slow", to("slow", f"{receiving.url}/slow"))
    for n in range(12):
        room.book.fire(room.fired(slow, rule=f"slow {n}"))
    good = room.group("good", to("good", f"{receiving.url}/good"))
    room.book.fire(room.fired(good, rule="good"))
    seen = []

    async def run():
        await room.deliverer.deliver_due("")

    receiving.answers["/good"] = lambda handler: (
        seen.append(len(receiving.bodies("/slow")))
        or (
            200,
            {},
        )
    )
    asyncio.run(run())
    assert seen[0] <= 4
    assert len(receiving.bodies("/slow")) == 12


def test_a_private_address_is_refused_where_the_policy_says_so(room_of, receiving, to):
    room = room_of(policy=AddressPolicy(private=False))
    room.book.fire(room.fired(room.group("ops", to("hook", f"{receiving.url}/hook"))))
    room.deliver()
    assert receiving.requests == []
    assert "private_addresses" in room.store.waiting()[0][1]


def test_a_metadata_service_is_never_called(room, to):
    room.book.fire(room.fired(room.group("ops", to("hook", "http://169.254.169.254/latest"))))
    room.deliver()
    assert "never called" in room.store.waiting()[0][1]


def test_slack_and_teams_get_their_own_shapes(room, receiving, to):
    group = room.group(
        "chat", to("s", f"{receiving.url}/s", "slack"), to("t", f"{receiving.url}/t", "teams")
    )
    room.book.fire(room.fired(group))
    room.deliver()
    assert receiving.bodies("/s")[0]["attachments"][0]["blocks"]
    assert receiving.bodies("/t")[0]["attachments"][0]["content"]["type"] == "AdaptiveCard"
    assert "x-openinsights-delivery" in receiving.headers("/s")[0]


def mute(room, *conditions, **more):
    rule = ProcessingRule(
        room.resource.subscription,
        "default",
        "maintenance",
        (room.resource.resource_id,),
        conditions=conditions,
        **{"suppresses": True, **more},
    )
    return room.rules.put(rule)[0]


def test_who_is_silenced_is_not_told_and_the_history_says_so(room, receiving, to):
    group = room.group("ops", to("hook", f"{receiving.url}/hook"))
    mute(room, window=Window("", "2026-04-25T13:00:00", "UTC"))
    alert = room.book.fire(room.fired(group))
    assert room.deliver() == 0
    assert room.events(alert) == ["Fired", "Silenced"]
    room.clock.pass_s(3_600)
    room.resolve()
    assert room.deliver() == 0  # who was not told of the beginning is not told of the end
    room.book.fire(room.fired(group))
    assert room.deliver() == 1


def test_a_rule_adds_groups(room, receiving, to):
    ops = room.group("ops", to("hook", f"{receiving.url}/ops"))
    extra = room.group("extra", to("hook", f"{receiving.url}/extra"))
    critical = Condition("Severity", "Equals", ("Sev1",))
    mute(room, critical, suppresses=False, adds=(extra.id.upper(), ops.id))
    room.book.fire(room.fired(ops))
    assert room.deliver() == 2
    assert len(receiving.bodies("/ops")) == len(receiving.bodies("/extra")) == 1


def test_what_cannot_be_told_is_told_in_the_history(room, to):
    other = room.resources.create("bank")
    gone = room.group("gone")
    room.groups.delete(gone.id)
    groups = [
        gone,
        room.group("off", to("a", "http://a.test/"), enabled=False),
        room.group("theirs", to("a", "http://a.test/"), app_id=other.app_id),
        room.group("phones", others=(("smsReceivers", ({"name": "duty", "phoneNumber": "1"},)),)),
    ]
    alert = room.book.fire(room.fired(*groups))
    assert room.deliver() == 0
    assert [
        (each.facts["group"], each.facts["receiver"], each.facts["why"])
        for each in room.book.history(alert.alert_id)
        if each.event == "NotDelivered"
    ] == [
        ("gone", "", "there is no such action group"),
        ("off", "", "the action group is disabled"),
        ("theirs", "", "the action group is another resource's"),
        ("phones", "duty", "receivers in smsReceivers are not told by this server"),
    ]


def test_a_receiver_that_is_gone_by_then_is_given_up(room, receiving, to):
    hook = to("hook", f"{receiving.url}/hook")
    alert = room.book.fire(room.fired(room.group("ops", hook)))
    room.group("ops", to("other", f"{receiving.url}/hook"))
    room.deliver()
    assert receiving.requests == []
    assert "no such receiver" in room.book.history(alert.alert_id)[-1].facts["why"]


def test_a_change_that_is_undone_tells_nobody(room, receiving, to):
    group = room.group("ops", to("hook", f"{receiving.url}/hook"))

    def fires_and_fails():
        with room.book.writing() as connection:
            room.book.fire(room.fired(group), connection)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fires_and_fails()
    assert room.deliver() == 0
    assert room.book.list() == []


def test_the_same_change_waits_once(room, to):
    group = room.group("ops", to("hook", "http://a.test/"))
    alert = room.book.fire(room.fired(group))
    with room.book.writing() as connection:
        room.outbox.on_change(connection, alert, MonitorCondition.FIRED)
    assert len(room.store.waiting()) == 1


def test_what_was_on_its_way_when_the_process_died_is_sent_again(room_of, receiving, to, tmp_path):
    """The receiver has taken it, the note of it was never written: it comes again."""
    path = tmp_path / "catalog.db"
    room = room_of(path)
    room.book.fire(room.fired(room.group("ops", to("hook", f"{receiving.url}/hook"))))
    room.store.delivered = lambda *_: (_ for _ in ()).throw(SystemExit)
    with pytest.raises(SystemExit):
        room.deliver()
    after = room_of(path)
    assert after.deliver() == 1
    first, second = receiving.headers("/hook")
    assert first["x-openinsights-delivery"] == second["x-openinsights-delivery"]


def test_a_thread_sends_what_comes_and_stops(room, receiving, to):
    group = room.group("ops", to("hook", f"{receiving.url}/hook"))
    room.deliverer.start("")
    try:
        room.book.fire(room.fired(group))
        with receiving.came:
            assert receiving.came.wait_for(lambda: receiving.requests, 20)
    finally:
        room.deliverer.close()
    assert room.store.waiting() == []


def test_once_a_day_it_is_tidied(room, receiving, to):
    days, seen = [], threading.Event()
    room.deliverer._tidy_more = lambda now: (days.append(now), seen.set())
    room.deliverer.start("")
    try:
        assert seen.wait(20)
    finally:
        room.deliverer.close()
    assert days == [room.clock.now]


def test_means_that_cannot_be_opened_are_told_in_the_log(room, caplog):
    def closed(public_url):
        raise OSError("no certificates")

    room.deliverer._open_means = closed
    room.deliverer.start("")
    room.deliverer.close()
    assert "nobody is told of alerts" in caplog.text


def test_old_messages_are_forgotten_those_of_alerts_that_go_on_are_not(room, receiving, to):
    group = room.group("ops", to("hook", f"{receiving.url}/hook"))
    room.book.fire(room.fired(group, rule="ended"))
    room.resolve(rule="ended")
    room.book.fire(room.fired(group, rule="goes on"))
    room.deliver()
    room.store.forget_before(room.clock.now + 1)
    with room.engine.connect() as connection:
        kept = connection.scalar(sa.select(sa.func.count()).select_from(tables.deliveries))
    assert kept == 1


def program(folder, text):
    path = folder / "tell"
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o755)
    return str(path)


def command(room_of, path, **limits):
    room = room_of(programs=frozenset((path,)), limits=limits, environ={"PATH": "/x", "KEY": "s"})
    alert = room.book.fire(room.fired(room.group("ops", Receiver("command", "tell", path))))
    room.deliver()
    return room, alert


def test_a_program_gets_the_schema_and_little_else(room_of, tmp_path):
    out = tmp_path / "out.json"
    path = program(
        tmp_path,
        "import json, os, sys\n"
        "said = [sys.argv[1:], dict(os.environ), os.getcwd(), json.load(sys.stdin)]\n"
        f"open({str(out)!r}, 'w').write(json.dumps(said))\n",
    )
    room, _ = command(room_of, path, command=30.0)
    arguments, environ, folder, body = json.loads(out.read_text())
    assert arguments == []
    assert folder == "/"
    assert "KEY" not in environ
    assert environ["OPENINSIGHTS_DELIVERY"] == body["data"]["openInsights"]["deliveryId"]
    assert body["schemaId"] == "azureMonitorCommonAlertSchema"
    assert room.store.waiting() == []


def test_a_program_that_fails_is_tried_again_and_says_why(room_of, tmp_path):
    path = program(tmp_path, "import sys; sys.exit('no pager today')")
    room, _ = command(room_of, path, command=30.0)
    assert room.store.waiting()[0][1] == "the program ended with 1: no pager today"


def test_a_program_that_hangs_is_ended_with_its_children(room_of, tmp_path):
    pids = tmp_path / "pids"
    path = tmp_path / "tell"
    path.write_text(
        f"#!/bin/sh\n/bin/sh -c 'echo $$ >> {pids}; exec /bin/sleep 600' &\n"
        f"echo $$ >> {pids}\nexec /bin/sleep 600\n"
    )
    path.chmod(0o755)
    room, _ = command(room_of, str(path), command=1.0)
    assert "longer than" in room.store.waiting()[0][1]
    for pid in pids.read_text().split():
        assert (
            not Path(f"/proc/{pid}").exists()
            or "(zombie)" in Path(f"/proc/{pid}/status").read_text()
        )


def test_a_program_that_is_not_allowed_is_not_started(room_of, tmp_path):
    path = program(tmp_path, f"open({str(tmp_path / 'ran')!r}, 'w')")
    room = room_of()
    alert = room.book.fire(room.fired(room.group("ops", Receiver("command", "tell", path))))
    room.deliver()
    assert not (tmp_path / "ran").exists()
    assert "alert_programs" in room.book.history(alert.alert_id)[-1].facts["why"]


def test_a_program_that_is_not_there_says_so(room_of, tmp_path):
    room, _ = command(room_of, str(tmp_path / "nowhere"))
    assert "cannot be started: No such file" in room.store.waiting()[0][1]


def test_what_waits_for_a_receiver_that_hangs_costs_others_little(room, to):
    """Counted in the steps of the database's machine, which no load of this one changes."""
    rows = [
        {
            "delivery_id": f"{n:08d}{condition}",
            "alert_id": f"a{n}",
            "condition": condition,
            "group_key": "/slow",
            "receiver": "r",
            "state": "waiting",
            "attempts": 0,
            "due_ticks": n,
            "facts": {
                "notification": {},
                "first_id": "" if condition == "Fired" else f"{n:08d}Fired",
                "created_ticks": 0,
            },
        }
        for n in range(2_000)
        for condition in ("Fired", "Resolved")
    ]
    last = rows[0] | {
        "delivery_id": "good",
        "alert_id": "b",
        "group_key": "/good",
        "due_ticks": 9**9,
    }
    with room.engine.begin() as connection:
        connection.execute(sa.insert(tables.deliveries), [*rows, last])
    steps = []
    raw = room.engine.raw_connection()
    raw.driver_connection.set_progress_handler(lambda: steps.append(1) and 0, 1_000)
    raw.close()
    found = room.store.due(room.clock.now, 4)
    assert [each.delivery_id for each in found] == [
        "00000000Fired",
        "00000001Fired",
        "00000002Fired",
        "00000003Fired",
        "good",
    ]
    assert len(steps) <= 200
    with_some = room.store.due(room.clock.now, 4, found)
    assert with_some == []


def test_ends_that_wait_for_their_beginnings_hide_no_other_message(room, receiving, to):
    group = room.group("ops", to("hook", f"{receiving.url}/hook"))
    receiving.answers["/hook"] = (503, {})
    for n in range(20):
        room.book.fire(room.fired(group, rule=f"r{n}"))
    room.deliver()
    for n in range(20):
        room.resolve(rule=f"r{n}")
    del receiving.answers["/hook"]
    before = len(receiving.requests)
    room.book.fire(room.fired(group, rule="new"))
    assert room.deliver() == 1
    said = receiving.bodies("/hook")[before:]
    assert [each["data"]["essentials"]["alertRule"] for each in said] == ["failed requests"]
    room.clock.pass_s(5)
    assert room.deliver() == 40
    assert room.store.waiting() == []
