"""What the portal offers to filter live samples by is what the server reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from openinsights.live.filters import stream_info
from openinsights_wire.live.items import FIELDS

OFFERED = Path(__file__).parents[4] / "portal/src/views/live/conditions.ts"


def offered() -> dict[str, set[str]]:
    """Return the fields that the portal names, by kind of telemetry."""
    text = OFFERED.read_text("utf-8")
    shared = dict(re.findall(r'const (\w+): Field = \{ name: "([^"]+)"', text))
    kinds = {}
    for kind, fields in re.findall(
        r'name: "(\w+)",\s*label: "\w+",\s*fields: \[(.*?)\](?:,\n  \}| \})', text, re.DOTALL
    ):
        names = set(re.findall(r'name: "([^"]+)"', fields))
        names |= {shared[word] for word in re.findall(r"\b[A-Z]+\b(?=,|$|\])", fields) if word in shared}
        kinds[kind] = names - {"*"}
    return kinds


@pytest.mark.parametrize("kind", sorted(FIELDS))
def test_the_portal_offers_the_fields_that_a_kind_has(kind: str) -> None:
    assert offered()[kind.lower()] == {field.name for field in FIELDS[kind]}


@pytest.mark.parametrize(
    "text",
    [
        "request where Url contains /cart",
        'request where Url contains "say \\"x\\" \\\\"',
        "dependency where Duration > 500ms",
        "trace where SeverityLevel >= Error",
        "event where * !contains secret",
        'exception where "CustomDimensions.pay ment" == card',
        "request",
    ],
)
def test_what_the_portal_writes_is_read(text: str) -> None:
    (group,) = stream_info([text]).document_filter_groups
    assert group.telemetry_type.lower() == text.split()[0]
