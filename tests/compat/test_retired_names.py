"""Whatever the retired client let a program name can be named here, and called in the same way."""

from __future__ import annotations

import importlib
import inspect
import re
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pytest

LIST = Path(__file__).with_name("retired_names.txt")

LEFT_OUT: tuple[tuple[str, str], ...] = (
    ("opencensus.ext.azure.log_exporter Worker*", "records wait in a queue of another kind"),
)
"""Names that are not here, as patterns, and why."""


@cache
def retired() -> dict[str, dict[str, str]]:
    """Return the parameters, or "", by name in each module."""
    modules: dict[str, dict[str, str]] = {}
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            module, _, rest = line.partition(" ")
            name, _, parameters = rest.partition(" ")
            modules.setdefault(module, {}).update({name: parameters} if name else {})
    return modules


def is_left_out(text: str) -> bool:
    return any(fnmatchcase(text, pattern) for pattern, _ in LEFT_OUT)


def found(module: Any, name: str) -> Any:
    """Return what has a name; of a class's member, the function behind it."""
    holder, _, member = name.partition(".")
    thing = getattr(module, holder)
    if not member:
        return thing
    static = inspect.getattr_static(thing, member)
    return static.__func__ if isinstance(static, staticmethod | classmethod) else static


def parameters_of(thing: Any) -> list[str]:
    """Return the parameters as the list writes them; a default that can change is None here."""
    texts = []
    try:
        parameters = inspect.signature(thing).parameters.values()
    except ValueError:
        # Subclasses of types written in C take what those take, and do not say it.
        return ["*args", "**kwargs"]
    for one in parameters:
        stars = {one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**"}.get(one.kind, "")
        default = getattr(one.default, "__name__", repr(one.default)).replace("{}", "None")
        texts.append(stars + one.name + ("" if one.default is one.empty else f"={default}"))
    return texts


def accepts(ours: list[str], theirs: list[str]) -> bool:
    """Return whether calls that fitted ``theirs`` fit ``ours`` and mean the same."""
    if all(text.startswith("*") for text in theirs):
        # What takes anything is called by names; here they may be spelt out.
        return all("=" in text or text.startswith("*") for text in ours)
    for position, text in enumerate(theirs):
        if position >= len(ours) or ours[position].startswith("*") != text.startswith("*"):
            return any(one.startswith("*") for one in ours)
        if ours[position] != text and not ours[position].startswith("*"):
            return False
    return all("=" in text or text.startswith("*") for text in ours[len(theirs) :])


@pytest.mark.parametrize("module_name", sorted(retired()))
def test_names_of_the_retired_module_are_here(module_name: str) -> None:
    if is_left_out(module_name):
        pytest.skip("left out")
    module = importlib.import_module(module_name)
    missing = []
    for name, given in retired()[module_name].items():
        if is_left_out(f"{module_name} {name}"):
            continue
        try:
            thing = found(module, name)
        except AttributeError:
            missing.append(name)
            continue
        listed = given[1:-1].replace("{}", "None")
        theirs = [text for text in re.split(r", (?=\*{0,2}\w+(?:=|, |$))", listed) if text]
        if given and not accepts(parameters_of(thing), theirs):
            missing.append(f"{name}{given} is ({', '.join(parameters_of(thing))})")
    assert missing == []


def test_every_pattern_of_what_is_left_out_says_why_and_matches() -> None:
    known = [
        *retired(),
        *(f"{module} {name}" for module in retired() for name in retired()[module]),
    ]
    for pattern, reason in LEFT_OUT:
        assert reason
        assert any(fnmatchcase(name, pattern) for name in known), pattern
