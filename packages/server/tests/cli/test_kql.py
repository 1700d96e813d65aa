from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

import openinsights
from openinsights.cli.main import app
from openinsights.errors import OpenInsightsError

ROUGH, SMOOTH = "requests|take 5", "requests\n| take 5\n"


def run(*words, stdin=None):
    return CliRunner().invoke(app, ["kql", *words], input=stdin)


@pytest.mark.parametrize(("words", "stdin"), [((ROUGH,), None), (("-",), ROUGH), ((), ROUGH)])
def test_format_prints_the_layout(words, stdin):
    done = run("format", *words, stdin=stdin)
    assert (done.exit_code, done.stdout) == (0, SMOOTH)


def test_format_reads_a_file_and_leaves_it(tmp_path):
    path = tmp_path / "a.kql"
    path.write_bytes(b"\xef\xbb\xbfrequests\r\n|take 5")
    assert run("format", str(path)).stdout == SMOOTH
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")


def test_format_rewrites_files(tmp_path):
    paths = [tmp_path / "a.kql", tmp_path / "b.txt"]
    for path, text in zip(paths, (ROUGH, SMOOTH), strict=True):
        path.write_text(text)
    done = run("format", "--write", *map(str, paths))
    assert (done.exit_code, done.stdout) == (0, "")
    assert [path.read_text() for path in paths] == [SMOOTH, SMOOTH]
    assert done.stderr == f"changed {paths[0]}\n"


def test_check_names_what_would_change(tmp_path):
    (tmp_path / "a.kql").write_text(ROUGH)
    (tmp_path / "b.kql").write_text(SMOOTH)
    done = run("format", "--check", str(tmp_path / "a.kql"), str(tmp_path / "b.kql"))
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"would change {tmp_path / 'a.kql'}\n"
    assert run("format", "--check", str(tmp_path / "b.kql")).exit_code == 0


def test_mistake_is_shown_under_its_line(tmp_path):
    (tmp_path / "a.kql").write_text("requests\n| wher x")
    done = run("format", "--write", str(tmp_path / "a.kql"))
    assert done.exit_code == 1
    assert done.stderr.splitlines()[1:] == ["  2 | | wher x", "    |   ^^^^"]
    assert f"cannot format {tmp_path / 'a.kql'}: line 2, column 3: unknown" in done.stderr


def test_missing_file_is_told(tmp_path):
    error = run("format", str(tmp_path / "none.kql")).exception
    assert isinstance(error, OpenInsightsError)
    assert "none.kql" in error.message


QUERY = "requests | where duration > 5.5 and name == 'x' | summarize n = count() by name"


def test_explain_shows_the_stages():
    done = run("explain", QUERY)
    assert done.exit_code == 0
    assert re.findall(r"(?m)^== (\w+) ==$", done.stdout) == [
        "syntax", "operators", "columns", "scans", "plan", "sql",
    ]  # fmt: skip
    assert "  name: string\n  n: long\n" in done.stdout
    assert "Filter predicate=((duration > 5.5) and " in done.stdout
    assert "Scan table=requests" in done.stdout
    assert "SELECT" in done.stdout


def test_explain_shows_one_stage():
    assert run("explain", "print 1", "--stage", "tokens").stdout.split() == [
        "0", "name", "print", "6", "long", "1", "7", "end",
    ]  # fmt: skip
    syntax = run("explain", QUERY, "--stage", "syntax").stdout
    assert "Where" in syntax
    assert "Name duration" in syntax
    assert "PrimaryResult" not in syntax


def test_explain_shows_the_columns_after_each_operator():
    text = (
        "requests | extend d = duration * 2 | join kind=inner (traces | project operation_Id,"
        " message) on operation_Id | mv-apply v = pack_array(1) to typeof(long) on (where v > 0)"
        " | project name, v"
    )
    lines = run("explain", text, "--stage", "operators").stdout.splitlines()
    shown = [re.split(r"  +", line.strip(), maxsplit=1) for line in lines]
    assert [words[0].partition(" (")[0] for words in shown] == [
        "requests",
        "| extend d = duration * 2",
        "| join kind=inner",
        "traces",
        "| project operation_Id, message",
        "| mv-apply v = pack_array(1) to typeof(long) on",
        "| where v > 0",
        "| project name, v",
    ]
    assert shown[1][1].endswith("columns: + d: real")
    assert shown[2][1].endswith("+ operation_Id1: string, + message: string")
    assert shown[4][1] == "operation_Id: string, message: string"
    assert shown[7][1] == "name: string, v: long"


def test_explain_shows_what_is_read():
    text = "requests | where timestamp > datetime(2026-01-15) and name == 'x' | project id"
    assert run("explain", text, "--stage", "scans").stdout.splitlines()[:2] == [
        "requests: 3 of 38 columns: timestamp, id, name",
        "  times: from 2026-01-15T00:00:00.0000001Z to now on",
    ]
    assert run("explain", "print 1", "--stage", "scans").stdout == "no stored table is read\n"


def test_explain_shows_which_days_of_a_folder_are_read(tmp_path):
    made = openinsights.open(tmp_path)
    made.close()
    text = "requests | where timestamp > datetime(2026-01-15) | count"
    done = run("explain", text, "--stage", "scans", "--data", str(tmp_path))
    assert done.exit_code == 0
    assert "  0 of 0 days, 0.0 MB with all their tables" in done.stdout


def test_explain_tells_a_mistake():
    error = run("explain", "requests | wher x").exception
    assert isinstance(error, OpenInsightsError)
    assert error.__notes__ == ["  1 | requests | wher x\n    |            ^^^^"]


def test_explain_tells_what_is_shared_once():
    doubling = "let a = materialize(requests | take 1);" + "".join(
        f"let {name} = materialize(union {last}, {last});"
        for last, name in zip("abcdefghij", "bcdefghijk", strict=True)
    )
    plan = run("explain", f"{doubling} k", "--stage", "plan")
    assert plan.exit_code == 0
    assert plan.stdout.count("Scan table=requests") == 1
    assert "… 30 more" in plan.stdout


def test_help_shows_how_a_name_is_written():
    said = run("help", "hll_merge").stdout
    assert "hll_merge(hll, …)   (function)" in said
    assert "hll_merge(hll)   (aggregate)" in said
    assert "| summarize" in said


def test_help_says_why_a_name_is_not_run_and_what_to_do_instead():
    said = run("help", "python").stdout
    assert "is not run: queries run no programs" in said
    assert "instead: read the rows with openinsights.open" in said


def test_help_suggests_a_name_that_is_there():
    done = run("help", "substr")
    assert done.exit_code == 1
    assert "did you mean 'substring'?" in str(done.exception)


def test_help_lists_what_a_pattern_fits():
    lines = run("help", "percentile*").stdout.splitlines()
    assert "percentile(expr, percentile)   (aggregate)" in lines
    assert run("help", "pyth*").stdout.endswith("(plugin, is not run)\n")
    assert "KQL has no such name" in str(run("help", "nothing*").exception)
