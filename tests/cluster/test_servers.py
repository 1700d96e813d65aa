"""What several servers on one catalog promise: shared changes, one hand for each work, no loss."""

from __future__ import annotations

import signal
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from tests.conftest import wait_until

from openinsights.alerts.alert import Criterion, Evidence, Fired, Signal
from openinsights.alerts.book import AlertBook
from openinsights.alerts.notify.outbox import Outbox
from openinsights.catalog.action_groups import ActionGroup, ActionGroupStore, Receiver
from openinsights.catalog.postgresql import open_postgresql
from openinsights.catalog.resources import ResourceStore
from openinsights.clock import TICKS_PER_SECOND, SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import RunningServer

TAKEN_OVER_S = 30.0
WORK = ("alerts", "availability", "detection", "keeping", "notifications")


class Firing:
    """Fires alerts in the catalog, as a round of rules does."""

    def __init__(self, url: str, hook: str) -> None:
        self.clock = SystemClock()
        self.engine = open_postgresql(url)
        self.resources = ResourceStore(self.engine, self.clock)
        self.resource = self.resources.find("shop") or self.resources.create("shop")
        outbox = Outbox(self.resources.get_by_app_id, self.clock)
        self.book = AlertBook(self.engine, self.clock, outbox.on_change)
        group = ActionGroup(
            self.resource.subscription,
            "default",
            "ops",
            receivers=(Receiver("webhook", "hook", hook),),
        )
        self.group = ActionGroupStore(self.engine, lambda: "secret-" * 4).put(group)[0]

    def fire(self, number: int) -> str:
        at = self.clock.now_ticks()
        begin = at - 300 * TICKS_PER_SECOND
        fired = Fired(
            app_id=self.resource.app_id,
            rule_id=f"r{number}",
            rule_name="failed requests",
            signal=Signal.METRIC,
            severity=1,
            at_ticks=at,
            window_ticks=300 * TICKS_PER_SECOND,
            evidence=Evidence("requests | count", begin, at),
            criteria=(Criterion("requests/failed", "", "Count", "GreaterThan", 5.0, 7.0, ()),),
            split=(),
            action_groups=(self.group.id,),
        )
        return self.book.fire(fired).alert_id


def by_pid(servers: list[RunningServer], pid: int) -> RunningServer:
    (found,) = (each for each in servers if each.process and each.process.pid == pid)
    return found


def test_a_server_that_is_killed_is_replaced_and_every_alert_is_told_once(
    start: Callable[..., list[RunningServer]], database: Any, hook: Any
) -> None:
    servers = start(3)
    firing = Firing(database.url(), hook.url)
    first = wait_until("a holder", lambda: database.holder("notifications"))
    assert {database.holder(work) for work in WORK} == {first}
    fired = [firing.fire(number) for number in range(10)]

    def noted() -> list[str]:
        told = database.rows("select alert_id from alert_history where event = 'Delivered'")
        return sorted(row[0] for row in told)

    # what has arrived and is not noted yet would be told again, under the same id
    wait_until("the first messages", lambda: noted() == sorted(fired))
    killed = by_pid(servers, first)
    killed.stop(signal.SIGKILL)
    fired += [firing.fire(number) for number in range(10, 20)]
    begun = time.monotonic()
    wait_until(
        "another holder",
        lambda: database.holder("notifications") not in (0, first),
        TAKEN_OVER_S,
    )
    wait_until("all messages", lambda: noted() == sorted(fired), TAKEN_OVER_S)
    print(f"taken over and told {time.monotonic() - begun:.1f} s after the death")
    assert sorted(hook.came) == sorted(fired)
    # one that is told to stop hands over at once
    second = database.holder("notifications")
    by_pid(servers, second).stop()
    last = wait_until("the last one", lambda: database.holder("alerts"), 5)
    assert last not in (first, second)
    assert wait_until("its notifications", lambda: database.holder("notifications"), 5) == last
    fired.append(firing.fire(20))
    wait_until("one more message", lambda: set(hook.came) == set(fired))
    firing.engine.dispose()


def test_servers_share_what_is_configured_and_what_is_live(
    start: Callable[..., list[RunningServer]], ask: Callable[..., Any]
) -> None:
    one, other = start(2)
    made = one.create_resource("shop")
    app, key = made["app_id"], made["instrumentation_key"]

    def is_known() -> bool:
        return bool(ask(other, "GET", f"/api/profiles/{key}/appId").text == app)

    wait_until("the resource on the other server", is_known, 5)
    point = {
        "Instance": "web-1",
        "RoleName": "shop",
        "MachineName": "host",
        "StreamId": "0af7651916cd43dd8448eb211c80319c",
        "Metrics": [{"Name": r"\ApplicationInsights\Requests/Sec", "Value": 7, "Weight": 1}],
    }

    def ping() -> Any:
        path = f"/QuickPulseService.svc/ping?ikey={key}"
        return ask(other, "POST", path, point).headers["x-ms-qps-subscribed"]

    assert ping() == "false"

    def shown() -> Any:
        sample = ask(one, "GET", f"/api/live/{app}/latest").json["sample"]
        if ping() == "true":
            ask(other, "POST", f"/QuickPulseService.svc/post?ikey={key}", [point])
        return [each for each in sample["servers"] if each["requests_per_second"] == 7]

    (server,) = wait_until("the sender of the other server", shown, 15)
    assert (server["role"], server["instance"]) == ("shop", "web-1")
    assert ask(one, "DELETE", made["resource_id"]).status == 200
    wait_until("its end on the other server", lambda: not is_known(), 5)


def test_a_catalog_that_is_cut_off_stops_neither_telemetry_nor_the_server(
    start: Callable[..., list[RunningServer]], ask: Callable[..., Any], wire: Any
) -> None:
    (server,) = start(1, port=wire.port)
    made = server.create_resource("shop")
    item = {
        "name": "Microsoft.ApplicationInsights.Message",
        "time": datetime.now(timezone.utc).isoformat(),
        "iKey": made["instrumentation_key"],
        "data": {"baseType": "MessageData", "baseData": {"ver": 2, "message": "hello"}},
    }
    wire.cut()
    reply = ask(server, "PUT", f"{made['resource_id']}-2", {"location": "x", "properties": {}})
    assert (reply.status, reply.headers["retry-after"]) == (503, "5")
    assert reply.json["error"]["code"] == "ServiceUnavailable"
    assert ask(server, "GET", "/ready").status == 503
    assert ask(server, "GET", "/live").status == 200
    assert ask(server, "POST", "/v2.1/track", [item]).json["itemsAccepted"] == 1
    wire.mend()
    wait_until("readiness", lambda: ask(server, "GET", "/ready").status == 200)
    wait_until(
        "the resource",
        lambda: (
            ask(
                server, "PUT", f"{made['resource_id']}-2", {"location": "x", "properties": {}}
            ).status
            == 200
        ),
    )
    server.wait_for_rows("shop", "traces")


def test_roles_divide_the_work(
    start: Callable[..., list[RunningServer]], ask: Callable[..., Any], database: Any
) -> None:
    (takes,) = start(1, "--role", "ingest")
    assert database.holder("alerts") == 0
    (answers,) = start(1, "--role", "query")
    assert answers.process is not None
    assert wait_until("a holder", lambda: database.holder("alerts")) == answers.process.pid
    reply = ask(answers, "POST", "/v2.1/track", [])
    assert (reply.status, reply.json["error"]["code"]) == (503, "ServedElsewhere")
    assert ask(takes, "GET", "/portal/api/session").status == 421
    assert {ask(each, "GET", "/ready").json["role"] for each in (takes, answers)} == {
        "ingest",
        "query",
    }
