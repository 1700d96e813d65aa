"""Every command says with --help what it does, and shows how."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from openinsights.cli.main import app


def commands(command, words=()):
    yield words
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*words, name))


EVERY = list(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_help_has_an_example_and_cuts_nothing(words):
    done = CliRunner().invoke(app, [*words, "--help"], terminal_width=80)
    assert done.exit_code == 0
    assert "Example:  openinsights" in done.stdout
    summaries = done.stdout.partition("Commands:")[2].splitlines()
    assert [line for line in summaries if line.endswith("...")] == []


def test_groups_list_their_commands():
    assert ("kql", "help") in EVERY
    assert len(EVERY) >= 15
