from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

import openinsights
from openinsights.data_folder import DataFolderError, DataFolderLocked
from openinsights.errors import OpenInsightsError
from openinsights.schema.catalog import ALL


def test_memory_has_every_table_empty():
    with openinsights.open(":memory:") as database:
        for table in ALL:
            result = database.kql(table.name)
            assert [(column.name, column.type) for column in table.columns] == result.columns
            assert result.rows == []


def test_result_has_values_text_and_sql():
    with openinsights.open(":memory:") as database:
        result = database.kql("print t=datetime(2016-12-31T23:59:59.9999999Z)")
        assert result.rows_text() == [("2016-12-31T23:59:59.9999999Z",)]
        assert result.rows[0][0].microsecond == 999_999
        assert result.sql


def test_folder_that_does_not_exist_is_not_made(tmp_path):
    with pytest.raises(DataFolderError, match="openinsights serve --data"):
        openinsights.open(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize("name", ["", " "])
def test_empty_name_does_not_mean_the_current_folder(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataFolderError, match="the name is empty"):
        openinsights.open(name)
    assert list(tmp_path.iterdir()) == []


def test_folder_of_somebody_else_is_refused_and_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(DataFolderError, match="no telemetry here"):
        openinsights.open(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_file_is_no_folder(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(DataFolderError, match=r"cannot open data folder .*letter.txt: Not a dir"):
        openinsights.open(tmp_path / "letter.txt")


def test_empty_folder_is_a_database_without_rows(tmp_path):
    with openinsights.open(tmp_path) as database:
        assert database.kql("union * | count").rows == [(0,)]


def test_folder_in_use_is_refused_until_it_is_free(tmp_path):
    with openinsights.open(str(tmp_path)), pytest.raises(DataFolderLocked, match="holds it"):
        openinsights.open(tmp_path)
    openinsights.open(tmp_path).close()


@pytest.mark.parametrize("name", ["catalog.sqlite", "telemetry"])
def test_garbage_in_place_of_a_file_is_a_clear_error_and_frees_the_folder(name, tmp_path):
    (tmp_path / name).write_text("garbage " * 1000)
    for _ in range(2):
        with pytest.raises(OpenInsightsError, match="cannot open") as caught:
            openinsights.open(tmp_path)
        assert name in caught.value.message
        assert "\n" not in caught.value.message
    (tmp_path / name).unlink()
    openinsights.open(tmp_path).close()


def test_server_that_is_not_there_is_a_clear_error():
    with (
        openinsights.open("http://127.0.0.1:9") as database,
        pytest.raises(OpenInsightsError, match="cannot reach a server at"),
    ):
        database.kql("print 1")


def test_forgotten_database_is_closed_at_exit():
    program = "import openinsights; d = openinsights.open(':memory:'); print(d.kql('print 1').rows)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "[(1,)]\n", "")


def test_closing_twice_is_harmless():
    database = openinsights.open(":memory:")
    database.close()
    database.close()


def test_import_is_light():
    program = (
        "import sys, openinsights;"
        "heavy = {'duckdb', 'sqlalchemy', 'starlette', 'httpx', 'numpy', 'alembic'};"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_interrupt_stops_a_query():
    """Ctrl-C in a terminal, or "interrupt" in a notebook."""
    program = """
import openinsights, os, signal, threading
with openinsights.open(":memory:") as database:
    database.kql("print 1")
    numbers = "range x from 1 to 3000000 step 1 | extend k = 1"
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        database.kql(f"{numbers} | join kind=inner ({numbers}) on k | summarize sum(x * x1)")
    except KeyboardInterrupt:
        print("interrupted", database.kql("print 2").rows)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("interrupted [(2,)]\n", "")


@pytest.mark.parametrize("target", [":memory:", "http://127.0.0.1:9/"])
def test_a_closed_database_says_so(target):
    database = openinsights.open(target)
    assert repr(database) == f"<openinsights {target}, open>"
    database.close()
    assert repr(database) == f"<openinsights {target}, closed>"
    with pytest.raises(OpenInsightsError, match="it is closed; open it again"):
        database.kql("print 1")


def test_a_traceback_points_at_the_mistake():
    program = "import openinsights; openinsights.open(':memory:').kql('requests | wher x')"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stderr.rstrip().splitlines()[-3:] == [
        "openinsights.kql.errors.KqlSyntaxError: line 1, column 12: unknown operator 'wher'"
        " (did you mean 'where'?)",
        "  1 | requests | wher x",
        "    |            ^^^^",
    ]


@pytest.mark.parametrize(("method", "package"), [("df", "pandas"), ("arrow", "pyarrow")])
def test_a_package_that_is_not_installed_is_named(method, package):
    program = f"""
import sys
sys.modules[{package!r}] = None
import openinsights
with openinsights.open(":memory:") as database:
    try:
        database.kql("print 1").{method}()
    except openinsights.errors.OpenInsightsError as error:
        print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert f"{package} is not installed; run: pip install {package}" in done.stdout, done.stderr


def test_many_threads_may_ask_one_database():
    with openinsights.open(":memory:") as database, ThreadPoolExecutor(8) as threads:
        texts = [f"range x from 1 to 100 step 1 | summarize sum(x * {n})" for n in range(32)]
        answers = list(threads.map(lambda text: database.kql(text).rows, texts))
    assert answers == [[(5050 * number,)] for number in range(32)]
