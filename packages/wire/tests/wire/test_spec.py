"""The rules of the wire and their cases name each other."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
SPEC = HERE.parents[3] / "docs" / "spec" / "wire.md"


def rules_in(text: str) -> set[int]:
    """Return the numbers of the rules that a text names, ranges included."""
    found = {int(number) for number in re.findall(r"\bW(\d+)\b", text)}
    for first, last in re.findall(r"\bW(\d+) to W(\d+)\b", text):
        found.update(range(int(first), int(last) + 1))
    return found


def test_every_rule_has_a_case_and_every_case_a_rule() -> None:
    rules = {int(number) for number in re.findall(r"^\| W(\d+) \|", SPEC.read_text(), re.MULTILINE)}
    cases: set[int] = set()
    for file in HERE.glob("test_*.py"):
        # The module's docstring announces ranges; only what stands below it counts as a case.
        cases |= rules_in(file.read_text().partition('"""\n')[2])
    assert cases == rules
