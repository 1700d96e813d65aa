"""Asking a server: the same answers, mistakes and interruptions as asking a folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from datetime import datetime, timezone

import pexpect
import pytest

import openinsights
from openinsights.cli.shell import Shell
from openinsights.errors import OpenInsightsError
from openinsights.kql.caret import pointed_out
from openinsights.kql.errors import KqlError, KqlSemanticError, KqlSyntaxError, KqlUnsupported

LINE_TAKEN = "\x1b[?2004l"
"""What the line editor writes when it hands a line over: from then on Ctrl-C is the query's."""
ENDLESS = "range x from 1 to 200000000000 step 1 | summarize sum(x % 7)"


def mistake(target, text):
    with openinsights.open(target) as database, pytest.raises(KqlError) as caught:
        database.kql(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("requests | wher duration > 5", KqlSyntaxError),
        ("requests\n| where duratio > 5\n| project nam", KqlSemanticError),
        ("requests | evaluate python(typeof(*), 'x')", KqlUnsupported),
        ("let ü = 1;\n\trequests | where 日本 == 1 | wher x", KqlSyntaxError),
        ("requests | where (", KqlSyntaxError),
        ("print 1;;;\nprint nope", KqlSemanticError),
    ],
)
def test_mistakes_are_those_that_a_folder_tells(url, text, kind):
    here, there = mistake(":memory:", text), mistake(url, text)

    assert pointed_out(there, text) == pointed_out(here, text)
    assert isinstance(there, kind)
    assert [(each.span, each.hint, type(each)) for each in there.diagnostics] == [
        (each.span, each.hint, type(each)) for each in here.diagnostics
    ]


def test_other_refusals_keep_their_code(url):
    with (
        openinsights.open(url) as database,
        pytest.raises(OpenInsightsError, match="cannot use timespan") as caught,
    ):
        database.kql("print 1", timespan="tomorrow")
    assert caught.value.code == "BadArgumentError"


def test_many_threads_may_ask_one_database(url):
    with openinsights.open(url) as database:
        answers = {}

        def ask(number):
            answers[number] = database.kql(f"print {number} * 2").rows

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == {number: [(number * 2,)] for number in range(8)}


def test_the_shell_completes_keys_that_the_newest_rows_hold(serve):
    with serve() as server:
        key = server.create("shop")["InstrumentationKey"]
        item = trace(key, datetime.now(timezone.utc).isoformat(), "hello")
        item["data"]["baseData"]["properties"] = {"tier": "gold", "tenant": "a"}
        assert server.http.post("v2.1/track", json=[item]).status_code == 200
        with openinsights.open(server.url) as database:
            shell = Shell(database, "shop")
            assert sorted(shell.keys("traces", "customDimensions")) == ["tenant", "tier"]
            assert sorted(shell.keys("AppTraces", "Properties")) == ["tenant", "tier"]
            assert shell.keys("requests", "customDimensions") == ()


def trace(key, time, message):
    return {
        "name": "Microsoft.ApplicationInsights.Message",
        "time": time,
        "iKey": key,
        "data": {"baseType": "MessageData", "baseData": {"ver": 2, "message": message}},
    }


def one_query_at_a_time(folder):
    (folder / "settings.toml").write_text("queries_at_once = 1\n")


def test_interrupt_stops_the_query_on_the_server(serve, tmp_path):
    """The server runs one query at a time: it answers the next one only if the first has ended."""
    one_query_at_a_time(tmp_path)
    program = f"""
import openinsights, os, signal, sys, threading
with openinsights.open(sys.argv[1]) as database:
    database.kql("print 1")
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        database.kql({ENDLESS!r})
    except KeyboardInterrupt:
        print("interrupted", database.kql("print 2").rows)
"""
    with serve() as server:
        done = subprocess.run(
            [sys.executable, "-c", program, server.url], capture_output=True, text=True, timeout=60
        )
    assert (done.stdout, done.stderr) == ("interrupted [(2,)]\n", "")


def test_interrupt_in_the_shell_leaves_the_server_and_the_shell_usable(serve, tmp_path):
    one_query_at_a_time(tmp_path)
    with serve() as server:
        child = pexpect.spawn(
            sys.executable,
            ["-m", "openinsights.cli.main", "shell", "--url", server.url],
            dimensions=(40, 100),
            env={**os.environ, "TERM": "xterm", "XDG_DATA_HOME": str(tmp_path), "PAGER": "cat"},
            encoding="utf-8",
            timeout=30,
        )
        child.expect("kql>")
        child.send(f"{ENDLESS};\r")
        child.expect(re.escape(LINE_TAKEN))
        for _ in range(60):
            child.sendintr()
            if child.expect(["stopped", pexpect.TIMEOUT], timeout=1) == 0:
                break
        child.expect("kql>")
        child.send("print 5 + 5;\r")
        child.expect(r"10\r\n")
        child.expect("kql>")
        child.send("requests | wher x;\r")
        child.expect("unknown operator 'wher'")
        child.expect(re.escape("^^^^"))
        child.expect("kql>")
        child.sendeof()
        child.expect(pexpect.EOF)
        child.close()
    assert child.exitstatus == 0
