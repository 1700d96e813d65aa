from __future__ import annotations

import csv
import io
import json
import os
import shlex
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice

import pexpect
import pytest
from typer.testing import CliRunner

import openinsights
from openinsights.cli.main import app, main
from openinsights.cli.pager import pager_command
from openinsights.cli.printed import Format, Style, printed
from openinsights.errors import OpenInsightsError


@pytest.fixture
def folder(tmp_path):
    CliRunner().invoke(app, ["resource", "create", "shop", "--data", str(tmp_path)])
    return str(tmp_path)


def ask(folder, text, *options, stdin=None):
    words = ["query", text, "--data", folder, *options]
    return CliRunner().invoke(app, words, input=stdin)


TEXT = "datatable(a:string, b:datetime)['x,\"y\"', datetime(2026-11-21T12:00:00.5)]"


def test_table_aligns_columns(folder):
    assert ask(folder, TEXT).stdout == (
        'a      b\n-----  ----------------------\nx,"y"  2026-11-21T12:00:00.5Z\n'
    )


def test_json_is_one_object_for_each_row(folder):
    printed = ask(folder, TEXT, "--format", "json").stdout
    assert json.loads(printed) == [{"a": 'x,"y"', "b": "2026-11-21T12:00:00.5Z"}]


def test_csv_quotes_what_needs_it(folder):
    printed = ask(folder, TEXT, "--format", "csv").stdout
    rows = list(csv.reader(io.StringIO(printed)))
    assert rows == [["a", "b"], ['x,"y"', "2026-11-21T12:00:00.5Z"]]


def test_query_is_read_from_standard_input(folder):
    assert ask(folder, "-", "--format", "csv", stdin="print x = 1").stdout == "x\n1\n"


def test_query_is_read_from_a_file(folder, tmp_path):
    path = tmp_path / "one.kql"
    path.write_text("print x = 1")
    assert ask(folder, str(path), "--format", "csv").stdout == "x\n1\n"
    error = str(ask(folder, str(tmp_path / "none.kql")).exception)
    assert "cannot read" in error
    assert "name a file that is there" in error


def test_empty_table_of_a_named_resource_has_its_heading(folder):
    assert ask(folder, "traces | project message", "--app", "shop").stdout == "message\n-------\n"


def test_mistake_is_told_with_place_and_suggestion(folder):
    error = str(ask(folder, "traces | wher x").exception)
    assert "line 1, column 10" in error
    assert "where" in error


def test_unknown_resource_is_an_error(folder):
    assert "cannot find resource 'nobody'" in str(
        ask(folder, "print 1", "--app", "nobody").exception
    )


def test_misspelt_resource_is_told_which_was_meant(folder):
    error = str(ask(folder, "print 1", "--app", "shpo").exception)
    assert error == "cannot find resource 'shpo'; did you mean 'shop'? there is shop"


HOSTILE = ["a,b", 'say "hi"', "one\ntwo", "one\r\ntwo", "one\rtwo", "\t x ", "ümlaut 🙂", "", "'"]


def test_csv_of_any_text_is_read_back(folder):
    text = ", ".join(json.dumps(value) for value in HOSTILE)
    printed = ask(
        folder,
        f"range n from 0 to {len(HOSTILE) - 1} step 1"
        f" | project n, a = tostring(dynamic([{text}])[n]) | order by n asc",
        "--format",
        "csv",
    )
    rows = list(csv.reader(io.StringIO(printed.stdout_bytes.decode(), newline="")))
    assert rows == [["n", "a"], *([str(n), value] for n, value in enumerate(HOSTILE))]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--url", "http://127.0.0.1:9"], "cannot reach a server at http://127.0.0.1:9/: "),
        (["--url", "http://127.0.0.1:99999"], "cannot "),
        (["--url", "nonsense"], "it must look like http://host:port/"),
        (["--url", "http://127.0.0.1:9", "--app", ""], "cannot find resource ''"),
    ],
)
def test_wrong_server_is_one_sentence_and_status_1(words, says, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["openinsights", "query", "print 1", *words])
    with pytest.raises(SystemExit) as stopped:
        main()
    printed = capsys.readouterr()
    assert (stopped.value.code, printed.out) == (1, "")
    assert printed.err.startswith("openinsights: ")
    assert says in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b"\xff"])
def test_program_that_is_no_server_of_ours_is_one_sentence(body):
    class Other(BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words):
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Other) as other:
        threading.Thread(target=other.serve_forever).start()
        url = f"http://127.0.0.1:{other.server_port}/"
        asked = CliRunner().invoke(app, ["query", "print 1", "--url", url])
        other.shutdown()
    assert isinstance(asked.exception, OpenInsightsError)
    assert url in asked.exception.message


SEVERAL = "datatable(a:long)[1, 2] | fork (count) (take 1)"


def test_several_tables_stand_below_each_other(folder):
    printed = ask(folder, SEVERAL).stdout
    assert printed.split("\n")[:4] == ["PrimaryResult", "Count", "-----", "    2"]
    assert printed.count("\n\n") == 1
    assert len(json.loads(ask(folder, SEVERAL, "--format", "json").stdout)) == 2
    assert ask(folder, SEVERAL, "--format", "csv").stdout.startswith("Count\n2\n\na\n")


def test_wide_prints_values_whole(folder):
    assert "x" * 200 in ask(folder, f"print '{'x' * 200}'", "--wide").stdout


def test_mistake_is_shown_under_its_line(folder, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["openinsights", "query", "traces | wher x", "--data", folder])
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().err.splitlines()[1:] == [
        "  1 | traces | wher x",
        "    |          ^^^^",
    ]


def on_terminal(words, *, rows=24, columns=80, **environ):
    child = pexpect.spawn(
        sys.executable,
        ["-m", "openinsights.cli.main", *words],
        dimensions=(rows, columns),
        env={**os.environ, "TERM": "xterm", **environ},
        encoding="utf-8",
        timeout=60,
    )
    child.expect(pexpect.EOF)
    child.close()
    return child.before.replace("\r\n", "\n")


def test_terminal_gets_tables_that_fit_and_a_note(folder):
    text = f"print a='{'x' * 60}', b='{'y' * 60}', c=1"
    lines = on_terminal(["query", text, "--data", folder]).splitlines()
    assert max(map(len, lines[:3])) <= 80
    assert lines[3].startswith("(some values are cut: --wide")
    whole = on_terminal(["query", text, "--data", folder, "--wide", "--no-pager"])
    assert "y" * 60 in whole.replace("\n", "")


def test_long_tables_go_through_the_pager_of_the_user(folder, tmp_path):
    pager = tmp_path / "pager"
    pager.write_text("#!/bin/sh\necho PAGED $LESS; wc -l\n")
    pager.chmod(0o755)
    long = ["query", "range x from 1 to 50 step 1", "--data", folder]
    shown = on_terminal(long, PAGER=str(pager)).split()
    assert shown == ["PAGED", "FRSX", "52"]
    assert "PAGED" not in on_terminal(["query", "print 1", "--data", folder], PAGER=str(pager))
    assert "PAGED" not in on_terminal([*long, "--no-pager"], PAGER=str(pager))


def test_pager_is_not_used_in_a_pipe(folder):
    words = ["query", "range x from 1 to 50 step 1", "--data", folder]
    done = subprocess.run(
        [sys.executable, "-m", "openinsights.cli.main", *words],
        env={**os.environ, "PAGER": "echo PAGED"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.count("\n") == 52


def test_pager_that_is_not_there_is_done_without():
    assert pager_command({"PAGER": "no-such-program"}) == []
    assert pager_command({"PAGER": ""}) == pager_command({"PAGER": "cat"}) == []
    assert pager_command({"PAGER": "cat -v"}) == ["cat", "-v"]


ROWS = "datatable(a:string, n:long)['x|y', 1, 'tab\\there\\nand \\\\ back', 2]"


def test_jsonl_is_an_object_on_each_line(folder):
    lines = ask(folder, ROWS, "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line) for line in lines] == [
        {"a": "x|y", "n": 1},
        {"a": "tab\there\nand \\ back", "n": 2},
    ]


def test_tsv_escapes_what_would_end_a_cell(folder):
    assert ask(folder, ROWS, "--format", "tsv").stdout.splitlines() == [
        "a\tn",
        "x|y\t1",
        "tab\\there\\nand \\\\ back\t2",
    ]


def test_markdown_is_a_table(folder):
    assert ask(folder, ROWS, "--format", "markdown").stdout.splitlines()[:3] == [
        "| a | n |",
        "|---|---|",
        "| x\\|y | 1 |",
    ]


def test_list_shows_each_column_on_a_line_of_its_own(folder):
    assert ask(folder, ROWS, "--format", "list").stdout.splitlines() == [
        "[row 1]",
        "a  x|y",
        "n  1",
        "",
        "[row 2]",
        "a  tab here",
        "   and \\ back",
        "n  2",
    ]


@pytest.fixture(scope="module")
def memory():
    with openinsights.open(":memory:") as database:
        yield database


@pytest.mark.parametrize("form", list(Format))
@pytest.mark.parametrize("text", [ROWS, SEVERAL, "traces | project message", "print 1 | consume"])
def test_every_form_prints_every_result(memory, form, text):
    lines = "".join(printed(memory.kql(text), Style(form)))
    assert lines.endswith("\n") or form is Format.JSONL
    if form is Format.JSON:
        json.loads(lines)


@pytest.mark.parametrize("form", [form for form in Format if form is not Format.TABLE])
def test_lines_are_made_as_they_are_taken(memory, form):
    """The first lines of a long result cost as much as those of a short one."""
    result = memory.kql("range x from 1 to 100000 step 1 | extend t = x * 1s")
    rows = result.tables[0].raw
    rows[:] = [Counted(row) for row in rows]
    Counted.read = 0
    first = list(islice(printed(result, Style(form)), 5))
    assert len(first) == 5
    assert Counted.read <= 2_000


class Counted(tuple):
    """A row that counts how many of its kind were read."""

    read = 0

    def __iter__(self):
        Counted.read += 1
        return super().__iter__()


CHART = "datatable(a:string, n:long)['all', 40, 'half', 20] | render barchart"


def test_a_chart_is_drawn_on_a_terminal_and_rows_go_into_a_pipe(folder):
    assert "████" in on_terminal(["query", CHART, "--data", folder])
    assert "████" not in on_terminal(["query", CHART, "--data", folder, "--no-chart"])
    assert "\x1b[" not in on_terminal(["query", CHART, "--data", folder], NO_COLOR="1")
    assert ask(folder, CHART).stdout.startswith("a      n\n")
    assert "████" in ask(folder, CHART, "--chart").stdout


def test_what_is_not_drawn_is_printed(folder):
    assert ask(folder, "print a = 1 | render card", "--chart").stdout == "a\n-\n1\n"


def test_a_chart_is_for_people(folder):
    error = str(ask(folder, CHART, "--chart", "--format", "csv").exception)
    assert error == "cannot draw a chart as csv: leave --chart or --format out"


def test_a_reader_that_has_enough_ends_the_command_quietly(folder):
    command = [sys.executable, "-m", "openinsights.cli.main", "query", "--data", folder]
    done = subprocess.run(
        f"{shlex.join([*command, 'range x from 1 to 200000 step 1'])} | head -n 3",
        shell=True,
        capture_output=True,
        text=True,
    )
    assert (done.stdout.split(), done.stderr) == (["x", "------", "1"], "")


def test_a_pager_that_is_left_early_ends_the_command(folder, tmp_path):
    pager = tmp_path / "pager"
    pager.write_text("#!/bin/sh\nhead -n 1\n")
    pager.chmod(0o755)
    long = ["query", "range x from 1 to 200000 step 1", "--data", folder]
    assert on_terminal(long, PAGER=str(pager)).strip() == "x"
