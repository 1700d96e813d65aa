"""What top-nested and project-by-names do not answer."""

from __future__ import annotations

import pytest
from engine import only_mistake


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("requests | top-nested 1 of name with other='r' by count()", "expected 'others'", 38),
        ("requests | top-nested 1 of nam by count()", "unknown column or variable 'nam'", 28),
        ("requests | project-by-names", "expected the names of columns", 28),
        ("requests | project-by-names strcat('na', id)", "unknown column or variable 'id'", 42),
        ("requests | project-by-names 5", "the names of columns are texts", 29),
        ("requests | project-by-names 'nothing'", "no column is left", 12),
    ],
)
def test_mistakes_have_places(text: str, message: str, column: int) -> None:
    found = only_mistake(text)
    assert found.message.startswith(message)
    assert found.column == column
