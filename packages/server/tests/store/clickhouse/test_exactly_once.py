"""Each row is stored once: by several servers, with replies that are lost, over crashes."""

from __future__ import annotations

import random
import threading
from concurrent.futures import wait
from typing import TYPE_CHECKING, Any

import pytest

from openinsights.schema.sql import Sql
from openinsights.store.api import ScanRequest
from openinsights.store.errors import StoreBusy, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openinsights.store.api import Store

pytestmark = pytest.mark.clickhouse


class Servers:
    """Opens the store as several servers do."""

    def __init__(self, endpoint: Any, clock: Any) -> None:
        self.endpoint = endpoint
        self._clock = clock
        self._opened: list[Store] = []

    def open(self) -> Store:
        from openinsights.store.clickhouse.store import open_clickhouse_store

        url = f"clickhouse://127.0.0.1:{self.endpoint.port}/exactly_once"
        self._opened.append(open_clickhouse_store(url, self._clock))
        return self._opened[-1]

    def close(self) -> None:
        for each in self._opened:
            each.close()


@pytest.fixture
def servers(clickhouse_endpoint: Any, clock: Any) -> Iterator[Servers]:
    import clickhouse_connect

    client = clickhouse_connect.get_client(host="127.0.0.1", port=clickhouse_endpoint.port)
    client.command("drop database if exists exactly_once sync")
    client.close()
    servers = Servers(clickhouse_endpoint, clock)
    yield servers
    clickhouse_endpoint.tell("heal")
    servers.close()


def messages(store: Store) -> list[str]:
    source = store.source(ScanRequest("traces", ("message",)))
    sql = Sql(f"select * from {source.text}", source.parameters)
    return sorted(row[0] for row in store.run(sql, timeout_s=60, max_rows=100_000).rows)


def test_bodies_that_come_to_two_servers_at_once_are_stored_once(servers, bodies) -> None:
    stores = [servers.open(), servers.open()]
    sent = [bodies.body(f"b{place}", (bodies.noon, f"m{place}")) for place in range(60)]
    left = {place: {0, 1} for place in range(len(sent))}
    barrier, patience = threading.Barrier(len(stores)), threading.Event()

    def send(number: int) -> None:
        """Send all of them until each is acknowledged, as a client does."""
        barrier.wait(120)
        while mine := [place for place, waiting in left.items() if number in waiting]:
            futures = {place: stores[number].append(sent[place]) for place in mine}
            wait(futures.values(), 120)
            for place, future in futures.items():
                error = future.exception()
                assert error is None or isinstance(error, StoreUnavailable), error
                if error is None:
                    left[place].discard(number)
            patience.wait(random.random() / 4)  # clients come again when they like

    threads = [threading.Thread(target=send, args=(number,)) for number in range(len(stores))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert messages(stores[0]) == sorted(f"m{place}" for place in range(len(sent)))


def test_an_insert_whose_reply_is_lost_is_sent_again_and_taken_once(servers, bodies) -> None:
    store = servers.open()
    inserts = store._inserter._clients.insert  # type: ignore[attr-defined]

    def lose_the_reply(table: str, *arguments: Any) -> None:
        if table.endswith('_in"'):
            store._inserter._clients.insert = inserts  # type: ignore[attr-defined]
            servers.endpoint.tell("drop 2")  # the client itself tries once more
        inserts(table, *arguments)

    store._inserter._clients.insert = lose_the_reply  # type: ignore[attr-defined]
    before = servers.endpoint.tell("look")
    assert bodies.keep(store, bodies.body("b", (bodies.noon, "one"), (bodies.noon, "two"))) == (
        2,
        0,
    )
    assert servers.endpoint.tell("look") - before == 4, "the claim, and the rows three times"
    assert messages(store) == ["one", "two"]


def test_an_acknowledgement_that_comes_after_the_time_limit_counts_for_nothing() -> None:
    """What ends an insert for its time may acknowledge it all the same, with nothing stored."""
    from openinsights.store.clickhouse.address import address_of
    from openinsights.store.clickhouse.connection import Clients

    class Acknowledges:
        def raw_insert(self, **_: Any) -> None:
            return

        def close(self) -> None:
            return

    clients = Clients(address_of("clickhouse://127.0.0.1:1/x?compress=none"))
    clients._client = Acknowledges()
    clients.insert("t", ["a"], b"", {"max_execution_time": 3_600})
    with pytest.raises(StoreUnavailable, match="longer than"):
        clients.insert("t", ["a"], b"", {"max_execution_time": 0})
    clients.close()


def test_an_insert_that_ended_in_the_middle_is_finished_though_its_sender_was_told_to_come_again(
    servers, bodies, monkeypatch
) -> None:
    """What it left says that the body is stored, and its rows are not there."""
    from openinsights.store.clickhouse import claims, insert

    monkeypatch.setattr(insert, "_SENDERS_WAIT_S", 0.0)
    monkeypatch.setattr(claims, "_RENEWED_MS", 0)
    store = servers.open()
    inserter = store._inserter  # type: ignore[attr-defined]
    inserts, renews = inserter._clients.insert, inserter._claims.renew
    body = bodies.body("b", (bodies.noon, "one"), (bodies.noon, "two"))
    part = (int.from_bytes(body.digest[:16], "little"), "traces", body.days[0].day)
    ended, renewed, may_go_on, is_held = [], [], threading.Event(), threading.Event()

    def end_in_the_middle(table: str, *arguments: Any) -> None:
        if not table.endswith('_in"') or len(ended) == 2:
            return inserts(table, *arguments)
        ended.append(table)
        if len(ended) == 1:
            inserter._claims._note("stored", [part], 1)
        else:
            is_held.set()
            may_go_on.wait(60)
        raise StoreUnavailable("ended for its time", retry_after_s=1)

    def renew(lease: Any) -> None:
        renewed.append(lease.commit)
        renews(lease)

    monkeypatch.setattr(inserter._clients, "insert", end_in_the_middle)
    monkeypatch.setattr(inserter._claims, "renew", renew)
    with pytest.raises(StoreUnavailable, match="ended for its time"):
        store.append(body).result(60)
    assert is_held.wait(60)
    # ClickHouse answers, which a look sees; what is unfinished keeps the door shut all the same
    looked = threading.Event()
    look = store._look  # type: ignore[attr-defined]
    monkeypatch.setattr(store, "_look", lambda within_s: (look(within_s), looked.set()))
    for _ in range(2):
        looked.clear()
        assert looked.wait(60)
    with pytest.raises(StoreUnavailable):
        store.append(body).result(60)
    may_go_on.set()
    again = threading.Event()
    while not store.health().accepting:
        again.wait(0.05)
    assert bodies.keep(store, body) == (0, 2)
    assert messages(store) == ["one", "two"]
    assert len(renewed) == 3, "before each insert"


def test_a_claim_that_could_not_be_renewed_in_time_begins_no_insert(
    servers, bodies, monkeypatch
) -> None:
    from openinsights.store.clickhouse import claims

    monkeypatch.setattr(claims, "_RENEWED_MS", 0)
    monkeypatch.setattr(claims, "CLAIM_MS", 0)
    store = servers.open()
    with pytest.raises(StoreUnavailable, match="too slow"):
        store.append(bodies.body("b", (bodies.noon, "one"))).result(60)
    assert messages(store) == []


def test_a_body_of_a_server_that_died_is_stored_by_another(servers, bodies, monkeypatch) -> None:
    """It died after it had claimed the body, and once more after it had stored half of it."""
    from openinsights.store.clickhouse import claims
    from openinsights.store.clickhouse.claims import Claims

    noon = bodies.noon
    both = bodies.body("b", (noon, "one"))
    more = bodies.body("b", (noon, "fault"), table="exceptions")
    whole = type(both)(
        both.digest,
        both.size_bytes,
        (type(both.days[0])(both.days[0].day, both.days[0].tables + more.days[0].tables),),
    )
    dead, living = servers.open(), servers.open()
    place = dead._inserter._place  # type: ignore[attr-defined]
    dead_claims = Claims(dead._inserter._clients, place)  # type: ignore[attr-defined]
    claimed = dead_claims.claim([whole])
    assert sum(table.count for day in claimed.kept[0] for table in day.tables) == 2
    with pytest.raises(StoreBusy):
        living.append(whole).result(60)
    monkeypatch.setattr(claims, "CLAIM_MS", 0)
    assert bodies.keep(living, both) == (1, 0)
    assert bodies.keep(living, whole) == (1, 1), "what the other one did not store"
    assert bodies.keep(servers.open(), whole) == (0, 2)
    assert messages(living) == ["one"]


def test_numbered_items_that_another_server_stored_are_not_stored_again(servers, bodies) -> None:
    noon = bodies.noon
    first, second = servers.open(), servers.open()
    items = [(noon + place, f"m{place}", (9, place)) for place in range(6)]
    assert bodies.keep(first, bodies.body("a", *items[:4])) == (4, 0)
    assert bodies.keep(second, bodies.body("regrouped", *items[2:])) == (2, 2)
    assert bodies.keep(second, bodies.body("once more", *items[:2])) == (0, 2)
    assert bodies.keep(first, bodies.body("once more", *items[:2])) == (0, 2)
    assert messages(first) == [f"m{place}" for place in range(6)]


@pytest.mark.parametrize("fault", ["refuse", "gateway", "overload"])
def test_while_nobody_answers_telemetry_is_refused_at_once(servers, bodies, fault) -> None:
    store = servers.open()
    bodies.keep(store, bodies.body("before", (bodies.noon, "before")))
    servers.endpoint.tell(fault)
    with pytest.raises(StoreUnavailable) as refused:
        store.append(bodies.body("first", (bodies.noon, "first"))).result(60)
    assert refused.value.retry_after_s > 0
    assert not store.health().accepting
    assert "ClickHouse" in store.health().reason
    with pytest.raises(StoreUnavailable):
        store.append(bodies.body("second", (bodies.noon, "second")))
    assert store.health().pending_bytes == 0
    with pytest.raises(StoreUnavailable):
        messages(store)
    servers.endpoint.tell("heal")
    again = threading.Event()
    while not store.health().accepting:
        again.wait(0.05)
    bodies.keep(store, bodies.body("first", (bodies.noon, "first")))
    assert messages(store) == ["before", "first"]


def test_a_body_with_a_value_that_no_column_holds_is_refused_alone(servers, bodies) -> None:
    store = servers.open()
    bad = bodies.body("bad", (bodies.noon, "bad"))
    bad.days[0].tables[0].columns["severityLevel"] = [2**40]
    good = bodies.body("good", (bodies.noon, "good"))
    futures = [store.append(bad), store.append(good)]
    futures[1].result(60)
    assert "severityLevel" in str(futures[0].exception(60))
    assert messages(store) == ["good"]
