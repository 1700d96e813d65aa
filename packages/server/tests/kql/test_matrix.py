"""The specification lists exactly what is run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from openinsights.kql.matrix import matrix

if TYPE_CHECKING:
    import pytest

SPEC = Path(__file__).parents[4] / "docs" / "spec" / "kql.md"
PLACE = re.compile(r"<!-- matrix -->\n(.*?)<!-- /matrix -->", re.S)


def test_the_specification_shows_the_matrix(request: pytest.FixtureRequest) -> None:
    text = SPEC.read_text()
    if request.config.getoption("--record", default=False):
        text = PLACE.sub(lambda _: f"<!-- matrix -->\n{matrix()}<!-- /matrix -->", text)
        SPEC.write_text(text)
    shown = PLACE.search(text)
    assert shown is not None
    assert shown.group(1) == matrix()
