"""Servers of two releases on one catalog: one after the other is replaced while telemetry comes.

The newer release is this one with one migration more, which adds a column and a table, as releases do.
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import wait_until

import openinsights
from openinsights.catalog.tables import HEAD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import RunningServer

NEXT = f"{int(HEAD) + 1:04}"
MIGRATION = f'''
import sqlalchemy as sa
from alembic import op

revision = "{NEXT}"
down_revision = "{HEAD}"


def upgrade():
    op.add_column("resources", sa.Column("later", sa.String(8), nullable=False, server_default=""))
    op.create_table("later", sa.Column("id", sa.Integer, primary_key=True))
'''
ITEMS = 10


@pytest.fixture
def next_release(tmp_path: Path) -> str:
    """The sources of the release after this one, as a PYTHONPATH."""
    here = Path(openinsights.__file__).parent
    there = tmp_path / "next" / "openinsights"
    shutil.copytree(here, there, ignore=shutil.ignore_patterns("__pycache__", "dist"))
    tables = there / "catalog" / "tables.py"
    text = tables.read_text()
    changed = text.replace(f'HEAD = "{HEAD}"', f'HEAD = "{NEXT}"')
    assert changed != text
    tables.write_text(
        f'{changed}\nlater = sa.Table("later", metadata, sa.Column("id", sa.Integer, primary_key=True))\n'
    )
    migrations = there / "catalog" / "migrations" / "versions"
    (migrations / f"r{NEXT}_later.py").write_text(MIGRATION)
    return os.pathsep.join([str(there.parent), os.environ.get("PYTHONPATH", "")])


class Senders:
    """Send each body to one server after the other until it is accepted; note by which."""

    def __init__(self, servers: list[RunningServer], key: str) -> None:
        self._servers = servers
        self._key = key
        self._over = threading.Event()
        self.accepted = [0 for _ in servers]
        self._threads = [threading.Thread(target=self._send, args=(n,)) for n in range(2)]

    def __enter__(self) -> Senders:
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for each in self._threads:
            each.join()

    def _send(self, sender: int) -> None:
        number = 0
        while not self._over.wait(0.02):
            names = [f"{sender}-{number}-{each}" for each in range(ITEMS)]
            number += 1
            body = [self._item(name) for name in names]
            at = number
            # each server has a store of its own here: a body belongs to the one that took it
            while not self._is_taken(at % len(self._servers), body):
                at += 1
                self._over.wait(0.05)

    def _is_taken(self, place: int, body: list[dict[str, Any]]) -> bool:
        try:
            reply = self._servers[place].post("/v2.1/track", body)
        except OSError:
            return False
        assert reply["itemsAccepted"] == ITEMS
        self.accepted[place] += ITEMS
        return True

    def _item(self, name: str) -> dict[str, Any]:
        return {
            "name": "Microsoft.ApplicationInsights.Event",
            "time": datetime.now(timezone.utc).isoformat(),
            "iKey": self._key,
            "data": {"baseType": "EventData", "baseData": {"ver": 2, "name": name}},
        }


def test_servers_of_two_releases_serve_one_catalog_while_one_after_the_other_is_replaced(
    start: Callable[..., list[RunningServer]],
    ask: Callable[..., Any],
    database: Any,
    next_release: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    servers = start(3)
    first, second, third = servers
    key = first.create_resource("shop")["instrumentation_key"]

    def schema() -> str:
        return str(database.rows("select version_num from alembic_version")[0][0])

    def is_shared(by: RunningServer, name: str) -> None:
        """Whatever one server makes every other one knows."""
        made = by.create_resource(name)["app_id"]
        for each in servers:
            path = f"/v1/apps/{made}/query"
            wait_until(
                f"{name} on every server",
                lambda each=each, path=path: (
                    ask(each, "POST", path, {"query": "requests | count"}).status == 200
                ),
            )

    assert schema() == HEAD
    with Senders(servers, key) as senders:
        wait_until("telemetry on all", lambda: min(senders.accepted) > 0)
        with monkeypatch.context() as newer:
            newer.setenv("PYTHONPATH", next_release)
            first.stop()
            first.start()
        assert schema() == NEXT
        is_shared(first, "made-by-the-newer")
        is_shared(second, "made-by-the-older")
        # the older release may start, too: a server that crashes meanwhile comes back
        second.stop(signal.SIGKILL)
        second.start()
        is_shared(second, "made-after-the-crash")
        assert schema() == NEXT
        wait_until("a holder", lambda: database.holder("alerts"))
        with monkeypatch.context() as newer:
            newer.setenv("PYTHONPATH", next_release)
            for each in (second, third):
                each.stop()
                each.start()
        is_shared(third, "made-by-the-last")
        seen = list(senders.accepted)
        wait_until(
            "telemetry on all again",
            lambda: all(now > then for now, then in zip(senders.accepted, seen, strict=True)),
        )
    pids = {each.process.pid for each in servers if each.process}
    # the lease of the one that was killed lasts for a while
    wait_until("a holder of the newer release", lambda: database.holder("alerts") in pids)
    query = "customEvents | summarize rows = count(), different = count_distinct(name)"
    for server, accepted in zip(servers, senders.accepted, strict=True):

        def is_there(server: RunningServer = server, accepted: int = accepted) -> bool:
            (row,) = server.rows("shop", query)
            assert row["rows"] == row["different"], "something is there twice"
            # the one that was killed may have stored what each sender was not told of any more
            most = accepted + (2 * ITEMS if server is second else 0)
            return bool(accepted <= row["rows"] <= most)

        wait_until("all that was accepted", is_there)
