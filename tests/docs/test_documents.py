"""The documents say what is so: snippets run and arrive, queries find them, links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tomllib

if TYPE_CHECKING:
    from tests.conftest import RunningServer

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
SNIPPET = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
QUERY = re.compile(r"^```kusto\n(.*?)^```(?:\n<!-- (where .*?) -->)?", re.DOTALL | re.MULTILINE)
"""A query, and what the rows of its answer are, unseen by readers: one such row has to be there."""
LINK = re.compile(r"\]\(([^)#:]+?)(#[^)]*)?\)")


PAGES_OF_ROWS = ROOT / "docs" / "integrations"


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def with_some(fence: re.Pattern[str]) -> list[Path]:
    return [path for path in DOCUMENTS if fence.search(path.read_text(encoding="utf-8"))]


def without_peers() -> list[Path]:
    """Pages whose snippets need nothing but our server; those of databases run beside these."""
    asking = {
        PAGES_OF_ROWS / f"{path.stem}.md"
        for path in sorted((ROOT / "scripts" / "integrations").glob("*.toml"))
        if "peer" in tomllib.loads(path.read_text(encoding="utf-8"))
    }
    return [path for path in with_some(SNIPPET) if path not in asking]


@pytest.mark.parametrize("path", without_peers(), ids=named)
def test_every_snippet_runs_and_every_query_finds_what_they_sent(
    path: Path, server: RunningServer, client_environment: dict[str, str]
) -> None:
    """Each snippet runs as its own program and reports to one resource; the queries ask that."""
    text = path.read_text(encoding="utf-8")
    # A key that the server has never seen makes a resource of its own.
    key = str(uuid.uuid4())
    environment = {
        **client_environment,
        "APPLICATIONINSIGHTS_CONNECTION_STRING": f"InstrumentationKey={key};"
        f"IngestionEndpoint={server.url}/;LiveEndpoint={server.url}/",
    }

    for snippet in SNIPPET.findall(text):
        done = subprocess.run(
            [sys.executable, "-c", snippet],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"{snippet}\n{done.stderr}"
        logs_an_exception = "logger.exception(" in snippet
        assert logs_an_exception or "Traceback" not in done.stderr, f"{snippet}\n{done.stderr}"

    for query, expected in QUERY.findall(text):
        asked = f"{query}| {expected}" if expected else query
        server.wait_for_rows(f"app-{key[:8]}", asked)


def test_no_query_stands_on_a_page_without_snippets() -> None:
    assert set(with_some(QUERY)) <= set(with_some(SNIPPET))


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_relative_link_leads_to_a_file(path: Path) -> None:
    missing = [
        target
        for target, _ in LINK.findall(path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]

    assert missing == []


def test_every_file_of_the_reading_order_is_there() -> None:
    listed = re.findall(r"`([\w./]+)`", (ROOT / "docs/reading-order.md").read_text("utf-8"))

    assert len(listed) == 10
    assert [path for path in listed if not (ROOT / path).exists()] == []


def test_generated_pages_are_current() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts/write_reference.py"), "--check"],
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
