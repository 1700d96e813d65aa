"""The shell on a terminal."""

from __future__ import annotations

import os
import re
import sys

import pexpect
import pytest
from typer.testing import CliRunner

from openinsights.cli.main import app
from openinsights.cli.shell import is_complete

LINE_TAKEN = "\x1b[?2004l"
"""What the line editor writes when it hands a line over: from then on Ctrl-C is the query's."""


def ask_and_interrupt(terminal, query):
    """Ask, and press Ctrl-C until the query stops.

    A press between the taking of the line and the query's beginning only brings the prompt back;
    then it is asked anew.
    """
    for _ in range(10):
        terminal.send(f"{query}\r")
        terminal.expect(re.escape(LINE_TAKEN))
        for _ in range(60):
            terminal.sendintr()
            seen = terminal.expect(["stopped", "kql>", pexpect.TIMEOUT], timeout=1)
            if seen == 0:
                return
            if seen == 1:
                break
    raise AssertionError("Ctrl-C does not stop the query")


@pytest.fixture
def terminal(tmp_path):
    (tmp_path / "data").mkdir()
    child = pexpect.spawn(
        sys.executable,
        ["-m", "openinsights.cli.main", "shell", "--data", str(tmp_path / "data")],
        dimensions=(40, 100),
        env={**os.environ, "TERM": "xterm", "XDG_DATA_HOME": str(tmp_path), "PAGER": "cat"},
        encoding="utf-8",
        timeout=20,
    )
    child.expect("kql>")
    yield child
    child.close(force=True)


def test_queries_commands_and_mistakes(terminal, tmp_path):
    terminal.send("print answer = 6 * 7;\r")
    terminal.expect(r"answer\r\n")
    terminal.expect(r"42\r\n")
    terminal.expect(r"\(1 row")
    terminal.expect("kql>")
    terminal.send("requests | wher x;\r")
    terminal.expect("unknown operator 'wher'")
    terminal.expect(re.escape("^^^^"))
    terminal.expect("kql>")
    terminal.send("\\d request\r")
    terminal.expect("did you mean 'requests'")
    terminal.expect("kql>")
    terminal.send("\\h\r")
    terminal.expect("columns of a table")
    terminal.expect("kql>")
    terminal.sendeof()
    terminal.expect(pexpect.EOF)
    history = tmp_path / "openinsights" / "query_history"
    assert "print answer = 6 * 7;" in history.read_text()
    assert history.stat().st_mode & 0o077 == 0


def test_a_blank_line_runs_several_lines(terminal):
    terminal.send("range x from 1 to 3 step 1\r| count\r\r")
    terminal.expect(r"Count\r\n")
    terminal.expect(r"3\r\n")


def test_tab_completes_columns(terminal):
    terminal.send("requests | summarize n = count() by dura\t")
    terminal.expect("tion")
    terminal.send(";\r")
    terminal.expect(r"duration +n\r\n")


def test_interrupt_stops_a_query_and_not_the_shell(terminal):
    # Long, and small in memory: the bound on that would end it first.
    ask_and_interrupt(terminal, "range x from 1 to 20000000000 step 1 | summarize sum(x % 7);")
    terminal.expect("kql>")
    terminal.send("print 5 + 5;\r")
    terminal.expect(r"10\r\n")


def test_commands_show_names_forms_and_what_a_query_becomes(terminal):
    terminal.send("\\h make-series\r")
    terminal.expect("tabular operator")
    terminal.send("\\f list\r")
    terminal.expect("kql>")
    terminal.send("print a = 'x', b = 2;\r")
    terminal.expect(r"\[row 1\]")
    terminal.send("\\e requests | project name\r")
    terminal.expect("name: string")
    terminal.expect("SELECT")
    terminal.send("\\c\r")
    terminal.expect("charts are printed as rows")


def test_a_chart_is_drawn(terminal):
    terminal.send("print a = 'all', n = 5 | render barchart;\r")
    terminal.expect("██████")


def test_a_server_that_is_not_there_is_told_at_once(tmp_path):
    child = pexpect.spawn(
        sys.executable,
        ["-m", "openinsights.cli.main", "shell", "--url", "http://127.0.0.1:9"],
        env={**os.environ, "TERM": "xterm", "XDG_DATA_HOME": str(tmp_path)},
        encoding="utf-8",
        timeout=20,
    )
    child.expect("cannot reach a server at http://127.0.0.1:9/")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 1


def test_without_a_terminal_it_says_what_to_use():
    error = CliRunner().invoke(app, ["shell"]).exception
    assert "openinsights query -" in str(error)


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("", True),
        ("requests", False),
        ("requests;", True),
        ("requests\n| count\n", True),
        ("let x = 1;", False),
        ("let x = 1; print x;", True),
        ("\\h", True),
        ("exit", True),
    ],
)
def test_what_enter_runs(text, runs):
    assert is_complete(text) is runs
