"""`resource update`, `purge` and `store` on a data folder and through a running server."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import datetime, timezone

import httpx
import pytest
from typer.testing import CliRunner

from openinsights.cli.main import app
from openinsights.cli.purge import filter_of
from openinsights.errors import OpenInsightsError
from openinsights.store.rows import DayRows, Rows, TableRows
from openinsights.store.set_aside import SetAside


class Server:
    def __init__(self, folder):
        command = [sys.executable, "-m", "openinsights.cli.main", "serve", "--port", "0"]
        self.process = subprocess.Popen(
            [*command, "--data", str(folder)], stdout=subprocess.PIPE, text=True
        )
        watchdog = threading.Timer(60, self.process.kill)
        watchdog.start()
        self.url = self.process.stdout.readline().rpartition(" ")[2].strip()
        watchdog.cancel()

    def send(self, key, *users):
        items = [
            {
                "time": datetime.now(timezone.utc).isoformat(),
                "iKey": key,
                "tags": {"ai.user.id": user},
                "data": {
                    "baseType": "EventData",
                    "baseData": {"name": "e", "properties": {"tenant id": f"of {user}"}},
                },
            }
            for user in users
        ]
        assert httpx.post(f"{self.url}v2.1/track", json=items).status_code == 200

    def stop(self):
        self.process.terminate()
        self.process.communicate(timeout=60)


@pytest.fixture
def run(tmp_path):
    def invoke(*arguments):
        return CliRunner().invoke(app, [*arguments, "--data", str(tmp_path)])

    return invoke


@pytest.fixture
def started(tmp_path):
    servers = []

    def start():
        servers.append(Server(tmp_path))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.mark.parametrize("served", [False, True])
def test_retention_is_changed_and_shown(run, started, served):
    if served:
        started()
    assert run("resource", "create", "shop").exit_code == 0
    words = ["--retention", "30", "--retention", "traces=7", "--retention", "AppRequests=400"]
    changed = run("resource", "update", "shop", *words)
    assert changed.stdout.splitlines() == [
        "shop keeps telemetry for 30 days",
        "shop keeps traces for 7 days",
        "shop keeps requests for 400 days",
    ]
    words = ["--retention", "traces=default", "--retention", "default", "--json"]
    facts = json.loads(run("resource", "update", "shop", *words).stdout)
    assert (facts["retention_days"], facts["retention_days_by_table"]) == (90, {"requests": 400})
    assert facts == json.loads(run("resource", "show", "shop", "--json").stdout)


@pytest.mark.parametrize("words", ["0", "ten", "-3", "nothing=5", "traces=", "99999"])
def test_a_retention_that_cannot_be_is_refused(run, words):
    run("resource", "create", "shop")
    assert isinstance(
        run("resource", "update", "shop", "--retention", words).exception, OpenInsightsError
    )


def test_purge_and_drop_day_through_the_server_and_on_the_folder(run, started, tmp_path):
    made = json.loads(run("resource", "create", "shop", "--json").stdout)
    server = started()
    server.send(made["instrumentation_key"], "ann", "ann", "bob", "eve", "joe")
    purged = run("purge", "shop", "--where", "user_Id == ann", "--yes")
    assert purged.stdout == "deleted 2 rows of shop\n"
    server.stop()
    words = ["--table", "customEvents", "--where", "customDimensions['tenant id'] == 'of bob'"]
    assert json.loads(run("purge", "shop", *words, "--yes", "--json").stdout)["rows"] == 1
    words = ["--from", "2020-01-01", "--to", "2020-01-02T00:00:00Z", "--yes"]
    assert run("purge", "shop", *words).stdout == "deleted 0 rows of shop\n"
    server = started()
    (day,) = json.loads(run("store", "days", "--json").stdout)
    assert day["day"] in run("store", "days").stdout
    refused = CliRunner().invoke(
        app, ["store", "drop-day", "--oldest", "--data", str(tmp_path)], input="n\n"
    )
    assert refused.exit_code == 1
    assert run("store", "drop-day", "2001-01-01", "--yes").exit_code == 2
    assert run("store", "drop-day", "--yes").exit_code == 2
    dropped = run("store", "drop-day", "--oldest", "--yes")
    assert dropped.stdout == f"dropped {day['day']} with 2 rows\n"
    server.send(made["instrumentation_key"], "new")
    server.stop()
    dropped = json.loads(run("store", "drop-day", day["day"], "--yes", "--json").stdout)
    assert dropped == {"day": day["day"], "rows": 1}


def test_a_purge_asks_first_and_needs_something_to_select_by(run, tmp_path):
    run("resource", "create", "shop")
    words = ["purge", "shop", "--table", "traces", "--data", str(tmp_path)]
    assert CliRunner().invoke(app, words, input="n\n").exit_code == 1
    assert run("purge", "shop", "--yes").exit_code == 2


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("user_Id == 4711", {"column": "user_Id", "operator": "==", "value": "4711"}),
        ("user_Id=='a == b'", {"column": "user_Id", "operator": "==", "value": "a == b"}),
        ("name =~ X", {"column": "name", "operator": "=~", "value": "X"}),
        ("name in (a, 'b c')", {"column": "name", "operator": "in", "value": ["a", "b c"]}),
        ("name in~ a,b", {"column": "name", "operator": "in~", "value": ["a", "b"]}),
        ("duration>=5", {"column": "duration", "operator": ">=", "value": "5"}),
        (
            'customDimensions["a b"] != c',
            {"column": "customDimensions", "operator": "!=", "value": "c", "key": "a b"},
        ),
    ],
)
def test_filters_are_read(text, found):
    assert filter_of(text) == found


@pytest.mark.parametrize("text", ["", "user_Id", "user_Id ==", "== x", "inner x", "a b == c"])
def test_filters_of_another_form_are_refused(text):
    with pytest.raises(OpenInsightsError, match="COLUMN OPERATOR VALUE"):
        filter_of(text)


def test_backup_of_a_running_server_and_restore_elsewhere(run, started, tmp_path):
    made = json.loads(run("resource", "create", "shop", "--json").stdout)
    server = started()
    server.send(made["instrumentation_key"], "ann", "bob", "eve")
    target, other = tmp_path / "backup", tmp_path / "other"
    written = run("backup", str(target))
    assert written.stdout.endswith(f"backed up 3 rows of 1 days to {target}\n"), written.output
    server.send(made["instrumentation_key"], "joe")
    assert isinstance(run("backup", str(target)).exception, OpenInsightsError)
    assert "backed up 4 rows" in run("backup", str(target), "--force").stdout
    words = ["restore", str(target), "--data"]
    held = CliRunner().invoke(app, [*words, str(tmp_path), "--force"])
    assert isinstance(held.exception, OpenInsightsError), "a server holds the folder"
    told = CliRunner().invoke(app, [*words, str(other)])
    assert told.stdout.endswith(f"restored 4 rows of 1 days into {other}\n"), told.output
    assert isinstance(CliRunner().invoke(app, [*words, str(other)]).exception, OpenInsightsError)
    assert CliRunner().invoke(app, [*words, str(other), "--force"]).exit_code == 0
    server.stop()
    assert "backed up 4 rows" in run("backup", str(tmp_path / "of a folder")).stdout
    listed = CliRunner().invoke(app, ["resource", "list", "--json", "--data", str(other)])
    assert json.loads(listed.stdout)[0]["app_id"] == made["app_id"]


class Refusal:
    """Bodies set aside in a folder, as a server that met them would leave them."""

    def __init__(self, folder):
        self.folder = folder / "telemetry" / "journal"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.aside = SetAside(self.folder)

    def add(self, name, app_id="app", **columns):
        now = (datetime.now(timezone.utc) - datetime(1, 1, 1, tzinfo=timezone.utc)).total_seconds()
        ticks = int(now) * 10_000_000
        row = {"timestamp": [ticks], "appId": [app_id], "message": [name], **columns}
        table = TableRows("traces", 1, row)
        digest = name.encode().ljust(16, b"\0")
        self.aside.add(Rows(digest, 100, (DayRows(ticks // 864_000_000_000, (table,)),)))
        return digest.hex()


@pytest.mark.parametrize("served", [False, True])
def test_refused_telemetry_is_looked_at_and_stored_again(run, started, tmp_path, served):
    made = json.loads(run("resource", "create", "shop", "--json").stdout)
    refusal = Refusal(tmp_path)
    good = refusal.add("주문 🎉", made["app_id"])
    bad = refusal.add("bad", no_such_column=["x"])
    (refusal.folder / "refused-77.rec").write_bytes(b"damaged")
    server = started() if served else None
    told = run("store", "refused").stdout.splitlines()
    assert told[0].split() == ["id", "rows", "kB", "of"]
    assert len(told) == 5
    assert any(line.startswith(good) and "traces of 20" in line for line in told)
    assert any("a damaged file" in line for line in told)
    listed = json.loads(run("store", "refused", "--json").stdout)
    assert [each["rows"] for each in listed if each["id"] == bad] == [1]
    (row,) = run("store", "show-refused", good[:6]).stdout.splitlines()
    shown = json.loads(row)
    assert (shown["table"], shown["message"]) == ("traces", "주문 🎉")
    assert shown["timestamp"].startswith("20")
    again = run("store", "store-refused", "--all")
    assert again.exit_code == 1
    assert f"stored 1 rows of {good}" in again.stdout
    assert "no_such_column" in again.stderr
    assert "its file is damaged" in again.stderr
    assert run("store", "store-refused", good).exit_code == 2
    assert run("store", "show-refused", "77").exit_code == 1
    assert run("store", "drop-refused", "77", "--yes").stdout == "dropped 77\n"
    assert run("store", "drop-refused", bad, "--yes").exit_code == 0
    assert run("store", "refused").stdout == "no telemetry was set aside\n"
    if server is not None:
        server.stop()
    counted = run("query", "traces | where message == '주문 🎉' | count", "--format", "csv")
    assert counted.exit_code == 0, repr(counted.exception)
    assert counted.stdout.splitlines()[-1] == "1"


def test_an_id_is_named_by_its_beginning_if_only_one_has_it(run, tmp_path):
    refusal = Refusal(tmp_path)
    ids = [refusal.add("a1"), refusal.add("a2")]
    assert ids[0][:2] == ids[1][:2]
    for words in (["show-refused", ids[0][:2]], ["drop-refused", "--yes", "zz"], ["store-refused"]):
        told = run("store", *words)
        assert told.exit_code == 2, told.output
    assert run("store", "show-refused", ids[0][:4]).exit_code == 0
