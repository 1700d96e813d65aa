from __future__ import annotations

import threading

import duckdb
import pytest

from openinsights.store.duckdb.undoing import roll_back


def test_a_connection_that_is_interrupted_again_and_again_is_left_without_a_transaction():
    connection = duckdb.connect()
    connection.execute("create table rows (number bigint)")
    over = threading.Event()
    failed = 0

    def interrupt():
        # without a pause each rollback could be hit for ever
        while not over.wait(0.0002):
            connection.interrupt()

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    try:
        for _ in range(200):
            try:
                connection.execute("begin")
                connection.execute("insert into rows select * from range(10000)")
                connection.execute("commit")
            except duckdb.InterruptException:
                failed += 1
                roll_back(connection)
    finally:
        over.set()
        interrupting.join()
    assert failed > 0
    connection.execute("begin")
    (count,) = connection.execute("select count(*) from rows").fetchone()
    assert count % 10_000 == 0
    roll_back(connection)
    roll_back(connection)
    connection.close()


def test_an_answer_that_is_not_read_to_its_end_holds_no_file_any_more(tmp_path):
    root = duckdb.connect()
    attach = f"attach '{tmp_path / 'rows.duckdb'}' as kept"
    root.execute(attach)
    root.execute("create table kept.rows as select range as number from range(1000000)")
    asking = root.cursor()
    asking.execute("select * from kept.rows").fetchone()
    root.execute("detach kept")
    with pytest.raises(duckdb.ResourceInUseException):
        root.execute(attach)
    roll_back(asking)
    root.execute(attach)
    root.close()
