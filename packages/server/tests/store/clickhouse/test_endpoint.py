"""The endpoint does what a server does for clickhouse-connect's client, and what goes wrong with one."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.clickhouse

ENDLESS = "select count() from numbers(100000000000) where cityHash64(number) % 7 = 1"


def connect(endpoint: Any, **options: Any) -> Any:
    import clickhouse_connect

    return clickhouse_connect.get_client(
        host="127.0.0.1", port=endpoint.port, autogenerate_session_id=False, **options
    )


def insert(client: Any, token: str, *numbers: int) -> None:
    client.insert(
        "d.t",
        [list(numbers), [f"é{each}" for each in numbers]],
        column_names=["a", "s"],
        column_type_names=["Int64", "String"],
        column_oriented=True,
        settings={"insert_deduplication_token": token},
    )


@pytest.fixture
def client(clickhouse_endpoint: Any) -> Iterator[Any]:
    client = connect(clickhouse_endpoint)
    client.command("drop database if exists d sync")
    client.command("create database d")
    client.command(
        "create table d.t (a Int64, s String) engine = MergeTree order by a "
        "settings non_replicated_deduplication_window = 100"
    )
    yield client
    client.close()


def rows(client: Any) -> list[Any]:
    return client.query("select * from d.t order by a").result_rows


def test_the_clients_own_calls_work(client: Any, clickhouse_endpoint: Any) -> None:
    import clickhouse_connect

    insert(client, "one", 2, 1)
    insert(client, "one", 2, 1)
    assert rows(client) == [(1, "é1"), (2, "é2")]
    asked = {"text": "a'b\\c\té", "numbers": [2, 3]}
    found = client.query("select {text:String}, {numbers:Array(Int64)}", parameters=asked)
    assert found.result_rows == [("a'b\\c\té", [2, 3])]
    limited = client.query("select getSetting('max_result_rows')", settings={"max_result_rows": 7})
    assert limited.result_rows == [(7,)]
    with pytest.raises(clickhouse_connect.driver.exceptions.DatabaseError) as refused:
        client.query("select 1 from d.nothing")
    assert refused.value.code == 60


def test_an_answer_that_fails_halfway_says_so(client: Any) -> None:
    import clickhouse_connect

    text = "select number, throwIf(number = 3000000) from numbers(5000000)"
    blocks = []
    stream = client.query_row_block_stream(text)
    with pytest.raises(clickhouse_connect.driver.exceptions.StreamFailureError) as failed, stream:
        blocks.extend(map(len, stream))
    assert failed.value.code == 395
    assert sum(blocks) < 3_000_000


def test_a_lost_reply_is_an_insert_carried_out(client: Any, clickhouse_endpoint: Any) -> None:
    import clickhouse_connect

    clickhouse_endpoint.tell("drop 2")  # the client tries once more by itself
    with pytest.raises(clickhouse_connect.driver.exceptions.OperationalError):
        insert(client, "lost", 5)
    assert rows(client) == [(5, "é5")]
    clickhouse_endpoint.tell("break 2")
    with pytest.raises(clickhouse_connect.driver.exceptions.OperationalError):
        insert(client, "unsent", 6)
    assert rows(client) == [(5, "é5")]


@pytest.mark.parametrize("fault", ["refuse", "overload", "hang"])
def test_it_goes_away_and_comes_back(client: Any, clickhouse_endpoint: Any, fault: str) -> None:
    import clickhouse_connect

    insert(client, "before", 1)
    hurried = connect(clickhouse_endpoint, send_receive_timeout=1)
    clickhouse_endpoint.tell(fault)
    with pytest.raises(clickhouse_connect.driver.exceptions.OperationalError):
        hurried.query("select 1")
    clickhouse_endpoint.tell("heal")
    assert rows(client) == [(1, "é1")]
    hurried.close()


def test_it_is_killed_and_keeps_what_it_acknowledged(client: Any, clickhouse_endpoint: Any) -> None:
    insert(client, "before", 1)
    clickhouse_endpoint.stop(signal.SIGKILL)
    clickhouse_endpoint.start()
    insert(client, "before", 1)
    assert rows(client) == [(1, "é1")]


def test_a_query_is_killed_by_its_id(client: Any, clickhouse_endpoint: Any) -> None:
    import clickhouse_connect

    ended: list[Any] = []

    def run() -> None:
        try:
            client.query(ENDLESS, settings={"query_id": "mine"})
        except clickhouse_connect.driver.exceptions.DatabaseError as error:
            ended.append(error.code)

    thread = threading.Thread(target=run)
    thread.start()
    other = connect(clickhouse_endpoint)
    while thread.is_alive():  # until it has begun there is nothing to kill
        other.command("KILL QUERY WHERE query_id = 'mine' ASYNC")
        thread.join(0.05)
    assert ended == [394]
    other.close()


def test_a_query_ends_when_its_caller_hangs_up(client: Any, clickhouse_endpoint: Any) -> None:
    import clickhouse_connect

    hurried = connect(clickhouse_endpoint, send_receive_timeout=1)
    with pytest.raises(clickhouse_connect.driver.exceptions.OperationalError):
        hurried.query(ENDLESS)
    hurried.close()
    others = "select count() from system.processes where query not like '%system.processes%'"
    while client.query(others).result_rows != [(0,)]:
        pass
