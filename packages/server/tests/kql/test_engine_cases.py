"""The published language samples, with the results of the original engine, where they are at hand."""

from __future__ import annotations

import json
import math
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from engine import Engine

SAMPLES = Path(
    os.environ.get("OPENINSIGHTS_KQL_SAMPLES", Path(__file__).parents[5] / "shared" / "kql")
)
CASES = SAMPLES / "cases.jsonl"
FEWEST_RIGHT = 230


def _plain(value: Any, type_: str) -> Any:
    """A value in a form in which right answers are equal."""
    if value is None or value == "":
        return ""
    if type_ == "bool":
        return bool(value)
    if isinstance(value, float) and math.isnan(value):
        return "nan"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{float(value):.9g}"
    if isinstance(value, list):
        return [_plain(item, "") for item in value]
    if isinstance(value, dict):
        return {key: _plain(item, "") for key, item in value.items()}
    text = str(value)
    if text.startswith('{"'):
        return _plain(json.loads(text), "")
    if type_ in ("datetime", "timespan") or re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", text):
        return re.sub(r"\.?0+$", "", text.rstrip("Z")) if "." in text else text.rstrip("Z")
    try:
        return f"{float(text):.9g}"
    except ValueError:
        return text


def _rows(rows: Any, types: list[str], *, ordered: bool) -> list[str]:
    lines = [
        json.dumps([_plain(v, t) for v, t in zip(row, types, strict=False)], sort_keys=True)
        for row in rows
    ]
    return lines if ordered else sorted(lines)


@pytest.mark.skipif(not CASES.exists(), reason="the published samples are not on this machine")
def test_no_published_sample_is_answered_wrongly(kql_engine: Engine) -> None:
    right, wrong = 0, []
    for line in CASES.read_text().splitlines():
        case = json.loads(line)
        try:
            names, rows = kql_engine.run(case["query"])
        except Exception:
            continue
        types = case["types"]
        same = names == case["columns"] and _rows(rows, types, ordered=case["ordered"]) == _rows(
            case["rows"], types, ordered=case["ordered"]
        )
        if same:
            right += 1
        elif not case["nondet"]:
            wrong.append(case["id"])
    assert wrong == []
    assert right >= FEWEST_RIGHT
