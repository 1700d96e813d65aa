"""What top-nested and project-by-names do not answer."""

from __future__ import annotations

import pytest
from engine import DATABASE, OPTIONS

from openinsights.kql.api import compile
from openinsights.kql.errors import KqlError


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        (
            "requests | top-nested 1 of name with others='r' by count(),"
            " top-nested 1 of url with others='s' by count()",
            "'with others' is run at one level only",
            93,
        ),
        ("requests | top-nested 1 of name with other='r' by count()", "expected 'others'", 38),
        ("requests | top-nested 1 of nam by count()", "unknown column or variable 'nam'", 28),
        ("requests | project-by-names", "expected the names of columns", 28),
        ("requests | project-by-names strcat('na', id)", "unknown column or variable 'id'", 42),
        ("requests | project-by-names 5", "the names of columns are texts", 29),
        ("requests | project-by-names 'nothing'", "no column is left", 12),
    ],
)
def test_mistakes_have_places(text: str, message: str, column: int) -> None:
    with pytest.raises(KqlError) as caught:
        compile(text, DATABASE, OPTIONS)
    assert caught.value.message.startswith(message)
    assert caught.value.column == column
    assert len(caught.value.diagnostics) == 1
