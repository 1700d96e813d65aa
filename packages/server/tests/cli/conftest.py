"""What the tests of the command line share."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import pytest
import typer.main
import typer.testing

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True, scope="session")
def commands_built_once() -> Iterator[None]:
    """A test runs several commands, and the tree of all of them takes a tenth of a second to make."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.testing, "_get_command", functools.cache(typer.main.get_command))
        yield
