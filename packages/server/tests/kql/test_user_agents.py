"""parse_user_agent: what clients call themselves, taken apart."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from openinsights.kql.functions.user_agents import parse_user_agent

if TYPE_CHECKING:
    from engine import Engine

EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.91"
)
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2_1 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/17.2 Mobile/15E148 Safari/604.1"
)


def told(text: str, wanted: object) -> Any:
    found = parse_user_agent(text, json.dumps(wanted))
    return None if found is None else json.loads(found)


def test_a_browser_is_told_with_its_version() -> None:
    assert told(EDGE, "browser") == {
        "Browser": {
            "Family": "Edge",
            "MajorVersion": "120",
            "MinorVersion": "0",
            "Patch": "2210",
        }
    }


def test_all_three_are_told_in_order() -> None:
    found = told(PHONE, ["device", "os", "browser"])
    assert list(found) == ["Browser", "OperatingSystem", "Device"]
    assert found["OperatingSystem"] == {
        "Family": "iOS",
        "MajorVersion": "17",
        "MinorVersion": "2",
        "Patch": "1",
        "PatchMinor": "",
    }
    assert found["Device"] == {"Family": "iPhone", "Brand": "Apple", "Model": "iPhone"}


@pytest.mark.parametrize("text", ["", "nothing that anybody knows"])
def test_what_no_pattern_fits_is_other(text: str) -> None:
    assert told(text, "os")["OperatingSystem"]["Family"] == "Other"
    assert told(text, "device") == {"Device": {"Family": "Other", "Brand": "", "Model": ""}}


@pytest.mark.parametrize("wanted", ["planet", [], ["os", 5], None, 7, {"a": 1}])
def test_what_there_is_not_is_null(wanted: object) -> None:
    assert told(EDGE, wanted) is None


def test_long_texts_are_cut() -> None:
    started = time.process_time()
    assert told("Mozilla/5.0 (" + "a; " * 300_000, "device") is not None
    assert time.process_time() - started < 5


def test_in_a_query(kql_engine: Engine) -> None:
    text = (
        f"datatable(agent:string)['{PHONE}', 'curl/8.5.0']"
        " | extend found = parse_user_agent(agent, dynamic(['browser']))"
        " | project tostring(found.Browser.Family), tostring(found.Browser.MajorVersion)"
    )
    assert kql_engine.run(text)[1] == [("Mobile Safari", "17"), ("curl", "8")]
