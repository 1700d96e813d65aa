"""The stages of compilation that can be shown; see explain.py."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """A stage of compilation that can be shown."""

    TOKENS = "tokens"
    SYNTAX = "syntax"
    COLUMNS = "columns"
    PLAN = "plan"
    SQL = "sql"
