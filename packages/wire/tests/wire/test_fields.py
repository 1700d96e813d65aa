"""Wire structs as attributes and as mappings, and what their errors carry. Rule W19."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import pytest

from openinsights_wire.envelope import Data, Envelope
from openinsights_wire.errors import WireError
from openinsights_wire.types.event import EventData


def make() -> Envelope:
    return Envelope(time="t", data=Data("EventData", EventData("n", properties={"k": "v"})))


def test_fields_are_reached_as_attributes_and_by_name() -> None:
    """W19."""
    envelope = make()
    envelope["iKey"] = "key"
    envelope.tags["ai.cloud.role"] = "shop"
    assert envelope.iKey == envelope["iKey"] == envelope.get("iKey") == "key"
    assert envelope["data"]["baseData"]["properties"]["k"] == "v"
    assert "seq" in envelope
    assert "other" not in envelope
    assert envelope.get("seq") is None
    assert envelope.get("seq", "none") == "none"
    assert envelope.get("other", "none") == "none"
    assert "tags" in list(envelope)


def test_an_unknown_name_is_a_key_error() -> None:
    """W19."""
    envelope = make()
    with pytest.raises(KeyError):
        envelope["other"]
    with pytest.raises(KeyError):
        envelope["other"] = 1
    with pytest.raises(KeyError):
        envelope["get"]
    with pytest.raises(AttributeError):
        envelope.other = 1  # type: ignore[attr-defined]


def test_envelopes_are_compared_and_copied_by_value() -> None:
    """W19."""
    envelope = make()
    twin = copy.deepcopy(envelope)
    assert twin == envelope
    twin.data.baseData.properties["k"] = "w"  # type: ignore[index]
    assert twin != envelope
    assert make().tags is not make().tags


def test_an_error_keeps_what_it_carries_across_processes() -> None:
    error = pickle.loads(pickle.dumps(WireError("m", 413, 7)))
    assert (error.message, error.status_code, error.index, str(error)) == ("m", 413, 7, "m")


def test_writing_needs_no_heavy_import() -> None:
    """The client's budget of time and memory for its import depends on this."""
    program = (
        "import sys, msgspec\n"
        "before = set(sys.modules)\n"
        "import openinsights_wire.encode, openinsights_wire.limits, openinsights_wire.sequence\n"
        "import openinsights_wire.connection_string, openinsights_wire.reply\n"
        "heavy = {'asyncio', 'dataclasses', 'inspect', 'json', 'logging', 'pathlib', 'urllib'}\n"
        "print(sorted(heavy & (set(sys.modules) - before)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
