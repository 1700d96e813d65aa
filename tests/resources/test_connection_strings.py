"""Every connection string that is handed out can be read by the simplest parser there is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

COMMAND = [sys.executable, "-m", "openinsights.cli.main"]
NAME = "handed-out"
GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def printed(server: Any, *command: str) -> str:
    done = subprocess.run(
        [*COMMAND, *command, "--url", server.url], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def fetched(server: Any, path: str) -> Any:
    with urllib.request.urlopen(server.url + path, timeout=30) as reply:
        return json.load(reply)


def by_create(server: Any) -> str:
    return printed(server, "resource", "create", f"{NAME}-new")


def by_show(server: Any) -> str:
    facts: dict[str, str] = json.loads(printed(server, "resource", "show", NAME, "--json"))
    return facts["connection_string"]


def by_list(server: Any) -> str:
    listed = json.loads(printed(server, "resource", "list", "--json"))
    return next(str(one["connection_string"]) for one in listed if one["name"] == NAME)


def by_management_api(server: Any) -> str:
    facts = json.loads(printed(server, "resource", "show", NAME, "--json"))
    answer = fetched(server, facts["resource_id"] + "?api-version=2020-02-02")
    return str(answer["properties"]["ConnectionString"])


def by_portal(server: Any) -> str:
    """Its pages read the list of every resource."""
    rows = fetched(server, "/providers/Microsoft.Insights/components")["value"]
    found = next(one for one in rows if one["name"] == NAME)
    return str(found["properties"]["ConnectionString"])


@pytest.fixture(scope="module", autouse=True)
def resource(server: Any) -> None:
    server.create_resource(NAME)


@pytest.mark.parametrize("handed_out", [by_create, by_show, by_list, by_management_api, by_portal])
def test_a_naive_parser_reads_it(server: Any, handed_out: Callable[[Any], str]) -> None:
    text = handed_out(server)

    values = dict(part.split("=") for part in text.split(";"))

    assert list(values) == [
        "InstrumentationKey",
        "IngestionEndpoint",
        "LiveEndpoint",
        "ApplicationId",
    ]
    assert GUID.fullmatch(values["InstrumentationKey"])
    assert GUID.fullmatch(values["ApplicationId"])
    assert values["IngestionEndpoint"] == values["LiveEndpoint"] == f"{server.url}/"
