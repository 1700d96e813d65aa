"""How values of settings are read, whoever wrote them."""

from __future__ import annotations

from pathlib import Path

import pytest

from openinsights.value_readers import READERS


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        ("int", "5", 5),
        ("int", " 5 ", 5),
        ("int", "1e9", 10**9),
        ("int", 5.0, 5),
        ("int", str(2**63 - 1), 2**63 - 1),
        ("float", "0.5", 0.5),
        ("float", 2, 2.0),
        ("bool", True, True),
        ("bool", " Yes", True),
        ("bool", "0", False),
        ("str", " a ", "a"),
        ("Path | None", "~/x", Path.home() / "x"),
        ("tuple[str, ...]", "one", ("one",)),
        ("tuple[str, ...]", '["a", "b"]', ("a", "b")),
        ("tuple[str, ...]", ["a"], ("a",)),
        ("tuple[str, ...]", " ", ()),
    ],
)
def test_values_are_read(kind, value, read) -> None:
    found = READERS[kind](value)
    assert (found, type(found)) == (read, type(read))


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        ("int", True, "a whole number"),
        ("int", "1.5", "a whole number"),
        ("int", "inf", "a whole number"),
        ("int", "9" * 5_000 + "x", "a whole number"),
        ("int", None, "a whole number"),
        ("float", "x", "a number"),
        ("float", False, "a number"),
        ("float", 10**400, "a number"),
        ("bool", "perhaps", "true or false"),
        ("bool", 1, "true or false"),
        ("str", 1, "a text"),
        ("Path | None", " ", "the name is empty"),
        ("tuple[str, ...]", [1], "a list of texts"),
        ("tuple[str, ...]", {"a": 1}, "a list of texts"),
    ],
)
def test_values_of_another_form_are_refused(kind, value, says) -> None:
    with pytest.raises((TypeError, ValueError), match=says):
        READERS[kind](value)
