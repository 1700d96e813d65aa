"""The cells of the documents run in a real IPython, one after the other, against a real server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

if TYPE_CHECKING:
    from tests.conftest import RunningServer

ROOT = Path(__file__).resolve().parents[2]
CELL = re.compile(r"^```ipython\n(.*?)^```", re.DOTALL | re.MULTILINE)
DOCUMENTS = [
    path
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
    if CELL.search(path.read_text(encoding="utf-8"))
]
WRITTEN_URL = "http://127.0.0.1:5380"
WRITTEN_APP = "my-app"


def test_some_document_has_cells() -> None:
    assert [path.name for path in DOCUMENTS] == ["query.md"]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_cell_runs(
    path: Path,
    server: RunningServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("OPENINSIGHTS_DATA", str(tmp_path / "none"))
    server.create_resource(WRITTEN_APP)
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell(config=config)
    found = None

    for cell in CELL.findall(path.read_text(encoding="utf-8")):
        done = shell.run_cell(cell.replace(WRITTEN_URL, server.url))
        assert done.success, cell
        found = done.result if done.result is not None else found
        assert capsys.readouterr().err == "", cell

    assert list(shell.user_ns["slow"].columns) == ["name", "count_"]
    assert list(found.columns) == ["timestamp", "resultCode", "count_"]
    shell.run_line_magic("unload_ext", "openinsights.notebook")
