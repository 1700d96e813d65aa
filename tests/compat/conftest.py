"""The same ways to run a program as for the published ones, for programs of our own."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_SPEC = importlib.util.spec_from_file_location(
    "seeds_conftest", Path(__file__).parents[1] / "seeds" / "conftest.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
_seeds = importlib.util.module_from_spec(_SPEC)
# Its dataclass looks its own module up by name.
import sys  # noqa: E402

sys.modules["seeds_conftest"] = _seeds
_SPEC.loader.exec_module(_seeds)

run_program = _seeds.run_program
recording_endpoint = _seeds.recording_endpoint
