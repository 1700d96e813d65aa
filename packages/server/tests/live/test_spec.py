"""The rules of Live Metrics and the tests that show them name each other."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[4]
SPEC = ROOT / "docs" / "spec" / "live-metrics.md"
TESTS = (
    "packages/wire/tests/wire/live",
    "packages/sdk/tests/ext/azure/live",
    "packages/server/tests/live",
    "packages/server/tests/server",
)


def rules_in(text: str) -> set[int]:
    """Return the numbers of the rules that a text names, ranges included."""
    found = {int(number) for number in re.findall(r"\bL(\d+)\b", text)}
    for first, last in re.findall(r"\bL(\d+) to L(\d+)\b", text):
        found.update(range(int(first), int(last) + 1))
    return found


def test_every_rule_is_shown_by_a_test_and_no_test_shows_another() -> None:
    rules = {int(number) for number in re.findall(r"^\| L(\d+) \|", SPEC.read_text(), re.MULTILINE)}
    shown: set[int] = set()
    for folder in TESTS:
        for file in (ROOT / folder).glob("test_*.py"):
            if file != Path(__file__):
                shown |= rules_in(file.read_text())
    assert shown == rules
