"""The documents say what is so: their snippets run, their links lead somewhere, their pages are current."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
SNIPPET = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)#:]+?)(?:#[^)]*)?\)")

SNIPPETS = [
    pytest.param(text, id=f"{path.relative_to(ROOT)}-{number}")
    for path in DOCUMENTS
    for number, text in enumerate(SNIPPET.findall(path.read_text(encoding="utf-8")))
]
NOBODY = (
    "InstrumentationKey=11111111-2222-3333-4444-555555555555;IngestionEndpoint=http://127.0.0.1:9/"
)


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_every_python_snippet_runs(snippet: str, tmp_path: Path) -> None:
    """Each runs as its own program, against an address where nobody listens."""
    environment = {
        **os.environ,
        "APPLICATIONINSIGHTS_CONNECTION_STRING": NOBODY,
        "TMPDIR": str(tmp_path),
    }

    done = subprocess.run(
        [sys.executable, "-c", snippet], env=environment, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 0, done.stderr
    logs_an_exception = "logger.exception(" in snippet
    assert logs_an_exception or "Traceback" not in done.stderr


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file(path: Path) -> None:
    missing = [
        target
        for target in LINK.findall(path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]

    assert missing == []


def test_generated_pages_are_current() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts/write_reference.py"), "--check"],
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
