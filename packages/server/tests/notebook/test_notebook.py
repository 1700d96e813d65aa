"""The magics in a real IPython."""

from __future__ import annotations

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from openinsights.notebook import understood, with_parameters
from openinsights.query.errors import BadQueryArgument


@pytest.fixture
def shell(monkeypatch, tmp_path):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("OPENINSIGHTS_DATA", str(tmp_path / "none"))
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell(config=config)
    for line in ("%load_ext openinsights.notebook", "%kql_connect :memory:"):
        assert shell.run_cell(line).success
    yield shell
    shell.run_line_magic("unload_ext", "openinsights.notebook")


def run(shell, cell):
    done = shell.run_cell(cell, store_history=True)
    assert done.success
    return done.result


def test_cell_gives_a_data_frame_and_the_last_result(shell):
    frame = run(shell, "%%kql\nrange x from 1 to 3 step 1\n| extend y = x * x")
    assert isinstance(frame, pd.DataFrame)
    assert frame["y"].tolist() == [1, 4, 9]
    assert run(shell, "_") is frame
    assert "<table" in frame._repr_html_()


def test_line_gives_a_data_frame(shell):
    assert run(shell, "%kql print x = 5").iloc[0, 0] == 5
    assert run(shell, "y = %kql print x = 5\ny.iloc[0, 0]") == 5


def test_result_goes_into_a_named_variable(shell):
    assert run(shell, "%%kql found <<\nprint x = 7") is None
    assert shell.user_ns["found"].iloc[0, 0] == 7
    assert run(shell, "%kql other << print x = 8") is None
    assert shell.user_ns["other"].iloc[0, 0] == 8


@pytest.mark.parametrize("text", ["o'brien", '"; print 1 //', "{x}", "\\", "') or true"])
def test_variables_are_values_and_never_text(shell, text):
    shell.user_ns["who"] = text
    assert run(shell, "%kql print who = {who}").iloc[0, 0] == text
    assert run(shell, "%%kql\nprint {who}").iloc[0, 0] == text


def test_variables_of_many_types(shell):
    run(shell, "import datetime\nsince = datetime.datetime(2026, 1, 1)\nids = [1, 3]")
    frame = run(shell, "%%kql\nrange x from 1 to 5 step 1 | where x in ({ids}) and {since} < now()")
    assert frame["x"].tolist() == [1, 3]


def test_a_variable_named_like_a_column_is_the_variable(shell):
    shell.user_ns["x"] = 2
    assert run(shell, "%kql range x from 1 to 4 step 1 | where x > {x}")["x"].tolist() == [3, 4]


def test_bodies_of_functions_and_texts_are_left_alone(shell):
    shell.user_ns["a"] = 5
    frame = run(shell, "%%kql\nlet f = (a:long) {a};\nprint f(1), '{a}'")
    assert frame.iloc[0].tolist() == [1, "{a}"]


def test_mistake_is_one_message_with_a_caret(shell, capsys):
    assert run(shell, "%%kql\nprint 1\n| wher x") is None
    assert capsys.readouterr().err.splitlines() == [
        "line 2, column 3: unknown operator 'wher' (did you mean 'where'?)",
        "  2 | | wher x",
        "    |   ^^^^",
    ]


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("%kql", "cannot run a query without text"),
        ("%kql --app", "cannot use option --app"),
        ("%kql --colour red print 1", "cannot use option --colour"),
        ("%kql print {nothing}", "there is no variable nothing"),
        ("%kql_connect http://127.0.0.1:9\n%kql print 1", "cannot reach a server"),
        ("%kql --app nobody print 1", "cannot find resource 'nobody'"),
    ],
)
def test_what_cannot_be_done_is_told(shell, capsys, cell, says):
    assert run(shell, cell) is None
    assert says in capsys.readouterr().err


def test_several_tables_are_frames_by_name(shell):
    frames = run(shell, "%%kql\nprint a = 1;\nprint b = 2")
    assert {name: frame.iloc[0, 0] for name, frame in frames.items()} == {
        "PrimaryResult": 1,
        "Table_1": 2,
    }


def test_first_line_is_understood():
    asked = understood("--url http://x --app 'my shop' --timespan=PT1H n << requests | count")
    assert (asked.target, asked.app, asked.timespan) == ("http://x", "my shop", "PT1H")
    assert (asked.name, asked.text) == ("n", "requests | count")
    with pytest.raises(BadQueryArgument):
        understood("--data")


def test_text_keeps_its_length():
    text, values = with_parameters("print {a}, { a }, '{b}'", {"a": 1})
    assert text == "print _a_, _a___, '{b}'"
    assert values == {"_a_": 1, "_a___": 1}
