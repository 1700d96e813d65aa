"""The stages of compilation that can be shown; see explain.py."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """A stage of compilation that can be shown."""

    TOKENS = "tokens"
    SYNTAX = "syntax"
    OPERATORS = "operators"
    COLUMNS = "columns"
    SCANS = "scans"
    PLAN = "plan"
    SQL = "sql"
